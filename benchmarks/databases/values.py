"""What is stored beside a result: its values at the declared fields."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from eoscperf.results.projection.leaves import Leaf, fields_of
from eoscperf.results.projection.models import ResultField

DeclaredFields = Mapping[uuid.UUID, tuple[tuple[int, str], ...]]
"""by benchmark: ids and paths"""


def declared_fields(connection: sa.Connection) -> DeclaredFields:
    """The fields in the database."""
    found: dict[uuid.UUID, list[tuple[int, str]]] = {}
    table = ResultField.__table__
    columns = sa.select(table.c.benchmark_id, table.c.id, table.c.path).order_by(table.c.id)
    for benchmark_id, identifier, path in connection.execute(columns):
        found.setdefault(benchmark_id, []).append((identifier, path))
    return {benchmark_id: tuple(fields) for benchmark_id, fields in found.items()}


def leaves_of(
    declared: DeclaredFields, rows: Iterable[Mapping[str, Any]], documents: Iterable[Any]
) -> list[tuple[uuid.UUID, Sequence[Leaf]]]:
    """The id of each result with its values."""
    values: list[tuple[uuid.UUID, Sequence[Leaf]]] = []
    for row, document in zip(rows, documents, strict=True):
        leaves, irregular = fields_of(declared[row["benchmark_id"]]).leaves(document)
        if irregular:
            raise ValueError(f"the generated result {row['id']} has values that fit no row: {irregular}")
        values.append((row["id"], leaves))
    return values
