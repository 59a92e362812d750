"""The metric catalogue of a benchmark as a page for its readers and for its author."""

from __future__ import annotations

import dataclasses
import datetime
import json
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from eoscperf.listing import Page
from eoscperf.metrics import words
from eoscperf.metrics.annotations import Finding
from eoscperf.metrics.catalogue import Catalogue, Metric
from eoscperf.metrics.differences import differences
from eoscperf.metrics.models import CatalogueVersion
from eoscperf.metrics.proposals import Proposal
from eoscperf.metrics.service import MetricCatalogues, Shown
from eoscperf.rest.pages import absolute
from eoscperf.rest.schema import whole
from eoscperf.results import jsonpath
from eoscperf.users.schemas import uploader_of
from eoscperf.web.pager import pager
from eoscperf.web.urls import Address, PageQuery, paging

MOST_VERSION = 2**31 - 1

METRICS = PageQuery(
    whole("cat", 0, MOST_VERSION, default=None, title="Version of the catalogue"),
    whole("against", 0, MOST_VERSION, default=None, title="Version to compare with"),
    *paging(per_page=50),
)


@dataclass(frozen=True, slots=True)
class MetricRow:
    path: str
    label: str
    description: str
    kind: str
    unit: str
    direction: str
    headline: int | None
    samples: str
    aggregate: str
    parameter: str
    noise: str
    source: str
    """who said what is known of it"""


@dataclass(frozen=True, slots=True)
class VersionRow:
    number: int
    state: str
    """in words"""
    made: datetime.datetime | None
    """None for what only the schema says"""
    author: str | None
    """for those who may know"""
    message: str | None
    decision: str | None
    url: str
    changes_url: str | None
    """what is different from the version before"""
    shown: bool


@dataclass(frozen=True, slots=True)
class Guess:
    """A proposal in words."""

    path: str
    member: str
    value: str
    reason: str


def show_metrics(request: Any) -> dict[str, Any]:
    """What is known of the values in the results of a benchmark, since when, and what is left open."""
    benchmark, service = request.context.model, request.find_service(MetricCatalogues)
    address = METRICS.read(request)
    values: dict[str, Any] = {"benchmark": benchmark, "address": address, "shown": None}
    if not address.ok:
        return values
    shown = service.shown(benchmark, address.values["cat"])
    against = address.values["against"]
    proposals = service.proposals(benchmark)
    page = _page(sorted(shown.catalogue, key=_weight), address)
    from_schema = service.declared(benchmark)
    return values | {
        "shown": shown,
        "number": _number(shown),
        "rows": [_row(one, from_schema.get(one.path), shown) for one in page.items],
        "pager": pager(address, page),
        "headlines": [
            (one.label, words.unit(one.unit), words.direction(one.better))
            for one in shown.catalogue.headlines
        ],
        "against": against,
        "changes": _changes(service, shown, against) if against is not None else [],
        "versions": _versions(request, address, shown, service.versions(benchmark)),
        "findings": _ordered(service.findings(benchmark)),
        "guesses": [_guess(one) for one in proposals],
        "change": change_command(request, shown, proposals),
        "api_url": request.route_path("benchmark_metrics", benchmark_id=benchmark.id),
    }


def change_command(request: Any, shown: Shown, proposals: Sequence[Proposal]) -> str:
    """The request that changes the catalogue, with the guesses in it or with an example."""
    changes: dict[str, dict[str, Any]] = {}
    for one in proposals:
        changes.setdefault(one.path, {"path": one.path})[one.member] = one.value
    if not changes:
        changes = {"": _example(shown.catalogue)}
    body = ",\n".join("    " + json.dumps(one, ensure_ascii=False) for one in changes.values())
    message = "Guesses that I have checked" if proposals else "Why this is better"
    text = f'{{\n  "metrics": [\n{body}\n  ],\n  "message": "{message}"\n}}'
    url = absolute(request, request.route_path("benchmark_metrics", benchmark_id=shown.benchmark.id))
    return (
        "curl -sS --fail-with-body -X PUT \\\n"
        f"  {shlex.quote(url)} \\\n"
        '  -H "Authorization: Bearer $TOKEN" \\\n'
        "  -H 'Content-Type: application/json' \\\n"
        f"  --data-binary {shlex.quote(text)}"
    )


