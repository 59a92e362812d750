"""Results in some order, picked by what indexes hold before anything else of them is read."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from eoscperf.listing import Found, Order, SortKey
from eoscperf.results.tables import RESULTS

if TYPE_CHECKING:
    from eoscperf.results.search.search import Search

_ORDERED_BY_INDEX = frozenset({"execution_datetime", "upload_datetime"})

_EVERYTHING: sa.ColumnElement[Any] = sa.literal_column("*")


class ResultSource:
    """The results of a search in the order of some keys."""

    def __init__(
        self,
        search: Search,
        columns: Sequence[sa.ColumnElement[Any]],
        keys: Sequence[SortKey],
        count: Callable[[], int],
    ) -> None:
        self.count = count
        self._search = search
        self._columns = columns
        self._asked = keys
        self._indexed = len(keys) == 2 and keys[0].field.name in _ORDERED_BY_INDEX

    # Made where they are needed: it takes longer than much else.
    @functools.cached_property
    def _sorted(self) -> tuple[list[SortKey], list[Callable[[sa.Select[Any]], sa.Select[Any]]]]:
        return self._search.sorted(self._asked)

    @functools.cached_property
    def order(self) -> Order:
        keys, _ = self._sorted
        return Order(keys, [RESULTS.c.id])

    @functools.cached_property
    def _rows(self) -> sa.Select[Any]:
        return sa.select(*self._columns)

    def read(self, limit: int, *, offset: int = 0, after: tuple[Any, ...] | None = None) -> list[Found]:
        """At most so many results, from an offset or after the place that one with these values has."""
        if self._search.scope.empty or limit < 1:
            return []
        # Rows that come one by one in the right order need no picking.
        if self._indexed and not offset:
            return self._fetch(self._part(self._rows, after).limit(limit))
        return self._fetch(self._complete(self._pick(limit, offset, after)))

    def items(self, limit: int, offset: int) -> list[Any]:
        """What the columns say of at most so many results from an offset."""
        return [row.item for row in self.read(limit, offset=offset)]

    def find(self, key: tuple[Any, ...]) -> Found | None:
        """The result with this id."""
        if self._search.scope.empty:
            return None
        picked = self._part(sa.select(RESULTS.c.id), None).where(self.order.having_key(key))
        return next(iter(self._fetch(self._complete(picked.limit(1)))), None)

    def _pick(self, limit: int, offset: int, after: tuple[Any, ...] | None) -> sa.Select[Any]:
        return cut(self._part(sa.select(RESULTS.c.id), after), limit, offset or None)

    def _part(self, statement: sa.Select[Any], after: tuple[Any, ...] | None) -> sa.Select[Any]:
        """Results in order, with what they are ordered by, after the place of some values."""
        narrow = self._search.look_up if self._indexed or self._search.leading else self._search.narrow
        statement = narrow(statement)
        _, joins = self._sorted
        for join in joins:
            statement = join(statement)
        if after is not None:
            statement = statement.where(self.order.after(after))
        return self.order.by(statement)

    def _ordered(self, parts: Sequence[sa.Select[Any]]) -> sa.Select[Any]:
        """Several lists, put together in order."""
        # Everything is called by name from here on: columns of subqueries of subqueries take SQLAlchemy
        # longer to make than the database takes to answer.
        if len(parts) == 1:
            whole = parts[0].subquery("parts")
        else:
            each = (sa.select(_EVERYTHING).select_from(part.subquery()) for part in parts)
            whole = sa.union_all(*each).subquery("parts")
        return sa.select(_EVERYTHING).select_from(whole).order_by(*self._order_in("parts"))

    def _order_in(self, table: str) -> list[sa.ColumnElement[Any]]:
        """The order, where its values are columns of a table of that name."""
        found: list[sa.ColumnElement[Any]] = []
        for column, (_, descending) in zip(self.order.columns, self.order.parts, strict=True):
            value: sa.ColumnElement[Any] = sa.literal_column(f"{table}.{column.name}")
            found.append(value.desc() if descending else value.asc())
        return found

    def _complete(self, picked: sa.Select[Any]) -> sa.Select[Any]:
        """What the rows hold of the results that were picked."""
        (key,) = self.order.key_columns
        same = sa.literal_column(f"picked.{key.name}", key.type) == RESULTS.c.id
        values = (
            sa.literal_column(f"picked.{column.name}", column.type) for column in (*self.order.columns, key)
        )
        return (
            self._rows.join_from(RESULTS, picked.subquery("picked"), same)
            .add_columns(*values)
            .order_by(None)
            .order_by(*self._order_in("picked"))
        )

    def _fetch(self, statement: sa.Select[Any]) -> list[Found]:
        return self.order.found(self._search.session.execute(statement))


def cut(statement: sa.Select[Any], limit: Any, offset: Any) -> sa.Select[Any]:
    """So many rows of the statement from an offset, if there is one."""
    return statement.limit(limit) if offset is None else statement.limit(limit).offset(offset)
