"""The other versions of a benchmark, which are the tags of its image, and what differs in their results."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from eoscperf import errors
from eoscperf.benchmarks.models import Benchmark
from eoscperf.benchmarks.service import BENCHMARK_SORT, Benchmarks
from eoscperf.errors import Issue
from eoscperf.listing import PageRequest, parse_sort
from eoscperf.metrics.schema_changes import schema_changes
from eoscperf.rest.schema import identifier
from eoscperf.review.activity import NOTHING, Activity, Measured
from eoscperf.review.catalogue import ItemSearch
from eoscperf.web.urls import PageQuery, unbound

MOST_VERSIONS = 200
"""Tags of one image that the page lists."""

VERSIONS = PageQuery(identifier("against", required=False, title="Version to compare with"))


@dataclass(frozen=True, slots=True)
class VersionRow:
    id: uuid.UUID
    tag: str
    status: str
    uploaded: datetime.datetime | None
    measured: Measured
    is_this: bool
    compared_url: str | None
    """where its schema is compared with that of this version"""


def show_versions(request: Any) -> dict[str, Any]:
    """All tags of the image of a benchmark, and how the schema of another one differs."""
    benchmark = request.context.model
    address = VERSIONS.read(request)
    values: dict[str, Any] = {"benchmark": benchmark, "address": address, "rows": [], "other": None}
    if not address.ok:
        return values
    found, more = _versions(request, benchmark)
    other = _other(found, benchmark, address.values.get("against"))
    if other is None and address.has("against"):
        problem = errors.Invalid([Issue("is no other version of this image", "query", "against")])
        return values | {"address": address.refused(problem)}
    measured = request.find_service(Activity).of_benchmarks([one.id for one in found])
    rows = [
        VersionRow(
            one.id,
            one.docker_tag,
            one.status,
            one.upload_datetime,
            measured.get(one.id, NOTHING),
            one.id == benchmark.id,
            None if one.id == benchmark.id else address.with_(against=one.id),
        )
        for one in found
    ]
    return values | {
        "rows": rows,
        "more": more,
        "other": other,
        "changes": schema_changes(other.json_schema, benchmark.json_schema) if other else None,
    }


def _versions(request: Any, benchmark: Benchmark) -> tuple[list[Benchmark], int]:
    """What the viewer may see of them, the latest upload first; and how many more there are."""
    service = request.find_service(Benchmarks)
    states = ("approved", "on_review") if request.viewer.user_id is not None else ("approved",)
    found: dict[uuid.UUID, Benchmark] = {benchmark.id: benchmark}
    more = 0
    for status in states:
        page = service.search(
            ItemSearch(status=status, equal=(("docker_image", benchmark.docker_image),)),
            parse_sort("-upload_datetime", BENCHMARK_SORT),
            PageRequest(per_page=MOST_VERSIONS),
            unbound(request),
        )
        more += max(0, (page.total or 0) - len(page.items))
        found |= {one.id: one for one in page.items}
    return sorted(found.values(), key=_age, reverse=True), more


def _other(found: list[Benchmark], benchmark: Benchmark, asked: uuid.UUID | None) -> Benchmark | None:
    """The version to compare with: the one asked for, else the one before this, else the one after."""
    others = [one for one in found if one.id != benchmark.id]
    if asked is not None:
        return next((one for one in others if one.id == asked), None)
    before = [one for one in others if _age(one) < _age(benchmark)]
    return before[0] if before else (others[-1] if others else None)


def _age(benchmark: Benchmark) -> tuple[float, bytes]:
    moment = benchmark.upload_datetime
    return (moment.timestamp() if moment else 0.0, benchmark.id.bytes)


def includeme(config: Any) -> None:
    config.add_page(
        "benchmark_versions",
        "/benchmarks/{benchmark_id}/versions",
        show_versions,
        "metrics/versions.jinja2",
        permission="benchmark:read",
        methods=("GET",),
        traverse="/benchmarks/{benchmark_id}",
        target=True,
        api="benchmark",
    )
