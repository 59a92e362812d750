"""The small tables in memory: benchmarks, sites, flavors, tags, declared fields, as everybody sees them.

Nearly every search needs them and they change rarely, so each process keeps a copy. Whoever changes one of
these tables also changes a stamp in the same transaction; a copy counts while the stamp is the one that
it was made under. A stamp is random: one that was rolled back never comes again.
"""

from __future__ import annotations

import dataclasses
import datetime
import secrets
import threading
import uuid
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, Session, mapped_column

from eoscperf.benchmarks.models import Benchmark
from eoscperf.db import Base, UTCDateTime
from eoscperf.results.models import Result, Tag
from eoscperf.results.projection.models import ResultField
from eoscperf.sites.models import Flavor, Site
from eoscperf.users.models import User

Answer = TypeVar("Answer")


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
class CatalogueTag:
    id: uuid.UUID
    name: str
    lowered: str
    """the name to look for words in"""
    description: str | None
    upload_datetime: datetime.datetime | None
    live: bool


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
    tags: Mapping[uuid.UUID, CatalogueTag]
    """deleted ones, too"""
    fields: Mapping[uuid.UUID, Mapping[str, CatalogueField]]
    """by benchmark and path; a benchmark without any is missing"""
    hidden_benchmarks: frozenset[uuid.UUID]
    """not approved, yet with results: those are not for everybody"""
    hidden_flavors: frozenset[uuid.UUID]
    """the same of flavors, and of flavors whose site is not approved"""
    kept: dict[Hashable, Any] = dataclasses.field(default_factory=dict, compare=False)
    """what others have made of it and may use as long as it counts"""

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

    def answer(
        self, session: Session, stamp: int, work: Callable[[CatalogueView], tuple[Answer, bool]]
    ) -> Answer:
        """What `work` makes of the catalogue, made again if that has changed meanwhile.

        `work` also says whether it relied on the fields. Those of a new schema have other ids, so that the
        old ones find nothing any more in statements that see the change; a transaction of SQLite sees none.
        """
        for _ in range(_ATTEMPTS):
            answer, relied = work(self.view(session, stamp))
            if not relied or session.get_bind().dialect.name == "sqlite":
                break
            seen, stamp = stamp, read_stamp(session)
            if seen == stamp:
                break
        return answer


def read_stamp(session: Session) -> int:
    """The stamp that the session sees."""
    return session.execute(STAMP).scalar_one()


def has_changed_catalogue(session: Session) -> bool:
    """Whether the session has changed the catalogue and not committed that."""
    return bool(session.info.get(_CHANGED))


def catalogue_changed(session: Session) -> None:
    """Note a change that the session cannot see by itself, such as one in plain SQL: copies made before its
    commit will not count after it."""
    session.info[_CHANGED] = True


STAMP = sa.select(CatalogueStamp.__table__.c.stamp).where(CatalogueStamp.__table__.c.id == 1)
"""Selects the stamp."""
_CHANGED = "eoscperf.catalogue_changed"
_ATTEMPTS = 5
_KEPT = (Benchmark, Site, Flavor, Tag, ResultField)


