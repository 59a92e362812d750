"""Filters and sort keys on the rows of `result_values`, where these tell all there is to know.

For benchmarks that do not declare a path, or whose rows are not complete, the JSON is read instead, of those
benchmarks alone. `Filter.matches` and `json_sql.sort_key` say what it all means.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from eoscperf.listing import Component, SortField, SortKey, contains_ci
from eoscperf.results import filters, json_sql, jsonpath
from eoscperf.results.catalogue import CatalogueView
from eoscperf.results.filters import Filter, Value
from eoscperf.results.jsonpath import Path
from eoscperf.results.projection.models import KINDS
from eoscperf.results.tables import RESULTS, VALUES

NUMBER, STRING, BOOLEAN, COMPOSITE, NULL = (
    KINDS[name] for name in ("number", "string", "boolean", "composite", "null")
)
LAST = NULL
"""Where a result sorts that has null at a path, or nothing."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the values at a path are kept."""

    path: Path
    fields: tuple[int, ...]
    """their fields in `result_values`; a result has a row of at most one of them"""
    unread: tuple[uuid.UUID, ...]
    """benchmarks among those searched for whose JSON has to be read"""

    @property
    def known(self) -> bool:
        """Whether no JSON has to be read."""
        return bool(self.fields) and not self.unread

    def of(self, values: sa.FromClause, result_id: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        """Whether a row of `values` is the one of that result."""
        return sa.and_(values.c.result_id == result_id, among(values.c.field_id, self.fields))


def find(path: Path, view: CatalogueView, benchmarks: Iterable[uuid.UUID]) -> Place:
    """Where the values at a path are kept for results of these benchmarks."""
    text = path.text()
    found: list[int] = []
    unread: list[uuid.UUID] = []
    for benchmark in benchmarks:
        field = view.field(benchmark, text)
        if field is not None and field.searchable:
            found.append(field.id)
        else:
            unread.append(benchmark)
    return Place(path, tuple(sorted(found)), tuple(sorted(unread)))


def among(column: sa.ColumnElement[Any], values: Sequence[Any]) -> sa.ColumnElement[bool]:
    """Whether a column has one of some values; one alone is compared with directly."""
    return column == values[0] if len(values) == 1 else column.in_(values)


# --- filters


def add_filters(statement: sa.Select[Any], wanted: Sequence[tuple[Filter, Place]]) -> sa.Select[Any]:
    """The statement about results, narrowed to those that meet every filter.

    A filter that the rows decide becomes a join, which may be where the database begins.
    """
    others: list[tuple[Filter, Place]] = []
    for condition, place in wanted:
        if not place.known or wants_nothing(condition):
            others.append((condition, place))
            continue
        values = VALUES.alias()
        statement = statement.join_from(RESULTS, values, place.of(values, RESULTS.c.id))
        statement = statement.where(holds(condition, values))
    return statement.where(*filter_conditions(others))


def filter_conditions(
    wanted: Sequence[tuple[Filter, Place]], *, one_by_one: bool = False
) -> list[sa.ColumnElement[bool]]:
    """The filters as conditions on results.

    PostgreSQL may begin with the rows that meet a condition and put everything else in order afterwards; not
    so if each result is to be looked at `one_by_one`.
    """
    found: list[sa.ColumnElement[bool]] = []
    read: list[Filter] = []
    for condition, place in wanted:
        if not place.fields:
            read.append(condition)
        elif place.unread:
            found.append(_by_rows_or_json(condition, place))
        else:
            nothing = wants_nothing(condition)
            row = _row(place, None if nothing else condition)
            there = row.scalar_subquery().is_not(None) if one_by_one else sa.exists(row)
            found.append(sa.not_(there) if nothing else there)
    return [*found, json_sql.where_all(read, RESULTS.c.json)] if read else found


def may_lead(condition: Filter, place: Place) -> bool:
    """Whether the rows that meet a filter are found without looking at any result."""
    return place.known and not wants_nothing(condition) and not reads_json(condition)


def rows_of(condition: Filter, place: Place) -> sa.Select[Any]:
    """The ids of all results that meet a filter that may lead, whatever else they are."""
    values = VALUES.alias()
    found: sa.Select[Any] = sa.select(values.c.result_id)
    return found.where(among(values.c.field_id, place.fields), holds(condition, values))


def holds(condition: Filter, values: sa.FromClause) -> sa.ColumnElement[bool]:
    """Whether the value in a row meets the filter; of `exists false` no row does."""
    if condition.operator == "exists":
        return sa.false() if wants_nothing(condition) else sa.true()
    if condition.operator == "contains":
        return sa.or_(
            sa.and_(values.c.kind == STRING, contains_ci(values.c.text, condition.value.text)),
            sa.and_(values.c.kind == COMPOSITE, json_sql.where(condition, RESULTS.c.json)),
        )
    if condition.operator == "in":
        kinds: dict[str, list[Any]] = {}
        for value in condition.values:
            kinds.setdefault(value.kind, []).append(_stored(value))
        return sa.or_(
            *(
                sa.and_(values.c.kind == KINDS[kind], among(_column(kind, values), some))
                for kind, some in kinds.items()
            )
        )
    value = condition.value
    compare: Callable[[Any, Any], Any] = filters.COMPARISONS[condition.operator]
    return sa.and_(values.c.kind == KINDS[value.kind], compare(_column(value.kind, values), _stored(value)))


def kinds_of(condition: Filter) -> frozenset[int]:
    """The kinds of values that can meet a filter; `NULL` stands for a missing one, too."""
    if condition.operator == "exists":
        return frozenset({NULL}) if wants_nothing(condition) else frozenset(KINDS.values())
    if condition.operator == "contains":
        return frozenset({STRING, COMPOSITE})
    return frozenset(KINDS[value.kind] for value in condition.values)


def reads_json(condition: Filter) -> bool:
    """Whether even complete rows need the JSON beside them."""
    return condition.operator == "contains"


def wants_nothing(condition: Filter) -> bool:
    """Whether the filter is `exists false`, which no row can tell."""
    return condition.operator == "exists" and not condition.value.typed


def _by_rows_or_json(condition: Filter, place: Place) -> sa.ColumnElement[bool]:
    by_rows = (
        sa.and_(sa.not_(among(RESULTS.c.benchmark_id, place.unread)), sa.not_(sa.exists(_row(place))))
        if wants_nothing(condition)
        else sa.exists(_row(place, condition))
    )
    by_json = sa.and_(among(RESULTS.c.benchmark_id, place.unread), json_sql.where(condition, RESULTS.c.json))
    return sa.or_(by_rows, by_json)


def _row(place: Place, condition: Filter | None = None) -> sa.Select[Any]:
    """The row that a result has at a place, if it meets the filter."""
    values = VALUES.alias()
    more = () if condition is None else (holds(condition, values),)
    found: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(values)
    return found.where(place.of(values, RESULTS.c.id), *more).correlate(RESULTS)


# --- statements that are made once for many values


class _Given(NamedTuple):
    """The value of a filter that is given when the statement is executed."""

    kind: str
    parameter: sa.BindParameter[Any]


def has_form(condition: Filter, place: Place) -> bool:
    """Whether a filter can be made a form of."""
    return place.known and len(place.fields) == 1 and not reads_json(condition)


def shape_of(condition: Filter) -> tuple[Any, ...]:
    """What filters of one form have in common."""
    nothing = wants_nothing(condition)
    return condition.operator, nothing, *(value.kind for value in condition.values)


def form_of(condition: Filter, name: str) -> Filter:
    """The filter with parameters, whose names begin with this name, for values."""
    if condition.operator == "exists":
        return condition
    given: Any = tuple(
        _Given(
            value.kind,
            sa.bindparam(f"{name}_{number}", type_=sa.Text() if value.kind == "string" else sa.Double()),
        )
        for number, value in enumerate(condition.values)
    )
    return Filter(condition.path, condition.operator, given)


def given_by(condition: Filter, name: str) -> dict[str, Any]:
    """The values for the parameters of `form_of`."""
    if condition.operator == "exists":
        return {}
    return {f"{name}_{number}": _stored(value) for number, value in enumerate(condition.values)}


def form_of_place(place: Place, name: str) -> Place:
    """The place with a parameter for its only field."""
    field: Any = sa.bindparam(name, type_=sa.Integer())
    return Place(place.path, (field,), ())


def forms_of(wanted: Sequence[tuple[Filter, Place]]) -> list[tuple[Filter, Place]]:
    """Several filters with parameters for their values and fields."""
    return [
        (form_of(condition, f"filter_{number}"), form_of_place(place, f"filter_{number}_field"))
        for number, (condition, place) in enumerate(wanted)
    ]


def given_by_all(wanted: Sequence[tuple[Filter, Place]]) -> dict[str, Any]:
    """The values for the parameters of `forms_of`."""
    given: dict[str, Any] = {}
    for number, (condition, place) in enumerate(wanted):
        given |= given_by(condition, f"filter_{number}")
        given[f"filter_{number}_field"] = place.fields[0]
    return given


def _column(kind: str, values: sa.FromClause) -> sa.ColumnElement[Any]:
    return values.c.text if kind == "string" else values.c.number


def _stored(value: Value | _Given) -> Any:
    if isinstance(value, _Given):
        return value.parameter
    return float(value.typed) if isinstance(value.typed, bool) else value.typed


# --- sorting


def json_path(key: SortKey) -> Path | None:
    """The path that a key sorts by, None for other keys."""
    prefix, _, text = key.field.name.partition(".")
    return jsonpath.parse(text) if prefix == "json" and text else None


def sort_key(key: SortKey, place: Place) -> tuple[SortKey, Callable[[sa.Select[Any]], sa.Select[Any]]]:
    """A key that sorts by the rows of a place as far as they tell, and what joins these to a statement."""
    if not place.fields:
        return key, lambda statement: statement
    values = VALUES.alias()
    kind = sa.func.coalesce(values.c.kind, sa.literal_column(str(LAST), sa.SmallInteger()))
    parts: list[sa.ColumnElement[Any]] = [kind, sort_number(values), sort_text(values)]
    if place.unread:
        read = among(RESULTS.c.benchmark_id, place.unread)
        by_json = json_sql.sort_components(place.path, RESULTS.c.json)
        parts = [sa.case((read, slow), else_=part) for part, (slow, _) in zip(parts, by_json, strict=True)]
    components = [Component(part, follows) for part, follows in zip(parts, (False, True, True), strict=True)]

    def join(statement: sa.Select[Any]) -> sa.Select[Any]:
        return statement.join_from(RESULTS, values, place.of(values, RESULTS.c.id), isouter=True)

    return SortKey(SortField(key.field.name, components), key.descending, key.identifies), join


def sort_number(values: sa.FromClause) -> sa.ColumnElement[float]:
    """What numbers are sorted by; the same for everything else."""
    return sa.case((values.c.kind == NUMBER, values.c.number), else_=sa.literal_column("0.0", sa.Double()))


def sort_text(values: sa.FromClause) -> sa.ColumnElement[str]:
    """What strings and booleans are sorted by; the same for everything else."""
    return sa.case(
        (values.c.kind == STRING, values.c.text),
        (values.c.kind == BOOLEAN, boolean_text(values)),
        else_=sa.literal_column("''", sa.Text()),
    )


def boolean_text(values: sa.FromClause) -> sa.ColumnElement[str]:
    """A boolean as the word that it is sorted by."""
    true, false = (sa.literal_column(f"'{text}'", sa.Text()) for text in ("true", "false"))
    return sa.case((values.c.number == 1.0, true), else_=false)
