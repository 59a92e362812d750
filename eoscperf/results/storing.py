"""Writing rows of new results, as fast as each database takes them."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.results.arrays import bytestrings, moments, texts, uuids
from eoscperf.results.derived import Derived, NewDocument, derive, results_created
from eoscperf.results.projection import rows as values
from eoscperf.results.projection.known import FINGERPRINT, KnownFields, remembered_fields
from eoscperf.results.tables import RESULTS
from eoscperf.results.tallies import rows as tallies
from eoscperf.results.tallies.service import Tallies


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
    provenance: str | None
    """canonical JSON text"""


def store(
    session: Session,
    new: Sequence[NewResult],
    documents: Sequence[Any],
    tags_ids: Sequence[Iterable[uuid.UUID]],
) -> frozenset[uuid.UUID]:
    """Add results with their tags and all that is kept beside them; the ids of those that were added.

    The others have a duplicate key that is taken. The transaction holds benchmarks and tags. `documents` are
    what is in the JSON of each. On PostgreSQL that is one statement, unless fields have changed or some are
    doubles.
    """
    tagged = zip(new, tags_ids, strict=True)
    links = [_Link(result, tag) for result, tags in tagged for tag in dict.fromkeys(tags)]
    added: frozenset[uuid.UUID] | None = None
    if session.get_bind().dialect.name != "sqlite":
        known = remembered_fields({result.benchmark_id for result in new})
        derived = None if known is None else derive(_documents(new, documents), _rows(links), known)
        if known is not None and derived is not None and not (derived.irregular or derived.uncountable):
            added, complete = _store_at_once(session, new, links, known, derived)
            if complete:
                return added
    if added is None:
        added = insert_results(session, new)
    stored = [link for link in links if link.result.id in added]
    insert_links(session, stored)
    both = [pair for pair in zip(new, documents, strict=True) if pair[0].id in added]
    results_created(session, _documents(*zip(*both, strict=True)) if both else (), _rows(stored))
    return added


class _Link(NamedTuple):
    """A tag that is put on a new result."""

    result: NewResult
    tag_id: uuid.UUID


def _rows(links: Iterable[_Link]) -> list[dict[str, uuid.UUID]]:
    return [{"result_id": result.id, "tag_id": tag_id} for result, tag_id in links]


def _documents(new: Iterable[NewResult], documents: Iterable[Any]) -> list[NewDocument]:
    return [
        (result.id, result.benchmark_id, result.flavor_id, result.execution_datetime, document)
        for result, document in zip(new, documents, strict=True)
    ]


def _store_at_once(
    session: Session, new: Sequence[NewResult], links: Sequence[_Link], known: KnownFields, derived: Derived
) -> tuple[frozenset[uuid.UUID], bool]:
    """The ids of the results that were added, and whether all the rest was, too, or nothing of it.

    Nothing of it, if some are doubles or the fields are no longer what is known of them.
    """
    given = (
        *_columns(new),
        *(len(new), known.fingerprint, uuids({result.benchmark_id for result in new})),
        *_link_columns(links),
        *values.columns(derived.result_ids, derived.values),
        *tallies.columns(derived.deltas),
    )
    found = session.connection().exec_driver_sql(_AT_ONCE, given).one()
    if found.complete:
        Tallies(session).fold(found.first, found.last)
        return frozenset(derived.result_ids), True
    return frozenset(found.added or ()), False


def insert_results(session: Session, new: Sequence[NewResult]) -> frozenset[uuid.UUID]:
    """Add results; the ids of those that were added. The others have a duplicate key that is taken."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        added = connection.exec_driver_sql(_SQLITE, [_sqlite_row(result) for result in new]).rowcount
        if added == len(new):
            return frozenset(result.id for result in new)
        ids = [result.id for result in new]
        return frozenset(session.scalars(sa.select(RESULTS.c.id).where(RESULTS.c.id.in_(ids))))
    return frozenset(connection.exec_driver_sql(_POSTGRESQL, _columns(new)).scalars())


