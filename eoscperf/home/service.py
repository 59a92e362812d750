"""How much there is to see, and where most happens."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.results.activity import ResultActivity, Run
from eoscperf.review.activity import Activity
from eoscperf.sites.models import Flavor, Site

MOST_ACTIVE = 6
NEWEST = 10


@dataclass(frozen=True, slots=True)
class Figures:
    """What everybody can see: approved benchmarks and sites, visible results."""

    results: int
    benchmarks: int
    sites: int
    flavors: int
    last_upload: datetime.datetime | None

    @property
    def empty(self) -> bool:
        return not (self.results or self.benchmarks or self.sites)


@dataclass(frozen=True, slots=True)
class ActiveBenchmark:
    id: uuid.UUID
    name: str
    runs: int
    flavors: int
    """on how many flavors it was run"""
    newest: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class Overview:
    figures: Figures
    active: tuple[ActiveBenchmark, ...]
    """the benchmarks with most results"""
    newest: tuple[Run, ...]
    """the latest uploads"""


class Overviews:
    """Sums everything up for the first page."""

    def __init__(self, session: Session, activity: ResultActivity) -> None:
        self._session = session
        self._activity = activity

    @classmethod
    def for_request(cls, request: Any) -> Overviews:
        return cls(request.dbsession, request.find_service(Activity))

    def overview(self) -> Overview:
        """Takes a handful of statements, however much there is."""
        cells = self._activity.cells()
        runs: dict[uuid.UUID, int] = {}
        for cell in cells:
            runs[cell.benchmark_id] = runs.get(cell.benchmark_id, 0) + cell.runs
        names = self._activity.view.benchmarks
        most = sorted(runs, key=lambda one: (-runs[one], names[one].name))[:MOST_ACTIVE]
        measured = self._activity.of_benchmarks(most)
        newest = self._activity.newest(NEWEST, by_upload=True)
        flavors = self._session.scalar(
            sa.select(sa.func.count())
            .select_from(Flavor)
            .join(Site, Site.id == Flavor.site_id)
            .where(Flavor.status == "approved", Site.status == "approved")
        )
        view = self._activity.view
        return Overview(
            Figures(
                results=sum(runs.values()),
                benchmarks=sum(one.status == "approved" for one in view.benchmarks.values()),
                sites=sum(one.status == "approved" for one in view.sites.values()),
                flavors=flavors or 0,
                last_upload=newest[0].uploaded if newest else None,
            ),
            tuple(
                ActiveBenchmark(one, names[one].name, runs[one], measured[one].flavors, measured[one].newest)
                for one in most
            ),
            tuple(newest),
        )
