"""The page of a benchmark with its ranking."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import colander

from eoscperf import errors
from eoscperf.benchmarks.service import Benchmarks
from eoscperf.charts import figures
from eoscperf.charts import query as chart_query
from eoscperf.charts.data import Drawable
from eoscperf.charts.fields import offered, size_field
from eoscperf.comparison import presenting
from eoscperf.comparison.cells import METHOD
from eoscperf.comparison.drawing import Charts
from eoscperf.comparison.leaderboard import Leaderboard, Row
from eoscperf.comparison.pages.narrowing import machine_choices
from eoscperf.comparison.pages.shaping import (
    Spread,
    api_url,
    conditions,
    criteria,
    metric_shown,
    spread_of,
)
from eoscperf.comparison.sentences import false_alarms, left_out_sentence
from eoscperf.comparison.service import Comparisons
from eoscperf.listing import Page
from eoscperf.metrics.catalogue import Catalogue
from eoscperf.metrics.service import MetricCatalogues
from eoscperf.rest.schema import choice, exact, identifier, instant, several, whole
from eoscperf.results import filters
from eoscperf.results.catalogue import CatalogueView
from eoscperf.results.query import Criteria
from eoscperf.results.service import Results
from eoscperf.web.pager import pager
from eoscperf.web.urls import Address, PageQuery, paging

MOST_SITES = 200
"""Sites that are offered to choose from."""

KINDS = tuple(chart_query.KINDS)

WITHOUT = {"bars": ("y", "series"), "heat": ("y",)}
"""These are drawn of the rows of the ranking, by its metric."""


def _keys() -> tuple[colander.SchemaNode, ...]:
    return (
        exact("metric", title="Metric"),
        conditions(),
        several(identifier("site_id", title="Site"), most=50, title="Sites"),
        several(identifier("tags_ids", title="Tag"), most=50, title="Tags"),
        instant("execution_after", required=False, dates=True, title="Executed after"),
        instant("execution_before", required=False, dates=True, title="Executed before"),
        instant("upload_before", required=False, dates=True, title="As of"),
        choice("weight", "source", "run", default_text="source", missing="source", title="Weight"),
        identifier("base", required=False, title="Baseline"),
        choice("sort_by", "rank", "site", "n", "last", default_text="rank", missing="rank", title="Order"),
        whole("cat", 0, 2**31 - 1, default=None, title="Version of the catalogue"),
        *paging(per_page=50),
        *chart_query.keys("bars"),
    )


RANKING = PageQuery(*_keys())

CHARTS = PageQuery(identifier("benchmark_id", title="Benchmark"), *_keys())
"""The same for charts as files."""


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


def show_benchmark(request: Any) -> dict[str, Any]:
    """One benchmark and the ranking of flavors by one of its metrics."""
    benchmark = request.context.model
    address = RANKING.read(request)
    shown = request.find_service(MetricCatalogues).shown(benchmark)
    values: dict[str, Any] = {
        "benchmark": benchmark,
        "address": address,
        "ranking": None,
        "figure": None,
        "controls": None,
        "chips": (),
        "clear_url": None,
        "sites": (),
        "machines": (),
        "hidden": address.others("metric", "weight", "sort_by", "base", "upload_before"),
        "catalogue_version": shown.in_force,
        "choices": [one for one in shown.catalogue if one.kind in ("number", "mixed") and not one.parameter],
        "has_headline": bool(shown.catalogue.headlines),
    }
    if not address.ok:
        return values | {"controls": _controls(address, shown.catalogue)}
    if not (values["has_headline"] or "metric" in address.values):
        return values
    try:
        found, catalogue = _leaderboard(request, benchmark, address)
        drawn = _drawn(request, benchmark, address, found, catalogue)
    except errors.Invalid as problem:
        address = address.refused(problem)
        return values | {"address": address, "controls": _controls(address, shown.catalogue)}
    figure = (
        figures.figure(request, "benchmark", address, drawn, benchmark_id=benchmark.id) if drawn else None
    )
    search = request.find_service(Results).search(_criteria(benchmark, address))
    view = search.view
    machines, conditions_left = machine_choices(request, search, catalogue, address)
    more: dict[str, Any] = {
        "figure": figure,
        "controls": _controls(address, catalogue, found),
        "chips": _chips(address, view),
        "clear_url": address.with_(**dict.fromkeys(_CONDITIONS)),
    }
    hidden = [pair for pair in values["hidden"] if pair[0] != "filters"]
    more["machines"] = machines
    more["hidden"] = hidden + [("filters", text) for text in conditions_left]
    if len(address.all("site_id")) < 2:
        # One of them can be chosen in the form; several stay as they are.
        more["sites"] = _sites(view)
        more["hidden"] = [pair for pair in more["hidden"] if pair[0] != "site_id"]
    return values | more | _ranking(request, address, found, catalogue)


def draw_benchmark(request: Any, address: Address) -> Drawable | None:
    """The chart that the page of a benchmark has at an address."""
    benchmark = request.find_service(Benchmarks).get(address.values["benchmark_id"])
    found, catalogue = _leaderboard(request, benchmark, address)
    return _drawn(request, benchmark, address, found, catalogue)


def _leaderboard(request: Any, benchmark: Any, address: Address) -> tuple[Leaderboard, Catalogue]:
    asked = address.values
    return request.find_service(Comparisons).leaderboard(
        benchmark,
        _criteria(benchmark, address),
        metric=asked.get("metric"),
        weighting=asked["weight"],
        base=asked.get("base"),
        order=asked["sort_by"],
        version=asked["cat"],
    )


def _criteria(benchmark: Any, address: Address) -> Criteria:
    asked = address.values
    return criteria(
        asked,
        benchmark_ids=(benchmark.id,),
        site_ids=tuple(asked.get("site_id", ())),
        tags_ids=tuple(asked.get("tags_ids", ())),
        execution_after=asked.get("execution_after"),
        execution_before=asked.get("execution_before"),
    )


def _sites(view: CatalogueView) -> list[tuple[str, str]]:
    """Sites to choose from, by name."""
    known = (site for site in view.sites.values() if site.status == "approved")
    names = sorted((site.name, str(site.id)) for site in known)
    return [(identifier, name) for name, identifier in names[:MOST_SITES]]


def _chips(address: Address, view: CatalogueView) -> list[tuple[str, str, str]]:
    """The conditions of the address in words, each with the address without it."""
    names = {str(one): site.name for one, site in view.sites.items()}
    names |= {str(one): tag.name for one, tag in view.tags.items() if tag.live}
    found = []
    for key, kind in _CONDITIONS.items():
        for text in address.all(key):
            found.append((kind, names.get(text, text), address.without(key, text)))
    return found


_CONDITIONS = {
    "filters": "",
    "site_id": "Site",
    "tags_ids": "Tag",
    "execution_after": "Executed after",
    "execution_before": "Executed before",
    "upload_before": "Uploaded before",
}
"""Keys that narrow the runs, and how they are called."""


def _drawn(
    request: Any, benchmark: Any, address: Address, found: Leaderboard, catalogue: Catalogue
) -> Drawable | None:
    wanted = chart_query.wanted(address.values)
    if wanted.chart == "none" or not found.rows:
        return None
    rows = found.rows
    if wanted.of == "page":
        size, number = address.values["per_page"], address.values["page"]
        rows = rows[(number - 1) * size : number * size]
    service = request.find_service(Charts)
    return service.of_ranking(wanted, found, catalogue, _criteria(benchmark, address), rows)


def _controls(address: Address, catalogue: Catalogue, found: Leaderboard | None = None) -> figures.Controls:
    size = size_field(catalogue)
    return figures.controls(
        address,
        offered(catalogue),
        kinds=KINDS,
        selections=("all", "page") if found and len(found.rows) > address.values.get("per_page", 0) else (),
        without=WITHOUT,
        size=size.label if size else "",
        defaults={
            "x": size.path if size else "",
            "y": found.metric.path if found else address["metric"],
        },
    )


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
    return {
        "ranking": found,
        "metric": metric_shown(found.metric),
        "rows": rows,
        "pager": shown_pager,
        "method": METHOD,
        "false_alarms": false_alarms(found.verdicts),
        "left_out": left_out_sentence(found.older, found.infinite),
        "inputs": _named_inputs(found),
        "other_inputs": [
            (_described(found, other.inputs), other.runs, _input_url(address, found, other.inputs))
            for other in found.others[:20]
        ],
        "shown_catalogue": catalogue.version,
        "api_url": api_url(request, "leaderboard", address, benchmark_id=request.matchdict["benchmark_id"]),
    }


def _ranked_row(address: Address, found: Leaderboard, row: Row) -> RankedRow:
    shown = presenting.row_verdict(found, row)
    return RankedRow(
        place=row.rank.label if row.rank else None,
        site_id=row.site_id,
        site=row.site,
        flavor_id=row.flavor_id,
        flavor=row.flavor,
        median=row.cell.median,
        spread=spread_of(row.cell),
        n=row.cell.n,
        sources=row.cell.sources,
        ratio=row.contrast.ratio,
        is_base=row is found.base,
        verdict=shown["sentence"] if shown else None,
        code=row.contrast.code,
        base_url=address.with_(base=row.flavor_id),
        last_run=row.last_run,
    )


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
