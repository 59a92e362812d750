"""Results into PostgreSQL with COPY, from several processes; indexes are built afterwards."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import psycopg
import sqlalchemy as sa

from benchmarks.data.results import Generated
from benchmarks.databases.values import DeclaredFields, declared_fields, leaves_of
from eoscperf.db import metadata

LOADED = ("log_entries", "results", "result_tags", "claims", "submissions")
"""The tables of a piece, in an order in which they can be stored."""

_REDUCED = ("results", "result_tags", "result_values")
"""Tables that are filled without their indexes and constraints."""


def load(engine: sa.Engine, generated: Generated, pool: Callable[..., Iterable[Any]], say: Any) -> None:
    """Store all pieces."""
    with engine.begin() as connection:
        declared = declared_fields(connection)
    address = _address(engine)
    with _without_indexes(address, say):
        copy = functools.partial(_copy_piece, address, generated.size, generated.seed, declared)
        for number, _ in enumerate(pool(copy, range(generated.pieces)), 1):
            if number % 20 == 0:
                say(f"results: piece {number} of {generated.pieces}")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "SELECT setval(pg_get_serial_sequence('log_entries', 'id'), max(id) + 1) FROM log_entries"
        )


def _copy_piece(address: str, size: int, seed: int, declared: DeclaredFields, number: int) -> None:
    piece = Generated(size, seed).piece(number)
    values = leaves_of(declared, piece.results, piece.documents)
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        for name in LOADED:
            rows = getattr(piece, name)
            if not rows:
                continue
            columns = list(rows[0])
            table = metadata.tables[name]
            assert set(columns) <= set(table.c.keys()), f"{name} has other columns now"
            with cursor.copy(f"COPY {name} ({', '.join(columns)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row([row[column] for column in columns])
        with cursor.copy("COPY result_values (result_id, field_id, kind, number, text) FROM STDIN") as copy:
            copy.write("".join(_lines(values)))


def _lines(
    values: Iterable[tuple[Any, Iterable[tuple[int, int, float | None, str | None]]]],
) -> Iterator[str]:
    for result_id, leaves in values:
        for field_id, kind, number, text in leaves:
            written = r"\N" if number is None else repr(number)
            yield f"{result_id}\t{field_id}\t{kind}\t{written}\t{_escaped(text)}\n"


def _escaped(text: str | None) -> str:
    if text is None:
        return r"\N"
    for character, written in (("\\", r"\\"), ("\t", r"\t"), ("\n", r"\n"), ("\r", r"\r")):
        text = text.replace(character, written)
    return text


@contextlib.contextmanager
def _without_indexes(address: str, say: Any) -> Iterator[None]:
    """Drop indexes and constraints of the large tables, all but the key of results, and put them back."""
    tables = ", ".join(f"'{name}'::regclass" for name in _REDUCED)
    constraints = f"""
        SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid), contype = 'f'
        FROM pg_constraint WHERE conrelid IN ({tables}) AND contype IN ('f', 'u', 'p')
        AND NOT (contype = 'p' AND conrelid = 'results'::regclass) ORDER BY contype = 'f' DESC, conname"""
    indexes = f"""
        SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
        WHERE indrelid IN ({tables}) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
        ORDER BY 1"""
    with psycopg.connect(address, autocommit=True) as connection:
        dropped = connection.execute(constraints).fetchall()
        for table, name, _, _ in dropped:
            connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        plain = connection.execute(indexes).fetchall()
        for name, _ in plain:
            connection.execute(f"DROP INDEX {name}")
        yield
        connection.execute("SET maintenance_work_mem = '512MB'")
        for name, definition in plain:
            say(f"index {name}")
            connection.execute(definition)
        for table, name, definition, _ in sorted(dropped, key=lambda one: one[3]):
            say(f"constraint {name}")
            connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def _address(engine: sa.Engine) -> str:
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
