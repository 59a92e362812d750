"""Lists in the order of a date, of results of which nothing in their JSON is asked for.

They begin with whatever has the fewest results to look at: some benchmarks, flavors or tags, of each of which
an index has the results in order, or with all results. From each of these lists no more is taken than a page
may need, and whether a result meets the rest is looked up.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from eoscperf.listing import Found, SortKey
from eoscperf.results.models import result_tags
from eoscperf.results.search import forms, leads
from eoscperf.results.search.forms import among, parameter
from eoscperf.results.search.leads import EVERYTHING, Lead
from eoscperf.results.search.narrowing import always
from eoscperf.results.search.sources import ResultSource, cut
from eoscperf.results.tables import RESULTS

if TYPE_CHECKING:
    from eoscperf.results.search.search import Search

_MOMENTS = ("execution_datetime", "upload_datetime")


def has_dates_only(search: Search, keys: Sequence[SortKey]) -> bool:
    """Whether a search is about nothing but names, tags and dates, and ordered by a date."""
    return (
        [key.field.name for key in keys[1:]] == ["id"]
        and keys[0].field.name in _MOMENTS
        and is_about_names(search)
    )


def is_about_names(search: Search) -> bool:
    """Whether a search is about nothing but names, tags and dates."""
    scope = search.scope
    return (
        not scope.filters and not search.criteria.ids and scope.status is not None and scope.uploaders is None
    )


@dataclass(frozen=True, slots=True)
class Shape:
    """What the statements of two searches have to have in common to differ in values only."""

    dialect: str
    columns: tuple[int, ...]
    moment: str
    down: bool
    ids_down: bool
    status: str
    given: frozenset[str]
    """names of the parameters that are there"""
    tagged: int
    """how many tags are asked for beside those that lead"""
    terms: int
    """how many terms are looked for beside the one that leads"""
    lists: tuple[int, int, int]
    """how many benchmarks, flavors and tags lead; on PostgreSQL, which takes any number, 1 for several"""
    twice: bool
    """whether a result may be in several lists"""
    places: bool
    """whether it is told what each result is ordered by"""


class DateSource(ResultSource):
    """The results of a search in the order of a date, then by id."""

    def __init__(
        self, search: Search, columns: Sequence[sa.ColumnElement[Any]], keys: Any, count: Any
    ) -> None:
        super().__init__(search, columns, keys, count)
        self._moment: str = keys[0].field.name
        self._down, self._ids_down = (key.descending for key in keys)

    def items(self, limit: int, offset: int) -> list[Any]:
        """What the columns say of at most so many results from an offset."""
        if self._search.scope.empty or limit < 1:
            return []
        if not self._plain:
            return [row.item for row in self.read(limit, offset=offset)]
        rows = self._fetch_form(limit, offset, None, places=False)
        return [row[0] for row in rows] if len(self._columns) == 1 else list(rows)

    def read(self, limit: int, *, offset: int = 0, after: tuple[Any, ...] | None = None) -> list[Found]:
        """At most so many results, from an offset or after the place that one with these values has."""
        if self._search.scope.empty or limit < 1:
            return []
        if not self._plain:
            return super().read(limit, offset=offset, after=after)
        rows = self._fetch_form(limit, offset, after, places=True)
        found = []
        for *item, moment, identifier in rows:
            key = forms.read_id(identifier)
            values = (forms.read_moment(moment), key)
            found.append(Found(item[0] if len(item) == 1 else tuple(item), values, (key,)))
        return found

    @functools.cached_property
    def _plain(self) -> bool:
        """Whether the values of all columns are wanted as the driver has them."""
        return forms.are_plain(self._columns)

    def _fetch_form(
        self, limit: int, offset: int, after: tuple[Any, ...] | None, *, places: bool
    ) -> Sequence[Any]:
        connection = self._search.connection
        lead = _choose(self._search, offset + limit, self._moment)
        if lead is None:
            return []
        values, counts = _given(self._search, lead)
        values |= {"limit": limit, "count": offset + limit}
        if offset:
            values["offset"] = offset
        if after is not None:
            values["after_moment"], values["after_id"] = after
        shape = Shape(
            dialect=connection.dialect.name,
            columns=tuple(map(id, self._columns)),
            moment=self._moment,
            down=self._down,
            ids_down=self._ids_down,
            status=self._search.scope.status or "",
            given=frozenset(values),
            places=places,
            **counts,
        )
        return forms.fetch(connection, shape, lambda: _Form(shape, self._columns).statement(), values)


def count_by_lead(search: Search) -> int:
    """How many results a search about names has, found by the shortest lists that hold them all."""
    connection = search.connection
    lead = _choose(search, math.inf, _MOMENTS[0])
    if lead is None:
        return 0
    values, counts = _given(search, lead)
    shape = Shape(
        dialect=connection.dialect.name,
        columns=(),
        moment=_MOMENTS[0],
        down=False,
        ids_down=False,
        status=search.scope.status or "",
        given=frozenset(values),
        places=False,
        **counts,
    )
    return int(forms.fetch(connection, shape, lambda: _Form(shape, ()).count(), values)[0][0])


def _choose(search: Search, wanted: float, moment: str) -> Lead | None:
    """What to begin with; None where nothing can be found."""
    scope, connection = search.scope, search.connection
    if scope.plain and (scope.benchmarks is None or len(scope.benchmarks) == 1):
        # Nothing to choose from.
        return EVERYTHING if scope.benchmarks is None else Lead(benchmarks=scope.benchmarks)
    possible = leads.leads(scope)
    if any(lead.empty for lead in possible):
        return None
    sizes = leads.sizes(connection, search.view, scope.tags | scope.term_tags)
    in_order = moment == "execution_datetime"
    if connection.dialect.name != "postgresql":
        possible = [lead for lead in possible if lead.lists <= leads.MOST]
    return min(
        [EVERYTHING, *possible],
        key=lambda lead: leads.cost(lead, scope, sizes, wanted, flavors_in_order=in_order),
    )


def _given(search: Search, lead: Lead) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of all parameters, and what a shape says of their numbers."""
    scope = search.scope
    values: dict[str, Any] = {}
    for name in ("benchmarks", "flavors"):
        ids = getattr(scope, name)
        # The lists of a term are of several kinds: those of one do not keep to what is asked of another.
        if ids is not None and (lead.instead_of is not None or not getattr(lead, name)):
            values[name] = ids
        hidden = getattr(scope, f"hidden_{name}")
        if hidden:
            values[f"hidden_{name}"] = hidden
            if scope.own_hidden is not None:
                values["own"] = scope.own_hidden
    for name in ("execution", "upload"):
        for end in ("before", "after"):
            wanted = getattr(search.criteria, f"{name}_{end}")
            if wanted is not None:
                values[f"{name}_{end}"] = wanted
    tags = scope.tags if lead.instead_of is not None else scope.tags - lead.tags
    values |= {f"tag_{number}": tag for number, tag in enumerate(sorted(tags))}
    terms = [term for term in scope.terms if term is not lead.instead_of and not always(scope, term)]
    for number, term in enumerate(terms):
        for kind in _KINDS:
            if getattr(term, kind):
                values[f"term_{number}_{kind}"] = getattr(term, kind)
    lists = []
    for kind in _KINDS:
        ids = sorted(getattr(lead, kind))
        if search.connection.dialect.name == "postgresql":
            lists.append(min(len(ids), 1))
            if ids:
                values[f"lead_{kind}"] = ids
        else:
            lists.append(len(ids))
            values |= {f"lead_{kind}_{number}": each for number, each in enumerate(ids)}
    twice = len(lead.tags) > 1 or sum(map(bool, lists)) > 1
    return values, {"tagged": len(tags), "terms": len(terms), "lists": tuple(lists), "twice": twice}


