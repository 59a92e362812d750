"""How many results a search finds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from eoscperf.results.filters import Filter
from eoscperf.results.jsonpath import Path
from eoscperf.results.search import forms, narrowing, values
from eoscperf.results.search.by_date import count_by_lead, is_about_names
from eoscperf.results.search.values import Place, may_lead
from eoscperf.results.tables import RESULTS, TALLIES, VALUES
from eoscperf.results.tallies.keys import field_key_range, read_field_key
from eoscperf.results.tallies.models import FIELD

if TYPE_CHECKING:
    from eoscperf.results.search.search import Search

NOT_VISIBLE = ("claimed", "withdrawn", "removed")


def by_tags(search: Search) -> int | None:
    """The number by the lists of the tags, of several of which a result may be; None for other searches."""
    scope = search.scope
    if len(scope.tags | scope.term_tags) < 2 or not is_about_names(search):
        return None
    return count_by_lead(search)


def by_values(search: Search) -> int | None:
    """The number by the rows of the values alone, with a statement that was made before; None for others."""
    scope = search.scope
    if not scope.plain or len(search.benchmarks) != 1 or not search.filters:
        return None
    if not all(may_lead(*pair) and values.has_form(*pair) for pair in search.filters):
        return None
    (benchmark,) = search.benchmarks
    shape = ("count", *(values.shape_of(condition) for condition, _ in search.filters))
    given = values.given_by_all(search.filters) | {"benchmark": benchmark}

    def make() -> sa.Select[Any]:
        unseen = [RESULTS.c.status.in_([sa.literal_column(f"'{status}'") for status in NOT_VISIBLE])]
        return _rows(values.forms_of(search.filters), forms.parameter("benchmark", sa.Uuid), unseen)

    return int(forms.fetch(search.connection, shape, make, given)[0][0])


def statement(search: Search) -> sa.Select[int]:
    """The number of results found."""
    fast = _by_rows(search)
    return search.narrow(sa.select(sa.func.count()).select_from(RESULTS)) if fast is None else fast


def by_tallies(search: Search) -> int | None:
    """The number by the tallies of a field with few values, of which each is compared with the only filter.

    None where something else is asked for.
    """
    scope = search.scope
    if (
        scope.narrowed
        or scope.tags
        or scope.terms
        or scope.own_hidden is not None
        or scope.status != "visible"
    ):
        return None
    if scope.uploaders is not None or len(search.benchmarks) != 1 or len(search.filters) != 1:
        return None
    ((condition, place),) = search.filters
    (benchmark,) = search.benchmarks
    field = scope.view.field(benchmark, place.path.text())
    # What a filter says of null, arrays and what is missing, no tally knows.
    if (
        field is None
        or not field.countable
        or not place.known
        or condition.operator in ("exists", "contains")
    ):
        return None
    low, high = field_key_range(field.id)
    sums = sa.select(TALLIES.c.key, sa.func.sum(TALLIES.c.number)).where(
        TALLIES.c.facet == FIELD,
        TALLIES.c.benchmark_id == benchmark,
        TALLIES.c.key >= low,
        TALLIES.c.key < high,
    )
    if scope.flavors is not None:
        sums = sums.where(narrowing.one_of(TALLIES.c.flavor_id, scope.flavors))
    if scope.hidden_flavors:
        sums = sums.where(TALLIES.c.flavor_id.not_in(sorted(scope.hidden_flavors)))
    value = Filter(Path(()), condition.operator, condition.values)
    return sum(
        number
        for key, number in search.session.execute(sums.group_by(TALLIES.c.key))
        if value.matches(read_field_key(key)[1])
    )


def _by_rows(search: Search) -> sa.Select[int] | None:
    """The number by the rows of the values alone, of which an index holds all; the results are not read.

    These rows know nothing of states: of what they count, the few that are not to be seen are taken away.
    None where something else than filters within one benchmark is asked for.
    """
    scope = search.scope
    if scope.narrowed or scope.tags or scope.flavors is not None or scope.own_hidden is not None:
        return None
    if scope.uploaders is not None or scope.status != "visible" or len(search.benchmarks) != 1:
        return None
    if not search.filters or not all(may_lead(condition, place) for condition, place in search.filters):
        return None
    if any(not narrowing.always(scope, term) for term in scope.terms):
        return None
    (benchmark,) = search.benchmarks
    unseen: list[sa.ColumnElement[bool]] = [RESULTS.c.status.in_(NOT_VISIBLE)]
    if scope.hidden_flavors:
        unseen.append(
            sa.and_(
                RESULTS.c.status == "visible", narrowing.one_of(RESULTS.c.flavor_id, scope.hidden_flavors)
            )
        )
    return _rows(search.filters, benchmark, unseen)


def _rows(
    filters: Sequence[tuple[Filter, Place]], benchmark: Any, unseen: Sequence[sa.ColumnElement[bool]]
) -> sa.Select[Any]:
    """The results of a benchmark whose values meet the filters, without the unseen ones."""
    tables = [VALUES.alias() for _ in filters]
    rows = sa.select(sa.func.count()).select_from(tables[0])
    for table, (condition, place) in zip(tables, filters, strict=True):
        if table is not tables[0]:
            rows = rows.join_from(tables[0], table, table.c.result_id == tables[0].c.result_id)
        rows = rows.where(values.among(table.c.field_id, place.fields), values.holds(condition, table))
    found: sa.ColumnElement[Any] = rows.scalar_subquery()
    for reason in unseen:
        gone = sa.select(sa.func.count()).select_from(RESULTS)
        # Few results, looked up one by one; joined, all values would be read a second time.
        tests = values.filter_conditions(filters, one_by_one=True)
        gone = gone.where(RESULTS.c.benchmark_id == benchmark, reason, *tests)
        found = found - gone.scalar_subquery()
    return sa.select(found)
