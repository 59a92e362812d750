"""The page that compares flavors, sites, tags or single results."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import colander

from eoscperf import errors
from eoscperf.charts import figures
from eoscperf.charts import query as chart_query
from eoscperf.charts.data import Drawable
from eoscperf.charts.fields import offered, size_field
from eoscperf.comparison import presenting
from eoscperf.comparison.cells import METHOD
from eoscperf.comparison.comparing import TWO_RUNS, Table
from eoscperf.comparison.drawing import Charts
from eoscperf.comparison.machines import is_cores_metric, per_core
from eoscperf.comparison.pages.picking import chosen, picker
from eoscperf.comparison.pages.shaping import (
    MetricShown,
    Spread,
    api_url,
    conditions,
    criteria,
    metric_shown,
    spread_of,
)
from eoscperf.comparison.sentences import false_alarms
from eoscperf.comparison.service import Comparison, Comparisons
from eoscperf.comparison.subjects import parse
from eoscperf.metrics import units
from eoscperf.metrics.catalogue import Catalogue, Metric
from eoscperf.rest.schema import choice, exact, identifier, instant, several
from eoscperf.results.query import Criteria
from eoscperf.results.service import Results
from eoscperf.web.urls import Address, PageQuery


def is_item(node: Any, text: str) -> None:
    try:
        parse(text)
    except ValueError as problem:
        raise colander.Invalid(node, str(problem)) from None


KINDS = tuple(chart_query.KINDS)

WITHOUT = {"bars": ("y", "series"), "heat": ("y",)}
"""These are drawn of the rows of a table."""

COMPARE = PageQuery(
    several(exact("item", title="Item", validator=is_item), most=30, title="Items"),
    exact("base", title="Baseline", validator=is_item),
    exact("q", title="Words"),
    several(identifier("benchmark_id", title="Benchmark"), most=20, title="Benchmarks"),
    exact("metric", title="Metric"),
    conditions(),
    instant("upload_before", required=False, dates=True, title="As of"),
    choice("weight", "source", "run", default_text="source", missing="source", title="Weight"),
    choice("missing", "common", "penalise", default_text="common", missing="common", title="Missing"),
    choice("same", "show", "hide", default_text="show", missing="show", title="Equal rows"),
    *chart_query.keys("bars"),
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
    machine: tuple[tuple[str, str, bool], ...]
    """what results say of the machine, and whether other rows have another value"""
    per_core: float | None


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
    figure: figures.Figure | None
    differing: tuple[str, ...]
    """what machines differ in, by the words of the catalogue"""
    per_core: str | None
    """the unit of what medians come to for each core; None where no row tells its cores"""


def show_comparison(request: Any) -> dict[str, Any]:
    """Flavors, sites, tags or single results side by side."""
    address = COMPARE.read(request)
    items = [parse(text) for text in address.values.get("item", ())]
    view = request.find_service(Results).search(Criteria(status="visible")).view
    values: dict[str, Any] = {
        "address": address,
        "outcome": None,
        "tables": [],
        "items": items,
        "controls": None,
        "picker": picker(address, view),
    }
    if not address.ok:
        return values | {"controls": _controls(address, None)}
    if not items:
        return values
    asked = address.values
    try:
        found = _comparison(request, address)
        drawn = [_drawn(request, address, table) for table in found.tables]
    except errors.Invalid as problem:
        address = address.refused(problem)
        return values | {"address": address, "controls": _controls(address, None)}
    catalogues = [table.part.catalogue for table in found.tables]
    compared = []
    for number, (table, chart) in enumerate(zip(found.tables, drawn, strict=True), 1):
        benchmark_id = table.part.benchmark_id
        figure = (
            figures.figure(request, "compare", address, chart, f"chart-{number}", benchmark_id=benchmark_id)
            if chart
            else None
        )
        compared.append(_compared(table, figure, hide=asked["same"] == "hide"))
    return values | {
        "outcome": found,
        "controls": _controls(address, catalogues[0] if len(catalogues) == 1 else None),
        "tables": compared,
        "means": _means(found),
        "method": METHOD,
        "bases": [(str(item), found.subjects[place].name) for item, place in _first_places(items, found)],
        "chosen": chosen(address, view, items, [found.subjects[place].name for place in found.places]),
        "choices": _choices(catalogues[0]) if len(catalogues) == 1 else (),
        "api_url": api_url(request, "compare", address),
    }


def draw_comparison(request: Any, address: Address) -> Drawable | None:
    """The chart that the comparison has at an address for one benchmark, the first one of several."""
    if not address.values.get("item"):
        return None
    tables = _comparison(request, address).tables
    return _drawn(request, address, tables[0]) if tables else None


def _comparison(request: Any, address: Address) -> Comparison:
    asked = address.values
    items = [parse(text) for text in asked["item"]]
    base = parse(asked["base"]) if "base" in asked else None
    if base is not None and base not in items:
        # Taken away from the items: the first one is the baseline again.
        base = None
    return request.find_service(Comparisons).compare(
        items,
        criteria(asked, benchmark_ids=tuple(asked.get("benchmark_id", ()))),
        base=base,
        metric=asked.get("metric"),
        weighting=asked["weight"],
        missing=asked["missing"],
    )


def _drawn(request: Any, address: Address, table: Table) -> Drawable | None:
    wanted = chart_query.wanted(address.values)
    if wanted.chart == "none":
        return None
    service = request.find_service(Charts)
    return service.of_table(wanted, table, criteria(address.values), address.values["weight"])


def _controls(address: Address, catalogue: Catalogue | None) -> figures.Controls:
    size = size_field(catalogue)
    return figures.controls(
        address,
        offered(catalogue),
        kinds=KINDS,
        without=WITHOUT,
        size=size.label if size else "",
        defaults={"x": size.path if size else "", "y": address["metric"]},
    )


def _compared(table: Table, figure: figures.Figure | None, *, hide: bool) -> ComparedTable:
    rows = []
    hidden = 0
    catalogue, metric = table.part.catalogue, table.part.metric
    cores = next((one.path for one in catalogue.machine if is_cores_metric(one)), None)
    differing = {path for path in _said(table) if len(_said(table)[path]) > 1}
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
                    (_label(catalogue, path), ", ".join(map(str, said)), path in differing)
                    for path, said in row.machine.items()
                ),
                per_core=per_core(metric, row.cell.median, _one_number(row.machine.get(cores or "")))
                if row.cell
                else None,
            )
        )
    return ComparedTable(
        benchmark_id=table.part.benchmark_id,
        benchmark=table.part.benchmark,
        metric=metric_shown(table.part.metric),
        inputs=tuple((one.label, value) for one, value in zip(table.inputs, table.chosen, strict=False)),
        rows=tuple(rows),
        hidden=hidden,
        note=TWO_RUNS if table.of_runs else None,
        false_alarms=false_alarms(table.verdicts),
        figure=figure,
        differing=tuple(_label(catalogue, path) for path in _said(table) if path in differing),
        per_core=_unit_per_core(metric) if any(row.per_core is not None for row in rows) else None,
    )


def _said(table: Table) -> dict[str, set[str]]:
    """Everything that the rows say of their machines, by path."""
    said: dict[str, set[str]] = {}
    for row in table.rows:
        for path, values in row.machine.items():
            said.setdefault(path, set()).add(", ".join(map(str, values)))
    return said


def _one_number(values: Sequence[object] | None) -> float | None:
    """The number, where all results say the same one."""
    if values is None or len(values) != 1 or isinstance(values[0], bool):
        return None
    return values[0] if isinstance(values[0], (int, float)) else None


def _unit_per_core(metric: Metric) -> str:
    unit = units.symbol(metric.unit) if metric.unit else ""
    return f"{unit} × cores" if metric.better == "lower" else f"{unit} per core"


def _choices(catalogue: Catalogue) -> list[tuple[str, str]]:
    """The metrics to compare by."""
    numbers = (one for one in catalogue if one.kind in ("number", "mixed") and not one.parameter)
    return [(one.path, f"{one.label} ({one.path})" if one.label != one.path else one.path) for one in numbers]


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
