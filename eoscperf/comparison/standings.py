"""Where flavors stand, for pages about benchmarks, sites and flavors."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.benchmarks.models import Benchmark
from eoscperf.comparison.leaderboard import Leaderboard, Row
from eoscperf.comparison.service import Comparisons
from eoscperf.metrics.catalogue import Metric
from eoscperf.metrics.service import MetricCatalogues
from eoscperf.results.activity import ResultActivity
from eoscperf.results.query import Criteria
from eoscperf.review.activity import Activity

NO_METRIC = "This benchmark declares no metric."


@dataclass(frozen=True, slots=True)
class BenchmarkStanding:
    """A benchmark in a line: `metric` is its first headline, `best` who shares the first rank."""

    metric: Metric | None
    headline: str
    best: tuple[Row, ...]
    cells: int
    """flavors with results"""
    flavors_total: int
    """flavors there are for everybody"""
    newest: datetime.datetime | None
    """when the latest result was executed"""
    runs: int


@dataclass(frozen=True, slots=True)
class FlavorStanding:
    """Where a flavor stands by the first headline of a benchmark."""

    benchmark_id: uuid.UUID
    benchmark: str
    """image:tag"""
    metric: Metric
    row: Row
    of: int
    """rows of the ranking"""

    @property
    def flavor_id(self) -> uuid.UUID:
        return self.row.flavor_id

    @property
    def flavor(self) -> str:
        return self.row.flavor

    @property
    def median(self) -> float:
        return self.row.cell.median

    @property
    def interval(self) -> tuple[float, float] | None:
        return self.row.cell.interval

    @property
    def n(self) -> int:
        return self.row.cell.n

    @property
    def sources(self) -> int:
        return self.row.cell.sources

    @property
    def rank(self) -> str | None:
        """As tables print it, such as 2=; None where no direction is declared."""
        return self.row.rank.label if self.row.rank else None

    @property
    def last_run(self) -> datetime.datetime:
        return self.row.last_run


SiteStanding = FlavorStanding
"""The same, of the site's best flavor."""


class Standings:
    """The default rankings of benchmarks, as a viewer sees them, and what they say of one place."""

    def __init__(
        self,
        session: Session,
        comparisons: Comparisons,
        catalogues: MetricCatalogues,
        activity: ResultActivity,
    ) -> None:
        self._session, self._comparisons = session, comparisons
        self._catalogues, self._activity = catalogues, activity

    @classmethod
    def for_request(cls, request: Any) -> Standings:
        return cls(
            request.dbsession,
            request.find_service(Comparisons),
            request.find_service(MetricCatalogues),
            request.find_service(Activity),
        )

    def of_benchmarks(self, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, BenchmarkStanding]:
        """Of each benchmark that there is, in the order of the ids."""
        view = self._activity.view
        flavors = sum(
            flavor.status == "approved" and view.sites[flavor.site_id].status == "approved"
            for flavor in view.flavors.values()
        )
        measured = self._activity.of_benchmarks(ids)
        found: dict[uuid.UUID, BenchmarkStanding] = {}
        for benchmark in self._benchmarks(ids):
            board, known = self._board(benchmark), measured.get(benchmark.id)
            first = () if board is None else board.rows
            found[benchmark.id] = BenchmarkStanding(
                metric=None if board is None else board.metric,
                headline=NO_METRIC if board is None else board.headline,
                best=tuple(row for row in first if row.rank is not None and row.rank.rank == 1),
                cells=known.flavors if known else 0,
                flavors_total=flavors,
                newest=known.newest if known else None,
                runs=known.runs if known else 0,
            )
        return {identifier: found[identifier] for identifier in ids if identifier in found}

    def of_flavor(self, flavor_id: uuid.UUID) -> list[FlavorStanding]:
        """In each benchmark that has results of the flavor and a headline, by name."""
        return list(self._standings([flavor_id]))

    def of_flavors(self, flavors: Collection[uuid.UUID]) -> list[FlavorStanding]:
        """Of each of these flavors in each benchmark: by benchmark, in the order of the ranking."""
        return list(self._standings(flavors, best=False))

    def of_site(self, site_id: uuid.UUID) -> list[SiteStanding]:
        """The same for the best flavor of a site in each benchmark."""
        return list(self._standings(self._activity.view.flavors_of_site.get(site_id, ())))

    def _standings(self, flavors: Collection[uuid.UUID], *, best: bool = True) -> Iterator[FlavorStanding]:
        """Of these flavors in each ranking, or of the first of them."""
        if not flavors:
            return
        cells = self._activity.cells(flavors=flavors)
        for benchmark in self._benchmarks({cell.benchmark_id for cell in cells}):
            board = self._board(benchmark)
            if board is None:
                continue
            rows = [row for row in board.rows if row.flavor_id in flavors]
            for row in rows[:1] if best else rows:
                yield FlavorStanding(benchmark.id, benchmark.name, board.metric, row, len(board.rows))

    def _board(self, benchmark: Benchmark) -> Leaderboard | None:
        """None for a benchmark without a headline."""
        if not self._catalogues.shown(benchmark).catalogue.headlines:
            return None
        criteria = Criteria(benchmark_ids=(benchmark.id,), status="visible")
        return self._comparisons.leaderboard(benchmark, criteria)[0]

    def _benchmarks(self, ids: Collection[uuid.UUID]) -> list[Benchmark]:
        query = sa.select(Benchmark).where(Benchmark.id.in_(ids))
        return sorted(self._session.scalars(query), key=lambda one: (one.name, one.id.bytes))
