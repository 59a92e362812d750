"""The units of the columns of a table, where the schema of the benchmark names them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.benchmarks.models import Benchmark
from eoscperf.results.jsonpath import Path
from eoscperf.results.projection.declared import declared_annotations
from eoscperf.results.search.criteria import Criteria

KEYWORD = "x-unit"
LONGEST = 40
"""Characters of what can be a unit."""


def units_of(session: Session, criteria: Criteria, columns: Sequence[Path]) -> dict[Path, str]:
    """The units of the columns, when the results of exactly one benchmark are asked for."""
    ids = set(criteria.benchmark_ids)
    if len(ids) != 1 or not columns:
        return {}
    schema = session.scalar(sa.select(Benchmark.json_schema).where(Benchmark.id.in_(ids)))
    found = {} if schema is None else declared_annotations(schema, columns, KEYWORD)
    return {path: unit.strip() for path, unit in found.items() if _is_unit(unit)}


def _is_unit(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= LONGEST and value.isprintable()
