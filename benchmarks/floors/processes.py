"""Work of the bare driver in a few processes, so that Python's own lock is not what limits it."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from types import TracebackType
from typing import Any

import sqlalchemy as sa

from benchmarks.client.loop import Measured
from eoscperf.db import make_engine
from eoscperf.results import json_sql  # noqa: F401 - gives connections to SQLite the functions of its statements

PROCESSES = 2

Step = Callable[[Any, Any], int]
"""Does one piece of work with a connection of the driver; the number of bytes or rows that came of it."""


class BareDriver:
    """A few processes, started once; use it as a context."""

    def __init__(self, url: str, processes: int = PROCESSES) -> None:
        self._url = url
        self._number = processes
        context = multiprocessing.get_context("spawn")
        self._pools = [ProcessPoolExecutor(1, mp_context=context) for _ in range(processes)]

    def __enter__(self) -> BareDriver:
        for pool in self._pools:
            pool.submit(time.time).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pool in self._pools:
            pool.shutdown()

    def work_for(self, step: Step, work: Sequence[Sequence[Any]], seconds: float) -> Measured:
        """Each client works through a list of its own, again and again, for so long.

        `step` must be a function of a module.
        """
        shares = [list(work[number :: self._number]) for number in range(self._number)]
        parts = [
            pool.submit(_clients, self._url, step, share, seconds)
            for pool, share in zip(self._pools, shares, strict=True)
            if share
        ]
        together = Measured()
        for part in parts:
            durations, elapsed, amount, busy = part.result()
            together.durations += durations
            together.seconds = max(together.seconds, elapsed)
            together.bytes += amount
            together.busy += busy
        return together


def connect(url: str) -> Any:
    """A connection of the driver itself, as durable as the platform's; each statement commits by itself."""
    engine = make_engine(url, poolclass=sa.NullPool)
    pooled = engine.raw_connection()
    connection: Any = pooled.driver_connection
    pooled.detach()
    if engine.dialect.name == "postgresql":
        connection.autocommit = True
    return connection


def _clients(
    url: str, step: Step, work: Sequence[Sequence[Any]], seconds: float
) -> tuple[list[float], float, int, float]:
    ready = threading.Barrier(len(work) + 1)
    durations: list[list[float]] = [[] for _ in work]
    amounts = [0] * len(work)
    problems: list[BaseException] = []
    end = [0.0]

    def client(number: int) -> None:
        connection = connect(url)
        try:
            ready.wait()
            done = 0
            while (begun := time.perf_counter()) < end[0] or not done:
                amounts[number] += step(connection, work[number][done % len(work[number])])
                durations[number].append(time.perf_counter() - begun)
                done += 1
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(len(work))]
    busy = time.process_time()
    for thread in threads:
        thread.start()
    start = time.perf_counter()
    end[0] = start + seconds
    ready.wait()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
    elapsed = time.perf_counter() - start
    return [one for each in durations for one in each], elapsed, sum(amounts), time.process_time() - busy
