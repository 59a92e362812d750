"""Everything as NDJSON, and how much memory the worker needs for it."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from typing import Any

from benchmarks.client.requests import path
from benchmarks.floors.processes import connect
from benchmarks.server.workers import Worker
from benchmarks.workloads.setting import Setting

READ = 1 << 20
OFTEN = 0.05
"""Seconds between two looks at the memory."""


def measure(setting: Setting) -> None:
    worker = setting.workers[0]
    # What only the first export needs, such as imports, does not grow with the data.
    _streamed(
        worker,
        path("/results", [("format", "ndjson"), ("site_id", setting.generated.catalogue.site_ids[-1])]),
    )
    before = worker.resident
    memory = _Highest(lambda: worker.resident)
    with memory:
        lines, size, seconds = _streamed(worker, path("/results", [("format", "ndjson")]))
    _, _, constant = _streamed(worker, f"/floor/stream/{size}")
    rows, bare = _fetched(setting.url)
    setting.emit(
        "export",
        variant="NDJSON of everything",
        clients=1,
        lines=lines,
        bytes=size,
        seconds=round(seconds, 2),
        results_per_second=round(lines / seconds, 1),
        constant_results_per_second=round(lines / constant, 1),
        of_constant=round(constant / seconds, 3),
        bare_results_per_second=round(rows / bare, 1),
        of_bare=round(lines / seconds / (rows / bare), 3),
        memory_growth_mb=round((memory.highest - before) / 2**20, 1),
        memory_mb=round(memory.highest / 2**20, 1),
    )


def _streamed(worker: Worker, target: str) -> tuple[int, int, float]:
    """Lines, bytes and seconds of an answer that is read as quickly as it comes."""
    connection = http.client.HTTPConnection("127.0.0.1", worker.port, timeout=600)
    begun = time.perf_counter()
    connection.request("GET", target)
    answer = connection.getresponse()
    assert answer.status == 200, f"{target}: {answer.status} {answer.read()[:500]!r}"
    lines = size = 0
    # Whatever has come, instead of waiting until so much is there.
    while piece := answer.read1(READ):
        lines += piece.count(b"\n")
        size += len(piece)
    seconds = time.perf_counter() - begun
    connection.close()
    return lines, size, seconds


def _fetched(url: str) -> tuple[int, float]:
    """Rows and seconds of the same by the bare driver: the visible results with the ids of their tags."""
    connection = connect(url)
    begun = time.perf_counter()
    rows = 0
    if hasattr(connection, "pgconn"):
        with connection.transaction(), connection.cursor(name="everything") as cursor:
            cursor.itersize = 5000
            cursor.execute(
                _SELECT.format(tags="(SELECT array_agg(tag_id) FROM result_tags WHERE result_id = r.id)")
            )
            rows = sum(1 for _ in cursor)
    else:
        tags = "(SELECT group_concat(tag_id) FROM result_tags WHERE result_id = r.id)"
        rows = sum(1 for _ in connection.execute(_SELECT.format(tags=tags)))
    seconds = time.perf_counter() - begun
    connection.close()
    return rows, seconds


_SELECT = """
    SELECT r.id, r.json, r.execution_datetime, r.upload_datetime, r.benchmark_id, r.flavor_id, {tags}
    FROM results r WHERE r.status = 'visible' ORDER BY r.execution_datetime, r.id"""


class _Highest:
    """Looks at a number again and again while it is used as a context."""

    def __init__(self, look: Callable[[], int]) -> None:
        self._look = look
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.highest = look()

    def __enter__(self) -> _Highest:
        self._thread.start()
        return self

    def __exit__(self, *exception: Any) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(OFTEN):
            self.highest = max(self.highest, self._look())