_KINDS = ("benchmarks", "flavors", "tags")
"""What lists there are."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the columns that are asked about stand: in results, or copied beside their tags."""

    table: sa.FromClause
    id: sa.ColumnElement[Any]

    def column(self, name: str) -> sa.ColumnElement[Any]:
        return self.table.c[name]


class _Form:
    """Makes the statement of one shape."""

    def __init__(self, shape: Shape, columns: Sequence[sa.ColumnElement[Any]]) -> None:
        self._shape = shape
        self._columns = columns

    def statement(self) -> sa.Select[Any]:
        shape = self._shape
        offset = parameter("offset", sa.BigInteger) if "offset" in shape.given else None
        limit = parameter("limit", sa.BigInteger)
        of_results = _Place(RESULTS, RESULTS.c.id)
        if not any(shape.lists) and offset is None:
            places = (RESULTS.c[shape.moment].label("place"), RESULTS.c.id.label("place_id"))
            rows = sa.select(*self._columns, *(places if shape.places else ()))
            return self._ordered(rows.where(*self._conditions(of_results)), of_results).limit(limit)
        parts = list(self._parts())
        if len(parts) == 1 and not shape.twice:
            picked = parts[0]
            if any(shape.lists):
                picked = self._put_in_order(picked.subquery("parts"))
        else:
            picked = self._put_in_order(_united(parts), distinct=shape.twice)
        chosen = cut(picked, limit, offset).subquery("picked")
        rows = sa.select(*self._columns)
        if shape.places:
            rows = rows.add_columns(chosen.c.moment.label("place"), chosen.c.id.label("place_id"))
        rows = rows.join_from(RESULTS, chosen, chosen.c.id == RESULTS.c.id)
        return rows.order_by(*self._directions(chosen.c.moment, chosen.c.id))

    def count(self) -> sa.Select[Any]:
        """The statement that counts all results instead."""
        parts = _united(list(self._parts()))
        return sa.select(sa.func.count(parts.c.id.distinct() if self._shape.twice else parts.c.id))

    def _put_in_order(self, parts: sa.Subquery, *, distinct: bool = False) -> sa.Select[Any]:
        whole = sa.select(parts.c.id, parts.c.moment)
        if distinct:
            whole = whole.distinct()
        return whole.order_by(*self._directions(parts.c.moment, parts.c.id))

    def _parts(self) -> Iterator[sa.Select[Any]]:
        """Ids and moments of results, in order within each list that leads."""
        shape = self._shape
        of_results = _Place(RESULTS, RESULTS.c.id)
        if not any(shape.lists):
            found: sa.Select[Any] = sa.select(RESULTS.c.id, RESULTS.c[shape.moment].label("moment"))
            found = found.where(*self._conditions(of_results))
            yield self._ordered(found, of_results) if "count" in shape.given else found
            return
        for kind, number in zip(_KINDS, shape.lists, strict=True):
            place = _Place(result_tags, result_tags.c.result_id) if kind == "tags" else of_results
            column = place.column(f"{kind[:-1]}_id")
            if kind == "flavors" and not self._flavors_in_order and number:
                yield self._all_of_flavors(number)
                continue
            names = (
                [f"lead_{kind}"]
                if shape.dialect == "postgresql"
                else [f"lead_{kind}_{each}" for each in range(number)]
            )
            for name in names[:number]:
                moment = place.column(shape.moment).label("moment")
                rows: sa.Select[Any] = sa.select(place.id.label("id"), moment)
                rows = rows.where(*self._conditions(place))
                if "count" in shape.given:
                    rows = self._ordered(rows, place).limit(parameter("count", sa.BigInteger))
                if shape.dialect != "postgresql":
                    yield rows.where(column == parameter(name, sa.Uuid))
                    continue
                ids = forms.each(name)
                each = rows.where(column == ids.c.id).correlate(ids).lateral(f"in_{name}")
                yield sa.select(each.c.id, each.c.moment).select_from(ids.join(each, sa.true()))

    @property
    def _flavors_in_order(self) -> bool:
        return self._shape.moment == "execution_datetime"

    def _all_of_flavors(self, number: int) -> sa.Select[Any]:
        """All results of the flavors that lead, where no index has these in order."""
        place = _Place(RESULTS, RESULTS.c.id)
        rows = sa.select(RESULTS.c.id.label("id"), RESULTS.c[self._shape.moment].label("moment"))
        if self._shape.dialect == "postgresql":
            led = self._among(RESULTS.c.flavor_id, "lead_flavors")
        else:
            names = (f"lead_flavors_{each}" for each in range(number))
            led = RESULTS.c.flavor_id.in_([parameter(name, sa.Uuid) for name in names])
        found = rows.where(led, *self._conditions(place)).cte("of_flavors")
        # Otherwise PostgreSQL may look for them among all results in order.
        found = found.prefix_with("MATERIALIZED", dialect="postgresql")
        return sa.select(found.c.id, found.c.moment)

    def _conditions(self, place: _Place) -> list[sa.ColumnElement[bool]]:
        """What a result has to meet, the list that leads excepted."""
        shape, given = self._shape, self._shape.given
        found = []
        for name in ("benchmarks", "flavors"):
            if name in given:
                found.append(self._among(place.column(f"{name[:-1]}_id"), name))
        for number in range(shape.tagged):
            link = result_tags.alias()
            found.append(
                sa.exists().where(
                    link.c.result_id == place.id, link.c.tag_id == parameter(f"tag_{number}", sa.Uuid)
                )
            )
        for number in range(shape.terms):
            found.append(self._has_term(place, number))
        for name in ("execution", "upload"):
            column = place.column(f"{name}_datetime")
            if f"{name}_before" in given:
                found.append(column < parameter(f"{name}_before", RESULTS.c.execution_datetime.type))
            if f"{name}_after" in given:
                found.append(column > parameter(f"{name}_after", RESULTS.c.execution_datetime.type))
        if "after_id" in given:
            found.append(self._after(place))
        if place.table is RESULTS:
            return [*self._visible(), *found]
        # Looked up one by one, for those that meet the rest.
        result: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(RESULTS)
        result = result.where(RESULTS.c.id == place.id, *self._visible()).correlate(place.table)
        return [*found, result.scalar_subquery().is_not(None)]

    def _visible(self) -> list[sa.ColumnElement[bool]]:
        """What the state of results and of their parents has to be."""
        given = self._shape.given
        found = [RESULTS.c.status == sa.literal_column(f"'{self._shape.status}'")]
        shown = [
            sa.not_(self._among(RESULTS.c[f"{name}_id"], f"hidden_{name}s"))
            for name in ("benchmark", "flavor")
            if f"hidden_{name}s" in given
        ]
        if "own" in given:
            return [*found, sa.or_(RESULTS.c.uploader_id == parameter("own", sa.Uuid), sa.and_(*shown))]
        return found + shown

    def _has_term(self, place: _Place, number: int) -> sa.ColumnElement[bool]:
        name = f"term_{number}"
        meets: list[sa.ColumnElement[bool]] = [
            self._among(place.column(f"{kind}_id"), f"{name}_{kind}s")
            for kind in ("benchmark", "flavor")
            if f"{name}_{kind}s" in self._shape.given
        ]
        if f"{name}_tags" in self._shape.given:
            link = result_tags.alias()
            meets.append(
                sa.exists().where(link.c.result_id == place.id, self._among(link.c.tag_id, f"{name}_tags"))
            )
        return sa.or_(sa.false(), *meets)

    def _after(self, place: _Place) -> sa.ColumnElement[bool]:
        """Whether a result comes after the one that a cursor stands at."""
        column = place.column(self._shape.moment)
        moment, identifier = parameter("after_moment", column.type), parameter("after_id", sa.Uuid)
        if self._shape.down == self._shape.ids_down:
            here, there = sa.tuple_(column, place.id), sa.tuple_(moment, identifier)
            return here < there if self._shape.down else here > there
        beyond = place.id < identifier if self._shape.ids_down else place.id > identifier
        if self._shape.down:
            return sa.and_(column <= moment, sa.or_(column < moment, beyond))
        return sa.and_(column >= moment, sa.or_(column > moment, beyond))

    def _ordered(self, rows: sa.Select[Any], place: _Place) -> sa.Select[Any]:
        return rows.order_by(*self._directions(place.column(self._shape.moment), place.id))

    def _directions(self, moment: Any, identifier: Any) -> tuple[Any, Any]:
        shape = self._shape
        return (
            moment.desc() if shape.down else moment.asc(),
            identifier.desc() if shape.ids_down else identifier.asc(),
        )

    def _among(self, column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
        return among(column, name, self._shape.dialect)


def _united(parts: Sequence[sa.Select[Any]]) -> sa.Subquery:
    if len(parts) == 1:
        return parts[0].subquery("parts")
    return sa.union_all(*(sa.select(part.subquery()) for part in parts)).subquery("parts")
