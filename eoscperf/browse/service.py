"""What the pages of results show beside the results themselves."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf import errors
from eoscperf.benchmarks.models import Benchmark
from eoscperf.benchmarks.service import Benchmarks
from eoscperf.metrics.catalogue import Catalogue, Metric
from eoscperf.metrics.service import MetricCatalogues
from eoscperf.results.catalogue import CatalogueView
from eoscperf.results.facets.selection import GENERAL, without
from eoscperf.results.facets.views import FIELD_PREFIX
from eoscperf.results.models import Result
from eoscperf.results.search.criteria import Criteria
from eoscperf.results.tables import RESULTS
from eoscperf.review.models import LogEntry
from eoscperf.security.identity import Viewer
from eoscperf.users.models import User

MOST_FIELDS = 8
"""Fields of a benchmark that are facets, of each sort."""

MOST_CHOSEN = 3
"""Facets with something chosen that are counted; each costs one or two statements."""

ACTIONS = {
    "delete": "removed by a moderator",
    "restore": "brought back",
    "withdraw": "withdrawn by its uploader",
    "claim_approve": "removed after a claim",
    "claim_reject": "shown again, as a claim was dismissed",
    "claim_show": "shown again until a claim is decided",
    "claim_withdraw": "shown again, as a claim was withdrawn",
    "undo": "decision taken back",
}
"""What everybody may know that was done with a result, in words."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The facets of a search."""

    names: tuple[str, ...]
    """of those that are counted"""
    numbers: tuple[str, ...]
    """paths of numbers with too many values to be counted"""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What everybody may know of a result that is gone. A parent that is not public is None."""

    id: uuid.UUID
    status: str
    benchmark_id: uuid.UUID | None
    benchmark: str | None
    site: str | None
    flavor: str | None
    executed: datetime.datetime
    uploaded: datetime.datetime
    since: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done with a result."""

    when: datetime.datetime
    what: str


