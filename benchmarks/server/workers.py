"""Workers: `pserve` processes on ports of their own, as behind a reverse proxy."""

from __future__ import annotations

import configparser
import contextlib
import http.client
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from pyramid.paster import get_appsettings

CHECKOUT = Path(__file__).parents[2]

APPLICATION = {
    "paste.app_factory": "benchmarks.server.floor:app",
    "var": "%(here)s/var",
    # Tokens without a provider somewhere else.
    "eoscperf.plugins": "accounts",
    # Otherwise the rates would be measured, not the server.
    "rates.writes": "1000000/second",
    "rates.exports": "1000000/second",
}
PATIENCE = 60.0
"""Seconds after which a start has failed."""


def write_ini(folder: Path, url: str, name: str = "server.ini", **more: str) -> Path:
    """The settings of production, but for database, plug-ins, rates and `more`."""
    ini = configparser.RawConfigParser()
    ini.read(CHECKOUT / "production.ini")
    ini["app:main"] = {
        **APPLICATION,
        "sqlalchemy.url": url.replace("%", "%%"),
        "secret": secrets.token_hex(32),
        **more,
    }
    ini["logger_root"]["level"] = "ERROR"
    ini["logger_eoscperf"]["level"] = "ERROR"
    path = folder / name
    with path.open("w") as file:
        ini.write(file)
    return path


def raw_settings(ini: Path) -> dict[str, str]:
    """What stands in the section of the application, as it stands there."""
    raw = dict(get_appsettings(str(ini)))
    return {key: value for key, value in raw.items() if key not in ("paste.app_factory", "here", "__file__")}


class Worker:
    """One process."""

    def __init__(self, ini: Path, port: int) -> None:
        self.port = port
        begun = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pyramid.scripts.pserve", str(ini), f"http_port={port}"],
            cwd=CHECKOUT,
            env=os.environ | {"PYTHONPATH": str(CHECKOUT), "EOSCPERF_HTTP_PORT": str(port)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        self._await()
        self.seconds_to_start = time.perf_counter() - begun

    @property
    def resident(self) -> int:
        """Bytes of memory."""
        return psutil.Process(self._process.pid).memory_info().rss

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def stop(self) -> None:
        self._process.terminate()
        # Closes its standard input, too.
        self._process.communicate()

    def _await(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise SystemExit(
                    f"The server did not start (exit code {self._process.returncode}); see above."
                )
            with contextlib.suppress(OSError):
                status, _ = self.get("/healthz")
                if status == 200:
                    return
            time.sleep(0.02)
        self.stop()
        raise SystemExit(f"The server did not answer within {PATIENCE:g} s.")


@contextlib.contextmanager
def workers(ini: Path, number: int) -> Iterator[list[Worker]]:
    """So many processes; the first one started alone, so that its time says something."""
    with contextlib.ExitStack() as stack:
        started = []
        for _ in range(number):
            worker = Worker(ini, _free_port())
            stack.callback(worker.stop)
            started.append(worker)
        yield started


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