def _read(session: Session, stamp: int) -> CatalogueView:
    """All of it in one statement: whoever needs it waits for an answer."""
    found: dict[str, list[sa.Row[Any]]] = {
        kind: [] for kind in ("benchmark", "site", "flavor", "tag", "field")
    }
    for row in session.execute(_ALL):
        found[row.kind].append(row)
    of_site: dict[uuid.UUID, list[uuid.UUID]] = {}
    for row in found["flavor"]:
        of_site.setdefault(row.parent_id, []).append(row.id)
    by_benchmark: dict[uuid.UUID, dict[str, CatalogueField]] = {}
    for row in found["field"]:
        declared = CatalogueField(row.number, row.name, row.ready, row.irregular, row.countable)
        by_benchmark.setdefault(row.parent_id, {})[declared.path] = declared
    return CatalogueView(
        stamp=stamp,
        benchmarks={
            row.id: CatalogueBenchmark(row.id, row.name, row.status, row.uploader_id)
            for row in found["benchmark"]
        },
        sites={
            row.id: CatalogueSite(row.id, row.name, row.address, row.status, row.uploader_id)
            for row in found["site"]
        },
        flavors={
            row.id: CatalogueFlavor(row.id, row.parent_id, row.name, row.status, row.uploader_id)
            for row in found["flavor"]
        },
        flavors_of_site={site_id: tuple(ids) for site_id, ids in of_site.items()},
        tags={
            row.id: CatalogueTag(
                row.id, row.name, row.name.lower(), row.address, row.moment, row.status == "live"
            )
            for row in found["tag"]
        },
        fields=by_benchmark,
        hidden_benchmarks=frozenset(row.id for row in found["benchmark"] if row.hidden),
        hidden_flavors=frozenset(row.id for row in found["flavor"] if row.hidden),
    )


_TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "id": sa.Uuid(),
    "parent_id": sa.Uuid(),
    "name": sa.Text(),
    "address": sa.Text(),
    "moment": UTCDateTime(),
    "status": sa.Text(),
    "uploader_id": sa.Uuid(),
    "hidden": sa.Boolean(),
    "number": sa.BigInteger(),
    "ready": sa.Boolean(),
    "irregular": sa.Boolean(),
    "countable": sa.Boolean(),
}


def _rows(kind: str, **columns: Any) -> sa.Select[Any]:
    """What there is of one kind, side by side with the other kinds: what it does not have is null."""
    values = [
        sa.type_coerce(columns[name], type_) if name in columns else sa.cast(sa.null(), type_)
        for name, type_ in _TYPES.items()
    ]
    return sa.select(
        sa.literal(kind).label("kind"),
        *(value.label(name) for name, value in zip(_TYPES, values, strict=True)),
    )


def _hidden(approved: sa.ColumnElement[bool], column: Any, identifier: Any) -> sa.ColumnElement[bool]:
    """Whether there are results of something that is not approved; looked up for nothing else."""
    return sa.case((approved, sa.false()), else_=sa.exists().where(column == identifier))


_ALL = sa.union_all(
    _rows(
        "benchmark",
        id=Benchmark.id,
        name=Benchmark.name_sql,
        status=Benchmark.status,
        uploader_id=Benchmark.uploader_id,
        hidden=_hidden(Benchmark.status == "approved", Result.benchmark_id, Benchmark.id),
    ),
    _rows(
        "site",
        id=Site.id,
        name=Site.name,
        address=Site.address,
        status=Site.status,
        uploader_id=Site.uploader_id,
    ),
    _rows(
        "flavor",
        id=Flavor.id,
        parent_id=Flavor.site_id,
        name=Flavor.name,
        status=Flavor.status,
        uploader_id=Flavor.uploader_id,
        hidden=_hidden(
            sa.and_(Flavor.status == "approved", Site.status == "approved"), Result.flavor_id, Flavor.id
        ),
    ).join(Site, Site.id == Flavor.site_id),
    # What a tag says of itself stands where a site has its address.
    _rows(
        "tag",
        id=Tag.id,
        name=Tag.name,
        address=Tag.description,
        moment=Tag.upload_datetime,
        status=Tag.status,
    ),
    _rows(
        "field",
        number=ResultField.id,
        parent_id=ResultField.benchmark_id,
        name=ResultField.path,
        ready=ResultField.ready,
        irregular=ResultField.irregular,
        countable=ResultField.countable,
    ),
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
    if session.in_nested_transaction():
        # What was changed before a savepoint stays changed when that is rolled back, a stamp in it would not.
        return
    session.flush()
    if session.info.pop(_CHANGED, False):
        session.execute(
            sa.update(CatalogueStamp)
            .where(CatalogueStamp.id == 1)
            .values(stamp=secrets.randbits(63))
            .execution_options(synchronize_session=False)
        )
