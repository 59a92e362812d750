"""The page of a benchmark with its ranking."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from eoscperf import errors
from eoscperf.comparison import presenting
from eoscperf.comparison.cells import METHOD
from eoscperf.comparison.charts import bar_chart
from eoscperf.comparison.leaderboard import Leaderboard, Row
from eoscperf.comparison.pages.shaping import (
    Spread,
    api_url,
    bar,
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
from eoscperf.rest.schema import choice, exact, identifier, several, whole
from eoscperf.results import filters
from eoscperf.web.pager import pager
from eoscperf.web.urls import Address, PageQuery, paging

MOST_BARS = 50


RANKING = PageQuery(
    exact("metric", title="Metric"),
    conditions(),
    several(identifier("site_id", title="Site"), most=50, title="Sites"),
    choice("weight", "source", "run", default_text="source", missing="source", title="Weight"),
    identifier("base", required=False, title="Baseline"),
    choice("sort_by", "rank", "site", "n", "last", default_text="rank", missing="rank", title="Order"),
    whole("cat", 0, 2**31 - 1, default=None, title="Version of the catalogue"),
    *paging(per_page=50),
)


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
            criteria(asked, benchmark_ids=(benchmark.id,), site_ids=tuple(asked.get("site_id", ()))),
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
    bars = [bar(row.name, row.cell) for row in page.items[:MOST_BARS]]
    return {
        "ranking": found,
        "metric": metric_shown(found.metric),
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
