"""Writing rows of tallies, as fast as each database takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CursorResult
from sqlalchemy.orm import Session

from eoscperf.results.arrays import integers, plain, texts

Delta = tuple[int, str, str, str, int]
"""Facet, benchmark and flavor as hexadecimal, key, and the change of the number there."""

INTO = "INSERT INTO result_tallies (facet, benchmark_id, flavor_id, key, number)"
NEW = "SELECT * FROM unnest(%s::smallint[], %s::uuid[], %s::uuid[], %s::text[], %s::int[])"
INSERT = f"{INTO} {NEW} RETURNING id"
"""The statement on PostgreSQL, with what `columns` gives."""


def insert(session: Session, deltas: Sequence[Delta]) -> tuple[int, int]:
    """Add rows; the least and the greatest id that they have got, or two zeros without any."""
    if not deltas:
        return 0, 0
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_SQLITE, deltas)
        last = connection.exec_driver_sql("SELECT max(id) FROM result_tallies").scalar_one()
        return last - len(deltas) + 1, last
    return ids(connection.exec_driver_sql(INSERT, columns(deltas)))


def columns(deltas: Sequence[Delta]) -> tuple[str, str, str, str, str]:
    """These rows, of which there is at least one, by column."""
    facets, benchmarks, flavors, keys, numbers = zip(*deltas, strict=True)
    return integers(facets), plain(benchmarks), plain(flavors), texts(keys), integers(numbers)


def ids(inserted: CursorResult[Any]) -> tuple[int, int]:
    """The least and the greatest id that the statement on PostgreSQL returned."""
    found = inserted.scalars().all()
    return min(found), max(found)


_SQLITE = f"{INTO} VALUES (?, ?, ?, ?, ?)"
