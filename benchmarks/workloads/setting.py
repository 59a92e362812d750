"""What every workload needs: the server, the data, the client, where the lines go."""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.client.loop import Measured, ask_for
from benchmarks.client.requests import get
from benchmarks.data.results import Generated
from benchmarks.floors.processes import BareDriver
from benchmarks.floors.replay import replay
from benchmarks.server.recorded import Recorder
from benchmarks.server.workers import Worker

Line = dict[str, Any]

ROUNDS = 3
"""Turns of each of the things that are compared, so that what else the machine does concerns all."""

WARM_UP = 0.3
"""Seconds"""

STATEMENT_SAMPLE = 24
"""Requests whose statements the bare driver sends."""


@dataclass(slots=True)
class Setting:
    """One run on one database of one size."""

    kind: str
    url: str
    generated: Generated
    workers: Sequence[Worker]
    recorder: Recorder
    bare: BareDriver
    tokens: Sequence[str]
    seconds: float
    clients: int
    say: Callable[[str], object]
    note: Callable[[Line], object]
    """gets each line when it is there"""
    fresh: Callable[[], AbstractContextManager[Sequence[Worker]]]
    """one more process, which has not been asked anything"""
    forgetful: Callable[[], AbstractContextManager[Sequence[Worker]]]
    """the same, and it remembers no answers"""
    lines: list[Line] = field(default_factory=list)

    @property
    def ports(self) -> list[int]:
        return [worker.port for worker in self.workers]

    def emit(self, workload: str, **facts: Any) -> None:
        line = {"database": self.kind, "results": self.generated.size, "workload": workload, **facts}
        self.lines.append(line)
        self.note(line)
        shown = " ".join(
            f"{key}={value}" for key, value in facts.items() if not isinstance(value, dict | list)
        )
        self.say(f"{self.kind} {self.generated.size} {workload}: {shown}")

    def chance(self, name: str) -> random.Random:
        """Random numbers that are the same in every run."""
        return random.Random(f"{self.generated.seed} {name}")


def measure_read(
    setting: Setting,
    name: str,
    paths: Iterable[str],
    *,
    clients: int | None = None,
    repeated: bool = True,
) -> None:
    """A kind of GET: varied, each path once if there are enough of them, and one path again and again.

    In turns with it: constant bytes of the same number, and the same statements from the bare driver.
    """
    clients = clients or setting.clients
    known = list(dict.fromkeys(paths))
    status, body = setting.workers[0].get(known[0])
    if status != 200:
        raise RuntimeError(f"{name}: {known[0]} was answered with {status}: {body[:500]!r}")
    sample = known[:: max(1, len(known) // STATEMENT_SAMPLE)][:STATEMENT_SAMPLE]
    statements = [setting.recorder.statements(path) for path in sample]
    per_answer = round(sum(map(len, statements)) / len(statements), 1)
    if len(known) > 1:
        varied = Endless([get(path) for path in known[1:]])
        work = [statements[number % len(statements) :] + statements for number in range(clients)]
        driver = functools.partial(setting.bare.work_for, replay, work)
        facts = {"distinct": len(known), "statements": per_answer}
        _measure_variant(setting, name, "varied", [varied] * clients, driver, facts)
    if repeated or len(known) == 1:
        same = [itertools.repeat(get(known[0]))] * clients
        _measure_variant(setting, name, "repeated", same, None, {"statements": per_answer})


def _measure_variant(
    setting: Setting,
    name: str,
    variant: str,
    sources: Sequence[Iterator[bytes]],
    driver: Callable[[float], Measured] | None,
    facts: Line,
) -> None:
    ask = functools.partial(ask_for, setting.ports, sources)
    constant = get(f"/floor/{max(ask(WARM_UP).size - HEAD, 10)}")
    floor = functools.partial(ask_for, setting.ports, [itertools.repeat(constant)] * len(sources))
    for warmed in (floor, driver):
        if warmed is not None:
            warmed(WARM_UP)
    found, floors, bare = in_turns(setting.seconds, ask, floor, driver)
    setting.emit(
        name,
        variant=variant,
        clients=len(sources),
        **figures(found),
        **compared("constant", found, floors),
        **(compared("bare", found, bare) if driver is not None else {}),
        **facts,
    )


HEAD = 500
"""About so many bytes of an answer are its head."""


def in_turns(seconds: float, *workers: Callable[[float], Measured] | None) -> list[Measured]:
    """Let each work for so long altogether, in turns of equal length; who is None has nothing to do."""
    found = [Measured() for _ in workers]
    for _ in range(ROUNDS):
        for measured, work in zip(found, workers, strict=True):
            if work is not None:
                measured.add(work(seconds / ROUNDS))
    return found


def figures(found: Measured) -> Line:
    """What is said of every kind of request."""
    facts: Line = {
        "answers": len(found.durations),
        "errors": len(found.errors),
        "per_second": round(found.rate, 1),
        "p50_ms": round(found.milliseconds(50), 2),
        "p95_ms": round(found.milliseconds(95), 2),
        "bytes": found.size,
        "client_share": round(found.busy / found.seconds, 2) if found.seconds else 0,
    }
    if found.errors:
        facts["first_error"] = found.errors[0]
    return facts


def compared(name: str, found: Measured, floor: Measured) -> Line:
    """A floor, and which part of its rate was reached."""
    return {
        f"{name}_per_second": round(floor.rate, 1),
        f"{name}_p50_ms": round(floor.milliseconds(50), 2),
        f"of_{name}": round(found.rate / floor.rate, 3) if floor.rate else 0,
    }


class Endless:
    """Each of these once, and again from the start; shared by several clients."""

    def __init__(self, things: Sequence[bytes]) -> None:
        self._things = itertools.cycle(things)

    def __iter__(self) -> Endless:
        return self

    def __next__(self) -> bytes:
        return next(self._things)
