"""Results in some order, picked by what indexes hold before anything else of them is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from eoscperf.listing import Found, Order, SortKey
from eoscperf.results.tables import RESULTS

if TYPE_CHECKING:
    from eoscperf.results.search.search import Search

_ORDERED_BY_INDEX = frozenset({"execution_datetime", "upload_datetime"})


class ResultSource:
    """The results of a search in the order of some keys."""

    def __init__(
        self,
        search: Search,
        rows: sa.Select[Any],
        keys: Sequence[SortKey],
        count: Callable[[], int],
        branches: Sequence[list[sa.ColumnElement[bool]]] = (),
    ) -> None:
        """`branches` divide the results, see `eoscperf.results.search.branches`."""
        self.count = count
        self._search = search
        self._rows = rows
        self._branches = branches
        keys, self._joins = search.sorted(keys)
        self.order = Order(keys, [RESULTS.c.id])
        # Rows that come one by one in the right order need no picking.
        self._direct = len(keys) == 2 and keys[0].field.name in _ORDERED_BY_INDEX and not branches

    def read(self, limit: int, *, offset: int = 0, after: tuple[Any, ...] | None = None) -> list[Found]:
        """At most so many results, from an offset or after the place that one with these values has."""
        if self._search.scope.empty or limit < 1:
            return []
        if self._direct and not offset:
            return self._fetch(self._part(self._rows, None, after).limit(limit))
        return self._fetch(self._complete(self._pick(limit, offset, after)))

    def find(self, key: tuple[Any, ...]) -> Found | None:
        """The result with this id."""
        if self._search.scope.empty:
            return None
        picked = self._part(sa.select(RESULTS.c.id), None, None).where(self.order.having_key(key))
        return next(iter(self._fetch(self._complete(picked.limit(1)))), None)

    def _pick(self, limit: int, offset: int, after: tuple[Any, ...] | None) -> sa.Select[Any]:
        identifiers = sa.select(RESULTS.c.id)
        if not self._branches:
            return _cut(self._part(identifiers, None, after), limit, offset)
        parts = [
            sa.select(self._part(identifiers, branch, after).limit(offset + limit).subquery())
            for branch in self._branches
        ]
        return _cut(self._ordered(sa.union_all(*parts).subquery("parts")), limit, offset)

    def _part(
        self,
        statement: sa.Select[Any],
        branch: list[sa.ColumnElement[bool]] | None,
        after: tuple[Any, ...] | None,
    ) -> sa.Select[Any]:
        """Results in order, with what they are ordered by, after the place of some values."""
        statement = self._search.narrow(statement, branch)
        for join in self._joins:
            statement = join(statement)
        if after is not None:
            statement = statement.where(self.order.after(after))
        return self.order.by(statement)

    def _ordered(self, picked: sa.FromClause) -> sa.Select[Any]:
        return sa.select(picked).order_by(*self._order_of(picked))

    def _order_of(self, picked: sa.FromClause) -> list[sa.ColumnElement[Any]]:
        return [
            picked.c[column.name].desc() if descending else picked.c[column.name].asc()
            for column, (_, descending) in zip(self.order.columns, self.order.parts, strict=True)
        ]

    def _complete(self, picked: sa.Select[Any]) -> sa.Select[Any]:
        """What the rows hold of the results that were picked."""
        found = picked.subquery("picked")
        (key,) = self.order.key_columns
        columns = [found.c[column.name] for column in (*self.order.columns, key)]
        return (
            self._rows.join_from(RESULTS, found, found.c[key.name] == RESULTS.c.id)
            .add_columns(*columns)
            .order_by(None)
            .order_by(*self._order_of(found))
        )

    def _fetch(self, statement: sa.Select[Any]) -> list[Found]:
        return self.order.found(self._search.session.execute(statement))


def _cut(statement: sa.Select[Any], limit: int, offset: int) -> sa.Select[Any]:
    statement = statement.limit(limit)
    return statement.offset(offset) if offset else statement
