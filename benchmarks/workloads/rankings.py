"""The ranking of the benchmark with the most results, and pages beside the API calls that have their data."""

from __future__ import annotations

import dataclasses
import functools
import itertools

import sqlalchemy as sa
from sqlalchemy import orm

from benchmarks.client.loop import Measured, ask_for
from benchmarks.client.requests import API, get, path
from benchmarks.workloads.setting import WARM_UP, Setting, figures, in_turns, measure_read
from benchmarks.workloads.writes import posts
from eoscperf import jsontext
from eoscperf.benchmarks.models import Benchmark
from eoscperf.db import make_engine
from eoscperf.metrics.annotations import derive
from eoscperf.metrics.catalogue import Metric, to_plain
from eoscperf.metrics.models import CatalogueVersion

COLD = 5
"""Processes that are started to be asked once."""

CHANGES = 12
"""Times that an upload comes before the question."""


def declare(setting: Setting) -> None:
    """Say of each benchmark which number sums its results up, as their schemas do not."""
    engine = make_engine(setting.url, poolclass=sa.NullPool)
    with orm.Session(engine) as session, session.begin():
        edited = set(session.scalars(sa.select(CatalogueVersion.benchmark_id)))
        for benchmark in session.scalars(sa.select(Benchmark)):
            metrics = list(derive(benchmark.json_schema))
            at = next((at for at, metric in enumerate(metrics) if _sums_up(metric)), None)
            if benchmark.id in edited or at is None:
                continue
            metrics[at] = dataclasses.replace(metrics[at], better="higher", headline=1)
            text = jsontext.dumps(to_plain(metrics))
            session.add(
                CatalogueVersion(benchmark_id=benchmark.id, version=1, status="accepted", metrics=text)
            )
    engine.dispose()


def _sums_up(metric: Metric) -> bool:
    return metric.kind == "number" and metric.parameter is None and "rate" in metric.label.lower()


def measure_leaderboard(setting: Setting) -> None:
    """One client, since it is how long a person waits that counts."""
    declare(setting)
    ranking = f"{path(f'/benchmarks/{setting.generated.catalogue.biggest.id}')}/leaderboard"
    _ask(setting, "of the first there is", [setting.workers[0].port], ranking)
    cold = Measured()
    for _ in range(COLD):
        with setting.fresh() as (worker,):
            cold.add(ask_for([worker.port], [iter([get(ranking)])], 60))
    setting.emit("leaderboard", variant="cold", clients=1, **figures(cold))
    changes = (
        request
        for request in posts(setting, "rankings", CHANGES * 100)
        if str(setting.generated.catalogue.biggest.id).encode() in request
    )
    changed = Measured()
    for port, change in zip(itertools.cycle(setting.ports), itertools.islice(changes, CHANGES), strict=False):
        stored = ask_for([port], [iter([change])], 60, status=201)
        assert not stored.errors, stored.errors[0]
        changed.add(ask_for([port], [iter([get(ranking)])], 60))
    setting.emit("leaderboard", variant="after an upload", clients=1, **figures(changed))
    measure_read(setting, "leaderboard", [ranking], clients=1)


def _ask(setting: Setting, variant: str, ports: list[int], target: str) -> None:
    found = ask_for(ports, [iter([get(target)])], 60)
    setting.emit("leaderboard", variant=variant, clients=1, **figures(found))


def measure_pages(setting: Setting) -> None:
    """Each page in turns with the API call that has its data."""
    declare(setting)
    # Answers of the API are remembered while nothing changes, pages are not: what making them takes counts.
    with setting.forgetful() as (worker,):
        for name, page, call in _pairs(setting):
            _measure_page(setting, worker.port, name, page, call)


def _measure_page(setting: Setting, port: int, name: str, page: str, call: str) -> None:
    ask, beside = (
        functools.partial(ask_for, [port], [itertools.repeat(get(target))]) for target in (page, call)
    )
    ask(WARM_UP)
    beside(WARM_UP)
    found, data = in_turns(setting.seconds, ask, beside)
    of_data = data.milliseconds(50)
    setting.emit(
        "page",
        variant=name,
        clients=1,
        **figures(found),
        api_p50_ms=round(of_data, 2),
        times=round(found.milliseconds(50) / of_data, 2) if of_data else 0,
    )


def _pairs(setting: Setting) -> list[tuple[str, str, str]]:
    """Name, path of the page, path of the call."""
    catalogue = setting.generated.catalogue
    (result,) = setting.generated.ids(1)
    benchmark, site = catalogue.biggest.id, catalogue.site_ids[0]
    one, other = (flavor.id for flavor in catalogue.flavors[:2])
    compared = f"/compare?item=flavor:{one}&item=flavor:{other}&benchmark_id={benchmark}"
    of_site, of_flavor = (
        f"/results:facets?{key}={value}" for key, value in (("site_id", site), ("flavor_id", one))
    )
    return [
        ("results", "/results?per_page=50", f"{API}/results?per_page=50"),
        ("result", f"/results/{result}", f"{API}/results/{result}"),
        ("benchmark", f"/benchmarks/{benchmark}", f"{API}/benchmarks/{benchmark}/leaderboard"),
        ("compare", compared, f"{API}{compared}"),
        ("site", f"/sites/{site}", f"{API}{of_site}"),
        ("flavor", f"/flavors/{one}", f"{API}{of_flavor}"),
    ]
