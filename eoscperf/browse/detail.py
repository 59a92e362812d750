"""What the page of a result shows."""

from __future__ import annotations

import datetime
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eoscperf import jsontext
from eoscperf.benchmarks import json_schema
from eoscperf.browse import sharing, snippets
from eoscperf.browse.documents import Node, Shown, shown, tree
from eoscperf.browse.figures import Figure, figure
from eoscperf.browse.peers import Peers, peers, same_inputs
from eoscperf.browse.rows import Column, ResultRow, plain_column, rows, unit
from eoscperf.browse.service import Event, ResultFacts
from eoscperf.comparison.service import Comparisons
from eoscperf.listing import PageRequest, parse_sort
from eoscperf.metrics.catalogue import Catalogue, Metric
from eoscperf.results import jsonpath
from eoscperf.results.models import Result
from eoscperf.results.query import SORT, Criteria
from eoscperf.results.service import Results
from eoscperf.users.models import User
from eoscperf.web.urls import unbound

NEWEST = 10
"""Runs of the same cell that are shown."""

MOST_VALUES = 24
"""Values that are shown of a benchmark that says nothing of what they mean."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the schema of the benchmark says about the JSON."""

    text: str
    tone: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Named:
    """A value with what it is called."""

    label: str
    unit: str
    value: Shown


@dataclass(frozen=True, slots=True)
class ResultPage:
    id: uuid.UUID
    title: str
    benchmark_id: uuid.UUID
    benchmark: str
    site_id: uuid.UUID
    site: str
    flavor_id: uuid.UUID
    flavor: str
    status: str
    disputed: bool
    executed: datetime.datetime
    uploaded: datetime.datetime
    tags: tuple[tuple[uuid.UUID, str, str | None], ...]
    supersedes: uuid.UUID | None
    superseded_by: uuid.UUID | None
    uploader: str | None
    """only for administrators and the uploader"""
    status_message: str | None
    figures: tuple[Figure, ...]
    others: tuple[Named, ...]
    """values where the benchmark does not say which ones sum a result up"""
    inputs: tuple[Named, ...]
    machine: tuple[Named, ...]
    tree: tuple[Node, ...] | None
    verdict: Verdict
    peers: Peers | None
    digest: str
    """SHA-256 of the JSON with sorted keys and without blanks"""
    provenance: tuple[tuple[str, str], ...]
    """what the CI system vouches for; nothing for uploads of people"""
    run_url: str | None
    runs: tuple[ResultRow, ...]
    run_columns: tuple[Column, ...]
    history: tuple[Event, ...]


_PROVENANCE = (
    ("Repository", "repository"),
    ("Workflow", "workflow"),
    ("Branch or tag", "ref"),
    ("Commit", "commit"),
    ("Run", "run"),
    ("Vouched for by", "issuer"),
)


def detail(request: Any, result: Result, facts: ResultFacts) -> dict[str, Any]:
    """The values of the template."""
    document = jsontext.loads_stored(result.json)
    known = facts.catalogue([result.benchmark_id])
    catalogue = known[1] if known else Catalogue(())
    headlines = catalogue.headlines
    paths = [metric.path for metric in headlines]
    provenance = jsontext.loads_stored(result.provenance) if result.provenance else {}
    flavor, site = result.flavor, result.flavor.site
    page = ResultPage(
        id=result.id,
        title=f"{result.benchmark.name} on {site.name} / {flavor.name}",
        benchmark_id=result.benchmark_id,
        benchmark=result.benchmark.name,
        site_id=site.id,
        site=site.name,
        flavor_id=flavor.id,
        flavor=flavor.name,
        status=result.status,
        disputed=result.disputed,
        executed=result.execution_datetime,
        uploaded=result.upload_datetime,
        tags=tuple((tag.id, tag.name, tag.description) for tag in result.tags),
        supersedes=result.supersedes_id,
        superseded_by=result.superseded_by_id,
        uploader=_uploader(request.viewer, result),
        status_message=result.status_message if request.viewer.sees_uploader(result.uploader_id) else None,
        figures=tuple(figure(one, document, place) for place, one in enumerate(headlines, 1)),
        others=() if headlines else _named(_measured(catalogue), document)[:MOST_VALUES],
        inputs=_named(catalogue.inputs, document),
        machine=_named(catalogue.machine, document),
        tree=tree(document),
        verdict=_verdict(request, result, document),
        peers=peers(request.find_service(Comparisons), result, catalogue, document),
        digest=hashlib.sha256(result.json.encode()).hexdigest(),
        provenance=tuple((label, str(provenance[key])) for label, key in _PROVENANCE if key in provenance),
        run_url=_web_address(provenance.get("run_url")),
        runs=_siblings(request, result, catalogue, document),
        run_columns=tuple(plain_column(path, catalogue) for path in paths),
        history=tuple(facts.history(result)),
    )
    return {
        "result": page,
        "code": snippets.of_result(request, result),
        "bibtex": snippets.bibtex(request, result),
        "raw_url": request.route_path("result", result_id=result.id),
        "compare_url": sharing.comparison_url(request, [result.id]),
        "cell_url": request.route_path(
            "results_page", _query=[("benchmark_id", result.benchmark_id), ("flavor_id", result.flavor_id)]
        ),
    }


def _verdict(request: Any, result: Result, document: Any) -> Verdict:
    seconds = min(_SECONDS, request.registry.settings["limits.schema_seconds"])
    try:
        found = json_schema.validate(result.benchmark.json_schema, document, seconds=seconds)
    except (json_schema.ValidationTimeout, json_schema.SchemaUnusable):
        return Verdict("not checked", "plain", "Checking it against the schema of its benchmark takes long.")
    if found.issues:
        return Verdict("does not fit", "bad", f"The schema of its benchmark says: {found.issues[0].detail}")
    if result.benchmark.json_schema.strip() in ("{}", "true"):
        return Verdict("no schema", "plain", "Its benchmark does not say what a result looks like.")
    return Verdict("valid", "good", "Its JSON fits the schema of its benchmark.")


def _measured(catalogue: Catalogue) -> list[Metric]:
    return [metric for metric in catalogue if metric.parameter is None]


def _named(metrics: Sequence[Metric], document: Any) -> tuple[Named, ...]:
    """The values that the document has."""
    found = (Named(one.label, unit(one), shown(jsonpath.parse(one.path).lookup(document))) for one in metrics)
    return tuple(one for one in found if one.value.text is not None)


def _siblings(request: Any, result: Result, catalogue: Catalogue, document: Any) -> tuple[ResultRow, ...]:
    """The latest runs of the same benchmark with the same inputs on the same flavor, without this one."""
    same = same_inputs(catalogue, document)
    criteria = Criteria(benchmark_ids=(result.benchmark_id,), flavor_ids=(result.flavor_id,), filters=same)
    keys = parse_sort("-execution_datetime", SORT)
    asked = PageRequest(per_page=NEWEST + 1)
    found = request.find_service(Results).page(criteria, keys, asked, unbound(request))
    paths = [metric.path for metric in catalogue.headlines]
    return tuple(row for row in rows(map(jsontext.loads_stored, found.items), paths) if row.id != result.id)[
        :NEWEST
    ]


def _uploader(viewer: Any, result: Result) -> str | None:
    if not viewer.sees_uploader(result.uploader_id):
        return None
    uploader: User | None = result.uploader
    return uploader.email if uploader is not None else "somebody who has left"


def _web_address(text: Any) -> str | None:
    return text if isinstance(text, str) and text.startswith(("https://", "http://")) else None


_SECONDS = 0.2
"""for the check against the schema, which was passed once already"""
