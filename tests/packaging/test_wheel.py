"""The wheel is complete: it works where there is no checkout and nothing but what it declares to need."""

import os
import shutil
import socket
import subprocess
import sys
import time
import venv
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import httpx
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).parents[2]
NOT_SOURCES = (".*", "var", "build", "dist", "*.egg-info", "__pycache__", "*.pyc")
START_SECONDS = 60

INI = """
[DEFAULT]
http_port = 0
[app:main]
use = egg:eoscperf
sqlalchemy.url = sqlite:///%(here)s/data/eoscperf.sqlite
var = %(here)s/data
eoscperf.plugins = accounts
[server:main]
use = egg:eoscperf
host = 127.0.0.1
"""


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """A copy, as building leaves folders behind."""
    copy = tmp_path_factory.mktemp("sources") / "eoscperf"
    shutil.copytree(CHECKOUT, copy, symlinks=True, ignore=shutil.ignore_patterns(*NOT_SOURCES))
    return copy


@pytest.fixture(scope="module")
def wheel(sources):
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", sources / "dist", sources)
    (built,) = (sources / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installation(wheel, tmp_path_factory):
    """A virtual environment with the wheel and what it declares to need, nothing else."""
    home = tmp_path_factory.mktemp("installation")
    venv.create(home / "env", symlinks=True)
    python = home / "env/bin/python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel)
    (site,) = (home / "env/lib").glob("python*/site-packages")
    for distribution in needed(wheel):
        link(distribution, site)
    (home / "server.ini").write_text(INI)
    return home


def run(*command: object, cwd: Path | None = None) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("EOSCPERF_", "PYTHON"))}


def needed(wheel: Path) -> list[metadata.Distribution]:
    """The installed distributions that the wheel needs without any extra, directly or through others."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        declared = metadata.PathDistribution(zipfile.Path(archive, name.rpartition("/")[0] + "/"))
        open_ends = [(Requirement(text), "") for text in declared.requires or ()]
    found: dict[tuple[str, str], metadata.Distribution] = {}
    while open_ends:
        requirement, extra = open_ends.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        for wanted in ("", *requirement.extras):
            key = (canonicalize_name(requirement.name), wanted)
            if key not in found:
                found[key] = metadata.distribution(requirement.name)
                open_ends += [(Requirement(text), wanted) for text in found[key].requires or ()]
    return list({canonicalize_name(item.name): item for item in found.values()}.values())


def link(distribution: metadata.Distribution, site: Path) -> None:
    for file in distribution.files or ():
        if ".." in file.parts or file.suffix == ".pyc":
            continue
        target = site / file
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            target.symlink_to(Path(str(distribution.locate_file(file))))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def shipped(package: Path) -> Iterator[str]:
    for folder, _, names in os.walk(package, followlinks=True):
        for name in names:
            yield (Path(folder) / name).relative_to(package.parent).as_posix()


def test_every_file_of_the_package_is_in_the_wheel(sources, wheel):
    expected = set(shipped(sources / "eoscperf"))
    with zipfile.ZipFile(wheel) as archive:
        contained = set(archive.namelist())
    assert expected - contained == set()
    assert {"eoscperf/migrations/env.py", "eoscperf/migrations/script.py.mako"} <= contained
    assert any(name.startswith("eoscperf/migrations/versions/core_0001") for name in contained)


def test_nothing_beside_the_package_is_in_the_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"eoscperf"}


def test_the_source_archive_builds_the_same_wheel(sources, wheel):
    run(sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", sources / "dist", sources)
    (archive,) = (sources / "dist").glob("*.tar.gz")
    unpacked = sources.parent / "unpacked"
    shutil.unpack_archive(archive, unpacked, filter="data")
    (tree,) = unpacked.iterdir()
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", unpacked, tree)
    (again,) = unpacked.glob("*.whl")
    with zipfile.ZipFile(wheel) as first, zipfile.ZipFile(again) as second:
        assert sorted(first.namelist()) == sorted(second.namelist())


def test_it_migrates_and_serves_outside_the_checkout(installation):
    bin_ = installation / "env/bin"
    where = run(bin_ / "python", "-c", "import eoscperf; print(eoscperf.__file__)", cwd=installation)
    assert where.startswith(str(installation))
    upgraded = run(bin_ / "eoscperf-admin", "-c", "server.ini", "db", "upgrade", cwd=installation)
    assert "The schema is up to date." in upgraded
    run(bin_ / "eoscperf-admin", "-c", "server.ini", "db", "check", cwd=installation)

    port = free_port()
    with (installation / "server.log").open("w") as log:
        server = subprocess.Popen(
            [bin_ / "python", "-m", "pyramid.scripts.pserve", "server.ini", f"http_port={port}"],
            cwd=installation,
            env=clean_environment(),
            stdout=log,
            stderr=log,
        )
    try:
        answer = first_answer(f"http://127.0.0.1:{port}/healthz", server)
        assert answer is not None, (installation / "server.log").read_text()
        assert answer.status_code == 200
        for path in ("/api/v1/benchmarks", "/api/v1/openapi.json"):
            assert httpx.get(f"http://127.0.0.1:{port}{path}").status_code == 200
    finally:
        server.terminate()
        server.wait()


def first_answer(url: str, server: subprocess.Popen) -> httpx.Response | None:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            return httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.1)
    return None
