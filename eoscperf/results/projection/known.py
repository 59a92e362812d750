"""What is to be written of results: the fields of their benchmarks, as they are, or as they were lately."""

from __future__ import annotations

import hashlib
import itertools
import operator
import threading
import uuid
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy.orm import Session

from eoscperf.results.arrays import uuids
from eoscperf.results.projection.leaves import Fields, Leaf, fields_of

FieldRow = tuple[uuid.UUID, int, str, bool, bool]
"""Benchmark, id and path of a field, whether it is irregular, whether it is countable"""


class KnownFields:
    """The fields of some benchmarks, as they are while the transaction holds those benchmarks."""

    def __init__(self, rows: Iterable[FieldRow]) -> None:
        rows = sorted(rows, key=operator.itemgetter(1))
        self.fingerprint = fingerprint(rows)
        paths: dict[uuid.UUID, list[tuple[int, str]]] = {}
        self.countable: set[int] = set()
        self._irregular: set[int] = set()
        for benchmark_id, identifier, path, irregular, countable in rows:
            paths.setdefault(benchmark_id, []).append((identifier, path))
            if countable:
                self.countable.add(identifier)
            if irregular:
                self._irregular.add(identifier)
        self._fields = {benchmark_id: fields_of(found) for benchmark_id, found in paths.items()}

    def of(self, benchmark_id: uuid.UUID) -> Fields:
        return self._fields.get(benchmark_id, _NONE)

    def find(self, documents: Iterable[tuple[uuid.UUID, Any]]) -> tuple[list[list[Leaf]], set[int]]:
        """The values in documents, given with their benchmarks, and the fields that this makes irregular."""
        found: list[list[Leaf]] = []
        irregular: set[int] = set()
        for benchmark_id, document in documents:
            leaves, unfit = self.of(benchmark_id).leaves(document)
            found.append(leaves)
            irregular.update(unfit)
        return found, irregular - self._irregular


_NONE = Fields(())


def fingerprint(rows: Iterable[FieldRow]) -> str:
    """Of rows in the order of the ids: the same as `FINGERPRINT` as long as nothing has changed."""
    lines = [f"{identifier} {odd:d} {few:d} {path}" for _, identifier, path, odd, few in rows]
    return hashlib.md5("\n".join(lines).encode(), usedforsecurity=False).hexdigest()


FINGERPRINT = (
    "(SELECT md5(coalesce(string_agg("
    "concat_ws(' ', id, irregular::int, countable::int, path), E'\\n' ORDER BY id), ''))"
    " FROM result_fields WHERE benchmark_id = ANY(%s::uuid[]))"
)
"""PostgreSQL's, of the fields of these benchmarks"""

MOST_REMEMBERED = 256
"""benchmarks"""

_remembered: dict[uuid.UUID, list[FieldRow]] = {}
_remembering = threading.Lock()


def remembered_fields(benchmark_ids: Collection[uuid.UUID]) -> KnownFields | None:
    """The fields as they were when this process read them last, None for a benchmark it has not seen lately.

    They may have changed, and process and benchmark may have seen another database: whoever uses them makes
    sure by the fingerprint.
    """
    with _remembering:
        found = [_remembered.get(benchmark_id) for benchmark_id in benchmark_ids]
    rows = [rows for rows in found if rows is not None]
    return KnownFields(itertools.chain.from_iterable(rows)) if len(rows) == len(found) else None


def _remember(benchmark_ids: Iterable[uuid.UUID], rows: Iterable[FieldRow]) -> None:
    by_benchmark: dict[uuid.UUID, list[FieldRow]] = {benchmark_id: [] for benchmark_id in benchmark_ids}
    for row in rows:
        by_benchmark[row[0]].append(row)
    with _remembering:
        for benchmark_id, its in by_benchmark.items():
            _remembered.pop(benchmark_id, None)
            _remembered[benchmark_id] = its
        while len(_remembered) > MOST_REMEMBERED:
            del _remembered[next(iter(_remembered))]


def read_fields(session: Session, benchmark_ids: Collection[uuid.UUID]) -> KnownFields:
    """The fields of these benchmarks."""
    # Every upload may come by here, so nothing is compiled first.
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(benchmark_ids))
        condition, given = f"IN ({marks})", tuple(each.hex for each in benchmark_ids)
    else:
        condition, given = "= ANY(%s::uuid[])", (uuids(benchmark_ids),)
    found = connection.exec_driver_sql(_FIELDS.format(condition), given)
    # SQLite answers with texts and numbers.
    rows: list[FieldRow] = [
        (each if isinstance(each, uuid.UUID) else uuid.UUID(each), identifier, path, bool(odd), bool(few))
        for each, identifier, path, odd, few in found
    ]
    _remember(benchmark_ids, rows)
    return KnownFields(rows)


_FIELDS = "SELECT benchmark_id, id, path, irregular, countable FROM result_fields WHERE benchmark_id {}"
