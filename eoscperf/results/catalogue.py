"""The small tables in memory: benchmarks, sites, flavors and the declared fields, as everybody sees them.

Nearly every search needs them and they change rarely, so each process keeps a copy. Whoever changes one of
these tables also changes a stamp in the same transaction; a copy counts while the stamp is the one that
it was made under. A stamp is random: one that was rolled back never comes again.
"""

from __future__ import annotations

import secrets
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, Session, mapped_column

from eoscperf.benchmarks.models import Benchmark
from eoscperf.db import Base
from eoscperf.results.models import Result
from eoscperf.results.projection.models import ResultField
from eoscperf.sites.models import Flavor, Site
from eoscperf.users.models import User


class CatalogueStamp(Base):
    """One row, whose stamp changes with the tables of the catalogue."""

    __tablename__ = "catalogue_stamps"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    stamp: Mapped[int] = mapped_column(sa.BigInteger)


@dataclass(frozen=True, slots=True)
class CatalogueBenchmark:
    id: uuid.UUID
    name: str
    """image:tag"""
    status: str
    uploader_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class CatalogueSite:
    id: uuid.UUID
    name: str
    address: str
    status: str
    uploader_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class CatalogueFlavor:
    id: uuid.UUID
    site_id: uuid.UUID
    name: str
    status: str
    uploader_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class CatalogueField:
    """A declared field, see `ResultField`."""

    id: int
    path: str
    ready: bool
    irregular: bool
    countable: bool

    @property
    def searchable(self) -> bool:
        """Whether `result_values` says all there is to know about this field."""
        return self.ready and not self.irregular


@dataclass(frozen=True, slots=True)
class CatalogueView:
    """The catalogue at one moment."""

    stamp: int
    benchmarks: Mapping[uuid.UUID, CatalogueBenchmark]
    sites: Mapping[uuid.UUID, CatalogueSite]
    flavors: Mapping[uuid.UUID, CatalogueFlavor]
    flavors_of_site: Mapping[uuid.UUID, tuple[uuid.UUID, ...]]
    fields: Mapping[uuid.UUID, Mapping[str, CatalogueField]]
    """by benchmark and path; a benchmark without any is missing"""
    hidden_benchmarks: frozenset[uuid.UUID]
    """not approved, yet with results: those are not for everybody"""
    hidden_flavors: frozenset[uuid.UUID]
    """the same of flavors, and of flavors whose site is not approved"""

    def site_of(self, flavor_id: uuid.UUID) -> CatalogueSite:
        return self.sites[self.flavors[flavor_id].site_id]

    def field(self, benchmark_id: uuid.UUID, path: str) -> CatalogueField | None:
        return self.fields.get(benchmark_id, {}).get(path)


class Catalogue:
    """The copy of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._view: CatalogueView | None = None

    def view(self, session: Session, stamp: int | None = None) -> CatalogueView:
        """The catalogue as this session sees it; `stamp` when the caller has read it already.

        Not for a session that has itself changed the catalogue and not committed yet.
        """
        if stamp is None:
            stamp = read_stamp(session)
        view = self._view
        if view is None or view.stamp != stamp:
            view = _read(session, stamp)
            with self._lock:
                self._view = view
        return view


def read_stamp(session: Session) -> int:
    """The stamp that the session sees."""
    return session.execute(STAMP).scalar_one()


def catalogue_changed(session: Session) -> None:
    """Note a change that the session cannot see by itself, such as one in plain SQL: copies made before its
    commit will not count after it."""
    session.info[_CHANGED] = True


STAMP = sa.select(CatalogueStamp.stamp).where(CatalogueStamp.id == 1)
_CHANGED = "eoscperf.catalogue_changed"
_KEPT = (Benchmark, Site, Flavor, ResultField)


def _read(session: Session, stamp: int) -> CatalogueView:
    with_results = {
        column.key: sa.exists().where(column == identifier)
        for column, identifier in (
            (Result.benchmark_id, Benchmark.id),
            (Result.flavor_id, Flavor.id),
        )
    }
    benchmarks = session.execute(
        sa.select(Benchmark.id, Benchmark.name_sql, Benchmark.status, Benchmark.uploader_id)
    ).all()
    sites = session.execute(sa.select(Site.id, Site.name, Site.address, Site.status, Site.uploader_id)).all()
    flavors = session.execute(
        sa.select(Flavor.id, Flavor.site_id, Flavor.name, Flavor.status, Flavor.uploader_id)
    ).all()
    fields = session.execute(
        sa.select(
            ResultField.benchmark_id,
            ResultField.id,
            ResultField.path,
            ResultField.ready,
            ResultField.irregular,
            ResultField.countable,
        )
    ).all()
    hidden_benchmarks = sa.select(Benchmark.id).where(
        Benchmark.status != "approved", with_results["benchmark_id"]
    )
    hidden_flavors = (
        sa.select(Flavor.id)
        .join(Site, Flavor.site_id == Site.id)
        .where(
            sa.or_(Flavor.status != "approved", Site.status != "approved"),
            with_results["flavor_id"],
        )
    )
    of_site: dict[uuid.UUID, list[uuid.UUID]] = {}
    for flavor in flavors:
        of_site.setdefault(flavor.site_id, []).append(flavor.id)
    by_benchmark: dict[uuid.UUID, dict[str, CatalogueField]] = {}
    for benchmark_id, *facts in fields:
        field = CatalogueField(*facts)
        by_benchmark.setdefault(benchmark_id, {})[field.path] = field
    return CatalogueView(
        stamp=stamp,
        benchmarks={row.id: CatalogueBenchmark(*row) for row in benchmarks},
        sites={row.id: CatalogueSite(*row) for row in sites},
        flavors={row.id: CatalogueFlavor(*row) for row in flavors},
        flavors_of_site={site_id: tuple(ids) for site_id, ids in of_site.items()},
        fields=by_benchmark,
        hidden_benchmarks=frozenset(session.scalars(hidden_benchmarks)),
        hidden_flavors=frozenset(session.scalars(hidden_flavors)),
    )


@sa.event.listens_for(Session, "before_flush")
def _notice_objects(session: Session, context: Any, instances: Any) -> None:
    changed = any(isinstance(item, (*_KEPT, User)) for item in (*session.dirty, *session.deleted))
    # A new user has contributed nothing yet.
    if changed or any(isinstance(item, _KEPT) for item in session.new):
        catalogue_changed(session)


@sa.event.listens_for(Session, "do_orm_execute")
def _notice_statements(state: orm.ORMExecuteState) -> None:
    if state.is_select or not (state.is_insert or state.is_update or state.is_delete):
        return
    mapper = state.bind_mapper
    if mapper is not None and issubclass(mapper.class_, (*_KEPT, User)):
        catalogue_changed(state.session)


@sa.event.listens_for(Session, "before_commit")
def _stamp(session: Session) -> None:
    """Last of all, since whoever changes the catalogue meanwhile waits for the end of this transaction."""
    session.flush()
    if session.info.pop(_CHANGED, False):
        session.execute(
            sa.update(CatalogueStamp.__table__).where(CatalogueStamp.__table__.c.id == 1),
            {"stamp": secrets.randbits(63)},
        )
