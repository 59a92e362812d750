"""Exports through a real server: readers that go away, stop reading, or are too many."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf.db import make_engine
from eoscperf.results.models import Result
from eoscperf.testing.factories import Make

EXPORT = "/api/v1/results?format=ndjson"
LARGE = 900_000
"""Characters of a result: no reader's buffers take many of these."""
RESULTS = 40
AT_ONCE = 2
PATIENCE = 60.0


@pytest.fixture(scope="module")
def url(databases, database_kind) -> Iterator[str]:
    url = databases.create(database_kind, migrated=True)
    engine = make_engine(url)
    with orm.Session(engine) as session:
        make = Make(session)
        benchmark, flavor = make.benchmark(), make.flavor()
        for _ in range(RESULTS):
            make.result(benchmark=benchmark, flavor=flavor)
        session.execute(sa.update(Result).values(json='{"text":"' + "x" * LARGE + '"}'))
        session.commit()
    engine.dispose()
    yield url
    databases.drop(url)


class Server:
    def __init__(self, folder: Path, url: str) -> None:
        ini = folder / "server.ini"
        ini.write_text(
            "[app:main]\nuse = egg:eoscperf\nsecret = a secret for tests\n"
            f"sqlalchemy.url = {url.replace('%', '%%')}\nsqlalchemy.pool_size = {AT_ONCE + 1}\n"
            f"sqlalchemy.max_overflow = 0\nvar = {folder / 'var'}\n"
            f"limits.exports = {AT_ONCE}\nrates.exports = 100000/minute\n"
            # One thread more than the exports may take.
            f"[server:main]\nuse = egg:eoscperf\nhost = 127.0.0.1\nthreads = {AT_ONCE + 1}\n"
            "channel_timeout = 10\ncleanup_interval = 1\n"
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        environ = {name: value for name, value in os.environ.items() if not name.startswith("EOSCPERF_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pyramid.scripts.pserve", str(ini)],
            env=environ | {"EOSCPERF_HTTP_PORT": str(self.port)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def get(self, path: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def begin(self, path: str = EXPORT) -> socket.socket:
        """A reader that has read the first line of an answer and reads no more."""
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.settimeout(PATIENCE)
        reader.connect(("127.0.0.1", self.port))
        reader.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert reader.recv(12) == b"HTTP/1.1 200"
        return reader


@pytest.fixture(scope="module")
def server(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server"), url)
    try:
        await_(lambda: _answers(server))
        yield server
    finally:
        server.process.terminate()
        server.process.wait()


def _answers(server: Server) -> bool:
    assert server.process.poll() is None, "the server ended"
    try:
        return server.get("/readyz")[0] == 200
    except OSError:
        return False


def await_(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.1)


def test_a_whole_export_arrives(server):
    status, headers, body = server.get(EXPORT)
    assert (status, headers["Transfer-Encoding"]) == (200, "chunked")
    assert [len(line) > LARGE for line in body.splitlines()] == [True] * RESULTS


def test_readers_that_stop_reading_hold_up_nobody_and_are_cut_off(server):
    readers = [server.begin() for _ in range(AT_ONCE)]
    try:
        # Others are answered meanwhile, but for further exports.
        status, headers, body = server.get(EXPORT)
        assert (status, headers["Content-Type"]) == (429, "application/problem+json")
        assert int(headers["Retry-After"]) > 0
        assert b"exports are being written already" in body
        assert server.get("/api/v1/results?per_page=1")[0] == 200
        await_(lambda: server.get(EXPORT)[0] == 200)
        # The one that had to go never gets the rest.
        assert min(map(_received, readers)) < LARGE * RESULTS
    finally:
        for reader in readers:
            reader.close()


def test_readers_that_go_away_free_thread_connection_and_place(server):
    for _ in range(3 * AT_ONCE):
        await_(lambda: server.get("/api/v1/results?per_page=1")[0] == 200)
        reader = _as_soon_as_there_is_room(server)
        reader.close()
    await_(lambda: server.get(EXPORT)[0] == 200)


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_readers_that_go_away_during_a_compressed_export_free_their_place(server, coding):
    for _ in range(2 * AT_ONCE):
        reader = _as_soon_as_there_is_room(server, f"{EXPORT} HTTP/1.1\r\nAccept-Encoding: {coding}\r\nX:")
        reader.close()
    await_(lambda: server.get(EXPORT)[0] == 200)


def _received(reader: socket.socket) -> int:
    """Bytes until the end, which may be a sudden one."""
    received = 0
    try:
        while piece := reader.recv(1 << 20):
            received += len(piece)
    except ConnectionError:
        return received
    return received


def _as_soon_as_there_is_room(server: Server, path: str = EXPORT) -> socket.socket:
    readers: list[socket.socket] = []

    def begun() -> bool:
        try:
            readers.append(server.begin(path))
        except AssertionError:
            return False
        return True

    await_(begun)
    return readers[0]
