"""What the pages of results show beside the results themselves."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf import errors
from eoscperf.benchmarks.models import Benchmark
from eoscperf.benchmarks.service import Benchmarks
from eoscperf.metrics.catalogue import Catalogue
from eoscperf.metrics.service import MetricCatalogues
from eoscperf.results.catalogue import CatalogueView
from eoscperf.results.facets.selection import GENERAL, without
from eoscperf.results.facets.views import FIELD_PREFIX
from eoscperf.results.models import Result
from eoscperf.results.search.criteria import Criteria
from eoscperf.results.tables import RESULTS
from eoscperf.review.models import LogEntry
from eoscperf.security.identity import Viewer

MOST_FIELDS = 5
"""Fields of a benchmark that are facets."""

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
        try:
            benchmark = self._benchmarks.get(benchmarks[0])
        except errors.NotFound:
            return None
        return benchmark, self._catalogues.shown(benchmark).catalogue

    def facets(self, criteria: Criteria, known: tuple[Benchmark, Catalogue] | None) -> list[str]:
        """The names of the facets worth showing: the general ones, then parameters with few values.

        Each facet that something is chosen of is counted by itself, so only the first few of these are.
        """
        names = [*GENERAL, *(self._parameters(*known) if known else ())]
        chosen = [name for name in names if without(criteria, name) != criteria]
        return [name for name in names if name not in chosen[MOST_CHOSEN:]]

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

    def _parameters(self, benchmark: Benchmark, catalogue: Catalogue) -> list[str]:
        names = []
        fields = self._view.fields.get(benchmark.id, {})
        parameters = [*catalogue.inputs, *catalogue.machine]
        suggested = [metric for metric in catalogue if metric.suggested and metric not in parameters]
        for metric in (*parameters, *suggested):
            field = fields.get(metric.path)
            if field is not None and field.searchable and field.countable:
                names.append(FIELD_PREFIX + metric.path)
        return names[:MOST_FIELDS]


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
