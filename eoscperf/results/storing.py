"""Writing rows of new results, as fast as each database takes them."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.results.arrays import bytestrings, moments, texts, uuids
from eoscperf.results.models import result_tags
from eoscperf.results.tables import RESULTS


class NewResult(NamedTuple):
    """A visible result that is about to be stored, or has been."""

    id: uuid.UUID
    json: str
    """canonical JSON text"""
    execution_datetime: datetime.datetime
    upload_datetime: datetime.datetime
    benchmark_id: uuid.UUID
    flavor_id: uuid.UUID
    site_id: uuid.UUID
    uploader_id: uuid.UUID
    supersedes_id: uuid.UUID | None
    content_hash: bytes
    duplicate_key: bytes


def insert_results(session: Session, new: Sequence[NewResult]) -> frozenset[uuid.UUID]:
    """Add results; the ids of those that were added. The others have a duplicate key that is taken."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        added = connection.exec_driver_sql(_SQLITE, [_sqlite_row(result) for result in new]).rowcount
        if added == len(new):
            return frozenset(result.id for result in new)
        ids = [result.id for result in new]
        return frozenset(session.scalars(sa.select(RESULTS.c.id).where(RESULTS.c.id.in_(ids))))
    # All who add the same results at once wait for each other in one order.
    columns = list(zip(*sorted(new, key=_by_key), strict=True))
    given = (
        uuids(columns[0]),
        texts(columns[1]),
        moments(columns[2]),
        moments(columns[3]),
        *(uuids(column) for column in columns[4:9]),
        bytestrings(columns[9]),
        bytestrings(columns[10]),
    )
    return frozenset(connection.exec_driver_sql(_POSTGRESQL, given).scalars())


def insert_links(session: Session, links: Sequence[dict[str, uuid.UUID]]) -> None:
    """Put tags on results: rows of `result_tags`."""
    if links:
        session.execute(sa.insert(result_tags), links)


def taken_keys(session: Session, keys: Iterable[bytes]) -> dict[bytes, uuid.UUID]:
    """Which of these duplicate keys are taken, and by which results."""
    found = session.execute(_TAKEN, {"keys": list(keys)})
    return {row.duplicate_key: row.id for row in found}


def _by_key(result: NewResult) -> bytes:
    return result.duplicate_key


def _sqlite_row(new: NewResult) -> tuple[str | bytes | None, ...]:
    return (
        new.id.hex,
        new.json,
        _sqlite_moment(new.execution_datetime),
        _sqlite_moment(new.upload_datetime),
        new.benchmark_id.hex,
        new.flavor_id.hex,
        new.site_id.hex,
        new.uploader_id.hex,
        None if new.supersedes_id is None else new.supersedes_id.hex,
        new.content_hash,
        new.duplicate_key,
    )


def _sqlite_moment(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


_INTO = f"INSERT INTO results ({', '.join(NewResult._fields)}, status, pending_claims, hiding_claims)"
_UNIQUE = "ON CONFLICT (duplicate_key) DO NOTHING"
_SQLITE = f"{_INTO} VALUES ({', '.join('?' * len(NewResult._fields))}, 'visible', 0, 0) {_UNIQUE}"
_ARRAYS = ("uuid", "text", "timestamptz", "timestamptz", *("uuid",) * 5, "bytea", "bytea")
_POSTGRESQL = (
    f"{_INTO} SELECT new.*, 'visible', 0, 0"  # noqa: S608
    f" FROM unnest({', '.join(f'%s::{kind}[]' for kind in _ARRAYS)}) AS new {_UNIQUE} RETURNING id"
)
_TAKEN = sa.select(RESULTS.c.duplicate_key, RESULTS.c.id).where(
    RESULTS.c.duplicate_key.in_(sa.bindparam("keys", expanding=True))
)
