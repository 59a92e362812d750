"""Measure how quickly a server of its own, filled with the demonstration data, answers.

    python -m benchmarks.load [--seconds 5] [--clients 4] [--database URL]

Every address is requested by all clients at once for that long; a line says how many answers came
per second and how long half and 95 % of them took at most. The database is a new SQLite file
unless an address of an empty PostgreSQL database is given.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

ADDRESSES = (
    "/healthz",
    "/api/v1/benchmarks",
    "/api/v1/sites",
    "/api/v1/results",
    "/api/v1/results?per_page=100",
    "/api/v1/results?per_page=100&sort_by=%2Bexecution_datetime",
    "/api/v1/results?per_page=20&page=5",
    "/api/v1/openapi.json",
)

INI = """
[app:main]
use = egg:eoscperf
sqlalchemy.url = {database}
var = %(here)s/var
eoscperf.plugins = accounts
[server:main]
use = egg:eoscperf
threads = 8
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--seconds", type=float, default=5.0, help="how long each address is requested")
    options.add_argument("--clients", type=int, default=4, help="how many request it at the same time")
    options.add_argument("--database", help="an empty PostgreSQL database instead of SQLite")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, server(Path(folder), chosen.database) as base:
        print(f"{'address':64} {'per s':>8} {'half ms':>8} {'95 % ms':>8} {'bytes':>9}")
        for address in ADDRESSES:
            durations, size = measure(base + address, chosen.seconds, chosen.clients)
            half, most = statistics.median(durations), statistics.quantiles(durations, n=20)[-1]
            rate = len(durations) / chosen.seconds
            print(f"{address:64} {rate:8.0f} {half * 1000:8.1f} {most * 1000:8.1f} {size:9}")


@contextlib.contextmanager
def server(folder: Path, database: str | None) -> Iterator[str]:
    """The base address of a new server with demonstration data."""
    ini = folder / "server.ini"
    ini.write_text(INI.format(database=(database or f"sqlite:///{folder}/data.sqlite").replace("%", "%%")))
    for command in (("db", "upgrade"), ("demo", "load")):
        subprocess.run(
            [sys.executable, "-m", "eoscperf.scripts.admin", "-c", ini, *command],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "pyramid.scripts.pserve", ini],
        env=os.environ | {"EOSCPERF_HTTP_PORT": str(port)},
        stdout=subprocess.DEVNULL,
    )
    base = f"http://localhost:{port}"
    try:
        while process.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{base}/healthz")
                break
            time.sleep(0.1)
        yield base
    finally:
        process.terminate()
        process.wait()


def measure(url: str, seconds: float, clients: int) -> tuple[list[float], int]:
    """The duration of every answer in seconds, and the size of one in bytes."""
    durations: list[float] = []
    size = 0
    with httpx.Client() as client:
        for _ in range(3):
            size = len(client.get(url).raise_for_status().content)
    end = time.perf_counter() + seconds

    def ask() -> None:
        with httpx.Client() as client:
            while (start := time.perf_counter()) < end:
                client.get(url).raise_for_status()
                durations.append(time.perf_counter() - start)

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return durations, size


if __name__ == "__main__":
    main()
