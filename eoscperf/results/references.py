"""What uploads refer to: benchmarks, flavors with their sites, tags, and results that they supersede."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from eoscperf import errors
from eoscperf.benchmarks.models import Benchmark
from eoscperf.results.catalogue import CatalogueStamp
from eoscperf.results.models import Result, Tag
from eoscperf.results.plain import gathered, plain_id, plain_moment
from eoscperf.results.query import GONE
from eoscperf.results.uploads import Submission, Upload
from eoscperf.sites.models import Flavor, Site


class KnownBenchmark(NamedTuple):
    id: uuid.UUID
    docker_image: str
    docker_tag: str
    json_schema: str
    status: str

    @property
    def name(self) -> str:
        return f"{self.docker_image}:{self.docker_tag}"


class KnownFlavor(NamedTuple):
    id: uuid.UUID
    name: str
    status: str
    site_id: uuid.UUID
    site_name: str
    site_status: str


class KnownResult(NamedTuple):
    """One that is superseded."""

    id: uuid.UUID
    uploader_id: uuid.UUID | None
    status: str
    superseded_by_id: uuid.UUID | None


@dataclass(frozen=True, kw_only=True)
class References:
    """What some uploads refer to, as far as it exists."""

    uploader_id: uuid.UUID
    benchmarks: Mapping[uuid.UUID, KnownBenchmark]
    flavors: Mapping[uuid.UUID, KnownFlavor]
    tags: frozenset[uuid.UUID]
    superseded: Mapping[uuid.UUID, KnownResult]
    stamp: int | None
    """of the catalogue, where it was read along"""
    tags_text: str | None = None
    """all the tags, as they are gathered for an answer, where they were read along"""

    def check_exist(self, upload: Upload) -> None:
        """UnknownReference with everything that is unknown, or as good as unknown."""
        issues = []
        benchmark = self.benchmarks.get(upload.benchmark_id)
        if benchmark is None or benchmark.status in GONE:
            issues.append(upload.place.field(f"No benchmark {upload.benchmark_id}.", "benchmark_id"))
        flavor = self.flavors.get(upload.flavor_id)
        if flavor is None or flavor.status in GONE or flavor.site_status in GONE:
            issues.append(upload.place.field(f"No flavor {upload.flavor_id}.", "flavor_id"))
        for tag in dict.fromkeys(upload.tags_ids):
            if tag not in self.tags:
                issues.append(upload.place.field(f"No tag {tag}.", "tags_ids"))
        if upload.supersedes is not None:
            old = self.superseded.get(upload.supersedes)
            if old is None or old.uploader_id != self.uploader_id:
                detail = f"You have no result {upload.supersedes}."
                issues.append(upload.place.field(detail, "supersedes"))
        if issues:
            raise errors.UnknownReference(issues)

    def check_approved(self, upload: Upload) -> None:
        """NotApproved names what still waits for a moderator."""
        benchmark, flavor = self.benchmarks[upload.benchmark_id], self.flavors[upload.flavor_id]
        if benchmark.status == flavor.status == flavor.site_status == "approved":
            return
        parents = (
            ("Benchmark", benchmark.id, benchmark.status, "benchmark_id"),
            ("Flavor", flavor.id, flavor.status, "flavor_id"),
            ("Site", flavor.site_id, flavor.site_status, "flavor_id"),
        )
        raise errors.NotApproved(
            [
                upload.place.field(f"{kind} {identifier} is not approved yet.", key)
                for kind, identifier, status, key in parents
                if status != "approved"
            ]
        )

    def check_superseded(self, upload: Upload) -> None:
        """Conflict or WrongState for a result that cannot be superseded (again)."""
        if upload.supersedes is None:
            return
        old = self.superseded[upload.supersedes]
        if old.superseded_by_id is not None:
            raise errors.Conflict(f"Result {old.id} is superseded by {old.superseded_by_id} already.")
        if old.status == "removed":
            raise errors.WrongState(f"Result {old.id} was removed by a moderator and cannot be superseded.")

    def submission(self, upload: Upload) -> Submission:
        benchmark, flavor = self.benchmarks[upload.benchmark_id], self.flavors[upload.flavor_id]
        return Submission(
            json=upload.json,
            execution_datetime=upload.execution_datetime,
            benchmark_id=benchmark.id,
            benchmark_name=benchmark.name,
            json_schema=benchmark.json_schema,
            flavor_id=flavor.id,
            flavor_name=flavor.name,
            site_id=flavor.site_id,
            site_name=flavor.site_name,
            uploader_id=self.uploader_id,
        )


def read_references(
    session: Session, uploader_id: uuid.UUID, uploads: Sequence[Upload], *, lock: bool
) -> References:
    """Everything these uploads name, read at once; with `lock` none of it changes until the end.

    Locked in an order that others keep too: sites, benchmarks, flavors, each by id.
    """
    benchmark_ids, flavor_ids = {u.benchmark_id for u in uploads}, {u.flavor_id for u in uploads}
    tags_ids = {tag for u in uploads for tag in u.tags_ids}
    superseded_ids = {u.supersedes for u in uploads if u.supersedes is not None}
    if lock and len(benchmark_ids) == len(flavor_ids) == 1 and not superseded_ids:
        # What nearly all uploads name.
        ids = (next(iter(benchmark_ids)), next(iter(flavor_ids)))
        found = _at_once(session, uploader_id, *ids, tags_ids)
        if found is not None:
            return found
    row = stamp = None
    if len(benchmark_ids) == len(flavor_ids) == 1:
        # One benchmark and one flavor; nothing comes unless both exist.
        pair = {"benchmark_id": next(iter(benchmark_ids)), "flavor_id": next(iter(flavor_ids))}
        row = session.execute(_PAIR[lock], pair).first()
    if row is not None:
        stamp, *known = row
        benchmarks, flavors = _pair(known)
    else:
        benchmarks, flavors = _parents(session, benchmark_ids, flavor_ids, lock=lock)
    return References(
        uploader_id=uploader_id,
        benchmarks=benchmarks,
        flavors=flavors,
        tags=frozenset(tag for (tag,) in _found(session, _TAGS, tags_ids, lock)),
        superseded={row[0]: KnownResult(*row) for row in _found(session, _SUPERSEDED, superseded_ids, lock)},
        stamp=stamp,
    )


def _at_once(
    session: Session,
    uploader_id: uuid.UUID,
    benchmark_id: uuid.UUID,
    flavor_id: uuid.UUID,
    tags_ids: Iterable[uuid.UUID],
) -> References | None:
    """A benchmark, a flavor and tags, locked by one statement; None unless both exist, and on SQLite."""
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        return None
    # Compiled beforehand: every upload comes by here.
    given = {"benchmark_id": benchmark_id, "flavor_id": flavor_id, "tags": list(tags_ids)}
    first, *second = connection.exec_driver_sql(_STATEMENT, _GIVEN | given).all()
    if not second:
        return None
    stamp, *known = first[:_WIDTH]
    benchmarks, flavors = _pair(known)
    found, text = second[0][_WIDTH:]
    return References(
        uploader_id=uploader_id,
        benchmarks=benchmarks,
        flavors=flavors,
        tags=frozenset(found or ()),
        superseded={},
        stamp=stamp,
        tags_text=text,
    )


def _pair(known: Sequence[Any]) -> tuple[dict[uuid.UUID, KnownBenchmark], dict[uuid.UUID, KnownFlavor]]:
    benchmark, flavor = KnownBenchmark(*known[: len(_BENCHMARK)]), KnownFlavor(*known[len(_BENCHMARK) :])
    return {benchmark.id: benchmark}, {flavor.id: flavor}


def _parents(
    session: Session, benchmark_ids: Iterable[uuid.UUID], flavor_ids: Iterable[uuid.UUID], *, lock: bool
) -> tuple[dict[uuid.UUID, KnownBenchmark], dict[uuid.UUID, KnownFlavor]]:
    if lock:
        _found(session, _SITES, flavor_ids, lock)
    benchmarks = {row[0]: KnownBenchmark(*row) for row in _found(session, _BENCHMARKS, benchmark_ids, lock)}
    flavors = {row[0]: KnownFlavor(*row) for row in _found(session, _FLAVORS, flavor_ids, lock)}
    return benchmarks, flavors


def _found(
    session: Session, statements: tuple[Any, Any], ids: Iterable[uuid.UUID], lock: bool
) -> Sequence[Any]:
    ids = list(ids)
    return session.execute(statements[lock], {"ids": ids}).all() if ids else []


def _both(statement: Any, **how: Any) -> tuple[Any, Any]:
    """A statement without and with locks."""
    return statement, statement.with_for_update(**how)


_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
_B, _F, _S = Benchmark.__table__, Flavor.__table__, Site.__table__
_BENCHMARK = (_B.c.id, _B.c.docker_image, _B.c.docker_tag, _B.c.json_schema, _B.c.status)
_FLAVOR = (
    _F.c.id,
    _F.c.name,
    _F.c.status,
    _S.c.id.label("site_id"),
    _S.c.name.label("site_name"),
    _S.c.status.label("site_status"),
)
_STAMP = (
    sa.select(CatalogueStamp.__table__.c.stamp).where(CatalogueStamp.__table__.c.id == 1).scalar_subquery()
)
_OF_FLAVORS = _F.join(_S, _S.c.id == _F.c.site_id)

# PostgreSQL locks the rows of several tables in the order in which the tables are named.
_PAIR = _both(
    sa.select(_STAMP, *_BENCHMARK, *_FLAVOR)
    .select_from(_OF_FLAVORS.join(_B, sa.true()))
    .where(_B.c.id == sa.bindparam("benchmark_id"), _F.c.id == sa.bindparam("flavor_id")),
    read=True,
    of=(_S, _B, _F),
)
_SITES = _both(
    sa.select(_S.c.id).where(_S.c.id.in_(sa.select(_F.c.site_id).where(_F.c.id.in_(_IDS)))).order_by(_S.c.id),
    read=True,
)
_BENCHMARKS = _both(sa.select(*_BENCHMARK).where(_B.c.id.in_(_IDS)).order_by(_B.c.id), read=True)
_FLAVORS = _both(
    sa.select(*_FLAVOR).select_from(_OF_FLAVORS).where(_F.c.id.in_(_IDS)).order_by(_F.c.id),
    read=True,
    of=_F,
)
_TAGS = _both(
    sa.select(Tag.__table__.c.id)
    .where(Tag.__table__.c.status == "live", Tag.__table__.c.id.in_(_IDS))
    .order_by(Tag.__table__.c.id),
    read=True,
)
_R = Result.__table__
_SUPERSEDED = _both(
    sa.select(_R.c.id, _R.c.uploader_id, _R.c.status, _R.c.superseded_by_id)
    .where(_R.c.id.in_(_IDS))
    .order_by(_R.c.id)
)


def _compiled() -> tuple[str, dict[str, Any]]:
    """For PostgreSQL: a row with the pair, if both exist, then one with the tags; locked in that order."""
    pair = _PAIR[True].subquery()
    tags = (
        sa.select(Tag)
        .where(Tag.status == "live", Tag.id == sa.any_(sa.bindparam("tags", type_=sa.ARRAY(sa.Uuid()))))
        .order_by(Tag.id)
        .with_for_update(read=True)
        .subquery()
    )
    shown = (plain_id(tags.c.id), tags.c.name, tags.c.description, plain_moment(tags.c.upload_datetime))
    of_tags: tuple[Any, ...] = (sa.func.array_agg(tags.c.id), gathered(*shown))
    both = sa.union_all(
        sa.select(*pair.c, *(sa.cast(sa.null(), column.type) for column in of_tags)),
        sa.select(*(sa.cast(sa.null(), column.type) for column in pair.c), *of_tags),
    )
    statement = both.compile(dialect=postgresql.dialect(paramstyle="pyformat"))
    return str(statement), dict(statement.params)


_WIDTH = 1 + len(_BENCHMARK) + len(_FLAVOR)
_STATEMENT, _GIVEN = _compiled()
