"""The list of benchmarks: what each of them measures, on how much, and who is best."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eoscperf.benchmarks.models import Benchmark
from eoscperf.benchmarks.service import BENCHMARK_SORT, Benchmarks
from eoscperf.comparison.summing_up import Summaries
from eoscperf.listing import PageRequest, parse_sort
from eoscperf.review.catalogue import ItemSearch
from eoscperf.web.pager import pager
from eoscperf.web.urls import PageQuery, paging, sort_keys, sort_link, sorting, unbound, words

BENCHMARKS = PageQuery(words(), sorting(BENCHMARK_SORT), *paging())

MOST_WAITING = 20


@dataclass(frozen=True, slots=True)
class BenchmarkRow:
    id: uuid.UUID
    name: str
    description: str | None
    ranked_by: str
    """metric with unit and direction; "" where nobody has said"""
    best: str
    """who is first, in words"""
    runs: int
    cells: int
    """flavors with results"""
    flavors_total: int
    newest: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A benchmark that waits for a moderator."""

    id: uuid.UUID
    name: str
    uploaded: datetime.datetime | None


def list_benchmarks(request: Any) -> dict[str, Any]:
    """All approved benchmarks, or those that words occur in."""
    address = BENCHMARKS.read(request)
    values: dict[str, Any] = {"address": address, "rows": [], "pager": None, "waiting": ()}
    if not address.ok:
        return values
    found = request.find_service(Benchmarks).search(
        ItemSearch(terms=tuple(address.values.get("terms", ()))),
        sort_keys(address, BENCHMARK_SORT),
        address.page_request(),
        unbound(request),
    )
    return values | {
        "rows": _rows(request, found.items),
        "pager": pager(address, found),
        "headings": {name: sort_link(address, name) for name in ("docker_image", "upload_datetime")},
        "waiting": _waiting(request) if not address.has("terms") and found.page == 1 else (),
    }


def _rows(request: Any, found: Sequence[Benchmark]) -> list[BenchmarkRow]:
    summaries = request.find_service(Summaries).of_benchmarks([one.id for one in found])
    return [
        BenchmarkRow(
            one.id,
            one.name,
            one.description,
            summary.told.ranked_by,
            summary.told.first,
            summary.runs,
            summary.cells,
            summary.flavors_total,
            summary.newest,
        )
        for one in found
        if (summary := summaries.get(one.id)) is not None
    ]


def _waiting(request: Any) -> tuple[WaitingRow, ...]:
    """What waits for review, as far as the viewer may see it: one's own, for administrators all."""
    if request.viewer.user_id is None:
        return ()
    found = request.find_service(Benchmarks).search(
        ItemSearch(status="on_review"),
        parse_sort("+upload_datetime", BENCHMARK_SORT),
        PageRequest(per_page=MOST_WAITING, total=False),
        unbound(request),
    )
    return tuple(WaitingRow(one.id, one.name, one.upload_datetime) for one in found.items)


def includeme(config: Any) -> None:
    config.add_page(
        "benchmarks_page",
        "/benchmarks",
        list_benchmarks,
        "benchmarks/benchmarks.jinja2",
        permission="benchmark:list",
        methods=("GET",),
        api="benchmarks",
    )
    config.add_nav_entry("Benchmarks", "benchmarks_page", order=200)
