"""What of a search is the selection of which facet."""

from __future__ import annotations

import dataclasses
import datetime
import uuid

from eoscperf.results import jsonpath
from eoscperf.results.facets.views import FIELD_PREFIX
from eoscperf.results.search.criteria import Criteria

GENERAL = ("benchmark", "site", "flavor", "tag", "year")
"""The facets of all results; those of the fields of one benchmark come after them."""

Value = tuple[str, float | str | bool]
"""A value with its kind (number, string, boolean), which tells 1 from true."""


def without(criteria: Criteria, name: str) -> Criteria:
    """The same search without what a facet selects."""
    if name == "benchmark":
        return dataclasses.replace(criteria, benchmark_ids=())
    if name == "site":
        return dataclasses.replace(criteria, site_ids=())
    if name == "flavor":
        return dataclasses.replace(criteria, flavor_ids=())
    if name == "tag":
        return dataclasses.replace(criteria, tags_ids=())
    if name == "year":
        return dataclasses.replace(criteria, execution_before=None, execution_after=None)
    path = path_of(name)
    return dataclasses.replace(criteria, filters=tuple(f for f in criteria.filters if f.path.text() != path))


def path_of(name: str) -> str:
    """The canonical spelling of the path in `json.<path>`; BadPath if it is none."""
    return jsonpath.parse(name.removeprefix(FIELD_PREFIX)).text()


def the_benchmark(criteria: Criteria) -> uuid.UUID | None:
    """The one benchmark whose fields are facets, if exactly one is asked for."""
    chosen = set(criteria.benchmark_ids)
    return next(iter(chosen)) if len(chosen) == 1 else None


def selected_years(criteria: Criteria) -> set[int]:
    """The year of execution that is asked for: the one that both ends of the period lie in."""
    after, before = criteria.execution_after, criteria.execution_before
    if after is None or before is None or before - after <= _INSTANT:
        return set()
    # Both ends are excluded, so a year may be said with the last instant of the one before.
    first, last = (after + _INSTANT).astimezone(datetime.UTC), (before - _INSTANT).astimezone(datetime.UTC)
    return {first.year} if first.year == last.year else set()


def selected_values(criteria: Criteria, path: str) -> set[Value]:
    """The values at a field that filters ask for by `==` or `in`."""
    return {
        (value.kind, value.typed)
        for condition in criteria.filters
        if condition.operator in ("==", "in") and condition.path.text() == path
        for value in condition.values
    }


_INSTANT = datetime.timedelta(microseconds=1)
