"""The plug-in in docs/plugins.md is a real one: built, installed, used, checked and removed as written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
JOURNEY = Path(__file__).with_name("notes_journey.py")
FILE = re.compile(r"^`(?P<path>[\w./-]+)`\n\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def run(*words: object, path: Path | None = None, cwd: Path | None = None) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("EOSCPERF_")}
    kept = [str(path)] if path else []
    environ["PYTHONPATH"] = os.pathsep.join([*kept, str(CHECKOUT)])
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=cwd,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """The files of the document."""
    folder = tmp_path_factory.mktemp("eoscperf-notes")
    files = {
        found["path"]: found["text"] for found in FILE.finditer((CHECKOUT / "docs/plugins.md").read_text())
    }
    assert len(files) > 10
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def wheel(project, tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("dist")
    run("-m", "pip", "wheel", "-q", "--no-build-isolation", "--no-deps", "--no-index", "-w", target, project)
    (wheel,) = target.glob("eoscperf_notes-1.0-*.whl")
    return wheel


@pytest.fixture
def installed(wheel, tmp_path) -> Path:
    """A folder of packages with the plug-in in it, seen by the processes that name it."""
    target = tmp_path / "site-packages"
    run("-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", target, wheel)
    return target


def test_it_is_built_installed_enabled_used_and_removed(installed, tmp_path, empty_database_url):
    ini = tmp_path / "site.ini"
    settings = {
        "sqlalchemy.url": empty_database_url,
        "eoscperf.plugins": "accounts notes",
        "notes.welcome": "Be kind.",
    }

    def write() -> None:
        lines = [f"{key} = {value}".replace("%", "%%") for key, value in settings.items()]
        ini.write_text("\n".join(["[app:main]", "use = egg:eoscperf", *lines, ""]))

    write()
    run("-W", "error::ResourceWarning", JOURNEY, ini, "with", path=installed)
    shutil.rmtree(installed)
    settings["eoscperf.plugins"] = "accounts"
    del settings["notes.welcome"]
    write()
    run(JOURNEY, ini, "without")


def test_it_keeps_the_contract(installed, project, tmp_path):
    shutil.copytree(project / "tests", tmp_path / "tests")
    shutil.copy(CHECKOUT / "setup.cfg", tmp_path / "setup.cfg")
    output = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", path=installed, cwd=tmp_path)
    assert " passed" in output
    assert "skipped" not in output
