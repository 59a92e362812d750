"""The pages about the client do what they say, against a server as `make run` starts it."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from eoscperf.client.cli import main
from tests.client.documents import matches, python_blocks, shell_blocks
from tests.client.test_packaging import client_sources as client_sources
from tests.client.test_packaging import client_wheel as client_wheel
from tests.client.test_packaging import install
from tests.packaging.test_wheel import CHECKOUT, clean_environment, first_answer, free_port, run

BIN = Path(sys.executable).parent

SECONDS = 300


def page(name: str) -> str:
    return (CHECKOUT / "docs" / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with development.ini, whose database is beside it."""
    folder = tmp_path_factory.mktemp("live")
    shutil.copy(CHECKOUT / "development.ini", folder)
    for command in (("db", "upgrade"), ("demo", "load", "--if-empty")):
        run(BIN / "eoscperf-admin", "-c", "development.ini", *command, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    """The address of a server on it."""
    port = free_port()
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [BIN / "pserve", "development.ini", f"http_port={port}"],
            cwd=folder,
            env=clean_environment(),
            stdout=log,
            stderr=log,
        )
    try:
        assert first_answer(f"http://localhost:{port}/healthz", process), (folder / "server.log").read_text()
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def environment(folder: Path, server: str, client_wheel: Path) -> dict[str, str]:
    """The client alone in an environment of its own, and the command of administrators from ours."""
    venv.create(folder / "env", symlinks=True)
    install(folder / "env", client_wheel)
    (folder / "bin").mkdir()
    (folder / "bin/eoscperf").symlink_to(folder / "env/bin/eoscperf")
    (folder / "bin/eoscperf-admin").symlink_to(BIN / "eoscperf-admin")
    return clean_environment() | {
        "EOSCPERF_SERVER": server,
        "EOSCPERF_CONFIG_DIR": str(folder / "config"),
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
    }


def printed(blocks: list[tuple[str, str | None]], folder: Path, environment: dict[str, str]) -> list[str]:
    """What each block prints, all in one shell."""
    script = "set -euo pipefail\n" + "".join(
        f"echo '<<<{number}>>>'\n{block}" for number, (block, _) in enumerate(blocks)
    )
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return re.split(r"<<<\d+>>>\n", done.stdout)[1:]


def test_the_commands_of_the_page_print_what_it_says(folder, environment):
    blocks = shell_blocks(page("client.md"))
    assert len(blocks) > 15
    outputs = printed(blocks, folder, environment)
    assert [
        (block, output)
        for (block, said), output in zip(blocks, outputs, strict=True)
        if said is not None and not matches(said, output)
    ] == []


def test_the_notebook_prints_what_the_page_says(folder, server, monkeypatch):
    token = run(
        BIN / "eoscperf-admin", "-c", "development.ini", "token", "--email", "you@example.org", cwd=folder
    )
    monkeypatch.chdir(folder)
    monkeypatch.setenv("EOSCPERF_SERVER", server)
    monkeypatch.setenv("EOSCPERF_TOKEN", token.split()[-1])
    blocks = python_blocks(page("notebook.md"))
    assert len(blocks) > 5
    names: dict[str, object] = {}
    wrong = []
    for block, said in blocks:
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(compile(block, "docs/notebook.md", "exec"), names)
        if said is not None and not matches(said, output.getvalue()):
            wrong.append((block, output.getvalue()))
    names["client"].close()
    assert wrong == []


def test_every_command_is_on_the_page():
    def commands(group: click.Group, path: str) -> list[str]:
        found = []
        for name, command in group.commands.items():
            found += (
                commands(command, f"{path} {name}")
                if isinstance(command, click.Group)
                else [f"{path} {name}"]
            )
        return found

    text = page("client.md")
    named_alike = {"list", "show", "search"}
    missing = [
        command
        for command in commands(main, "")
        if command.split()[-1] not in named_alike and command.strip() not in text
    ]
    assert missing == []
