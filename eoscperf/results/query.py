"""What results can be searched for and sorted by; `eoscperf.results.search` answers."""

from __future__ import annotations

from eoscperf.benchmarks.models import Benchmark
from eoscperf.listing import BadSort, Component, SortField, SortFields, column_field
from eoscperf.results import json_sql, jsonpath
from eoscperf.results.search.criteria import Criteria
from eoscperf.results.tables import RESULTS
from eoscperf.sites.models import Flavor, Site

__all__ = ["GONE", "SORT", "STATUSES", "Criteria", "json_field"]

STATUSES = ("visible", "claimed", "withdrawn", "removed")
GONE = ("rejected", "deleted")
"""States of a benchmark, site or flavor that is as good as unknown."""


def json_field(name: str) -> SortField | None:
    """Sorting by a place in the JSON: `json.machine.cpu.count`."""
    prefix, _, text = name.partition(".")
    if prefix != "json" or not text:
        return None
    try:
        path = jsonpath.parse(text)
    except jsonpath.BadPath as problem:
        raise BadSort(f"sort_by cannot use {name[:80]!r}: {problem.detail}") from None

    def components() -> list[Component]:
        parts = json_sql.sort_components(path, RESULTS.c.json)
        return [Component(expression, follows) for expression, follows in parts]

    return SortField(f"json.{path.text()}", components)


SORT = SortFields(
    fields={
        field.name: field
        for field in (
            column_field("id", RESULTS.c.id),
            column_field("execution_datetime", RESULTS.c.execution_datetime),
            column_field("upload_datetime", RESULTS.c.upload_datetime),
            column_field("benchmark_id", RESULTS.c.benchmark_id),
            column_field("benchmark_name", Benchmark.name_sql),
            column_field("site_id", RESULTS.c.site_id),
            column_field("site_name", Site.name),
            column_field("site_address", Site.address),
            column_field("flavor_id", RESULTS.c.flavor_id),
            column_field("flavor_name", Flavor.name),
            SortField("json", ()),  # what clients of old send; it orders nothing
        )
    },
    default="+execution_datetime",
    dynamic=json_field,
    dynamic_name="json.path",
)
