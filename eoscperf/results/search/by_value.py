"""The results of one benchmark in the order of the values that they have at one path.

The index of `result_values` holds a field's rows by kind, number, text and result. Each kind is a segment of
the list; null and missing, which are one, come from the results themselves. A page is cut from the index, at
the place that a cursor names or from the beginning, and touches little more rows than it shows.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from eoscperf.listing import Found, SortKey
from eoscperf.results.search import forms, values
from eoscperf.results.search.sources import ResultSource, cut
from eoscperf.results.search.values import (
    BOOLEAN,
    COMPOSITE,
    LAST,
    NUMBER,
    STRING,
    Place,
    kinds_of,
    reads_json,
)
from eoscperf.results.tables import RESULTS, VALUES

if TYPE_CHECKING:
    from eoscperf.results.search.search import Search

# Most fields hold numbers; that nothing is there is dear to find out, and asked for last.
_TOGETHER = ((NUMBER,), (STRING, BOOLEAN, COMPOSITE), (LAST,))


class Position(NamedTuple):
    """What a result is ordered by."""

    kind: int
    number: Any
    text: Any
    id: Any


class Window(NamedTuple):
    """Which of the results in order are wanted."""

    count: Any
    """all from the first to the last one wanted"""
    limit: Any
    offset: Any


class ValueSource(ResultSource):
    """The results of a search ordered by the values at one place, then by id."""

    def __init__(
        self,
        search: Search,
        columns: Sequence[sa.ColumnElement[Any]],
        keys: Sequence[SortKey],
        count: Callable[[], int],
        place: Place,
    ) -> None:
        super().__init__(search, columns, keys, count)
        self._place = place
        self._down, self._ids_down = (key.descending for key in keys)
        # On the rows in order a filter is a range of the index, or no more than a glance.
        here = [condition for condition, other in search.filters if other == place]
        self._same = [condition for condition in here if not reads_json(condition)]
        self._others = [pair for pair in search.filters if pair[1] != place or pair[0] not in self._same]
        self._kinds = frozenset(range(LAST + 1)).intersection(*map(kinds_of, here))

        self._shape = self._shape_of()

    def read(self, limit: int, *, offset: int = 0, after: tuple[Any, ...] | None = None) -> list[Found]:
        """At most so many results, from an offset or after the place that one with these values has."""
        rows: list[Found] = []
        first = NUMBER if after is None else after[0]
        for kinds in _TOGETHER:
            left = [kind for kind in kinds if kind >= first and kind in self._kinds]
            if left and len(rows) < limit:
                found = self._read(left, limit - len(rows), offset, after)
                if offset:
                    offset = 0 if found else offset - self._size(left)
                rows += found
        return rows

    def items(self, limit: int, offset: int) -> list[Any]:
        """What the columns say of at most so many results from an offset."""
        return [row.item for row in self.read(limit, offset=offset)]

    @functools.cached_property
    def _plain(self) -> bool:
        """Whether the values of all columns are wanted as the driver has them."""
        return forms.are_plain(self._columns)

    def _read(
        self, kinds: Sequence[int], limit: int, offset: int, after: tuple[Any, ...] | None
    ) -> list[Found]:
        """The results that have values of these kinds, in order."""
        place = None if after is None else Position(*after)
        window = Window(offset + limit, limit, offset or None)
        if self._shape is None or not self._plain or (place is not None and place.kind == BOOLEAN):
            return self._fetch(self._statement(kinds, window, place))
        shape = (self._shape, *kinds, bool(offset), None if place is None else place.kind)
        given = self._given | window._asdict() | ({} if place is None else place._asdict())
        if not offset:
            given.pop("offset")
        rows = forms.fetch(self._search.connection, shape, lambda: self._form(kinds, window, place), given)
        found = []
        for *item, sort, number, text, identifier, _ in rows:
            key = forms.read_id(identifier)
            shown = item[0] if len(item) == 1 else tuple(item)
            found.append(Found(shown, (sort, number, text, key), (key,)))
        return found

    def _statement(self, kinds: Sequence[int], window: Window, place: Position | None) -> sa.Select[Any]:
        parts = [
            part
            for kind in kinds
            for part in self._segment(
                kind, window.count, place if place is not None and place.kind == kind else None
            )
        ]
        return self._complete(cut(self._ordered(parts), window.limit, window.offset))

    def _form(self, kinds: Sequence[int], window: Window, place: Position | None) -> sa.Select[Any]:
        """The statement for all searches of this shape, whose values are given when it is executed.

        To make a statement takes SQLAlchemy several times as long as it takes the database to answer it.
        """
        form = copy.copy(self)
        form._search = copy.copy(self._search)
        benchmark: Any = sa.bindparam("benchmark", type_=sa.Uuid())
        form._search.benchmarks = frozenset((benchmark,))
        form._search.conditions = [RESULTS.c.status == "visible", RESULTS.c.benchmark_id == benchmark]
        form._place = values.form_of_place(self._place, "field")
        form._same = [values.form_of(each, f"same_{number}") for number, each in enumerate(self._same)]
        form._others = [
            (values.form_of(each, f"other_{number}"), values.form_of_place(where, f"other_{number}_field"))
            for number, (each, where) in enumerate(self._others)
        ]
        offset = window.offset is not None
        counts = Window(*(sa.bindparam(name, type_=sa.Integer()) for name in Window._fields))
        if place is not None:
            place = Position(
                place.kind,
                sa.bindparam("number", type_=sa.Double()),
                sa.bindparam("text", type_=sa.Text()),
                sa.bindparam("id", type_=sa.Uuid()),
            )
        return form._statement(kinds, counts if offset else counts._replace(offset=None), place)

    def _shape_of(self) -> tuple[Any, ...] | None:
        """What the statements of two searches have to have in common to differ in values only; None where
        more is asked for than filters within one benchmark."""
        scope = self._search.scope
        wanted = [(each, self._place) for each in self._same] + self._others
        if not scope.plain or not all(values.has_form(*pair) for pair in wanted):
            return None
        columns = tuple(map(id, self._columns))
        same = tuple(map(values.shape_of, self._same))
        others = tuple(values.shape_of(each) for each, _ in self._others)
        return columns, self._down, self._ids_down, same, others

    @property
    def _given(self) -> dict[str, Any]:
        """The values of the statement in `_form`."""
        (benchmark,) = self._search.benchmarks
        given = {"benchmark": benchmark, "field": self._place.fields[0]}
        for number, each in enumerate(self._same):
            given |= values.given_by(each, f"same_{number}")
        for number, (each, where) in enumerate(self._others):
            given |= values.given_by(each, f"other_{number}") | {f"other_{number}_field": where.fields[0]}
        return given

    def _segment(self, kind: int, count: Any, after: Position | None) -> list[sa.Select[Any]]:
        """The first so many results of one kind, after a place in it, as parts to be put in order."""
        if kind == LAST:
            return [self._without(count, after)]
        if after is None:
            return self._beyond(kind, count, None)
        value = {NUMBER: after.number, STRING: after.text, COMPOSITE: None}.get(kind)
        if kind == BOOLEAN:
            value = float(after.text == "true")
        ties = self._equal(kind, value, count, after=after.id)
        return [ties] if kind == COMPOSITE else [ties, *self._beyond(kind, count, value)]

    def _equal(self, kind: int, value: Any, count: Any, *, after: Any = None) -> sa.Select[Any]:
        """The first so many results with one value, after one of them."""
        rows = VALUES.alias()
        conditions = [] if value is None else [_column(rows, kind) == value]
        if after is not None:
            conditions.append(rows.c.result_id < after if self._ids_down else rows.c.result_id > after)
        return self._run(rows, kind, conditions, self._ids_down, count)

    def _beyond(self, kind: int, count: Any, value: Any) -> list[sa.Select[Any]]:
        """The first so many results of one kind, beyond a value."""
        if kind == COMPOSITE:
            return [self._run(VALUES.alias(), kind, [], self._ids_down, count)]
        if kind == BOOLEAN:
            left = [other for other in (0.0, 1.0) if value is None or (other < value) is self._down]
            return [self._equal(kind, other, count) for other in left if other != value]
        rows = VALUES.alias()
        column = _column(rows, kind)
        conditions = [] if value is None else [column < value if self._down else column > value]
        if self._down == self._ids_down:
            return [self._run(rows, kind, conditions, self._down, count)]
        # The index has the ids of equal values in the direction of the values. All but those with the last
        # value read are whole; of that value, the first in the other direction are read.
        read = self._run(rows, kind, conditions, self._down, count).cte()
        kept = read.c[self.order.columns[2 if kind == STRING else 1].name]
        extreme = (sa.func.min if self._down else sa.func.max)(kept)
        edge = sa.select(sa.case((sa.func.count() == count, extreme))).select_from(read).scalar_subquery()
        inside = kept > edge if self._down else kept < edge
        return [sa.select(read).where(sa.or_(edge.is_(None), inside)), self._equal(kind, edge, count)]

    def _run(
        self,
        rows: sa.FromClause,
        kind: int,
        conditions: Sequence[sa.ColumnElement[bool]],
        down: bool,
        count: Any,
    ) -> sa.Select[Any]:
        """So many results that have a value of this kind, as the index has them."""
        statement = sa.select(
            *self._labels(
                sa.literal_column(str(kind), sa.Integer()),
                rows.c.number if kind == NUMBER else _ZERO,
                {STRING: rows.c.text, BOOLEAN: values.boolean_text(rows)}.get(kind, _NOTHING),
                rows.c.result_id,
            )
        ).select_from(rows)
        statement = statement.where(
            values.among(rows.c.field_id, self._place.fields),
            rows.c.kind == kind,
            *(values.holds(condition, rows) for condition in self._same),
            *conditions,
            self._is_found(rows),
        )
        order = (rows.c.number, rows.c.text, rows.c.result_id)
        return statement.order_by(*(column.desc() if down else column for column in order)).limit(count)

    def _without(self, count: Any, after: Position | None) -> sa.Select[Any]:
        """The first so many results that have null or nothing there."""
        (benchmark,) = self._search.benchmarks
        rows = VALUES.alias()
        statement = sa.select(
            *self._labels(sa.literal_column(str(LAST), sa.Integer()), _ZERO, _NOTHING, RESULTS.c.id)
        )
        there = sa.exists().where(self._place.of(rows, RESULTS.c.id), rows.c.kind < LAST)
        statement = self._seen(statement).where(RESULTS.c.benchmark_id == benchmark, sa.not_(there))
        statement = values.add_filters(statement, [(condition, self._place) for condition in self._same])
        if after is not None:
            identifier = after.id
            statement = statement.where(
                RESULTS.c.id < identifier if self._ids_down else RESULTS.c.id > identifier
            )
        column = RESULTS.c.id
        return statement.order_by(column.desc() if self._ids_down else column).limit(count)

    def _is_found(self, rows: sa.FromClause) -> sa.ColumnElement[bool]:
        """Whether the result of a row is asked for; looked up row by row, so that the index leads."""
        result: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(RESULTS)
        result = self._seen(result.where(RESULTS.c.id == rows.c.result_id))
        return result.correlate(rows).scalar_subquery().is_not(None)

    def _seen(self, statement: sa.Select[Any]) -> sa.Select[Any]:
        """Narrowed to what is asked for, the filters on this very place excepted."""
        return values.add_filters(statement.where(*self._search.conditions), self._others)

    def _size(self, kinds: Sequence[int]) -> int:
        """How many results have values of these kinds."""
        if LAST in kinds:
            return 0
        rows = VALUES.alias()
        statement = sa.select(sa.func.count()).select_from(rows)
        statement = statement.join_from(rows, RESULTS, RESULTS.c.id == rows.c.result_id)
        statement = self._seen(statement).where(
            values.among(rows.c.field_id, self._place.fields),
            values.among(rows.c.kind, kinds),
            *(values.holds(condition, rows) for condition in self._same),
        )
        return self._search.session.execute(statement).scalar_one()

    def _labels(self, *columns: sa.ColumnElement[Any]) -> list[sa.ColumnElement[Any]]:
        """The columns of the order and the key, called what the order calls them."""
        names = [column.name for column in (*self.order.columns, *self.order.key_columns)]
        return [sa.label(name, column) for name, column in zip(names, (*columns, columns[-1]), strict=True)]


_ZERO: sa.ColumnElement[float] = sa.cast(sa.literal_column("0"), sa.Double())
_NOTHING = sa.literal_column("''", sa.Text())


def _column(rows: sa.FromClause, kind: int) -> sa.ColumnElement[Any]:
    return rows.c.text if kind == STRING else rows.c.number