def insert_links(session: Session, links: Sequence[_Link]) -> None:
    """Put tags on new results."""
    if not links:
        return
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        rows = [
            (
                *(result.id.hex, tag_id.hex),
                *(_sqlite_moment(result.execution_datetime), _sqlite_moment(result.upload_datetime)),
                *(result.benchmark_id.hex, result.flavor_id.hex),
            )
            for result, tag_id in links
        ]
        connection.exec_driver_sql(f"{_INTO_LINKS} VALUES (?, ?, ?, ?, ?, ?)", rows)
    else:
        connection.exec_driver_sql(f"{_INTO_LINKS} {_NEW_LINKS}", _link_columns(links))


def _columns(new: Sequence[NewResult]) -> tuple[str, ...]:
    # All who add the same results at once wait for each other in one order.
    columns = list(zip(*sorted(new, key=_by_key), strict=True))
    return (
        uuids(columns[0]),
        texts(columns[1]),
        moments(columns[2]),
        moments(columns[3]),
        *(uuids(column) for column in columns[4:9]),
        bytestrings(columns[9]),
        bytestrings(columns[10]),
        texts(columns[11]),
    )


def _link_columns(links: Sequence[_Link]) -> tuple[str, ...]:
    results = [link.result for link in links]
    return (
        uuids([result.id for result in results]),
        uuids([link.tag_id for link in links]),
        moments([result.execution_datetime for result in results]),
        moments([result.upload_datetime for result in results]),
        uuids([result.benchmark_id for result in results]),
        uuids([result.flavor_id for result in results]),
    )


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
        new.provenance,
    )


def _sqlite_moment(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


_INTO = f"INSERT INTO results ({', '.join(NewResult._fields)}, status, pending_claims, hiding_claims)"
_UNIQUE = "ON CONFLICT (duplicate_key) DO NOTHING"
_SQLITE = f"{_INTO} VALUES ({', '.join('?' * len(NewResult._fields))}, 'visible', 0, 0) {_UNIQUE}"
_ARRAYS = ("uuid", "text", "timestamptz", "timestamptz", *("uuid",) * 5, "bytea", "bytea", "text")
_POSTGRESQL = (
    f"{_INTO} SELECT new.*, 'visible', 0, 0"  # noqa: S608
    f" FROM unnest({', '.join(f'%s::{kind}[]' for kind in _ARRAYS)}) AS new {_UNIQUE} RETURNING id"
)
_INTO_LINKS = (
    "INSERT INTO result_tags"
    " (result_id, tag_id, execution_datetime, upload_datetime, benchmark_id, flavor_id)"
)
_NEW_LINKS = (
    "SELECT * FROM unnest("
    "%s::uuid[], %s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::uuid[], %s::uuid[])"
)
_IF_COMPLETE = "WHERE (SELECT complete FROM state)"
_AT_ONCE = f"""
    WITH added AS ({_POSTGRESQL}), state AS MATERIALIZED (
        SELECT (SELECT count(*) FROM added) = %s AND %s = {FINGERPRINT} AS complete
    ), linked AS (
        {_INTO_LINKS} {_NEW_LINKS} {_IF_COMPLETE}
    ), valued AS (
        {values.INSERT} {_IF_COMPLETE}
    ), tallied AS (
        {tallies.INTO} {tallies.NEW} {_IF_COMPLETE} RETURNING id
    )
    SELECT complete, (SELECT min(id) FROM tallied) AS first, (SELECT max(id) FROM tallied) AS last,
        CASE WHEN NOT complete THEN (SELECT array_agg(id) FROM added) END AS added
    FROM state"""  # noqa: S608
_TAKEN = sa.select(RESULTS.c.duplicate_key, RESULTS.c.id).where(
    RESULTS.c.duplicate_key.in_(sa.bindparam("keys", expanding=True))
)
