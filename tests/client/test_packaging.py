"""The client as a distribution of its own: light, complete, and at peace with the platform's."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.packaging.test_wheel import CHECKOUT, clean_environment, link, needed, run
from tests.packaging.test_wheel import sources as sources
from tests.packaging.test_wheel import wheel as wheel

LIGHT = 15
"""So many distributions at most are installed with it."""


@pytest.fixture(scope="module")
def client_sources(tmp_path_factory) -> Path:
    """A copy with the files in place of the links, as building leaves folders behind."""
    copy = tmp_path_factory.mktemp("client") / "client"
    leave = shutil.ignore_patterns("build", "dist", "*.egg-info", "__pycache__", "*.pyc")
    shutil.copytree(CHECKOUT / "client", copy, ignore=leave)
    return copy


@pytest.fixture(scope="module")
def client_wheel(client_sources) -> Path:
    run(
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        client_sources / "dist",
        client_sources,
    )
    (built,) = (client_sources / "dist").glob("*.whl")
    return built


@pytest.fixture
def environment(tmp_path) -> Path:
    """An empty virtual environment."""
    venv.create(tmp_path / "env", symlinks=True)
    return tmp_path / "env"


def install(environment: Path, *wheels: Path) -> None:
    for built in wheels:
        run(
            sys.executable,
            "-m",
            "pip",
            "--python",
            environment / "bin/python",
            "install",
            "--no-deps",
            "--no-index",
            built,
        )
        (site,) = (environment / "lib").glob("python*/site-packages")
        for distribution in needed(built):
            link(distribution, site)


def test_the_wheel_holds_the_client_and_nothing_else(client_wheel):
    with zipfile.ZipFile(client_wheel) as archive:
        contained = {name for name in archive.namelist() if ".dist-info/" not in name}
    package = CHECKOUT / "eoscperf" / "client"
    expected = {
        path.relative_to(CHECKOUT).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert contained == expected
    assert "eoscperf/__init__.py" not in contained


def test_it_is_light(client_wheel):
    names = {distribution.metadata["Name"].lower() for distribution in needed(client_wheel)}
    assert {"httpx", "click", "platformdirs", "tqdm"} <= names
    assert len(names) <= LIGHT
    assert not names & {"pyramid", "sqlalchemy", "pandas", "zstandard", "eoscperf"}


def test_the_links_lead_to_the_sources_of_the_platform():
    assert (CHECKOUT / "client/src/eoscperf/client").resolve() == (CHECKOUT / "eoscperf/client").resolve()
    assert (CHECKOUT / "client/LICENSE").read_text() == (CHECKOUT / "LICENSE").read_text()


def test_the_source_archive_builds_the_same_wheel(client_sources, client_wheel, tmp_path):
    run(sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", tmp_path, client_sources)
    (archive,) = tmp_path.glob("*.tar.gz")
    shutil.unpack_archive(archive, tmp_path / "unpacked", filter="data")
    (tree,) = (tmp_path / "unpacked").iterdir()
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, tree)
    (again,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(client_wheel) as first, zipfile.ZipFile(again) as second:
        assert sorted(first.namelist()) == sorted(second.namelist())


def test_alone_it_has_nothing_of_the_platform(client_wheel, environment, tmp_path):
    install(environment, client_wheel)
    assert run(environment / "bin/eoscperf", "--version", cwd=tmp_path).startswith("eoscperf 0.")
    missing = subprocess.run(
        [environment / "bin/python", "-c", "import eoscperf.client, eoscperf.core"],
        cwd=tmp_path,
        env=clean_environment(),
        capture_output=True,
        text=True,
    )
    assert "No module named 'eoscperf.core'" in missing.stderr


@pytest.mark.parametrize("order", ["client first", "platform first"])
def test_both_distributions_in_one_environment_work(client_wheel, wheel, environment, tmp_path, order):
    wheels = [client_wheel, wheel] if order == "client first" else [wheel, client_wheel]
    install(environment, *wheels)
    told = run(
        environment / "bin/python",
        "-c",
        "import eoscperf.core, eoscperf.client as c; print(eoscperf.__version__ == c.__version__)",
        cwd=tmp_path,
    )
    assert told == "True\n"
    assert run(environment / "bin/eoscperf", "--version", cwd=tmp_path).startswith("eoscperf 0.")
    assert "Usage" in run(environment / "bin/eoscperf-admin", "--help", cwd=tmp_path)
