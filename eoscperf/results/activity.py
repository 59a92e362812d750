"""How much is measured, for pages that name benchmarks, sites, flavors and tags."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.results.catalogue import CatalogueView
from eoscperf.results.tables import RESULTS, TALLIES
from eoscperf.results.tallies.keys import tag_key
from eoscperf.results.tallies.models import ALL, TAG
from eoscperf.review.activity import Activity, Measured


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
        self._session = session
        self.view = view

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
        """Where there are results, as far as asked for: one statement."""
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

    def of_benchmarks(self, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Measured]:
        if not ids:
            return {}
        cells = self.cells(benchmarks=ids)
        newest = self._newest(RESULTS.c.benchmark_id, {cell.benchmark_id for cell in cells})
        return {
            identifier: _measured(own, newest.get(identifier))
            for identifier, own in _grouped(cells, lambda cell: cell.benchmark_id).items()
        }

    def of_sites(self, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Measured]:
        flavors = [flavor for site in ids for flavor in self.view.flavors_of_site.get(site, ())]
        if not flavors:
            return {}
        cells = self.cells(flavors=flavors)
        newest = self._newest(RESULTS.c.flavor_id, {cell.flavor_id for cell in cells})
        return {
            identifier: _measured(own, _latest(newest.get(cell.flavor_id) for cell in own))
            for identifier, own in _grouped(cells, lambda cell: self.view.site_of(cell.flavor_id).id).items()
        }

    def of_flavors(self, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Measured]:
        if not ids:
            return {}
        cells = self.cells(flavors=ids)
        newest = self._newest(RESULTS.c.flavor_id, {cell.flavor_id for cell in cells})
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

    def _newest(
        self, column: sa.Column[uuid.UUID], ids: Collection[uuid.UUID]
    ) -> dict[uuid.UUID, datetime.datetime]:
        """When the latest visible result of each was executed, from the end of its index."""
        if not ids:
            return {}
        parts = [
            sa.select(
                sa.literal(identifier, sa.Uuid()).label("id"),
                sa.select(RESULTS.c.execution_datetime)
                .where(column == identifier, RESULTS.c.status == "visible", *self._not_hidden())
                .order_by(RESULTS.c.execution_datetime.desc())
                .limit(1)
                .scalar_subquery()
                .label("newest"),
            )
            for identifier in ids
        ]
        found: dict[uuid.UUID, datetime.datetime] = {}
        for start in range(0, len(parts), _PARTS):
            statement = sa.union_all(*parts[start : start + _PARTS])
            found |= {row.id: row.newest for row in self._session.execute(statement) if row.newest}
        return found

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
