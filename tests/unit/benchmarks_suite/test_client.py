"""The load client, against a server that answers as it is told."""

from __future__ import annotations

import http.server
import itertools
import threading

import pytest

from benchmarks.client.loop import Measured, ask_for
from benchmarks.client.requests import get, path, post


class _Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self._answer(404 if self.path == "/missing" else 200)

    def do_POST(self):
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(201)

    def _answer(self, status):
        body = b"x" * 300_000
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        server.bodies = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_asks_until_its_sources_run_dry(server):
    shared = iter([get("/a")] * 7)
    measured = ask_for([server.server_port], [shared] * 3, 60)
    assert len(measured.durations) == 7
    assert measured.errors == []
    assert measured.size > 300_000


def test_asks_for_as_long_as_it_is_told(server):
    measured = ask_for([server.server_port], [itertools.repeat(get("/a"))] * 2, 0.2)
    assert measured.seconds >= 0.2
    assert measured.rate > 0


def test_an_unexpected_status_is_an_error(server):
    measured = ask_for([server.server_port], [iter([get("/a"), get("/missing")])], 60)
    assert len(measured.durations) == 2
    assert len(measured.errors) == 1
    assert "404" in measured.errors[0]


def test_large_bodies_arrive_whole(server):
    body = b"y" * 5_000_000
    measured = ask_for([server.server_port], [iter([post("/b", "token", body)])], 60, status=201)
    assert measured.errors == []
    assert server.bodies == [body]


def test_percentiles_lie_between_the_answers_they_separate():
    measured = Measured(durations=[0.4, 0.1, 0.2, 0.3])
    assert measured.milliseconds(50) == pytest.approx(250)
    assert measured.milliseconds(0) == pytest.approx(100)
    assert measured.milliseconds(100) == pytest.approx(400)


def test_queries_are_quoted():
    assert (
        path("/results", [("filters", "a > 1"), ("page", 2)]) == "/api/v1/results?filters=a%20%3E%201&page=2"
    )
    assert path("/results") == "/api/v1/results"
