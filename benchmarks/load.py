"""Measure how quickly a server of its own answers, on SQLite and on PostgreSQL, and what that is close to.

    python -m benchmarks.load [--results 5000] [--seconds 2] [--clients 2] [--database sqlite]

Every request is measured in turn with its floor: constant bytes of the same number through the same
web server in the same run. Prints a table and, for programs, one JSON object per line.
benchmarks/README.md says how to read them.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import http.client
import importlib.metadata
import itertools
import json
import os
import platform
import random
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from benchmarks.content import FILTER, Content, fill, measured
from eoscperf.testing import postgresql

INI = """
[app:main]
use = egg:eoscperf
sqlalchemy.url = {database}
var = %(here)s/var
eoscperf.plugins = accounts
# Otherwise the rate would be measured, not the server.
rates.writes = 1000000/minute
"""

ROUNDS = 2
WARM_UP = 10
PATIENCE = 60.0
"""Seconds after which a start or an answer has failed."""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Workload:
    """One kind of request; `make` makes the next one."""

    name: str
    status: int
    make: Callable[[], Request]


@dataclass(slots=True)
class Measured:
    """Durations of all answers, in seconds, and for how long was asked."""

    durations: list[float]
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.durations) / self.seconds

    def milliseconds(self, percent: int) -> float:
        return statistics.quantiles(self.durations, n=100, method="inclusive")[percent - 1] * 1000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--results", type=int, default=5000, help="how many results there are (%(default)s)")
    options.add_argument(
        "--seconds", type=float, default=2.0, help="for each request, and its floor (%(default)s)"
    )
    options.add_argument("--clients", type=int, default=2, help="how many ask at the same time (%(default)s)")
    options.add_argument(
        "--database", choices=("sqlite", "postgresql"), action="append", help="only this one; may be repeated"
    )
    chosen = options.parse_args()
    if chosen.results < 500:
        options.error("--results must be at least 500, so that a page is full even if half of them match")
    if not 1 <= chosen.seconds <= 60 or not 1 <= chosen.clients <= 100:
        options.error("--seconds must be from 1 to 60, --clients from 1 to 100")
    # Ended from outside, it still takes its servers along.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    print(f"{described()}; {chosen.results} results, {chosen.clients} clients, {chosen.seconds:g} s each\n")
    lines = []
    for kind in chosen.database or ("sqlite", "postgresql"):
        try:
            lines += measure(kind, chosen)
        except postgresql.ServerUnavailable as problem:
            print(f"{kind} is left out: {problem}", file=sys.stderr)
    print(table(lines))
    for line in lines:
        print(json.dumps(line))


def measure(kind: str, chosen: argparse.Namespace) -> list[dict[str, object]]:
    """One line for each workload on one kind of database."""
    lines = []
    with tempfile.TemporaryDirectory(prefix="eoscperf-bench-") as name, database(kind, Path(name)) as url:
        ini = Path(name) / "server.ini"
        ini.write_text(INI.format(database=url.replace("%", "%%")))
        admin(ini, "db", "upgrade")
        content = fill(url, chosen.results)
        token = admin(ini, "token", "--email", "bench@example.org").strip()
        with server(ini) as base, ThreadPoolExecutor(chosen.clients) as clients:
            registered, _ = ask(connect(base), Request("POST", "/api/v1/users:register", bearer(token)))
            assert registered == 201, f"registering was answered with {registered}"
            for workload in workloads(content, token):
                size = checked(base, workload)
                floor = floor_of(workload, size)
                found = {workload: Measured([]), floor: Measured([])}
                # In turn, so that whatever else the machine does meanwhile concerns both.
                for one in (workload, floor) * ROUNDS:
                    measure_for(found[one], base, one, chosen.seconds / ROUNDS, clients, chosen.clients)
                lines.append(line(kind, workload.name, size, chosen.results, found[workload], found[floor]))
    return lines


def workloads(content: Content, token: str) -> list[Workload]:
    """What is measured. Uploads come last, since the others would find more with each of them."""
    sent = {"Content-Type": "application/json", **bearer(token)}
    body = json.dumps(measured(random.Random(1))).encode()
    started = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    numbers = itertools.count()

    def get(name: str, path: str) -> Workload:
        return Workload(name, 200, lambda: Request("GET", path, {}))

    def upload() -> Request:
        # Each at another time: the same result is accepted once only.
        executed = started + datetime.timedelta(seconds=next(numbers))
        query = {
            "execution_datetime": executed.isoformat(),
            "benchmark_id": content.benchmark_id,
            "flavor_id": content.flavor_id,
        }
        return Request("POST", f"/api/v1/results?{urlencode(query)}", sent, body)

    page = "/api/v1/results?per_page=100"
    return [
        get("a result", f"/api/v1/results/{content.result_id}"),
        get("100 results", page),
        get("100 results, filtered by JSON", f"{page}&{urlencode({'filters': FILTER})}"),
        Workload("upload of a result", 201, upload),
    ]


def floor_of(workload: Workload, size: int) -> Workload:
    """The same number of bytes in both directions, for nothing."""

    def make() -> Request:
        request = workload.make()
        return Request(request.method, f"/floor/{size}", request.headers, request.body)

    return Workload(f"floor of {workload.name}", workload.status, make)


def checked(base: str, workload: Workload) -> int:
    """The bytes of an answer, after some that warm the server up."""
    connection = connect(base)
    for _ in range(WARM_UP):
        status, answer = ask(connection, workload.make())
        assert status == workload.status, f"{workload.name}: {status} {answer[:500]!r}"
    connection.close()
    found = json.loads(answer)
    assert "items" not in found or len(found["items"]) == 100, f"{workload.name}: the page is not full"
    return len(answer)


def measure_for(
    measured: Measured,
    base: str,
    workload: Workload,
    seconds: float,
    clients: ThreadPoolExecutor,
    number: int,
) -> None:
    """Ask with all clients at once for so long."""
    start = time.perf_counter()
    end = start + seconds

    def client() -> list[float]:
        connection = connect(base)
        durations = []
        while (before := time.perf_counter()) < end:
            status, answer = ask(connection, workload.make())
            durations.append(time.perf_counter() - before)
            assert status == workload.status, f"{workload.name}: {status} {answer[:500]!r}"
        connection.close()
        return durations

    for future in [clients.submit(client) for _ in range(number)]:
        measured.durations += future.result()
    # Until the last answer: each of them counts with all of its time.
    measured.seconds += time.perf_counter() - start


def ask(connection: http.client.HTTPConnection, request: Request) -> tuple[int, bytes]:
    connection.request(request.method, request.path, request.body, request.headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def connect(base: str) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=PATIENCE)
    connection.connect()
    # Head and body are sent one after the other; the second must not wait for the first to be acknowledged.
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@contextlib.contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The address of a new database in a folder."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/data.sqlite"
        return
    postgresql.programs()
    place = folder / "postgresql"
    place.mkdir()
    # The server runs as somebody else when we are root.
    folder.chmod(0o711)
    try:
        yield postgresql.start(place, os.getpid())
    finally:
        postgresql.stop(place)


@contextlib.contextmanager
def server(ini: Path) -> Iterator[str]:
    """The base address of a server of our own, which ends with us."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.server", str(ini)],
        env=os.environ | {"EOSCPERF_HTTP_PORT": str(port)},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        wait_for(process, base)
        yield base
    finally:
        process.terminate()
        process.wait()
        assert process.stdin is not None
        process.stdin.close()


