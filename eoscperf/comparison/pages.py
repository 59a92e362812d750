"""The page of a benchmark with its ranking, and the comparison."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import colander

from eoscperf import errors
from eoscperf.comparison import presenting
from eoscperf.comparison.cells import METHOD, Cell
from eoscperf.comparison.charts import Bar, BarChart, bar_chart
from eoscperf.comparison.comparing import TWO_RUNS, Table
from eoscperf.comparison.leaderboard import Leaderboard, Row
from eoscperf.comparison.sentences import direction, false_alarms, left_out_sentence, percent
from eoscperf.comparison.service import Comparison, Comparisons
from eoscperf.comparison.subjects import parse
from eoscperf.listing import Page
from eoscperf.metrics import units
from eoscperf.metrics.catalogue import Catalogue, Metric
from eoscperf.metrics.service import MetricCatalogues
from eoscperf.rest.schema import choice, exact, identifier, instant, several, whole
from eoscperf.results import filters
from eoscperf.results.query import Criteria
from eoscperf.web.pager import pager
from eoscperf.web.urls import Address, PageQuery, paging

MOST_BARS = 50


def _is_filter(node: Any, text: str) -> None:
    try:
        filters.parse(text)
    except filters.FilterSyntax as problem:
        raise colander.Invalid(node, str(problem)) from None


def _is_item(node: Any, text: str) -> None:
    try:
        parse(text)
    except ValueError as problem:
        raise colander.Invalid(node, str(problem)) from None


def _filters() -> colander.SchemaNode:
    one = exact("filters", title="Condition", validator=_is_filter)
    return several(one, limit="filters", title="Conditions")


RANKING = PageQuery(
    exact("metric", title="Metric"),
    _filters(),
    several(identifier("site_id", title="Site"), most=50, title="Sites"),
    choice("weight", "source", "run", default_text="source", missing="source", title="Weight"),
    identifier("base", required=False, title="Baseline"),
    choice("sort_by", "rank", "site", "n", "last", default_text="rank", missing="rank", title="Order"),
    whole("cat", 0, 2**31 - 1, default=None, title="Version of the catalogue"),
    *paging(per_page=50),
)

COMPARE = PageQuery(
    several(exact("item", title="Item", validator=_is_item), most=30, title="Items"),
    exact("base", title="Baseline", validator=_is_item),
    several(identifier("benchmark_id", title="Benchmark"), most=20, title="Benchmarks"),
    exact("metric", title="Metric"),
    _filters(),
    instant("upload_before", required=False, dates=True, title="As of"),
    choice("weight", "source", "run", default_text="source", missing="source", title="Weight"),
    choice("missing", "common", "penalise", default_text="common", missing="common", title="Missing"),
    choice("same", "show", "hide", default_text="show", missing="show", title="Equal rows"),
)


@dataclass(frozen=True, slots=True)
class Spread:
    """How sure a median is: an interval, or every value where there are few."""

    low: float | None
    high: float | None
    values: tuple[float, ...]
    within: str | None


@dataclass(frozen=True, slots=True)
class RankedRow:
    place: str | None
    site_id: uuid.UUID
    site: str
    flavor_id: uuid.UUID
    flavor: str
    median: float
    spread: Spread
    n: int
    sources: int
    ratio: float | None
    is_base: bool
    verdict: str | None
    code: str
    base_url: str
    last_run: Any


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


@dataclass(frozen=True, slots=True)
class MetricShown:
    path: str
    label: str
    unit: str
    direction: str


def show_benchmark(request: Any) -> dict[str, Any]:
    """One benchmark and the ranking of flavors by one of its metrics."""
    benchmark = request.context.model
    address = RANKING.read(request)
    shown = request.find_service(MetricCatalogues).shown(benchmark)
    values: dict[str, Any] = {
        "benchmark": benchmark,
        "address": address,
        "ranking": None,
        "catalogue_version": shown.in_force,
        "choices": [one for one in shown.catalogue if one.kind in ("number", "mixed") and not one.parameter],
        "has_headline": bool(shown.catalogue.headlines),
    }
    if not address.ok or not (values["has_headline"] or "metric" in address.values):
        return values
    asked = address.values
    try:
        found, catalogue = request.find_service(Comparisons).leaderboard(
            benchmark,
            _criteria(asked, benchmark_ids=(benchmark.id,), site_ids=tuple(asked.get("site_id", ()))),
            metric=asked.get("metric"),
            weighting=asked["weight"],
            base=asked.get("base"),
            order=asked["sort_by"],
            version=asked["cat"],
        )
    except errors.Invalid as problem:
        return values | {"address": address.refused(problem)}
    return values | _ranking(request, address, found, catalogue)


def _ranking(request: Any, address: Address, found: Leaderboard, catalogue: Catalogue) -> dict[str, Any]:
    size, number = address.values["per_page"], address.values["page"]
    start = (number - 1) * size
    total, pages = len(found.rows), max(1, -(-len(found.rows) // size))
    page = Page(
        items=list(found.rows[start : start + size]),
        has_next=number < pages,
        has_prev=number > 1,
        next_num=None,
        page=number,
        pages=pages,
        per_page=size,
        prev_num=None,
        total=total,
    )
    shown_pager = pager(address, page)
    rows = [_ranked_row(address, found, row) for row in page.items]
    verdicts = sum(row.contrast.evidence is not None and row is not found.base for row in found.rows)
    bars = [_bar(row.name, row.cell) for row in page.items[:MOST_BARS]]
    return {
        "ranking": found,
        "metric": _metric(found.metric),
        "rows": rows,
        "pager": shown_pager,
        "chart": bar_chart(bars),
        "method": METHOD,
        "false_alarms": false_alarms(verdicts),
        "left_out": left_out_sentence(found.older, found.infinite),
        "inputs": _named_inputs(found),
        "other_inputs": [
            (_described(found, other.inputs), other.runs, _input_url(address, found, other.inputs))
            for other in found.others[:20]
        ],
        "shown_catalogue": catalogue.version,
        "api_url": _api_url(request, "leaderboard", address, benchmark_id=request.matchdict["benchmark_id"]),
    }


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
            _criteria(asked, benchmark_ids=tuple(asked.get("benchmark_id", ()))),
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
        "api_url": _api_url(request, "compare", address),
    }


def explain(request: Any) -> dict[str, Any]:
    """How numbers become verdicts."""
    return {"method": METHOD}


def _criteria(asked: dict[str, Any], **more: Any) -> Criteria:
    return Criteria(
        filters=tuple(filters.parse(text) for text in asked.get("filters", ())),
        upload_before=asked.get("upload_before"),
        status="visible",
        **more,
    )


def _ranked_row(address: Address, found: Leaderboard, row: Row) -> RankedRow:
    shown = presenting.row_verdict(found, row)
    return RankedRow(
        place=row.rank.label if row.rank else None,
        site_id=row.site_id,
        site=row.site,
        flavor_id=row.flavor_id,
        flavor=row.flavor,
        median=row.cell.median,
        spread=_spread(row.cell),
        n=row.cell.n,
        sources=row.cell.sources,
        ratio=row.contrast.ratio,
        is_base=row is found.base,
        verdict=shown["sentence"] if shown else None,
        code=row.contrast.code,
        base_url=address.with_(base=row.flavor_id),
        last_run=row.last_run,
    )


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
                spread=_spread(row.cell) if row.cell else None,
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
    bars = [_bar(row.subject.name, row.cell) for row in table.rows if row.cell is not None]
    return ComparedTable(
        benchmark_id=table.part.benchmark_id,
        benchmark=table.part.benchmark,
        metric=_metric(table.part.metric),
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


def _spread(cell: Cell) -> Spread:
    low, high = cell.interval or (None, None)
    values = () if cell.is_enough else cell.values
    within = percent(cell.within_spread) if cell.within_spread is not None else None
    return Spread(low, high, values, within)


def _bar(label: str, cell: Cell) -> Bar:
    low, high = cell.interval or (None, None)
    return Bar(label, cell.median, low, high, () if cell.is_enough else cell.values)


def _metric(metric: Metric) -> MetricShown:
    unit = units.symbol(metric.unit) if metric.unit else ""
    return MetricShown(metric.path, metric.label, unit, direction(metric.better))


def _label(catalogue: Catalogue, path: str) -> str:
    metric = catalogue.get(path)
    return metric.label if metric else path


def _named_inputs(found: Leaderboard) -> list[tuple[str, Any]]:
    return [(metric.label, value) for metric, value in zip(found.inputs, found.chosen, strict=False)]


def _described(found: Leaderboard, values: Any) -> str:
    return ", ".join(
        f"{metric.label} {'none' if value is None else value}"
        for metric, value in zip(found.inputs, values, strict=True)
    )


def _input_url(address: Address, found: Leaderboard, values: Any) -> str:
    """The ranking of runs with these inputs."""
    paths = {metric.path for metric in found.inputs}
    kept = [text for text in address.all("filters") if filters.parse(text).path.text() not in paths]
    added = [
        f"{metric.path} == {presenting.literal(value)}"
        for metric, value in zip(found.inputs, values, strict=True)
        if value is not None
    ]
    return address.with_(filters=[*kept, *added], base=None)


def _api_url(request: Any, service: str, address: Address, **ids: Any) -> str:
    """The same question to the REST API."""
    pairs = [pair for pair in address.pairs if pair[0] != "same"]
    path = request.route_path(service, **ids)
    return f"{path}?{urlencode(pairs)}" if pairs else path


def includeme(config: Any) -> None:
    config.add_page(
        "benchmark_page",
        "/benchmarks/{benchmark_id}",
        show_benchmark,
        "comparison/benchmark.jinja2",
        permission="benchmark:read",
        methods=("GET",),
        traverse="/benchmarks/{benchmark_id}",
        target=True,
        api="benchmark",
    )
    config.add_page(
        "compare_page",
        "/compare",
        show_comparison,
        "comparison/compare.jinja2",
        permission="comparison:read",
        methods=("GET",),
    )
    config.add_page(
        "help_statistics",
        "/help/statistics",
        explain,
        "comparison/help_statistics.jinja2",
        permission="site:view",
        methods=("GET",),
    )
    config.add_nav_entry("Compare", "compare_page", order=250)
