"""Writing rows of values, as fast as each database takes them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from eoscperf.results.arrays import doubles, integers, texts, uuids
from eoscperf.results.projection.leaves import Leaf


def insert(
    session: Session, result_ids: Sequence[uuid.UUID], found: Sequence[Sequence[Leaf]], *, again: bool = False
) -> None:
    """Add what was found in each result; with `again` some of the rows may be there already."""
    leaves = [leaf for of_one in found for leaf in of_one]
    if not leaves:
        return
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        statement = _SQLITE_AGAIN if again else _SQLITE
        connection.exec_driver_sql(
            statement,
            [
                (hexadecimal, *leaf)
                for hexadecimal, of_one in zip([each.hex for each in result_ids], found, strict=True)
                for leaf in of_one
            ],
        )
        return
    field_ids, kinds, numbers, strings = zip(*leaves, strict=True)
    given = (
        uuids(each for each, of_one in zip(result_ids, found, strict=True) for _ in of_one),
        integers(field_ids),
        integers(kinds),
        doubles(numbers),
        texts(strings),
    )
    connection.exec_driver_sql(_POSTGRESQL_AGAIN if again else _POSTGRESQL, given)


_INTO = "result_values (result_id, field_id, kind, number, text)"
_SQLITE = f"INSERT INTO {_INTO} VALUES (?, ?, ?, ?, ?)"  # noqa: S608
_SQLITE_AGAIN = f"INSERT OR IGNORE INTO {_INTO} VALUES (?, ?, ?, ?, ?)"  # noqa: S608
_POSTGRESQL = (
    f"INSERT INTO {_INTO} SELECT * FROM"  # noqa: S608
    " unnest(%s::uuid[], %s::int[], %s::smallint[], %s::float8[], %s::text[])"
)
_POSTGRESQL_AGAIN = f"{_POSTGRESQL} ON CONFLICT DO NOTHING"
