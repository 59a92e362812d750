"""Counting the values at fields, in the rows of the results that a search finds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.results.facets.counts import Counts, FieldWish, ValueCounts
from eoscperf.results.facets.selection import Value
from eoscperf.results.projection.models import KINDS
from eoscperf.results.search.search import Search
from eoscperf.results.tables import RESULTS, TALLIES, VALUES
from eoscperf.results.tallies.models import ALL

FEW = 4
"""Where at most one of so many results of the benchmark is found, its values are looked up one by one."""


def count_fields(
    session: Session, search: Search, wishes: list[FieldWish], total: int, counts: Counts
) -> None:
    """Add what is wished for of fields; `total` is how many results the search finds."""
    few = session.get_bind().dialect.name == "postgresql" and total * FEW <= _size(session, search)
    known = {wish.id: wish for wish in wishes}
    for row in session.execute(_statement(search, wishes, few=few)):
        wish = known[row.field_id]
        if wish.values:
            of_field = counts.values.setdefault(row.field_id, ValueCounts())
            of_field.counts[_typed(row.kind, row.number, row.text)] = row.amount
            of_field.distinct = row.distinct_values
        if wish.range and row.least is not None:
            counts.ranges[row.field_id] = (row.least, row.greatest)


_NUMBER = KINDS["number"]
_SCALARS = {KINDS[kind]: kind for kind in ("number", "string", "boolean")}


def _statement(search: Search, wishes: list[FieldWish], *, few: bool) -> sa.Select[Any]:
    """The values, ranked within each field: the first ones and those selected, each with the range of all.

    Where the values themselves are not wished for, those of a kind count as one.
    """
    found = search.narrow(sa.select(RESULTS.c.id)).cte("found")
    # Otherwise PostgreSQL, which takes few results to be found, may look at the values first.
    found = found.prefix_with("MATERIALIZED", dialect="postgresql")
    values, joined = _values(found, [wish.id for wish in wishes], few=few)
    counted = [wish.id for wish in wishes if wish.values]
    number = _only(counted, values.c.field_id, values.c.number)
    text = _only(counted, values.c.field_id, values.c.text)
    # By their places: PostgreSQL does not see that two expressions with parameters are the same.
    columns: list[sa.ColumnElement[Any]] = [sa.literal_column(str(place)) for place in range(1, 5)]
    each = (
        sa.select(
            values.c.field_id,
            values.c.kind,
            number.label("number"),
            text.label("text"),
            sa.func.count().label("amount"),
            sa.func.min(values.c.number).label("least"),
            sa.func.max(values.c.number).label("greatest"),
        )
        .select_from(joined)
        .where(values.c.field_id.in_([wish.id for wish in wishes]), values.c.kind.in_(list(_SCALARS)))
        .group_by(*columns)
        .subquery("each_value")
    )
    order = (each.c.amount.desc(), each.c.kind, each.c.number, each.c.text)
    of_number = each.c.kind == _NUMBER
    ranked = sa.select(
        *(each.c[name] for name in ("field_id", "kind", "number", "text", "amount")),
        sa.func.row_number().over(partition_by=each.c.field_id, order_by=order).label("place"),
        *(
            function.over(partition_by=each.c.field_id).label(name)
            for name, function in (
                ("distinct_values", sa.func.count()),
                ("least", sa.func.min(sa.case((of_number, each.c.least)))),
                ("greatest", sa.func.max(sa.case((of_number, each.c.greatest)))),
            )
        ),
    ).subquery("ranked")
    kept = []
    for wish in wishes:
        enough = sa.true() if wish.most is None else ranked.c.place <= wish.most
        selected = (_is_value(ranked, *value) for value in sorted(wish.selected, key=repr))
        kept.append(sa.and_(ranked.c.field_id == wish.id, sa.or_(enough, *selected)))
    return sa.select(ranked).where(sa.or_(*kept))


def _values(found: sa.CTE, field_ids: list[int], *, few: bool) -> tuple[sa.FromClause, sa.FromClause]:
    """The rows of values, and their join with the results found.

    PostgreSQL thinks that rows of one result lie scattered and rather reads all values of the benchmark; the
    offset of nothing keeps it from knowing better.
    """
    if not few:
        return VALUES, found.join(VALUES, VALUES.c.result_id == found.c.id)
    looked_up = (
        sa.select(VALUES)
        .where(VALUES.c.result_id == found.c.id, VALUES.c.field_id.in_(field_ids))
        .offset(sa.literal_column("0"))
        .lateral("looked_up")
    )
    return looked_up, found.join(looked_up, sa.true())


def _only(field_ids: Iterable[int], field: Any, column: Any) -> sa.ColumnElement[Any]:
    """The column, at these fields; NULL at others."""
    ids = sorted(field_ids)
    return sa.case((field.in_(ids), column)) if ids else sa.cast(sa.null(), column.type)


def _is_value(rows: sa.Subquery, kind: str, value: Any) -> sa.ColumnElement[bool]:
    same = rows.c.text == value if kind == "string" else rows.c.number == float(value)
    return sa.and_(rows.c.kind == KINDS[kind], same)


def _size(session: Session, search: Search) -> int:
    """About how many results the benchmarks have among which the search looks."""
    number = sa.select(sa.func.sum(TALLIES.c.number)).where(
        TALLIES.c.facet == ALL, TALLIES.c.benchmark_id.in_(sorted(search.benchmarks))
    )
    return session.scalar(number) or 0


def _typed(kind: int, number: float | None, text: str | None) -> Value:
    name = _SCALARS[kind]
    if name == "string":
        return name, text or ""
    # Zero has one sign here.
    return name, bool(number) if name == "boolean" else (number or 0.0)
