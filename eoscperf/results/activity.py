"""How much is measured, for pages that name benchmarks, sites, flavors and tags."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.benchmarks.models import Benchmark
from eoscperf.results.catalogue import CatalogueView
from eoscperf.results.tables import RESULTS, TALLIES
from eoscperf.results.tallies.keys import tag_key
from eoscperf.results.tallies.models import ALL, TAG
from eoscperf.review.activity import Activity, Example, Measured
from eoscperf.sites.models import Flavor


@dataclass(frozen=True, slots=True)
class Cell:
    """A benchmark on a flavor."""

    benchmark_id: uuid.UUID
    flavor_id: uuid.UUID
    runs: int


@dataclass(frozen=True, slots=True)
class Run:
    """A result as lists name it."""

    id: uuid.UUID
    benchmark_id: uuid.UUID
    benchmark: str
    site_id: uuid.UUID
    site: str
    flavor_id: uuid.UUID
    flavor: str
    executed: datetime.datetime
    uploaded: datetime.datetime


class ResultActivity(Activity):
    """What everybody sees; what only some may see does not count."""

    def __init__(self, session: Session, view: CatalogueView) -> None:
        """What was asked about flavors once is remembered: several blocks of a page ask the same."""
        self._session = session
        self.view = view
        self._cells_on: dict[uuid.UUID, list[Cell]] = {}
        self._newest_on: dict[uuid.UUID, datetime.datetime | None] = {}

    @classmethod
    def for_request(cls, request: Any) -> ResultActivity:
        stamp = request.database_state.columns["catalogue_stamp"]
        return cls(request.dbsession, request.registry["eoscperf.catalogue"].view(request.dbsession, stamp))

    def cells(
        self,
        *,
        benchmarks: Collection[uuid.UUID] | None = None,
        flavors: Collection[uuid.UUID] | None = None,
        tag: uuid.UUID | None = None,
    ) -> list[Cell]:
        """Where there are results, as far as asked for: at most one statement."""
        if flavors is not None and benchmarks is None and tag is None:
            return self._on(flavors)
        return self._cells(benchmarks, flavors, tag)

    def _on(self, flavors: Collection[uuid.UUID]) -> list[Cell]:
        view = self.view
        unknown = set(flavors) - self._cells_on.keys()
        if unknown:
            # Whoever asks about a flavor asks about its neighbours next.
            sites = {view.flavors[flavor].site_id for flavor in unknown if flavor in view.flavors}
            unknown.update(*(view.flavors_of_site.get(site, ()) for site in sites))
            found = _grouped(self._cells(None, unknown, None), lambda cell: cell.flavor_id)
            self._cells_on |= {flavor: found.get(flavor, []) for flavor in unknown}
        return [cell for flavor in dict.fromkeys(flavors) for cell in self._cells_on[flavor]]

    def _cells(
        self,
        benchmarks: Collection[uuid.UUID] | None,
        flavors: Collection[uuid.UUID] | None,
        tag: uuid.UUID | None,
    ) -> list[Cell]:
        total = sa.func.sum(TALLIES.c.number)
        columns = (TALLIES.c.benchmark_id, TALLIES.c.flavor_id)
        statement = sa.select(*columns, total).group_by(*columns).having(total > 0)
        if tag is None:
            statement = statement.where(TALLIES.c.facet == ALL)
        else:
            statement = statement.where(TALLIES.c.facet == TAG, TALLIES.c.key == tag_key(tag))
        if benchmarks is not None:
            statement = statement.where(TALLIES.c.benchmark_id.in_(benchmarks))
        if flavors is not None:
            statement = statement.where(TALLIES.c.flavor_id.in_(flavors))
        view = self.view
        return [
            Cell(benchmark_id, flavor_id, int(runs))
            for benchmark_id, flavor_id, runs in self._session.execute(statement)
            if benchmark_id not in view.hidden_benchmarks
            and flavor_id not in view.hidden_flavors
            and benchmark_id in view.benchmarks
            and flavor_id in view.flavors
        ]

    def example(self, benchmark_id: uuid.UUID) -> Example | None:
        columns = RESULTS.c.id, RESULTS.c.json, RESULTS.c.execution_datetime
        latest = sa.select(*columns).where(
            RESULTS.c.benchmark_id == benchmark_id, RESULTS.c.status == "visible", *self._not_hidden()
        )
        latest = latest.order_by(RESULTS.c.execution_datetime.desc(), RESULTS.c.id.desc()).limit(1)
        found = self._session.execute(latest).one_or_none()
        return Example(found.id, found.json, found.execution_datetime) if found else None

    def of_benchmarks(self, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Measured]:
        if not ids:
            return {}
        cells = self.cells(benchmarks=ids)
        newest = self._newest(_BENCHMARKS, RESULTS.c.benchmark_id, {cell.benchmark_id for cell in cells})
        return {
            identifier: _measured(own, newest.get(identifier))
            for identifier, own in _grouped(cells, lambda cell: cell.benchmark_id).items()
        }

    def of_sites(self, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Measured]:
        flavors = [flavor for site in ids for flavor in self.view.flavors_of_site.get(site, ())]
        if not flavors:
            return {}
        cells = self.cells(flavors=flavors)
        newest = self._newest_of({cell.flavor_id for cell in cells})
        return {
            identifier: _measured(own, _latest(newest.get(cell.flavor_id) for cell in own))
            for identifier, own in _grouped(cells, lambda cell: self.view.site_of(cell.flavor_id).id).items()
        }

    def of_flavors(self, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Measured]:
        if not ids:
            return {}
        cells = self.cells(flavors=ids)
        newest = self._newest_of({cell.flavor_id for cell in cells})
        return {
            identifier: _measured(own, newest.get(identifier))
            for identifier, own in _grouped(cells, lambda cell: cell.flavor_id).items()
        }

    def of_tags(self, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, int]:
        """How many results have each tag: one statement."""
        if not ids:
            return {}
        keys = {tag_key(identifier): identifier for identifier in ids}
        columns = (TALLIES.c.key, TALLIES.c.benchmark_id, TALLIES.c.flavor_id)
        total = sa.func.sum(TALLIES.c.number)
        statement = (
            sa.select(*columns, total)
            .where(TALLIES.c.facet == TAG, TALLIES.c.key.in_(keys))
            .group_by(*columns)
            .having(total > 0)
        )
        runs: dict[uuid.UUID, int] = {}
        for key, benchmark_id, flavor_id, number in self._session.execute(statement):
            if benchmark_id in self.view.hidden_benchmarks or flavor_id in self.view.hidden_flavors:
                continue
            runs[keys[key]] = runs.get(keys[key], 0) + int(number)
        return runs

    def newest(
        self,
        most: int,
        *,
        flavors: Collection[uuid.UUID] | None = None,
        by_upload: bool = False,
    ) -> list[Run]:
        """The latest results, by execution or by upload, of these flavors or of all: one statement."""
        moment = RESULTS.c.upload_datetime if by_upload else RESULTS.c.execution_datetime
        columns = [RESULTS.c[name] for name in _RUN]
        latest = sa.select(*columns).where(RESULTS.c.status == "visible", *self._not_hidden())
        latest = latest.order_by(moment.desc(), RESULTS.c.id.desc()).limit(most)
        statement: Any = latest
        if flavors is not None and len(flavors) > _PARTS:
            statement = latest.where(RESULTS.c.flavor_id.in_(flavors))
        elif flavors is not None:
            if not flavors:
                return []
            # Each flavor's own latest come from its index; of those few the latest are taken.
            parts = [sa.select(latest.where(RESULTS.c.flavor_id == flavor).subquery()) for flavor in flavors]
            found = sa.union_all(*parts).subquery()
            order = found.c[moment.name].desc(), found.c.id.desc()
            statement = sa.select(found).order_by(*order).limit(most)
        return [run for run in map(self._run, self._session.execute(statement)) if run is not None]

    def last_upload(self) -> datetime.datetime | None:
        found = self.newest(1, by_upload=True)
        return found[0].uploaded if found else None

    def _newest_of(self, flavors: Collection[uuid.UUID]) -> Mapping[uuid.UUID, datetime.datetime | None]:
        unknown = set(flavors) - self._newest_on.keys()
        if unknown:
            found = self._newest(_FLAVORS, RESULTS.c.flavor_id, unknown)
            self._newest_on |= {flavor: found.get(flavor) for flavor in unknown}
        return self._newest_on

    def _newest(
        self, table: sa.Table, column: sa.Column[uuid.UUID], ids: Collection[uuid.UUID]
    ) -> dict[uuid.UUID, datetime.datetime]:
        """When the latest visible result of each was executed, from the end of its index: one statement."""
        if not ids:
            return {}
        latest = sa.select(RESULTS.c.execution_datetime).where(
            column == table.c.id, RESULTS.c.status == "visible", *self._not_hidden()
        )
        latest = latest.order_by(RESULTS.c.execution_datetime.desc()).limit(1).correlate(table)
        statement = sa.select(table.c.id, latest.scalar_subquery().label("newest"))
        found = self._session.execute(statement.where(table.c.id.in_(ids)))
        return {row.id: row.newest for row in found if row.newest}

    def _not_hidden(self) -> list[sa.ColumnElement[bool]]:
        found: list[sa.ColumnElement[bool]] = []
        if self.view.hidden_benchmarks:
            found.append(RESULTS.c.benchmark_id.not_in(self.view.hidden_benchmarks))
        if self.view.hidden_flavors:
            found.append(RESULTS.c.flavor_id.not_in(self.view.hidden_flavors))
        return found

    def _run(self, row: Any) -> Run | None:
        """None for a result of something that came into being after the catalogue was looked at."""
        view = self.view
        if row.benchmark_id not in view.benchmarks or row.flavor_id not in view.flavors:
            return None
        site = view.site_of(row.flavor_id)
        return Run(
            id=row.id,
            benchmark_id=row.benchmark_id,
            benchmark=view.benchmarks[row.benchmark_id].name,
            site_id=site.id,
            site=site.name,
            flavor_id=row.flavor_id,
            flavor=view.flavors[row.flavor_id].name,
            executed=row.execution_datetime,
            uploaded=row.upload_datetime,
        )


_RUN = ("id", "benchmark_id", "flavor_id", "execution_datetime", "upload_datetime")

_BENCHMARKS, _FLAVORS = cast(sa.Table, Benchmark.__table__), cast(sa.Table, Flavor.__table__)

_PARTS = 100
"""Parts of a statement that a database takes without complaint."""


def _grouped(cells: Iterable[Cell], key: Any) -> dict[uuid.UUID, list[Cell]]:
    found: dict[uuid.UUID, list[Cell]] = {}
    for cell in cells:
        found.setdefault(key(cell), []).append(cell)
    return found


def _latest(moments: Iterable[datetime.datetime | None]) -> datetime.datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)


def _measured(cells: Sequence[Cell], newest: datetime.datetime | None) -> Measured:
    return Measured(
        runs=sum(cell.runs for cell in cells),
        benchmarks=len({cell.benchmark_id for cell in cells}),
        flavors=len({cell.flavor_id for cell in cells}),
        newest=newest,
    )
