"""Writing rows of tallies, as fast as each database takes them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import CursorResult
from sqlalchemy.orm import Session

from eoscperf.results.arrays import integers, texts, uuids

Place = tuple[int, uuid.UUID, uuid.UUID, str]
"""Facet, benchmark, flavor and key of a tally."""

Delta = tuple[int, uuid.UUID, uuid.UUID, str, int]
"""A place and the change of the number there."""

INSERT = (
    "INSERT INTO result_tallies (facet, benchmark_id, flavor_id, key, number)"
    " SELECT * FROM unnest(%s::smallint[], %s::uuid[], %s::uuid[], %s::text[], %s::int[]) RETURNING id"
)
"""The statement on PostgreSQL, with what `columns` gives."""


def insert(session: Session, deltas: Sequence[Delta]) -> tuple[int, int]:
    """Add rows; the least and the greatest id that they have got, or two zeros without any."""
    deltas = [delta for delta in deltas if delta[4]]
    if not deltas:
        return 0, 0
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_SQLITE, [(f, b.hex, w.hex, key, n) for f, b, w, key, n in deltas])
        last = connection.exec_driver_sql("SELECT max(id) FROM result_tallies").scalar_one()
        return last - len(deltas) + 1, last
    return ids(connection.exec_driver_sql(INSERT, columns(deltas)))


def columns(deltas: Sequence[Delta]) -> tuple[str, str, str, str, str]:
    """These rows, of which there is at least one, by column."""
    facets, benchmark_ids, flavor_ids, keys, numbers = zip(*deltas, strict=True)
    return integers(facets), uuids(benchmark_ids), uuids(flavor_ids), texts(keys), integers(numbers)


def ids(inserted: CursorResult[Any]) -> tuple[int, int]:
    """The least and the greatest id that the statement on PostgreSQL returned."""
    found = inserted.scalars().all()
    return min(found), max(found)


_SQLITE = "INSERT INTO result_tallies (facet, benchmark_id, flavor_id, key, number) VALUES (?, ?, ?, ?, ?)"
