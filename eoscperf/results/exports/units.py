"""The units of the columns of a table, where the schema of the benchmark names them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.benchmarks.models import Benchmark
from eoscperf.results.jsonpath import Path
from eoscperf.results.projection.declared import declared_annotations
from eoscperf.results.search.search import Search
from eoscperf.results.seen import may_know
from eoscperf.security.identity import Viewer

KEYWORD = "x-unit"
LONGEST = 40
"""Characters of what can be a unit."""


def units_of(session: Session, search: Search, viewer: Viewer, columns: Sequence[Path]) -> dict[Path, str]:
    """The units of the columns, when the results of exactly one benchmark are asked for that the viewer may
    know."""
    ids = set(search.criteria.benchmark_ids)
    if len(ids) != 1 or not columns:
        return {}
    benchmark = search.view.benchmarks.get(*ids)
    if benchmark is None or not may_know(session, viewer, benchmark):
        return {}
    schema = session.scalar(sa.select(Benchmark.json_schema).where(Benchmark.id == benchmark.id))
    found = {} if schema is None else declared_annotations(schema, columns, KEYWORD)
    return {path: unit.strip() for path, unit in found.items() if _is_unit(unit)}


def _is_unit(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= LONGEST and value.isprintable()
