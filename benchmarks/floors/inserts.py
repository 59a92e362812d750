"""Bare inserts of what an upload leaves behind: the result, its tags, its values, its tallies."""

from __future__ import annotations

import hashlib
import random
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from benchmarks.data.results import Generated
from benchmarks.databases.values import DeclaredFields, leaves_of
from eoscperf.db import metadata
from eoscperf.results.projection.leaves import Leaf
from eoscperf.results.tallies.keys import field_key, tag_key, year_key
from eoscperf.results.tallies.models import ALL, FIELD, TAG, YEAR

TABLES = ("results", "result_tags", "result_values", "result_tallies")


@dataclass(frozen=True, slots=True)
class Upload:
    """One transaction: statements with the rows of each."""

    statements: Sequence[tuple[str, Sequence[tuple[Any, ...]]]]


def insert(connection: Any, upload: Upload) -> int:
    """Store it durably. The ids are new each time, so that the same rows can be stored again."""
    cursor = connection.cursor()
    sqlite = not hasattr(connection, "pgconn")
    cursor.execute("BEGIN IMMEDIATE" if sqlite else "BEGIN")
    stored = 0
    new_ids: dict[Any, Any] = {}
    for statement, rows in upload.statements:
        renewed = [_renewed(row, new_ids, sqlite) for row in rows]
        if len(renewed) == 1:
            cursor.execute(statement, renewed[0])
        else:
            cursor.executemany(statement, renewed)
        stored += len(renewed)
    cursor.execute("COMMIT")
    return stored


def copy(connection: Any, upload: Upload) -> int:
    """The same on PostgreSQL with COPY, a text for each table: how quickly it takes rows at all."""
    cursor = connection.cursor()
    cursor.execute("BEGIN")
    stored = 0
    new_ids: dict[Any, Any] = {}
    for statement, rows in upload.statements:
        table, _, columns = statement.removeprefix("INSERT INTO ").partition(" VALUES")[0].partition(" ")
        with cursor.copy(f"COPY {table} {columns} FROM STDIN") as copying:
            for row in rows:
                copying.write_row(_renewed(row, new_ids, sqlite=False))
        stored += len(rows)
    cursor.execute("COMMIT")
    return stored


class ResultId:
    """Stands for the id of a result, which is another one each time."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number


class DuplicateKey(ResultId):
    """Stands for what must be unique as well."""

    __slots__ = ()


def uploads(
    generated: Generated,
    dialect: sa.Dialect,
    declared: DeclaredFields,
    countable: Iterable[int],
    *,
    number: int,
    results: int,
) -> list[Upload]:
    """So many transactions with so many results each."""
    piece = Generated(number * results, generated.seed)
    rows, documents, tags = _first(piece, number * results)
    values = leaves_of(declared, rows, documents)
    counted = set(countable)
    made = []
    for start in range(0, number * results, results):
        some = range(start, start + results)
        made.append(
            _upload(
                [rows[index] for index in some],
                [tags.get(rows[index]["id"], []) for index in some],
                [values[index][1] for index in some],
                counted,
                dialect,
            )
        )
    return made


def _first(
    generated: Generated, number: int
) -> tuple[list[dict[str, Any]], list[Any], dict[uuid.UUID, list[uuid.UUID]]]:
    rows: list[dict[str, Any]] = []
    documents: list[Any] = []
    tags: dict[uuid.UUID, list[uuid.UUID]] = {}
    for piece in generated.all():
        rows += piece.results
        documents += piece.documents
        for link in piece.result_tags:
            tags.setdefault(link["result_id"], []).append(link["tag_id"])
    # As an upload leaves them: nothing has happened to them yet.
    plain = {
        "status": "visible",
        "removed_entry_id": None,
        "withdrawn_datetime": None,
        "status_datetime": None,
    }
    rows = [{**row, **plain, "pending_claims": 0, "hiding_claims": 0} for row in rows[:number]]
    return rows, documents[:number], tags


def _upload(
    rows: list[dict[str, Any]],
    tags: list[list[uuid.UUID]],
    leaves: list[Sequence[Leaf]],
    countable: set[int],
    dialect: sa.Dialect,
) -> Upload:
    stored: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    tallies: dict[tuple[Any, ...], int] = {}
    for number, (row, tagged, of_one) in enumerate(zip(rows, tags, leaves, strict=True)):
        stored["results"].append({**row, "id": ResultId(number), "duplicate_key": DuplicateKey(number)})
        stored["result_tags"] += [{"result_id": ResultId(number), "tag_id": tag} for tag in tagged]
        stored["result_values"] += [
            {"result_id": ResultId(number), "field_id": field, "kind": kind, "number": value, "text": text}
            for field, kind, value, text in of_one
        ]
        place = (row["benchmark_id"], row["flavor_id"])
        keys = [
            (ALL, ""),
            (YEAR, year_key(row["execution_datetime"])),
            *((TAG, tag_key(tag)) for tag in tagged),
        ]
        keys += [(FIELD, field_key(leaf)) for leaf in of_one if leaf[0] in countable]
        for facet, key in keys:
            tallies[facet, *place, key] = tallies.get((facet, *place, key), 0) + 1
    stored["result_tallies"] = [
        dict(zip(("facet", "benchmark_id", "flavor_id", "key", "number"), (*known, times), strict=True))
        for known, times in tallies.items()
    ]
    return Upload([_statement(name, given, dialect) for name, given in stored.items() if given])


def _statement(
    name: str, rows: list[dict[str, Any]], dialect: sa.Dialect
) -> tuple[str, list[tuple[Any, ...]]]:
    """As the driver takes it: the values are converted now, not while it is measured."""
    table = metadata.tables[name]
    columns = list(rows[0])
    marks = ", ".join(["?" if dialect.paramstyle == "qmark" else "%s"] * len(columns))
    processors = [table.c[column].type.dialect_impl(dialect).bind_processor(dialect) for column in columns]

    def converted(row: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(
            _converted(row[column], process) for process, column in zip(processors, columns, strict=True)
        )

    statement = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})"
    return statement, [converted(row) for row in rows]


def _converted(value: Any, process: Any) -> Any:
    if isinstance(value, ResultId) or process is None:
        return value
    made = process(value)
    # What goes to another process.
    return bytes(made) if isinstance(made, memoryview) else made


def _renewed(row: tuple[Any, ...], new_ids: dict[Any, Any], sqlite: bool) -> tuple[Any, ...]:
    if not any(isinstance(value, ResultId) for value in row):
        return row
    return tuple(_new(value, new_ids, sqlite) if isinstance(value, ResultId) else value for value in row)


def _new(stand_in: ResultId, new_ids: dict[Any, Any], sqlite: bool) -> Any:
    known = new_ids.get(stand_in.number)
    if known is None:
        known = new_ids[stand_in.number] = uuid.UUID(int=random.getrandbits(128), version=4)
    if isinstance(stand_in, DuplicateKey):
        return hashlib.sha256(known.bytes).digest()
    return known.hex if sqlite else known
