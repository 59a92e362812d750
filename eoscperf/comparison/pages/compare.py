"""The page that compares flavors, sites, tags or single results."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import colander

from eoscperf import errors
from eoscperf.comparison import presenting
from eoscperf.comparison.cells import METHOD
from eoscperf.comparison.charts import BarChart, bar_chart
from eoscperf.comparison.comparing import TWO_RUNS, Table
from eoscperf.comparison.pages.shaping import (
    MetricShown,
    Spread,
    api_url,
    bar,
    conditions,
    criteria,
    metric_shown,
    spread_of,
)
from eoscperf.comparison.sentences import false_alarms
from eoscperf.comparison.service import Comparison, Comparisons
from eoscperf.comparison.subjects import parse
from eoscperf.metrics.catalogue import Catalogue
from eoscperf.rest.schema import choice, exact, identifier, instant, several
from eoscperf.web.urls import PageQuery


def is_item(node: Any, text: str) -> None:
    try:
        parse(text)
    except ValueError as problem:
        raise colander.Invalid(node, str(problem)) from None


COMPARE = PageQuery(
    several(exact("item", title="Item", validator=is_item), most=30, title="Items"),
    exact("base", title="Baseline", validator=is_item),
    several(identifier("benchmark_id", title="Benchmark"), most=20, title="Benchmarks"),
    exact("metric", title="Metric"),
    conditions(),
    instant("upload_before", required=False, dates=True, title="As of"),
    choice("weight", "source", "run", default_text="source", missing="source", title="Weight"),
    choice("missing", "common", "penalise", default_text="common", missing="common", title="Missing"),
    choice("same", "show", "hide", default_text="show", missing="show", title="Equal rows"),
)


@dataclass(frozen=True, slots=True)
class ComparedRow:
    name: str
    flavor_id: uuid.UUID | None
    result_id: uuid.UUID | None
    median: float | None
    spread: Spread | None
    n: int
    sources: int
    ratio: float | None
    is_base: bool
    code: str
    verdict: str | None
    machine: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ComparedTable:
    benchmark_id: uuid.UUID
    benchmark: str
    metric: MetricShown
    inputs: tuple[tuple[str, Any], ...]
    rows: tuple[ComparedRow, ...]
    hidden: int
    note: str | None
    false_alarms: str | None
    chart: BarChart


def show_comparison(request: Any) -> dict[str, Any]:
    """Flavors, sites, tags or single results side by side."""
    address = COMPARE.read(request)
    items = [parse(text) for text in address.values.get("item", ())]
    values: dict[str, Any] = {"address": address, "outcome": None, "tables": [], "items": items}
    if not address.ok or not items:
        return values
    asked = address.values
    base = parse(asked["base"]) if "base" in asked else None
    if base is not None and base not in items:
        # Taken away from the items: the first one is the baseline again.
        base = None
    try:
        found = request.find_service(Comparisons).compare(
            items,
            criteria(asked, benchmark_ids=tuple(asked.get("benchmark_id", ()))),
            base=base,
            metric=asked.get("metric"),
            weighting=asked["weight"],
            missing=asked["missing"],
        )
    except errors.Invalid as problem:
        return values | {"address": address.refused(problem)}
    return values | {
        "outcome": found,
        "tables": [_compared(table, hide=asked["same"] == "hide") for table in found.tables],
        "means": _means(found),
        "method": METHOD,
        "bases": [(str(item), found.subjects[place].name) for item, place in _first_places(items, found)],
        "api_url": api_url(request, "compare", address),
    }


def _compared(table: Table, *, hide: bool) -> ComparedTable:
    rows = []
    hidden = 0
    for place, row in enumerate(table.rows):
        is_base = place == table.base
        if hide and not is_base and row.contrast.code in ("same", "none"):
            hidden += 1
            continue
        shown = None if is_base else presenting.compared_verdict(table, row)
        rows.append(
            ComparedRow(
                name=row.subject.name,
                flavor_id=row.subject.flavor_id,
                result_id=row.subject.result_id,
                median=row.cell.median if row.cell else None,
                spread=spread_of(row.cell) if row.cell else None,
                n=row.cell.n if row.cell else 0,
                sources=row.cell.sources if row.cell else 0,
                ratio=row.contrast.ratio,
                is_base=is_base,
                code=row.contrast.code,
                verdict=shown["sentence"] if shown else None,
                machine=tuple(
                    (_label(table.part.catalogue, path), ", ".join(map(str, said)))
                    for path, said in row.machine.items()
                ),
            )
        )
    verdicts = sum(row.contrast.evidence is not None for row in table.rows) - 1
    bars = [bar(row.subject.name, row.cell) for row in table.rows if row.cell is not None]
    return ComparedTable(
        benchmark_id=table.part.benchmark_id,
        benchmark=table.part.benchmark,
        metric=metric_shown(table.part.metric),
        inputs=tuple((one.label, value) for one, value in zip(table.inputs, table.chosen, strict=False)),
        rows=tuple(rows),
        hidden=hidden,
        note=TWO_RUNS if table.of_runs else None,
        false_alarms=false_alarms(max(0, verdicts)),
        chart=bar_chart(bars),
    )


def _means(found: Comparison) -> list[tuple[str, Any]]:
    if found.summaries is None:
        return []
    return [(subject.name, mean) for subject, mean in zip(found.subjects, found.summaries, strict=True)]


def _first_places(items: list[Any], found: Comparison) -> list[tuple[Any, int]]:
    return [
        (item, place) for item, place in zip(items, found.places, strict=True) if place < len(found.subjects)
    ]


def _label(catalogue: Catalogue, path: str) -> str:
    metric = catalogue.get(path)
    return metric.label if metric else path
