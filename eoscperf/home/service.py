"""How much there is to see, who is best where, and what is missing."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.benchmarks.models import Benchmark
from eoscperf.comparison.summing_up import Summaries, Summary
from eoscperf.moderation.models import Claim, Submission
from eoscperf.results.activity import Cell, ResultActivity, Run
from eoscperf.review.activity import Activity
from eoscperf.security.identity import Viewer
from eoscperf.sites.models import Flavor, Site

MOST_ACTIVE = 6
NEWEST = 10
MOST_GAPS = 6


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
    summary: Summary


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A flavor without any result."""

    id: uuid.UUID
    name: str
    site: str


@dataclass(frozen=True, slots=True)
class RarelyRun:
    """A benchmark that ran on few of the flavors."""

    id: uuid.UUID
    name: str
    flavors: int


@dataclass(frozen=True, slots=True)
class Gaps:
    """Where results are missing."""

    flavors: tuple[Unmeasured, ...]
    more_flavors: int
    benchmarks: tuple[RarelyRun, ...]

    def __bool__(self) -> bool:
        return bool(self.flavors or self.benchmarks)


@dataclass(frozen=True, slots=True)
class OpenItems:
    """What waits for a moderator: of the viewer's own, and for administrators altogether."""

    own: int = 0
    all: int | None = None


@dataclass(frozen=True, slots=True)
class Examples:
    """Ids and names of this installation, for lines that work as they stand; None where there are none."""

    benchmark_id: uuid.UUID | None = None
    benchmark: str | None = None
    flavor_id: uuid.UUID | None = None
    flavor: str | None = None
    """site/flavor"""
    value: str | None = None
    """path of a value that results of the benchmark have"""


@dataclass(frozen=True, slots=True)
class Overview:
    figures: Figures
    active: tuple[ActiveBenchmark, ...]
    """the benchmarks with most results"""
    newest: tuple[Run, ...]
    """the latest uploads"""
    gaps: Gaps
    open: OpenItems


class Overviews:
    """Sums everything up for the first page."""

    def __init__(
        self, session: Session, viewer: Viewer, activity: ResultActivity, summaries: Summaries
    ) -> None:
        self._session, self._viewer = session, viewer
        self._activity, self._summaries = activity, summaries

    @classmethod
    def for_request(cls, request: Any) -> Overviews:
        return cls(
            request.dbsession, request.viewer, request.find_service(Activity), request.find_service(Summaries)
        )

    def overview(self) -> Overview:
        """Takes a handful of statements, however much there is."""
        view, cells = self._activity.view, self._activity.cells()
        flavors = self._flavors()
        runs = _runs(cells)
        most = self._most(runs)
        summaries = self._summaries.of_benchmarks(most)
        newest = self._activity.newest(NEWEST, by_upload=True)
        return Overview(
            Figures(
                results=sum(runs.values()),
                benchmarks=sum(one.status == "approved" for one in view.benchmarks.values()),
                sites=sum(one.status == "approved" for one in view.sites.values()),
                flavors=len(flavors),
                last_upload=newest[0].uploaded if newest else None,
            ),
            tuple(
                ActiveBenchmark(one, view.benchmarks[one].name, summaries[one])
                for one in most
                if one in summaries
            ),
            tuple(newest),
            self._gaps(cells, flavors),
            self._open(),
        )

    def examples(self) -> Examples:
        """The benchmark with most results, and the flavor with most of these."""
        view, cells = self._activity.view, self._activity.cells()
        first = next(iter(self._most(_runs(cells))), None)
        if first is None:
            return Examples()
        flavor_id = max(
            (one for one in cells if one.benchmark_id == first), key=lambda one: one.runs
        ).flavor_id
        told = self._summaries.of_benchmarks([first])[first].told
        return Examples(
            first,
            view.benchmarks[first].name,
            flavor_id,
            f"{view.site_of(flavor_id).name}/{view.flavors[flavor_id].name}",
            told.metric,
        )

    def _most(self, runs: Mapping[uuid.UUID, int]) -> list[uuid.UUID]:
        names = self._activity.view.benchmarks
        return sorted(runs, key=lambda one: (-runs[one], names[one].name))[:MOST_ACTIVE]

    def _flavors(self) -> list[uuid.UUID]:
        """Approved flavors of approved sites, by site and name."""
        view = self._activity.view
        found = [
            (view.sites[one.site_id].name, one.name, identifier)
            for identifier, one in view.flavors.items()
            if one.status == "approved" and view.sites[one.site_id].status == "approved"
        ]
        return [identifier for _, _, identifier in sorted(found)]

    def _gaps(self, cells: Sequence[Cell], flavors: Sequence[uuid.UUID]) -> Gaps:
        view = self._activity.view
        measured = {cell.flavor_id for cell in cells}
        never = [one for one in flavors if one not in measured]
        spread = dict.fromkeys((one.id for one in view.benchmarks.values() if one.status == "approved"), 0)
        for cell in cells:
            spread[cell.benchmark_id] = spread.get(cell.benchmark_id, 0) + 1
        few = [one for one in spread if spread[one] * 2 < len(flavors)]
        few.sort(key=lambda one: (spread[one], view.benchmarks[one].name))
        return Gaps(
            tuple(
                Unmeasured(one, view.flavors[one].name, view.site_of(one).name) for one in never[:MOST_GAPS]
            ),
            len(never[MOST_GAPS:]),
            tuple(RarelyRun(one, view.benchmarks[one].name, spread[one]) for one in few[:MOST_GAPS]),
        )

    def _open(self) -> OpenItems:
        """One statement for those who have something open, none for others."""
        user_id = self._viewer.user_id
        if user_id is None:
            return OpenItems()
        own: list[Any] = [
            _count(model).where(model.uploader_id == user_id, model.status == "on_review")
            for model in (Benchmark, Site, Flavor, Claim)
        ]
        every = _count(Submission).where(Submission.closed_datetime.is_(None))
        parts = [one.scalar_subquery() for one in (*own, *([every] if self._viewer.admin else ()))]
        numbers = list(self._session.execute(sa.select(*parts)).one())
        return OpenItems(sum(numbers[: len(own)]), numbers[-1] if self._viewer.admin else None)


def _count(model: Any) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(model)


def _runs(cells: Sequence[Cell]) -> dict[uuid.UUID, int]:
    runs: dict[uuid.UUID, int] = {}
    for cell in cells:
        runs[cell.benchmark_id] = runs.get(cell.benchmark_id, 0) + cell.runs
    return runs
