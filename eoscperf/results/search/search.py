"""One search for results: its pages, its number, and everything it finds as one statement."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.listing import CursorBinding, Page, PageRequest, SortKey, cut_page
from eoscperf.results.catalogue import CatalogueView
from eoscperf.results.filters import Filter
from eoscperf.results.search import counting, forms, narrowing, values
from eoscperf.results.search.by_date import DateSource, has_dates_only
from eoscperf.results.search.by_value import ValueSource
from eoscperf.results.search.criteria import Criteria
from eoscperf.results.search.scope import Ids, Scope, resolve
from eoscperf.results.search.sources import ResultSource
from eoscperf.results.search.values import Place
from eoscperf.results.tables import RESULTS
from eoscperf.security.identity import Viewer

FEW = 2000
"""Results that are read and put in order faster than as many are looked for in an index of another order."""


class Search:
    """What a viewer may see of the results asked for.

    The view is the catalogue as the session sees it, see `eoscperf.results.catalogue`.
    """

    def __init__(
        self, session: Session | sa.Connection, criteria: Criteria, viewer: Viewer, view: CatalogueView
    ) -> None:
        self.session = session
        self.criteria = criteria
        self.view = view
        self.scope: Scope = resolve(criteria, viewer, view)

    @property
    def connection(self) -> sa.Connection:
        """What statements are executed on that need nothing of a session."""
        return self.session if isinstance(self.session, sa.Connection) else self.session.connection()

    def page(
        self,
        columns: Sequence[sa.ColumnElement[Any]],
        keys: Sequence[SortKey],
        asked: PageRequest,
        bind: CursorBinding,
        *,
        count: Callable[[], int] | None = None,
    ) -> Page[Any]:
        """One page of these columns of results; they should be the same objects each time.

        `count` says how many there are where somebody knows better. Raises `BadCursor`.
        """
        return cut_page(self.source(columns, keys, count), asked, bind)

    def source(
        self,
        columns: Sequence[sa.ColumnElement[Any]],
        keys: Sequence[SortKey],
        count: Callable[[], int] | None = None,
    ) -> ResultSource:
        """The results in the order of the keys, to cut pages from."""
        kept = [key for key in keys if key.field.components]
        count = count or self.count
        place = None if self.scope.empty else self._sorted_by_value(kept)
        if place is not None and self.leading is None:
            return ValueSource(self, columns, kept, count, place)
        if has_dates_only(self, kept):
            return DateSource(self, columns, kept, count)
        return ResultSource(self, columns, kept, count)

    def select(self, rows: sa.Select[Any], keys: Sequence[SortKey] = ()) -> sa.Select[Any]:
        """All of `rows`, a statement that selects from results, in the order of the keys."""
        statement = self.narrow(rows)
        keys, joins = self.sorted(keys)
        for join in joins:
            statement = join(statement)
        parts = [part for key in keys for part in key.order()]
        return statement.order_by(*(part.desc() if descending else part.asc() for part, descending in parts))

    def count(self) -> int:
        """How many there are."""
        if self.scope.empty:
            return 0
        number = counting.by_tallies(self)
        number = counting.by_tags(self) if number is None else number
        number = counting.by_values(self) if number is None else number
        return self.session.execute(self.counting()).scalar_one() if number is None else number

    def counting(self) -> sa.Select[int]:
        """The statement that counts them."""
        return counting.statement(self)

    def narrow(
        self, statement: sa.Select[Any], conditions: list[sa.ColumnElement[bool]] | None = None
    ) -> sa.Select[Any]:
        """A statement about results, narrowed to those that were asked for; perhaps by other conditions."""
        statement = statement.where(*(self.conditions if conditions is None else conditions))
        return statement if self.scope.empty else values.add_filters(statement, self.filters)

    def look_up(
        self, statement: sa.Select[Any], conditions: list[sa.ColumnElement[bool]] | None = None
    ) -> sa.Select[Any]:
        """The same for the sake of a short list: from the few results that meet the leading filter, else from
        whatever the statement reads in order, with a look at the values of one result after the other."""
        statement = statement.where(*(self.conditions if conditions is None else conditions))
        if self.scope.empty:
            return statement
        if self.leading is None:
            return statement.where(*values.filter_conditions(self.filters, one_by_one=True))
        few = values.rows_of(*self.leading).cte().prefix_with("MATERIALIZED")
        others = [pair for pair in self.filters if pair != self.leading]
        statement = statement.join_from(RESULTS, few, few.c.result_id == RESULTS.c.id)
        return statement.where(*values.filter_conditions(others, one_by_one=True))

    @functools.cached_property
    def leading(self) -> tuple[Filter, Place] | None:
        """The filter that the fewest results meet, if these are few.

        Found out with a look into the index: the statistics of a database are about all fields at once and
        tell nothing about a single one.
        """
        able = [] if self.scope.empty else [pair for pair in self.filters if values.may_lead(*pair)]
        if not able:
            return None
        if all(values.has_form(*pair) for pair in able):
            shape = ("leading", *(values.shape_of(condition) for condition, _ in able))
            given = values.given_by_all(able)
            (numbers,) = forms.fetch(
                self.connection, shape, lambda: _first_counts(values.forms_of(able)), given
            )
        else:
            numbers = self.session.execute(_first_counts(able)).one()
        number, pair = min(zip(numbers, able, strict=True), key=lambda each: each[0])
        return pair if number <= FEW else None

    def where(self) -> list[sa.ColumnElement[bool]]:
        """Everything a result has to meet, as conditions that need no other table in the statement."""
        if self.scope.empty:
            return self.conditions
        return [*self.conditions, *values.filter_conditions(self.filters)]

    @functools.cached_property
    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Everything a result has to meet, the filters on JSON excepted."""
        return narrowing.conditions(self.scope, self.criteria)

    @functools.cached_property
    def benchmarks(self) -> Ids:
        """The benchmarks whose results may be among those sought."""
        chosen = self.scope.benchmarks
        found = frozenset(self.view.benchmarks) if chosen is None else chosen
        return found if self.scope.own_hidden else found - self.scope.hidden_benchmarks

    @functools.cached_property
    def filters(self) -> list[tuple[Filter, Place]]:
        """The filters with the places that they are about."""
        return [
            (condition, values.find(condition.path, self.view, self.benchmarks))
            for condition in self.scope.filters
        ]

    def sorted(
        self, keys: Sequence[SortKey]
    ) -> tuple[list[SortKey], list[Callable[[sa.Select[Any]], sa.Select[Any]]]]:
        """The keys with what they take from `result_values`, and what joins the tables that they take."""
        found: list[SortKey] = []
        joins: dict[Any, Callable[[sa.Select[Any]], sa.Select[Any]]] = {}
        for key in keys:
            path = values.json_path(key)
            if path is not None:
                place = values.find(path, self.view, self.benchmarks)
                key, joins[key.field.name] = values.sort_key(key, place)
            elif key.field.name in narrowing.JOINS:
                table, join = narrowing.JOINS[key.field.name]
                joins[table] = join
            found.append(key)
        return found, list(joins.values())

    def _sorted_by_value(self, keys: Sequence[SortKey]) -> Place | None:
        """The place of the values that the results of one benchmark are sorted by, then by nothing but id."""
        if len(self.benchmarks) != 1 or [key.field.name for key in keys[1:]] != ["id"]:
            return None
        path = values.json_path(keys[0])
        place = None if path is None else values.find(path, self.view, self.benchmarks)
        return place if place is not None and place.known else None


def _first_counts(wanted: Sequence[tuple[Filter, Place]]) -> sa.Select[Any]:
    """How many results meet each filter, but not more than are few, and one."""
    counts = (
        sa.select(sa.func.count())
        .select_from(values.rows_of(*pair).limit(sa.literal_column(str(FEW + 1))).subquery())
        .scalar_subquery()
        for pair in wanted
    )
    return sa.select(*counts)
