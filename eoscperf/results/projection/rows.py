"""Writing rows of values, as fast as each database takes them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from eoscperf.results.arrays import doubles, integers, texts
from eoscperf.results.projection.leaves import Leaf

INSERT = (
    "INSERT INTO result_values (result_id, field_id, kind, number, text) SELECT * FROM"
    " unnest(%s::uuid[], %s::int[], %s::smallint[], %s::float8[], %s::text[])"
)
"""The statement on PostgreSQL, with what `columns` gives."""


def insert(
    session: Session, result_ids: Sequence[uuid.UUID], found: Sequence[Sequence[Leaf]], *, again: bool = False
) -> None:
    """Add what was found in each result; with `again` some of the rows may be there already."""
    if not any(found):
        return
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        rows = [
            (hexadecimal, *leaf)
            for hexadecimal, of_one in zip([each.hex for each in result_ids], found, strict=True)
            for leaf in of_one
        ]
        connection.exec_driver_sql(_SQLITE_AGAIN if again else _SQLITE, rows)
    else:
        statement = f"{INSERT} ON CONFLICT DO NOTHING" if again else INSERT
        connection.exec_driver_sql(statement, columns(result_ids, found))


def columns(
    result_ids: Sequence[uuid.UUID], found: Sequence[Sequence[Leaf]]
) -> tuple[str, str, str, str, str]:
    """The values of all these results, by column."""
    leaves = [leaf for of_one in found for leaf in of_one]
    if not leaves:
        return ("{}",) * 5
    repeated = [f"{each.hex}," * len(of_one) for each, of_one in zip(result_ids, found, strict=True)]
    field_ids, kinds, numbers, strings = zip(*leaves, strict=True)
    return (
        "{" + "".join(repeated)[:-1] + "}",
        integers(field_ids),
        integers(kinds),
        doubles(numbers),
        texts(strings),
    )


_SQLITE = "INSERT INTO result_values (result_id, field_id, kind, number, text) VALUES (?, ?, ?, ?, ?)"
_SQLITE_AGAIN = _SQLITE.replace("INSERT", "INSERT OR IGNORE")
