"""Counting the results themselves: slower than by the tallies, but for every search."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.results.facets.counted_fields import count_fields
from eoscperf.results.facets.counts import Counts, Wanted
from eoscperf.results.models import result_tags
from eoscperf.results.search.search import Search
from eoscperf.results.tables import RESULTS


def count_results(session: Session, search: Search, wanted: Wanted) -> Counts:
    """What was wanted, of the results that the search finds."""
    counts = Counts()
    if wanted.total or wanted.kinds:
        for row in session.execute(_statement(session, search, wanted)):
            _read(counts, row)
    if wanted.fields:
        total = search.count() if counts.total is None else counts.total
        count_fields(session, search, list(wanted.fields.values()), total, counts)
    return counts


_TOTAL, _BENCHMARK, _FLAVOR, _TAG, _YEAR = range(5)


def _statement(session: Session, search: Search, wanted: Wanted) -> sa.Executable:
    """One statement whose rows each say of which part they are; the results are found once for all parts."""
    columns: list[Any] = [RESULTS.c.id, RESULTS.c.benchmark_id, RESULTS.c.flavor_id]
    if "year" in wanted.kinds:
        columns.append(_year(session).label("year"))
    found = search.narrow(sa.select(*columns)).cte("found")
    parts = [_part(_TOTAL, sa.null()).select_from(found)] if wanted.total or wanted.fields else []
    if "benchmark" in wanted.kinds:
        parts.append(_part(_BENCHMARK, found.c.benchmark_id).group_by(found.c.benchmark_id))
    if "flavor" in wanted.kinds:
        parts.append(_part(_FLAVOR, found.c.flavor_id).group_by(found.c.flavor_id))
    if "tag" in wanted.kinds:
        tagged = found.join(result_tags, result_tags.c.result_id == found.c.id)
        part = _part(_TAG, result_tags.c.tag_id).select_from(tagged)
        parts.append(part.group_by(result_tags.c.tag_id))
    if "year" in wanted.kinds:
        parts.append(_part(_YEAR, found.c.year).group_by(found.c.year))
    return parts[0] if len(parts) == 1 else sa.union_all(*parts)


def _part(part: int, key: Any) -> Any:
    return sa.select(
        sa.literal_column(str(part), sa.Integer()).label("part"),
        sa.cast(key, sa.Text()).label("key"),
        sa.func.count().label("amount"),
    )


def _year(session: Session) -> sa.ColumnElement[Any]:
    if session.get_bind().dialect.name == "sqlite":
        return sa.func.substr(sa.type_coerce(RESULTS.c.execution_datetime, sa.Text()), 1, 4)
    return sa.extract("year", sa.func.timezone("UTC", RESULTS.c.execution_datetime))


def _read(counts: Counts, row: Any) -> None:
    if row.part == _TOTAL:
        counts.total = row.amount
    elif row.part == _YEAR:
        counts.years[int(row.key)] = row.amount
    else:
        getattr(counts, _BY_ID[row.part])[uuid.UUID(row.key)] = row.amount


_BY_ID = {_BENCHMARK: "benchmarks", _FLAVOR: "flavors", _TAG: "tags"}
