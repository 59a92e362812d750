"""Facets of the benchmark with the most results: remembered, after a change, and of a filtered part."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from benchmarks.client.loop import Measured, ask_for
from benchmarks.client.requests import get, path
from benchmarks.floors.replay import replay
from benchmarks.workloads.setting import Setting, compared, figures, measure_read
from benchmarks.workloads.writes import posts

COLD = 12
"""Times that a change comes before the question, for each worker."""


def measure(setting: Setting) -> None:
    """One client, since it is how long a person waits that counts."""
    benchmark = setting.generated.catalogue.biggest
    plain = path("/results:facets", [("benchmark_id", benchmark.id)])
    status, body = setting.workers[0].get(plain)
    if status != 200:
        raise RuntimeError(f"{plain} was answered with {status}: {body[:300]!r}. Are there facets yet?")
    _cold(setting, plain)
    measure_read(setting, "facets", [plain], clients=1)
    measure_read(setting, "facets of a part", _parts(setting), clients=1, repeated=False)


def _cold(setting: Setting, plain: str) -> None:
    """Whatever is remembered is out of date each time; the change itself is not measured."""
    changes = posts(setting, "facets", COLD * len(setting.workers))
    found, floor = Measured(), Measured()
    for port in setting.ports * COLD:
        changed = ask_for([port], [changes], 60, status=201, most=1)
        assert not changed.errors, changed.errors[0]
        found.add(ask_for([port], [iter([get(plain)])], 60))
        floor.add(ask_for([port], [iter([get(f"/floor/{max(found.size - 500, 10)}")])], 60))
    bare = setting.bare.work_for(replay, [[setting.recorder.statements(plain)]], 1.0)
    setting.emit(
        "facets",
        variant="after a change",
        clients=1,
        **figures(found),
        **compared("constant", found, floor),
        **compared("bare", found, bare),
    )


def _parts(setting: Setting) -> Iterator[str]:
    chance = setting.chance("facets")
    benchmark = setting.generated.catalogue.biggest
    for _ in itertools.repeat(None, 300):
        condition = f"result.gflops > {chance.uniform(32, 80):.4f}"
        yield path("/results:facets", [("benchmark_id", benchmark.id), ("filters", condition)])
