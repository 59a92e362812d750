"""Where flavors stand, for pages about benchmarks, sites and flavors."""

from __future__ import annotations

import datetime
import threading
import uuid
from collections import OrderedDict
from collections.abc import Collection, Hashable
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
from eoscperf.results.tables import TALLIES
from eoscperf.results.tallies.models import ALL
from eoscperf.review.activity import Activity
from eoscperf.security.identity import Viewer

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
    inputs: tuple[tuple[Metric, Hashable], ...]
    """settings that the ranked runs have in common"""
    of: int
    """rows of the ranking"""
    flavor_id: uuid.UUID
    flavor: str
    median: float
    interval: tuple[float, float] | None
    values: tuple[float, ...]
    """of the single runs, where they are too few for an interval"""
    within_spread: float | None
    n: int
    sources: int
    rank: str | None
    """As tables print it, such as 2=; None where no direction is declared."""
    last_run: datetime.datetime


SiteStanding = FlavorStanding
"""The same, of the site's best flavor."""

Ranking = dict[uuid.UUID, FlavorStanding]
"""All rows by flavor, the best first; empty for a benchmark without a headline."""

MOST_ROWS = 50_000
"""Rows of rankings that a process remembers."""


class RememberedRankings:
    """What was read out of rankings, with the moment that it is true of; safe between threads."""

    def __init__(self, most_rows: int = MOST_ROWS) -> None:
        self._most = most_rows
        self._lock = threading.Lock()
        self._rows = 0
        self._rankings: OrderedDict[Hashable, tuple[Hashable, Ranking]] = OrderedDict()

    def get(self, key: Hashable, moment: Hashable) -> Ranking | None:
        with self._lock:
            found = self._rankings.get(key)
            if found is None or found[0] != moment:
                return None
            self._rankings.move_to_end(key)
            return found[1]

    def keep(self, key: Hashable, moment: Hashable, ranking: Ranking) -> None:
        """The ones asked for longest ago go first; each counts as a row more than it has."""
        with self._lock:
            old = self._rankings.pop(key, None)
            self._rankings[key] = (moment, ranking)
            self._rows += len(ranking) + 1 - (len(old[1]) + 1 if old else 0)
            while self._rows > self._most:
                _, (_, gone) = self._rankings.popitem(last=False)
                self._rows -= len(gone) + 1


class Standings:
    """The default rankings of benchmarks, as a viewer sees them, and what they say of one place."""

    def __init__(
        self,
        session: Session,
        viewer: Viewer,
        comparisons: Comparisons,
        catalogues: MetricCatalogues,
        activity: ResultActivity,
        remembered: RememberedRankings,
    ) -> None:
        self._session, self._viewer, self._comparisons = session, viewer, comparisons
        self._catalogues, self._activity, self._remembered = catalogues, activity, remembered

    @classmethod
    def for_request(cls, request: Any) -> Standings:
        return cls(
            request.dbsession,
            request.viewer,
            request.find_service(Comparisons),
            request.find_service(MetricCatalogues),
            request.find_service(Activity),
            request.registry["eoscperf.rankings"],
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

    def of_flavors(self, flavors: Collection[uuid.UUID]) -> list[FlavorStanding]:
        """Of each of these flavors in each benchmark with a headline: by benchmark, in the order of ranks.

        Takes three statements where nothing has changed since they were asked for.
        """
        wanted = set(flavors)
        cells = self._activity.cells(flavors=flavors) if flavors else []
        rankings = self._rankings({cell.benchmark_id for cell in cells})
        return [one for ranking in rankings for one in ranking.values() if one.flavor_id in wanted]

    def of_flavor(self, flavor_id: uuid.UUID) -> list[FlavorStanding]:
        """In each benchmark that has results of the flavor and a headline, by name."""
        return self.of_flavors([flavor_id])

    def of_site(self, site_id: uuid.UUID) -> list[SiteStanding]:
        """The same for the best flavor of a site in each benchmark."""
        best: dict[uuid.UUID, SiteStanding] = {}
        for one in self.of_flavors(self._activity.view.flavors_of_site.get(site_id, ())):
            best.setdefault(one.benchmark_id, one)
        return list(best.values())

    def _rankings(self, ids: Collection[uuid.UUID]) -> list[Ranking]:
        """Of these benchmarks, by name; those that have changed are ranked anew."""
        if not ids:
            return []
        moments, eyes = self.moments(ids), self.eyes()
        found: dict[uuid.UUID, Ranking] = {}
        for one in ids:
            ranking = self._remembered.get((one, eyes), moments[one])
            if ranking is not None:
                found[one] = ranking
        missing = [one for one in ids if one not in found]
        for benchmark in self._benchmarks(missing) if missing else ():
            board = self._board(benchmark)
            found[benchmark.id] = {} if board is None else _ranking(benchmark, board)
            self._remembered.keep((benchmark.id, eyes), moments[benchmark.id], found[benchmark.id])
        names = self._activity.view.benchmarks
        ordered = sorted(found, key=lambda one: (names[one].name, one.bytes))
        return [found[one] for one in ordered]

    def moments(self, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Hashable]:
        """What is the same for as long as a ranking is: two statements."""
        in_force = self._catalogues.versions_in_force(ids)
        tally = TALLIES.c
        rows = sa.select(tally.benchmark_id, sa.func.sum(tally.number), sa.func.sum(tally.changes))
        rows = rows.where(tally.facet == ALL, tally.benchmark_id.in_(ids)).group_by(tally.benchmark_id)
        changes = {one: (int(number), int(times)) for one, number, times in self._session.execute(rows)}
        stamp = self._activity.view.stamp
        return {one: (stamp, in_force.get(one, 0), changes.get(one)) for one in ids}

    def eyes(self) -> Hashable:
        """What tells viewers apart: administrators and uploaders of something hidden see it all the same."""
        view = self._activity.view
        if self._viewer.user_id is None or not (view.hidden_benchmarks or view.hidden_flavors):
            return None
        return self._viewer

    def _board(self, benchmark: Benchmark) -> Leaderboard | None:
        """None for a benchmark without a headline."""
        if not self._catalogues.shown(benchmark).catalogue.headlines:
            return None
        criteria = Criteria(benchmark_ids=(benchmark.id,), status="visible")
        return self._comparisons.leaderboard(benchmark, criteria)[0]

    def _benchmarks(self, ids: Collection[uuid.UUID]) -> list[Benchmark]:
        query = sa.select(Benchmark).where(Benchmark.id.in_(ids))
        return sorted(self._session.scalars(query), key=lambda one: (one.name, one.id.bytes))


def _ranking(benchmark: Benchmark, board: Leaderboard) -> Ranking:
    inputs = tuple(zip(board.inputs, board.chosen, strict=False))
    return {
        row.flavor_id: FlavorStanding(
            benchmark_id=benchmark.id,
            benchmark=benchmark.name,
            metric=board.metric,
            inputs=inputs,
            of=len(board.rows),
            flavor_id=row.flavor_id,
            flavor=row.flavor,
            median=row.cell.median,
            interval=row.cell.interval,
            values=() if row.cell.is_enough else row.cell.values,
            within_spread=row.cell.within_spread,
            n=row.cell.n,
            sources=row.cell.sources,
            rank=row.rank.label if row.rank else None,
            last_run=row.last_run,
        )
        for row in board.rows
    }