def _weight(metric: Metric) -> tuple[int, int]:
    """Headlines first, then other measured numbers, then what describes the machine and the workload."""
    if metric.headline:
        return 0, metric.headline
    if metric.parameter:
        return 2, 0
    return (1, 0) if metric.kind == "number" else (3, 0)


def _page(metrics: list[Metric], address: Address) -> Page[Metric]:
    size, number = address.values["per_page"], address.values["page"]
    pages = max(1, -(-len(metrics) // size))
    return Page(
        items=metrics[(number - 1) * size : number * size],
        has_next=number < pages,
        has_prev=number > 1,
        next_num=None,
        page=number,
        pages=pages,
        per_page=size,
        prev_num=None,
        total=len(metrics),
    )


def _row(metric: Metric, declared: Metric | None, shown: Shown) -> MetricRow:
    return MetricRow(
        metric.path,
        metric.label,
        metric.description,
        metric.kind,
        words.unit(metric.unit),
        words.direction(metric.better),
        metric.headline,
        words.samples(metric.samples),
        words.aggregate(metric) if metric.samples else "",
        words.parameter(metric),
        words.percent(metric.noise) if metric.kind in ("number", "mixed") and not metric.parameter else "",
        _source(metric, declared, shown),
    )


def _source(metric: Metric, declared: Metric | None, shown: Shown) -> str:
    if shown.stored is not None and metric != declared:
        return f"edited, version {shown.stored.version}"
    bare = Metric(metric.path, metric.kind, jsonpath.parse(metric.path).segments[-1])
    if metric == bare:
        return "schema, nothing but the type"
    described = dataclasses.replace(
        bare, label=metric.label, description=metric.description, suggested=metric.suggested
    )
    return "schema, described" if metric == described else "schema, annotated"


def _number(shown: Shown) -> int:
    return shown.stored.version if shown.stored else 0


def _changes(service: MetricCatalogues, shown: Shown, against: int) -> list[tuple[str, str, str, str]]:
    before = service.shown(shown.benchmark, against).catalogue
    return [(one.path, *words.told(one)) for one in differences(before, shown.catalogue)]


def _versions(
    request: Any, address: Address, shown: Shown, found: Iterable[CatalogueVersion]
) -> list[VersionRow]:
    sees_authors = request.viewer.sees_uploader(shown.benchmark.uploader_id)
    rows = [
        VersionRow(
            number=one.version,
            state=_state(one.status, in_force=one.version == shown.in_force),
            made=one.created_datetime,
            author=uploader_of(one.author)["email"] if sees_authors else None,
            message=one.message,
            decision=one.decision if sees_authors else None,
            url=address.with_(cat=one.version, against=None),
            changes_url=address.with_(cat=one.version, against=before),
            shown=one.version == _number(shown),
        )
        for one, before in _with_previous(list(found))
    ]
    schema = VersionRow(
        number=0,
        state=_state("accepted", in_force=shown.in_force == 0),
        made=None,
        author=None,
        message="What the schema says",
        decision=None,
        url=address.with_(cat=0, against=None),
        changes_url=None,
        shown=_number(shown) == 0,
    )
    return [*rows, schema]


def _state(status: str, *, in_force: bool) -> str:
    if in_force:
        return "in force"
    return "earlier" if status == "accepted" else status


def _with_previous(found: list[CatalogueVersion]) -> list[tuple[CatalogueVersion, int]]:
    """Each version, newest first, with the number of the accepted one that it came after."""
    accepted = sorted(one.version for one in found if one.status == "accepted")
    return [(one, max((other for other in accepted if other < one.version), default=0)) for one in found]


def _ordered(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda one: one.level)


def _guess(found: Proposal) -> Guess:
    return Guess(
        found.path, words.MEMBERS[found.member], words.value(found.member, found.value), found.reason
    )


def _example(catalogue: Catalogue) -> dict[str, Any]:
    number = next((one for one in catalogue if one.kind == "number"), None)
    return {
        "path": number.path if number else "result.seconds",
        "unit": "s",
        "better": "lower",
        "headline": 1,
    }


def includeme(config: Any) -> None:
    config.add_page(
        "benchmark_metrics_page",
        "/benchmarks/{benchmark_id}/metrics",
        show_metrics,
        "metrics/metrics.jinja2",
        permission="metrics:read",
        methods=("GET",),
        traverse="/metrics/{benchmark_id}",
        target=True,
        api="benchmark_metrics",
    )
