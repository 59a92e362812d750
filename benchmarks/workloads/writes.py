"""Uploads, one by one and in batches, against bare inserts of the same rows."""

from __future__ import annotations

import datetime
import itertools
import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from benchmarks.client.loop import Measured, ask_for
from benchmarks.client.requests import path, post
from benchmarks.data.catalogue import FIRST
from benchmarks.databases.values import DeclaredFields, declared_fields
from benchmarks.floors import inserts
from benchmarks.workloads.setting import WARM_UP, Setting, compared, figures, in_turns
from eoscperf.db import make_engine
from eoscperf.results.projection.models import ResultField

POST_CLIENTS = 8
BATCH_CLIENTS = 2
BATCH = 1000
FASTEST = 2000
"""Uploads per second that are prepared for."""


def measure(setting: Setting) -> None:
    _posts(setting)
    _batches(setting)


def posts(setting: Setting, purpose: str, number: int) -> Iterator[bytes]:
    """So many uploads of one result each, none of them twice whatever the purpose."""
    chance = setting.chance(f"uploads for {purpose}")
    catalogue = setting.generated.catalogue
    begun = FIRST + datetime.timedelta(days=1, seconds=chance.randrange(10**8))
    for index in range(number):
        benchmark, flavor = catalogue.benchmark_choice.draw(chance), catalogue.flavor_choice.draw(chance)
        tags = sorted({catalogue.tag_choice.draw(chance) for _ in range(catalogue.tag_count.draw(chance))})
        query: list[tuple[str, object]] = [
            ("execution_datetime", (begun + datetime.timedelta(microseconds=index)).isoformat()),
            ("benchmark_id", benchmark.id),
            ("flavor_id", flavor.id),
            *(("tags_ids", tag) for tag in tags),
        ]
        body = json.dumps(benchmark.documents.draw(chance)).encode()
        yield post(path("/results", query), setting.tokens[index % len(setting.tokens)], body)


def batches(setting: Setting, number: int, *, campaign: bool = False) -> Iterator[bytes]:
    """So many batches of results, with a line for each.

    Their results are of any benchmark on any flavor, or, as a `campaign`, of one benchmark on the flavors of
    one site.
    """
    chance = setting.chance("campaigns" if campaign else "batches")
    catalogue = setting.generated.catalogue
    begun = FIRST + datetime.timedelta(days=2000 if campaign else 1000, seconds=chance.randrange(10**7))
    for index in range(number):
        lines = []
        chosen = catalogue.benchmark_choice.draw(chance)
        site_id = catalogue.flavor_choice.draw(chance).site_id
        flavors = [flavor for flavor in catalogue.flavors if flavor.site_id == site_id]
        for place in range(BATCH):
            benchmark = chosen if campaign else catalogue.benchmark_choice.draw(chance)
            flavor = chance.choice(flavors) if campaign else catalogue.flavor_choice.draw(chance)
            executed = begun + datetime.timedelta(seconds=index * BATCH + place)
            tags = {catalogue.tag_choice.draw(chance) for _ in range(catalogue.tag_count.draw(chance))}
            item = {
                "execution_datetime": executed.isoformat(),
                "benchmark_id": str(benchmark.id),
                "flavor_id": str(flavor.id),
                "tags_ids": sorted(map(str, tags)),
                "json": benchmark.documents.draw(chance),
            }
            lines.append(json.dumps(item))
        body = "\n".join(lines).encode()
        token = setting.tokens[index % len(setting.tokens)]
        yield post(path("/results:batch"), token, body, "application/x-ndjson")


def _posts(setting: Setting) -> None:
    # Made in time: while it is measured the client only sends.
    prepared = iter(list(posts(setting, "rate", int(FASTEST * (setting.seconds + WARM_UP)))))
    rows = _rows(setting, results=1, number=400)

    def ask(seconds: float) -> Measured:
        return ask_for(setting.ports, [prepared] * POST_CLIENTS, seconds, status=201)

    size = ask(WARM_UP).size
    constant = itertools.repeat(post(f"/floor/{max(size - 500, 10)}", setting.tokens[0], b"x" * 600))

    def floor(seconds: float) -> Measured:
        return ask_for(setting.ports, [constant] * POST_CLIENTS, seconds, status=201)

    def bare(seconds: float) -> Measured:
        return setting.bare.work_for(
            inserts.insert, [rows[one:] + rows[:one] for one in range(POST_CLIENTS)], seconds
        )

    bare(WARM_UP)
    found, floors, driver = in_turns(setting.seconds, ask, floor, bare)
    _emit(setting, "upload", 1, POST_CLIENTS, found, driver, floors)


def _batches(setting: Setting) -> None:
    # One to warm up, and as many as fit into the time, but not more than the memory should hold.
    number = min(max(8, int(12 * setting.seconds)), 80)
    rows = _rows(setting, results=BATCH, number=4)
    work = [rows[one:] + rows[:one] for one in range(BATCH_CLIENTS)]

    def bare(seconds: float) -> Measured:
        return setting.bare.work_for(inserts.insert, work, seconds)

    def copy(seconds: float) -> Measured:
        return setting.bare.work_for(inserts.copy, work, seconds)

    for variant, campaign in (("varied", False), ("of one benchmark and site", True)):
        prepared = iter(list(batches(setting, number, campaign=campaign)))
        ask_for(setting.ports, [prepared], 60, status=201, most=1)

        def ask(seconds: float, prepared: Iterator[bytes] = prepared) -> Measured:
            return ask_for(setting.ports, [prepared] * BATCH_CLIENTS, seconds, status=201)

        copies = copy if setting.kind == "postgresql" and not campaign else None
        found, driver, copied = in_turns(setting.seconds, ask, None if campaign else bare, copies)
        facts = {"copy_results_per_second": round(copied.rate * BATCH, 1)} if copies else {}
        _emit(setting, "batch", BATCH, BATCH_CLIENTS, found, driver, None, variant=variant, **facts)


def _emit(
    setting: Setting,
    name: str,
    results: int,
    clients: int,
    found: Measured,
    bare: Measured,
    constant: Measured | None,
    variant: str = "varied",
    **facts: Any,
) -> None:
    setting.emit(
        name,
        variant=variant,
        clients=clients,
        **figures(found),
        results_per_second=round(found.rate * results, 1),
        **(compared("constant", found, constant) if constant else {}),
        **(compared("bare", found, bare) if bare.durations else {}),
        **({"bare_results_per_second": round(bare.rate * results, 1)} if bare.durations else {}),
        **facts,
    )


def _rows(setting: Setting, *, results: int, number: int) -> list[inserts.Upload]:
    engine = make_engine(setting.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        declared: DeclaredFields = declared_fields(connection)
        field = ResultField.__table__.c
        countable = connection.scalars(sa.select(field.id).where(field.countable)).all()
    engine.dispose()
    return inserts.uploads(
        setting.generated, engine.dialect, declared, countable, number=number, results=results
    )