class ResultFacts:
    """Facts about results that everybody may know, for pages."""

    def __init__(
        self,
        session: Session,
        viewer: Viewer,
        view: CatalogueView,
        benchmarks: Benchmarks,
        catalogues: MetricCatalogues,
    ) -> None:
        self._session = session
        self._viewer = viewer
        self._view = view
        self._benchmarks = benchmarks
        self._catalogues = catalogues
        self._known: dict[uuid.UUID, tuple[Benchmark, Catalogue]] = {}

    @classmethod
    def for_request(cls, request: Any) -> ResultFacts:
        stamp = request.database_state.columns["catalogue_stamp"]
        view = request.registry["eoscperf.catalogue"].view(request.dbsession, stamp)
        return cls(
            request.dbsession,
            request.viewer,
            view,
            request.find_service(Benchmarks),
            request.find_service(MetricCatalogues),
        )

    def tombstone(self, identifier: uuid.UUID) -> Tombstone:
        """Of a result that the viewer was told is gone: one statement."""
        columns = [RESULTS.c[name] for name in _OF_TOMBSTONE]
        row = self._session.execute(sa.select(*columns).where(RESULTS.c.id == identifier)).one()
        view = self._view
        benchmark = view.benchmarks.get(row.benchmark_id)
        flavor = view.flavors.get(row.flavor_id)
        site = view.site_of(row.flavor_id) if flavor else None
        shown = benchmark if benchmark and benchmark.status == "approved" else None
        public = flavor is not None and site is not None and flavor.status == site.status == "approved"
        return Tombstone(
            id=identifier,
            status=row.status,
            benchmark_id=shown.id if shown else None,
            benchmark=shown.name if shown else None,
            site=site.name if site and public else None,
            flavor=flavor.name if flavor and public else None,
            executed=row.execution_datetime,
            uploaded=row.upload_datetime,
            since=row.withdrawn_datetime if row.status == "withdrawn" else row.status_datetime,
        )

    def history(self, result: Result) -> list[Event]:
        """What was done with a result since its upload, the latest first: one statement."""
        entries = (
            sa.select(LogEntry.datetime, LogEntry.action)
            .where(LogEntry.resource_type == "result", LogEntry.resource_id == str(result.id))
            .order_by(LogEntry.id.desc())
            .limit(_MOST_EVENTS)
        )
        return [
            Event(when, ACTIONS[action])
            for when, action in self._session.execute(entries)
            if action in ACTIONS
        ]

    def catalogue(self, benchmarks: Sequence[uuid.UUID]) -> tuple[Benchmark, Catalogue] | None:
        """What is known of the values in the results of the one benchmark that is asked for.

        None where several or none are, or one that the viewer may not know.
        """
        if len(set(benchmarks)) != 1:
            return None
        (identifier,) = set(benchmarks)
        if identifier not in self._known:
            try:
                benchmark = self._benchmarks.get(identifier)
            except errors.NotFound:
                return None
            self._known[identifier] = benchmark, self._catalogues.shown(benchmark).catalogue
        return self._known[identifier]

    def catalogue_of(self, benchmarks: Sequence[uuid.UUID]) -> Catalogue | None:
        """The same without the benchmark."""
        known = self.catalogue(benchmarks)
        return known[1] if known else None

    def headlines(self, benchmarks: Collection[uuid.UUID]) -> dict[uuid.UUID, Metric]:
        """The value that sums the results of each benchmark up, where one does: two statements."""
        catalogues = self._catalogues.in_force_of(sorted(benchmarks))
        return {one: found.headlines[0] for one, found in catalogues.items() if found.headlines}

    def facets(self, criteria: Criteria, known: tuple[Benchmark, Catalogue] | None) -> Wanted:
        """The facets worth counting: the general ones, then parameters with few values.

        Each facet that something is chosen of is counted by itself, so only the first few of these are.
        """
        counted, numbers = self._fields(*known) if known else ([], [])
        names = [*GENERAL, *(FIELD_PREFIX + path for path in counted)]
        chosen = [name for name in names if without(criteria, name) != criteria]
        return Wanted(tuple(name for name in names if name not in chosen[MOST_CHOSEN:]), tuple(numbers))

    def homes(self, flavors: Iterable[uuid.UUID]) -> dict[str, str]:
        """The sites of flavors, by their ids."""
        known = [one for one in flavors if one in self._view.flavors]
        return {str(one): str(self._view.site_of(one).id) for one in known}

    def choices(self, criteria: Criteria) -> dict[str, list[tuple[uuid.UUID, str]]]:
        """What everybody can choose of each general facet, by name, where nobody has counted."""
        view = self._view
        sites = set(criteria.site_ids)
        flavors = [one for one in view.flavors.values() if not sites or one.site_id in sites]
        named = {
            "benchmark": [(one.id, one.name) for one in view.benchmarks.values() if self._shows(one)],
            "site": [(one.id, one.name) for one in view.sites.values() if self._shows(one)],
            "flavor": [
                (one.id, f"{view.sites[one.site_id].name} / {one.name}")
                for one in flavors
                if self._shows(one) and self._shows(view.sites[one.site_id])
            ],
            "tag": [(one.id, one.name) for one in view.tags.values() if one.live],
        }
        return {kind: sorted(found, key=lambda pair: (pair[1], pair[0])) for kind, found in named.items()}

    def accounts(self, email: str) -> list[uuid.UUID]:
        """The accounts with an e-mail address, for administrators: one statement."""
        if not self._viewer.admin:
            return []
        return list(self._session.scalars(sa.select(User.id).where(User.email == email)))

    def names(self, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
        """How benchmarks, sites, flavors and tags are called, those that the viewer may know."""
        view, found = self._view, {}
        for identifier in ids:
            flavor, tag = view.flavors.get(identifier), view.tags.get(identifier)
            item = view.benchmarks.get(identifier) or view.sites.get(identifier)
            if tag is not None and tag.live:
                found[identifier] = tag.name
            elif item is not None and self._shows(item):
                found[identifier] = item.name
            elif flavor is not None and self._shows(flavor) and self._shows(view.site_of(identifier)):
                found[identifier] = f"{view.site_of(identifier).name} / {flavor.name}"
        return found

    def _shows(self, item: Any) -> bool:
        own = self._viewer.admin or self._viewer.owns(item.uploader_id)
        return own or item.status == "approved"

    def _fields(self, benchmark: Benchmark, catalogue: Catalogue) -> tuple[list[str], list[str]]:
        """The paths whose values are counted, and those of numbers that are asked for by their ends."""
        parameters = [*catalogue.inputs, *catalogue.machine]
        measured = [metric for metric in catalogue if metric.headline or metric.suggested]
        fields = self._view.fields.get(benchmark.id, {})
        counted: list[str] = []
        numbers: list[str] = []
        for metric in dict.fromkeys((*parameters, *measured)):
            field = fields.get(metric.path)
            if field is not None and field.searchable and field.countable:
                counted.append(metric.path)
            elif metric.kind == "number":
                numbers.append(metric.path)
        return counted[:MOST_FIELDS], numbers[:MOST_FIELDS]


_OF_TOMBSTONE = (
    "benchmark_id",
    "flavor_id",
    "status",
    "execution_datetime",
    "upload_datetime",
    "status_datetime",
    "withdrawn_datetime",
)

_MOST_EVENTS = 20
