"""The pages of benchmarks."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from eoscperf.benchmarks.service import BENCHMARK_SORT, Benchmarks
from eoscperf.review.activity import NOTHING, Activity, Measured
from eoscperf.review.catalogue import ItemSearch
from eoscperf.web.pager import pager
from eoscperf.web.urls import PageQuery, paging, sort_keys, sort_link, sorting, unbound, words

BENCHMARKS = PageQuery(words(), sorting(BENCHMARK_SORT), *paging())


@dataclass(frozen=True, slots=True)
class BenchmarkRow:
    id: uuid.UUID
    name: str
    description: str | None
    measured: Measured
    uploaded: datetime.datetime | None


def list_benchmarks(request: Any) -> dict[str, Any]:
    """All approved benchmarks, or those that words occur in."""
    address = BENCHMARKS.read(request)
    values: dict[str, Any] = {"address": address, "rows": [], "pager": None}
    if not address.ok:
        return values
    found = request.find_service(Benchmarks).search(
        ItemSearch(terms=tuple(address.values.get("terms", ()))),
        sort_keys(address, BENCHMARK_SORT),
        address.page_request(),
        unbound(request),
    )
    measured = request.find_service(Activity).of_benchmarks([one.id for one in found.items])
    rows = [
        BenchmarkRow(one.id, one.name, one.description, measured.get(one.id, NOTHING), one.upload_datetime)
        for one in found.items
    ]
    headings = {name: sort_link(address, name) for name in ("docker_image", "upload_datetime")}
    return values | {"rows": rows, "pager": pager(address, found), "headings": headings}


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
