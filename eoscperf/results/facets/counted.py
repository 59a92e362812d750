"""Counting the results themselves: for every search, in one statement for one set of results."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.results.facets.counts import Counts, FieldWish, ValueCounts, Wanted
from eoscperf.results.facets.selection import Value
from eoscperf.results.models import result_tags
from eoscperf.results.projection.models import KINDS
from eoscperf.results.search.search import Search
from eoscperf.results.tables import RESULTS, VALUES


def count_results(session: Session, search: Search, wanted: Wanted) -> Counts:
    """What was wanted, of the results that the search finds."""
    counts = Counts()
    for row in session.execute(_statement(session, search, wanted)):
        _read(counts, row)
    return counts


_TOTAL, _BENCHMARK, _FLAVOR, _TAG, _YEAR, _VALUE, _RANGE = range(7)

_SCALARS = {KINDS[kind]: kind for kind in ("number", "string", "boolean")}

_COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "field": sa.Integer(),
    "kind": sa.Integer(),
    "number": sa.Double(),
    "text": sa.Text(),
    "greatest": sa.Double(),
    "amount": sa.BigInteger(),
    "distinct_values": sa.BigInteger(),
}


def _statement(session: Session, search: Search, wanted: Wanted) -> sa.Select[Any] | sa.CompoundSelect[Any]:
    """One statement whose rows each say of which part they are; the results are found once for all parts."""
    columns: list[Any] = [RESULTS.c.id, RESULTS.c.benchmark_id, RESULTS.c.flavor_id]
    if "year" in wanted.kinds:
        columns.append(_year(session).label("year"))
    found = search.narrow(sa.select(*columns)).cte("found")
    parts: list[sa.Select[Any]] = []
    if wanted.total:
        parts.append(_row(_TOTAL, amount=sa.func.count()).select_from(found))
    for kind, part, column in (
        ("benchmark", _BENCHMARK, found.c.benchmark_id),
        ("flavor", _FLAVOR, found.c.flavor_id),
    ):
        if kind in wanted.kinds:
            parts.append(_row(part, text=column, amount=sa.func.count()).group_by(column))
    if "tag" in wanted.kinds:
        tags = found.join(result_tags, result_tags.c.result_id == found.c.id)
        row = _row(_TAG, text=result_tags.c.tag_id, amount=sa.func.count())
        parts.append(row.select_from(tags).group_by(result_tags.c.tag_id))
    if "year" in wanted.kinds:
        parts.append(_row(_YEAR, number=found.c.year, amount=sa.func.count()).group_by(found.c.year))
    values = [wish for wish in wanted.fields.values() if wish.values]
    if values:
        parts.append(_values(found, values))
    ranges = [wish.id for wish in wanted.fields.values() if wish.range]
    if ranges:
        parts.append(_ranges(found, ranges))
    return parts[0] if len(parts) == 1 else sa.union_all(*parts)


def _row(part: int, **given: Any) -> sa.Select[Any]:
    columns = [sa.cast(given.get(name, sa.null()), type_).label(name) for name, type_ in _COLUMNS.items()]
    return sa.select(sa.literal_column(str(part), sa.Integer()).label("part"), *columns)


def _year(session: Session) -> sa.ColumnElement[int]:
    if session.get_bind().dialect.name == "sqlite":
        return sa.cast(
            sa.func.substr(sa.type_coerce(RESULTS.c.execution_datetime, sa.Text()), 1, 4), sa.Integer()
        )
    return sa.extract("year", sa.func.timezone("UTC", RESULTS.c.execution_datetime))


def _values(found: sa.CTE, wishes: list[FieldWish]) -> sa.Select[Any]:
    """The values at fields, ranked within each, and of those with a limit the first and the selected ones."""
    value = VALUES.c
    order = (sa.func.count().desc(), value.kind, value.number, value.text)
    grouped = (
        sa.select(
            value.field_id,
            value.kind,
            value.number,
            value.text,
            sa.func.count().label("amount"),
            sa.func.count().over(partition_by=value.field_id).label("distinct_values"),
            sa.func.row_number().over(partition_by=value.field_id, order_by=order).label("place"),
        )
        .select_from(found.join(VALUES, value.result_id == found.c.id))
        .where(value.field_id.in_([wish.id for wish in wishes]), value.kind.in_(list(_SCALARS)))
        .group_by(value.field_id, value.kind, value.number, value.text)
        .subquery("grouped")
    )
    kept = []
    for wish in wishes:
        enough = sa.true() if wish.most is None else grouped.c.place <= wish.most
        selected = [_is_value(grouped, *value) for value in sorted(wish.selected, key=repr)]
        kept.append(sa.and_(grouped.c.field_id == wish.id, sa.or_(enough, *selected)))
    return _row(
        _VALUE,
        field=grouped.c.field_id,
        kind=grouped.c.kind,
        number=grouped.c.number,
        text=grouped.c.text,
        amount=grouped.c.amount,
        distinct_values=grouped.c.distinct_values,
    ).where(sa.or_(*kept))


def _is_value(grouped: sa.Subquery, kind: str, value: Any) -> sa.ColumnElement[bool]:
    same = grouped.c.text == value if kind == "string" else grouped.c.number == float(value)
    return sa.and_(grouped.c.kind == KINDS[kind], same)


def _ranges(found: sa.CTE, fields: list[int]) -> sa.Select[Any]:
    value = VALUES.c
    return (
        _row(
            _RANGE, field=value.field_id, number=sa.func.min(value.number), greatest=sa.func.max(value.number)
        )
        .select_from(found.join(VALUES, value.result_id == found.c.id))
        .where(value.field_id.in_(fields), value.kind == KINDS["number"])
        .group_by(value.field_id)
    )


def _read(counts: Counts, row: Any) -> None:
    if row.part == _TOTAL:
        counts.total = row.amount
    elif row.part in _BY_ID:
        getattr(counts, _BY_ID[row.part])[uuid.UUID(row.text)] = row.amount
    elif row.part == _YEAR:
        counts.years[int(row.number)] = row.amount
    elif row.part == _RANGE:
        counts.ranges[row.field] = (row.number, row.greatest)
    else:
        of_field = counts.values.setdefault(row.field, ValueCounts())
        of_field.counts[_typed(row.kind, row.number, row.text)] = row.amount
        of_field.distinct = row.distinct_values


_BY_ID = {_BENCHMARK: "benchmarks", _FLAVOR: "flavors", _TAG: "tags"}


def _typed(kind: int, number: float | None, text: str | None) -> Value:
    name = _SCALARS[kind]
    if name == "string":
        return name, text or ""
    # Zero has one sign here.
    return name, bool(number) if name == "boolean" else (number or 0.0)
