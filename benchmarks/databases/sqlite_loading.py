"""Results into SQLite, in large transactions that do not wait for the disk; indexes are built afterwards."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.data.results import Generated, Piece
from benchmarks.databases.postgresql_loading import LOADED
from benchmarks.databases.values import DeclaredFields, declared_fields, leaves_of
from eoscperf.db import metadata

Row = tuple[str, int, int, float | None, str | None]


def load(engine: sa.Engine, generated: Generated, pool: Callable[..., Iterable[Any]], say: Any) -> None:
    """Store all pieces."""
    with engine.begin() as connection:
        declared = declared_fields(connection)
    make = functools.partial(_piece, generated.size, generated.seed, declared)
    # Nobody else may be connected while the journal is off.
    engine.dispose()
    # Without the platform's own settings: it begins transactions where none may be.
    plain = sa.create_engine(engine.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with plain.connect() as connection:
        with _hurried(connection), _without_indexes(connection, say), _sorted_values(connection, say) as keep:
            for number, (piece, values) in enumerate(pool(make, range(generated.pieces)), 1):
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                for name in LOADED:
                    rows = getattr(piece, name)
                    if rows:
                        connection.execute(sa.insert(metadata.tables[name]), rows)
                keep(values)
                connection.exec_driver_sql("COMMIT")
                if number % 20 == 0:
                    say(f"results: piece {number} of {generated.pieces}")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _piece(size: int, seed: int, declared: DeclaredFields, number: int) -> tuple[Piece, list[Row]]:
    piece = Generated(size, seed).piece(number)
    values = leaves_of(declared, piece.results, piece.documents)
    piece.documents = []
    return piece, [(result_id.hex, *leaf) for result_id, leaves in values for leaf in leaves]


@contextlib.contextmanager
def _hurried(connection: sa.Connection) -> Iterator[None]:
    """Nothing is written twice, and nobody waits for the disk: who loses power builds it again."""
    with _pragmas(
        connection, journal_mode="OFF", synchronous="OFF", foreign_keys="OFF", cache_size="-800000"
    ):
        yield


@contextlib.contextmanager
def _pragmas(connection: sa.Connection, **wanted: str) -> Iterator[None]:
    before = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
    for name, value in wanted.items():
        connection.exec_driver_sql(f"PRAGMA {name} = {value}")
    yield
    for name, kept in before.items():
        connection.exec_driver_sql(f"PRAGMA {name} = {kept}")


@contextlib.contextmanager
def _without_indexes(connection: sa.Connection, say: Any) -> Iterator[None]:
    """Drop the indexes of the large tables and put them back."""
    found = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        " AND tbl_name IN ('results', 'result_tags', 'result_values') ORDER BY name"
    ).all()
    for name, _ in found:
        connection.exec_driver_sql(f'DROP INDEX "{name}"')
    yield
    for name, definition in found:
        say(f"index {name}")
        connection.exec_driver_sql(definition)


@contextlib.contextmanager
def _sorted_values(connection: sa.Connection, say: Any) -> Iterator[Callable[[list[Row]], None]]:
    """A table that is kept in the order of its key fills quickest in that order: first all goes elsewhere."""
    file = Path(f"{connection.engine.url.database}.values")
    file.unlink(missing_ok=True)
    columns = "result_id, field_id, kind, number, text"
    connection.exec_driver_sql("ATTACH ? AS elsewhere", (str(file),))
    connection.exec_driver_sql("PRAGMA elsewhere.journal_mode = OFF")
    connection.exec_driver_sql("PRAGMA elsewhere.synchronous = OFF")
    connection.exec_driver_sql(f"CREATE TABLE elsewhere.unsorted ({columns})")

    def keep(rows: list[Row]) -> None:
        connection.exec_driver_sql(f"INSERT INTO unsorted ({columns}) VALUES (?, ?, ?, ?, ?)", rows)

    yield keep
    say("values in order")
    connection.exec_driver_sql(
        f"INSERT INTO result_values ({columns}) SELECT {columns} FROM unsorted ORDER BY 1, 2"
    )
    connection.exec_driver_sql("DETACH elsewhere")
    file.unlink()
