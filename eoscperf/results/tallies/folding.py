"""Adding up rows of tallies that are about the same, so that there never are many.

The ids of rows say when: whoever writes the row with an id that is a multiple of `STEP` folds the last
`STEP` rows, at a multiple of `STEP * FACTOR` the last `STEP * FACTOR` rows, and so on. Each row is thus
looked at a few times at most, whatever number there is, and uploads in between do nothing. Rows that are
about something of their own stay as they are, which most are where results of many kinds come together.

Rows about all results of a cell stay even where they add up to nothing, as they tell how often it changed.
What is left of rows keeps the greatest of their ids: new ones would use up multiples that nobody notices,
or on SQLite, where the next id is the greatest one plus one, come by the same multiple again and again.
"""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.results.projection.flags import flag_fields
from eoscperf.results.tables import FIELDS
from eoscperf.results.tallies.locks import may_fold
from eoscperf.results.tallies.models import ALL, FIELD

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
    """The rows to fold, those after the first id up to the second, or None.

    Nothing is to be gained where all of them were written together: whoever writes rows adds up before.
    """
    size = STEP
    if last // size * size < first:
        return None
    while last // (size * FACTOR) * (size * FACTOR) >= max(first, 1):
        size *= FACTOR
    after = last // size * size - size
    return (after, last) if 0 <= after < first - 1 else None


def fold_rows(session: Session, after: int, until: int, *, most: int) -> None:
    """Add up the rows with ids after one and up to another, but for those that somebody else folds."""
    if session.get_bind().dialect.name == "sqlite":
        values = _fold_sqlite(session, after, until)
    else:
        found = session.execute(
            _FOLD, {"after": after, "until": until, "all": ALL, "field": FIELD, "most": most}
        )
        values = {int(row.field): row.number for row in found}
    many = {field_id for field_id, number in values.items() if number > most}
    if many:
        flag_fields(session, uncountable=many)


def _fold_sqlite(session: Session, after: int, until: int) -> dict[int, int]:
    """The numbers of values by field."""
    connection = session.connection()
    countable = {
        str(identifier) for identifier in session.scalars(sa.select(FIELDS.c.id).where(FIELDS.c.countable))
    }
    gone: list[tuple[int]] = []
    added_up: list[tuple[int, int, int]] = []
    keys: set[str] = set()
    for facet, key, ids, number, changes, times in connection.exec_driver_sql(_GROUPS, (after, until)).all():
        uncountable = facet == FIELD and key.partition(":")[0] not in countable
        if facet == FIELD and not uncountable:
            keys.add(key)
        if times == 1 and not uncountable:
            continue
        identifiers = sorted(map(int, ids.split(",")))
        if (number or facet == ALL) and not uncountable:
            added_up.append((number, changes, identifiers.pop()))
        gone += [(identifier,) for identifier in identifiers]
    if gone:
        connection.exec_driver_sql("DELETE FROM result_tallies WHERE id = ?", gone)
    if added_up:
        connection.exec_driver_sql("UPDATE result_tallies SET number = ?, changes = ? WHERE id = ?", added_up)
    return Counter(int(key.partition(":")[0]) for key in keys)


_GROUPS = """
    SELECT facet, key, group_concat(id), sum(number), sum(changes), count(*) FROM result_tallies
    WHERE id > ? AND id <= ? GROUP BY facet, benchmark_id, flavor_id, key"""

# In one statement: no reader sees rows missing or doubled, and nobody waits for rows of somebody else.
_FOLD = sa.text(
    """
    WITH countable AS MATERIALIZED (
        SELECT id::text AS id FROM result_fields WHERE countable
    ), alike AS MATERIALIZED (
        SELECT facet, key, array_agg(id) AS ids, count(*) AS times FROM result_tallies
        WHERE id > :after AND id <= :until GROUP BY facet, benchmark_id, flavor_id, key
    ), free AS MATERIALIZED (
        SELECT id FROM result_tallies WHERE id IN (
            SELECT unnest(ids) FROM alike
            WHERE times > 1 OR facet = :field AND split_part(key, ':', 1) NOT IN (SELECT id FROM countable)
        ) FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM result_tallies t USING free WHERE t.id = free.id
        RETURNING t.*
    ), folded AS (
        INSERT INTO result_tallies (id, facet, benchmark_id, flavor_id, key, number, changes)
        SELECT max(id), facet, benchmark_id, flavor_id, key, sum(number), sum(changes) FROM gone
        WHERE facet <> :field OR split_part(key, ':', 1) IN (SELECT id FROM countable)
        GROUP BY facet, benchmark_id, flavor_id, key HAVING sum(number) <> 0 OR facet = :all
    )
    SELECT split_part(key, ':', 1) AS field, count(DISTINCT key) AS number FROM alike
    WHERE facet = :field AND split_part(key, ':', 1) IN (SELECT id FROM countable)
    GROUP BY 1 HAVING count(DISTINCT key) > :most
    """
)
