"""The README does what it says: its tour runs word for word against a server as `make run` starts it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

CHECKOUT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
START_SECONDS = 60
TOUR_SECONDS = 300


@pytest.fixture
def installation(tmp_path: Path) -> Path:
    """A directory with development.ini, whose database will be beside it."""
    shutil.copy(CHECKOUT / "development.ini", tmp_path)
    for command in (("db", "upgrade"), ("demo", "load", "--if-empty")):
        subprocess.run(
            [BIN / "eoscperf-admin", "-c", "development.ini", *command],
            cwd=tmp_path,
            env=_environment(),
            check=True,
            capture_output=True,
        )
    return tmp_path


@pytest.fixture
def port(installation: Path) -> Iterator[int]:
    """Where a server of the installation listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (installation / "server.log").open("w") as log:
        server = subprocess.Popen(
            [BIN / "pserve", "development.ini", f"http_port={port}"],
            cwd=installation,
            env=_environment(),
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for(server, port, installation / "server.log")
        yield port
    finally:
        server.terminate()
        server.wait()


def test_the_tour_works_word_for_word(installation: Path, port: int) -> None:
    blocks = _tour()
    script = "set -euo pipefail\n" + "".join(f"echo '<<<{n}>>>'\n{block}\n" for n, block in enumerate(blocks))

    told = {"API": f"http://localhost:{port}/api/v1", "PATH": f"{BIN}:{os.environ['PATH']}"}
    tour = subprocess.run(
        ["bash", "-c", script],
        cwd=installation,
        env=_environment() | told,
        capture_output=True,
        text=True,
        timeout=TOUR_SECONDS,
    )

    assert tour.returncode == 0, tour.stdout[-3000:] + tour.stderr[-3000:]
    outputs = re.split(r"<<<\d+>>>\n", tour.stdout)[1:]
    assert len(outputs) == len(blocks)
    said = {_heading(block): output for block, output in zip(blocks, outputs, strict=True)}
    assert "thechristophe/openbench-c-ray latest" in said["benchmarks"]
    assert "debian bookworm-slim" in said["benchmarks"]
    assert said["filter"] == (
        "28.08 s ncg-ingrid-pt svc2.xxl\n55.711 s ncg-ingrid-pt svc2.xl\n94.912 s ifca-lcg2 cm4.4xlarge\n"
    )
    assert re.findall(r'"email":"([^"]+)"', said["register"]) == ["me@example.org", "admin@example.org"]
    assert said["approve"] == ""
    assert '"status":"visible"' in said["upload"]
    assert '"json":{"time":0.125}' in said["upload"]
    assert (said["claim"], said["reject"]) == ("0\n", "1\n")
    head, *rows = said["table"].splitlines()
    assert head.endswith("machine.cpu.count,result.compression.speed")
    speeds = [float(row.rsplit(",", 1)[1]) for row in rows]
    assert len(speeds) == 3
    assert speeds == sorted(speeds, reverse=True)


def test_the_tour_names_the_address_that_the_server_has_by_default() -> None:
    assert "API=${API:-http://localhost:6543/api/v1}" in _tour()[0]
    assert "http_port = 6543" in (CHECKOUT / "development.ini").read_text()


def test_links_lead_to_files_that_exist() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", _readme())
    assert "docs/demo.md" in links
    assert [link for link in links if not (CHECKOUT / link).is_file()] == []


def _readme() -> str:
    return (CHECKOUT / "README.md").read_text(encoding="utf-8")


def _tour() -> list[str]:
    """The shell blocks of the tour, in order."""
    tour = _readme().partition("## A tour with curl\n")[2].partition("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```$", tour, re.DOTALL | re.MULTILINE)


def _heading(block: str) -> str:
    """What a block is about, by what only it contains."""
    marks = {
        "field()": "preparation",
        '"$API/benchmarks" |': "benchmarks",
        "machine.cpu.count >= 8": "filter",
        "format=csv": "table",
        "users:register": "register",
        "example/sort": "submit",
        ":approve": "approve",
        "execution_datetime=": "upload",
        ":claim": "claim",
        ":reject": "reject",
    }
    (heading,) = (heading for mark, heading in marks.items() if mark in block)
    return heading


def _environment() -> dict[str, str]:
    """Ours without settings that would replace those of development.ini."""
    return {key: value for key, value in os.environ.items() if not key.startswith("EOSCPERF_")}


def _wait_for(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(f"http://localhost:{port}/healthz").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text())