def wait_for(process: subprocess.Popen[bytes], base: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"The server did not start (exit code {process.returncode}); see above.")
        with contextlib.suppress(OSError):
            status, _ = ask(connect(base), Request("GET", "/healthz", {}))
            if status == 200:
                return
        time.sleep(0.1)
    sys.exit(f"The server did not answer within {PATIENCE:g} s.")


def admin(ini: Path, *command: str) -> str:
    """What a command of eoscperf-admin prints."""
    done = subprocess.run(
        [sys.executable, "-m", "eoscperf.scripts.admin", "-c", str(ini), *command],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode:
        sys.exit(f"eoscperf-admin {' '.join(command)} failed:\n{done.stderr}")
    return done.stdout


def line(
    kind: str, name: str, size: int, results: int, found: Measured, floor: Measured
) -> dict[str, object]:
    return {
        "database": kind,
        "request": name,
        "results": results,
        "bytes": size,
        "answers": len(found.durations),
        "per_second": round(found.rate, 1),
        "p50_ms": round(found.milliseconds(50), 2),
        "p95_ms": round(found.milliseconds(95), 2),
        "floor_per_second": round(floor.rate, 1),
        "floor_p50_ms": round(floor.milliseconds(50), 2),
        "floor_p95_ms": round(floor.milliseconds(95), 2),
        "times_floor": round(floor.rate / found.rate, 2),
    }


COLUMNS = {
    "database": "database",
    "request": "request",
    "bytes": "bytes",
    "per_second": "per s",
    "p50_ms": "p50 ms",
    "p95_ms": "p95 ms",
    "floor_per_second": "floor per s",
    "floor_p50_ms": "floor p50 ms",
    "floor_p95_ms": "floor p95 ms",
    "times_floor": "times floor",
}


def table(lines: list[dict[str, object]]) -> str:
    """A Markdown table."""
    rules = ["---" if key in ("database", "request") else "---:" for key in COLUMNS]
    rows = [list(COLUMNS.values()), rules, *([str(line[key]) for key in COLUMNS] for line in lines)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def described() -> str:
    """Machine and versions."""
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        for text in Path("/proc/cpuinfo").read_text().splitlines():
            if text.startswith("model name"):
                model = text.partition(":")[2].strip()
                break
    versions = [
        f"{name} {importlib.metadata.version(name)}"
        for name in ("eoscperf", "SQLAlchemy", "pyramid", "waitress")
    ]
    return ", ".join(
        [
            f"{os.cpu_count()} x {model}",
            f"{platform.system()} {platform.release()}",
            f"Python {platform.python_version()}",
            f"SQLite {sqlite3.sqlite_version}",
            *versions,
            f"load average {os.getloadavg()[0]:.1f} before",
        ]
    )


if __name__ == "__main__":
    main()
