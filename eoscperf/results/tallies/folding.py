"""Adding up rows of tallies that are about the same, so that there never are many.

The ids of rows say when: whoever writes the row with an id that is a multiple of `STEP` folds the last
`STEP` rows, at a multiple of `STEP * FACTOR` the last `STEP * FACTOR` rows, and so on. Each row is thus
folded a few times at most, whatever number there is, and uploads in between do nothing.

What is left of rows keeps the greatest of their ids: new ones would use up multiples that nobody notices,
or on SQLite, where the next id is the greatest one plus one, come by the same multiple again and again.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.results.projection.flags import flag_fields
from eoscperf.results.tables import FIELDS, TALLIES
from eoscperf.results.tallies.locks import may_fold
from eoscperf.results.tallies.models import FIELD

STEP = 2048
FACTOR = 8


def fold(session: Session, first: int, last: int, *, most: int) -> None:
    """Fold if it is time, now that the rows with these ids have been written.

    Fields that turn out to have more than `most` values are not tallied any longer.
    """
    window = due(first, last)
    if window and may_fold(session):
        fold_rows(session, *window, most=most)


def due(first: int, last: int) -> tuple[int, int] | None:
    """The rows to fold, those after the first id up to the second, or None."""
    boundary = last // STEP * STEP
    if boundary < first or not boundary:
        return None
    size = STEP
    while boundary % (size * FACTOR) == 0:
        size *= FACTOR
    return boundary - size, last


def fold_rows(session: Session, after: int, until: int, *, most: int) -> None:
    """Add up the rows with ids after one and up to another, but for those that somebody else folds."""
    if session.get_bind().dialect.name == "sqlite":
        values = _fold_sqlite(session, after, until)
    else:
        found = session.execute(_FOLD, {"after": after, "until": until, "field": FIELD, "most": most})
        values = {int(row.field): row.number for row in found}
    many = {field_id for field_id, number in values.items() if number > most}
    if many:
        flag_fields(session, uncountable=many)


def _fold_sqlite(session: Session, after: int, until: int) -> dict[int, int]:
    """The numbers of values by field."""
    window = (TALLIES.c.id > after, TALLIES.c.id <= until)
    place = (TALLIES.c.facet, TALLIES.c.benchmark_id, TALLIES.c.flavor_id, TALLIES.c.key)
    countable = {
        str(identifier) for identifier in session.scalars(sa.select(FIELDS.c.id).where(FIELDS.c.countable))
    }
    groups = session.execute(
        sa.select(sa.func.max(TALLIES.c.id), *place, sa.func.sum(TALLIES.c.number))
        .where(*window)
        .group_by(*place)
    ).all()
    kept: list[dict[str, Any]] = []
    keys: set[str] = set()
    for identifier, facet, benchmark_id, flavor_id, key, number in groups:
        if number and (facet != FIELD or key.partition(":")[0] in countable):
            kept.append(
                {
                    "id": identifier,
                    "facet": facet,
                    "benchmark_id": benchmark_id,
                    "flavor_id": flavor_id,
                    "key": key,
                    "number": number,
                }
            )
            if facet == FIELD:
                keys.add(key)
    session.execute(sa.delete(TALLIES).where(*window))
    if kept:
        session.execute(sa.insert(TALLIES), kept)
    return Counter(int(key.partition(":")[0]) for key in keys)


# In one statement: no reader sees rows missing or doubled, and nobody waits for rows of somebody else.
_FOLD = sa.text(
    """
    WITH free AS MATERIALIZED (
        SELECT id FROM result_tallies WHERE id > :after AND id <= :until FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM result_tallies t USING free WHERE t.id = free.id
        RETURNING t.*
    ), folded AS (
        INSERT INTO result_tallies (id, facet, benchmark_id, flavor_id, key, number)
        SELECT max(id), facet, benchmark_id, flavor_id, key, sum(number) FROM gone
        WHERE facet <> :field
            OR split_part(key, ':', 1)::int IN (SELECT id FROM result_fields WHERE countable)
        GROUP BY facet, benchmark_id, flavor_id, key HAVING sum(number) <> 0
        RETURNING facet, key
    )
    SELECT split_part(key, ':', 1) AS field, count(DISTINCT key) AS number FROM folded
    WHERE facet = :field GROUP BY 1 HAVING count(DISTINCT key) > :most
    """
)
