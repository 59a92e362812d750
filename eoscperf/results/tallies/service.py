"""Keeping the numbers of visible results right, whatever happens to results."""

from __future__ import annotations

import datetime
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.results.models import Result, result_tags
from eoscperf.results.projection.flags import flag_fields
from eoscperf.results.projection.leaves import Leaf
from eoscperf.results.tables import FIELDS, RESULTS, TALLIES, VALUES
from eoscperf.results.tallies import rows
from eoscperf.results.tallies.folding import fold
from eoscperf.results.tallies.keys import (
    MAX_KEY_TEXT,
    TALLIED,
    field_key,
    field_key_range,
    tag_key,
    year_key,
)
from eoscperf.results.tallies.locks import note_change
from eoscperf.results.tallies.models import ALL, FIELD, TAG, YEAR

MAX_DISTINCT = 50
"""Values that a field may have in all its results for its values to be tallied."""

VISIBLE = "visible"


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted of one result."""

    benchmark_id: uuid.UUID
    flavor_id: uuid.UUID
    execution_datetime: datetime.datetime
    tags_ids: Collection[uuid.UUID]
    leaves: Sequence[Leaf]
    """of the fields whose values are tallied, others are passed over"""


class Tallies:
    """Notes changes; nobody who does waits for another who does.

    Whoever stores results holds a lock on their benchmarks, all other changes are announced by a lock of
    their own: that is how a recount finds a moment to count in, see `eoscperf.results.tallies.locks`.
    """

    def __init__(self, session: Session) -> None:
        self.session = session

    def fold(self, first: int, last: int) -> None:
        """Add up rows if it is time, now that those with these ids have been written."""
        fold(self.session, first, last, most=MAX_DISTINCT)

    def moved(self, result: Result, before: str, after: str) -> None:
        """The status of one result, which is locked, changed."""
        if (before == VISIBLE) == (after == VISIBLE):
            return
        note_change(self.session)
        value, field = VALUES.c, FIELDS.c
        found = self.session.execute(
            sa.select(value.field_id, value.kind, value.number, value.text)
            .join(FIELDS, field.id == value.field_id)
            .where(value.result_id == result.id, field.benchmark_id == result.benchmark_id, field.countable)
        ).all()
        leaves: list[Leaf] = [(row[0], row[1], row[2], row[3]) for row in found]
        tags = self.session.scalars(
            sa.select(result_tags.c.tag_id).where(result_tags.c.result_id == result.id)
        ).all()
        counted = Counted(result.benchmark_id, result.flavor_id, result.execution_datetime, tags, leaves)
        deltas, _ = changes([counted], {leaf[0] for leaf in leaves}, 1 if after == VISIBLE else -1)
        self.fold(*rows.insert(self.session, deltas))

    def moved_all(self, *which: sa.ColumnElement[bool], sign: int) -> None:
        """All results for which these conditions on `Result` hold became visible (1) or ceased to be (-1).

        The transaction has locked or changed those results, and the conditions hold for no others.
        """
        note_change(self.session)
        written = [*self._count(which, sign), *self._count_fields(which, sign)]
        if written:
            self.fold(min(written), max(written))

    def tagged(self, result: Result, added: Iterable[uuid.UUID], removed: Iterable[uuid.UUID]) -> None:
        """Tags were put on a result, which is locked, or taken off."""
        if result.status != VISIBLE:
            return
        note_change(self.session)
        place = (result.benchmark_id.hex, result.flavor_id.hex)
        deltas: list[rows.Delta] = [
            *((TAG, *place, tag_key(tag), 1) for tag in added),
            *((TAG, *place, tag_key(tag), -1) for tag in removed),
        ]
        self.fold(*rows.insert(self.session, deltas))

    def touched(self, *which: sa.ColumnElement[bool]) -> None:
        """Something else changed about the results for which these conditions on `Result` hold, which is not
        counted but which others keep something of."""
        place = (RESULTS.c.benchmark_id, RESULTS.c.flavor_id)
        facet, key, number = (sa.literal_column(text, sa.Text) for text in (str(ALL), "''", "0"))
        noted = sa.select(facet, *place, key, number).where(*which).group_by(*place)
        insert = sa.insert(TALLIES).from_select(_COLUMNS, noted).returning(TALLIES.c.id)
        written = self.session.scalars(insert).all()
        if written:
            self.fold(min(written), max(written))

    def recount(self, benchmark_id: uuid.UUID) -> None:
        """Count anew all that needs no fields: the results of a benchmark, their years and tags.

        For this and `recount_field` nothing may change meanwhile (`hold_still`), or all statements see the
        same moment and no other changes than uploads happen (`recounting`).
        """
        own = TALLIES.c.benchmark_id == benchmark_id
        changes = sa.select(TALLIES.c.flavor_id, sa.func.sum(TALLIES.c.changes))
        changes = changes.where(own, TALLIES.c.facet == ALL).group_by(TALLIES.c.flavor_id)
        before = self.session.execute(changes).all()
        self.session.execute(sa.delete(TALLIES).where(own, TALLIES.c.facet.in_((ALL, YEAR, TAG))))
        self._count((Result.benchmark_id == benchmark_id, Result.status == VISIBLE), 1)
        if before:
            # The results may be others than before, so this is one change more.
            place = {"facet": ALL, "benchmark_id": benchmark_id, "key": "", "number": 0}
            kept = [place | {"flavor_id": flavor_id, "changes": int(many) + 1} for flavor_id, many in before]
            self.session.execute(sa.insert(TALLIES), kept)

    def recount_field(self, benchmark_id: uuid.UUID, field_id: int) -> None:
        """Count the values of a field anew, unless there turn out to be, or once were, too many of them.

        The values of all results have to be there.
        """
        self.drop_fields(benchmark_id, [field_id])
        countable = self.session.scalar(sa.select(FIELDS.c.countable).where(FIELDS.c.id == field_id))
        if countable and not self._countable(field_id):
            flag_fields(self.session, uncountable=[field_id])
        elif countable:
            which = (Result.benchmark_id == benchmark_id, Result.status == VISIBLE)
            self._count_fields(which, 1, field_ids=[field_id])

    def drop_fields(self, benchmark_id: uuid.UUID, field_ids: Iterable[int]) -> None:
        """Forget the tallies of these fields."""
        for field_id in field_ids:
            low, high = field_key_range(field_id)
            self.session.execute(
                sa.delete(TALLIES).where(
                    TALLIES.c.facet == FIELD,
                    TALLIES.c.benchmark_id == benchmark_id,
                    TALLIES.c.key >= low,
                    TALLIES.c.key < high,
                )
            )

    def _count(self, which: Sequence[sa.ColumnElement[bool]], sign: int) -> list[int]:
        """Add or take off what the database can count by itself; the ids of the rows."""
        written: list[int] = []
        place = (RESULTS.c.benchmark_id, RESULTS.c.flavor_id)
        sqlite = self.session.get_bind().dialect.name == "sqlite"
        # Written out: what is grouped by has to be the same text as what is selected.
        year = sa.literal_column(
            "substr(results.execution_datetime, 1, 4)"
            if sqlite
            else "to_char(results.execution_datetime AT TIME ZONE 'UTC', 'YYYY')",
            sa.Text,
        )
        tag = sa.literal_column("replace(CAST(result_tags.tag_id AS TEXT), '-', '')", sa.Text)
        tagged = RESULTS.join(result_tags, result_tags.c.result_id == RESULTS.c.id)
        for facet, key, source in ((ALL, None, RESULTS), (YEAR, year, RESULTS), (TAG, tag, tagged)):
            shown = sa.literal_column("''") if key is None else key
            number = sign * sa.func.count()
            counted = (
                sa.select(sa.literal_column(str(facet)), *place, shown, number)
                .select_from(source)
                .where(*which)
                .group_by(*place, *([] if key is None else [key]))
            )
            insert = sa.insert(TALLIES).from_select(_COLUMNS, counted).returning(TALLIES.c.id)
            written += self.session.scalars(insert)
        return written

    def _count_fields(
        self, which: Sequence[sa.ColumnElement[bool]], sign: int, field_ids: Collection[int] | None = None
    ) -> tuple[int, ...]:
        """The same for the values of fields; the least and the greatest id of the rows, if there are any."""
        result, value, field = RESULTS, VALUES, FIELDS
        if field_ids is None:
            concerned = sa.select(result.c.benchmark_id).where(*which).distinct()
            field_ids = self.session.scalars(
                sa.select(field.c.id).where(field.c.countable, field.c.benchmark_id.in_(concerned))
            ).all()
        if not field_ids:
            return ()
        leaf = (value.c.field_id, value.c.kind, value.c.number, value.c.text)
        counted = self.session.execute(
            sa.select(result.c.benchmark_id, result.c.flavor_id, *leaf, sa.func.count())
            .join(value, value.c.result_id == result.c.id)
            .where(*which, value.c.field_id.in_(field_ids), value.c.kind.in_(TALLIED))
            .group_by(result.c.benchmark_id, result.c.flavor_id, *leaf)
        )
        deltas: list[rows.Delta] = [
            (
                *(FIELD, benchmark_id.hex, flavor_id.hex),
                *(field_key((identifier, kind, number, text)), sign * times),
            )
            for benchmark_id, flavor_id, identifier, kind, number, text, times in counted
            if text is None or len(text) <= MAX_KEY_TEXT
        ]
        return rows.insert(self.session, deltas) if deltas else ()

    def _countable(self, field_id: int) -> bool:
        """Whether a field has few and short values, and none that fits no row."""
        field, value = FIELDS.c, VALUES.c
        if self.session.scalar(sa.select(field.irregular).where(field.id == field_id)):
            return False
        distinct = (
            sa.select(value.kind, value.number, value.text)
            .where(value.field_id == field_id, value.kind.in_(TALLIED))
            .distinct()
            .limit(MAX_DISTINCT + 1)
        )
        found = self.session.execute(distinct).all()
        return len(found) <= MAX_DISTINCT and all(len(text or "") <= MAX_KEY_TEXT for _, _, text in found)


def changes(
    results: Iterable[Counted], countable: Collection[int], sign: int = 1
) -> tuple[list[rows.Delta], set[int]]:
    """What to note when these results come or, with -1, go, those of the same kind added up.

    `countable` are the ids of the fields whose values are tallied. With the changes come the ids of fields
    that turn out to have too many values or too long ones.
    """
    places: dict[tuple[uuid.UUID, uuid.UUID], dict[Any, int]] = {}
    for result in results:
        place = (result.benchmark_id, result.flavor_id)
        counts = places.get(place)
        if counts is None:
            counts = places[place] = {}
        for known in (
            (ALL, ""),
            (YEAR, year_key(result.execution_datetime)),
            *[(TAG, tag_key(tag)) for tag in result.tags_ids],
        ):
            counts[known] = counts.get(known, 0) + sign
        for leaf in result.leaves:
            if leaf[0] in countable and leaf[1] in TALLIED:
                counts[leaf] = counts.get(leaf, 0) + sign
    distinct = {known for counts in places.values() for known in counts if len(known) == _LEAF}
    often = Counter(leaf[0] for leaf in distinct)
    uncountable = {identifier for identifier, number in often.items() if number > MAX_DISTINCT}
    uncountable |= {leaf[0] for leaf in distinct if len(leaf[3] or "") > MAX_KEY_TEXT}
    keys = {leaf: field_key(leaf) for leaf in distinct if leaf[0] not in uncountable}
    deltas: list[rows.Delta] = []
    for (benchmark_id, flavor_id), counts in places.items():
        benchmark, flavor = benchmark_id.hex, flavor_id.hex
        for known, number in counts.items():
            if len(known) == _LEAF:
                if known in keys:
                    deltas.append((FIELD, benchmark, flavor, keys[known], number))
            else:
                deltas.append((known[0], benchmark, flavor, known[1], number))
    return deltas, uncountable


_COLUMNS = ["facet", "benchmark_id", "flavor_id", "key", "number"]

_LEAF = 4
"""Parts of a leaf; of what else is counted there are two"""
