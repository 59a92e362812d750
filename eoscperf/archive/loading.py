"""Filling an empty database from an archive, in one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.archive.contents import DERIVED, NOT_ARCHIVED, Kind, search_text_of
from eoscperf.archive.fields import LineReader
from eoscperf.archive.manifest import ArchiveProblem, FileEntry, Manifest
from eoscperf.archive.reading import Archive
from eoscperf.archive.writing import Advance
from eoscperf.db import metadata
from eoscperf.results.catalogue import CatalogueStamp, catalogue_changed
from eoscperf.scripts.migrations import CORE

AT_A_TIME = 100
"""Rows in memory; each may have a megabyte."""

Plan = list[tuple[Kind, FileEntry]]


def plan(content: Manifest, kinds: Iterable[Kind], skip: Iterable[str] = ()) -> Plan:
    """Which file fills which table, in the order in which that is possible.

    ArchiveProblem when the archive has what there is no place for here; `skip` names plug-ins to leave out.
    """
    skipped = set(skip)
    idle = skipped - {entry.owner for entry in content.files}
    if idle:
        raise ArchiveProblem(f"It has nothing of {', '.join(sorted(idle))}, which --skip names.")
    expected = {kind.file: kind for kind in kinds}
    owners = {kind.owner for kind in expected.values()}
    entries = {entry.name: entry for entry in content.files}
    strange: dict[str, list[FileEntry]] = {}
    for entry in content.files:
        kind = expected.get(entry.name)
        if entry.owner not in skipped and (kind is None or kind.owner != entry.owner):
            strange.setdefault(entry.owner, []).append(entry)
    for owner, files in sorted(strange.items()):
        named = ", ".join(f"{entry.name} with {entry.records} records" for entry in files)
        if owner == CORE:
            raise ArchiveProblem(f"It has {named}, which this version of the platform does not know.")
        reason = "does not know it here" if owner in owners else "is not enabled here"
        raise ArchiveProblem(
            f"It has {named} of the plug-in {owner}, which {reason}. Enable the plug-in (eoscperf.plugins) "
            f"and bring up its schema, or leave its data out: --skip {owner}."
        )
    missing = [name for name, kind in expected.items() if kind.owner == CORE and name not in entries]
    if missing:
        raise ArchiveProblem(f"Its manifest lacks {', '.join(missing)}.")
    return [
        (kind, entries[name])
        for name, kind in expected.items()
        if name in entries and kind.owner not in skipped
    ]


def load(
    session: Session,
    archive: Archive,
    wanted: Plan,
    kinds: Iterable[Kind],
    advance: Advance = lambda number: None,
) -> None:
    """Store everything, with all ids; the caller rebuilds what is derived, and commits.

    ArchiveProblem when there is something of any of these kinds already, or something does not fit.
    """
    connection = session.connection()
    _prepare(connection, kinds)
    for kind, entry in wanted:
        with _refusals(connection, kind):
            _store(connection, kind, _rows(archive, kind, entry, advance))
            _continue_numbering(connection, kind)
    catalogue_changed(session)
    with _refusals(connection):
        _check_references(connection)


@contextlib.contextmanager
def _refusals(connection: sa.Connection, kind: Kind | None = None) -> Iterator[None]:
    """What the database refuses, in a sentence."""
    try:
        yield
    except (sa.exc.DBAPIError, connection.dialect.loaded_dbapi.Error) as problem:
        said = str(getattr(problem, "orig", None) or problem).strip().partition("\n")[0]
        where = f"Of {kind.file} the" if kind else "The"
        raise ArchiveProblem(f"{where} database refuses something: {said}.") from problem


def _prepare(connection: sa.Connection, kinds: Iterable[Kind]) -> None:
    """Nobody writes meanwhile, and there is nothing yet."""
    tables = [kind.table for kind in kinds]
    if connection.dialect.name == "postgresql":
        names = ", ".join(map(connection.dialect.identifier_preparer.format_table, tables))
        connection.exec_driver_sql(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")
        connection.exec_driver_sql("SET CONSTRAINTS ALL DEFERRED")
    else:
        # Rows may come before those that they refer to; the end of the transaction checks all.
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    used = [
        table.name
        for table in tables
        if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first()
    ]
    if used:
        raise ArchiveProblem(
            f"The database is not empty: there is something in {', '.join(used)}. An archive is imported "
            "into a new database, made by eoscperf-admin db upgrade."
        )
    for name in NOT_ARCHIVED:
        if name != CatalogueStamp.__tablename__:
            connection.execute(sa.delete(metadata.tables[name]))


def _rows(archive: Archive, kind: Kind, entry: FileEntry, advance: Advance) -> Iterator[dict[str, Any]]:
    reader = LineReader(kind)
    for number, line in archive.lines(entry):
        try:
            row = reader.row(line)
        except ValueError as problem:
            raise ArchiveProblem(f"Line {number} of {entry.name} {problem}.") from problem
        searched = search_text_of(kind, row)
        if searched is not None:
            row[DERIVED] = searched
        yield row
        advance(1)


def _store(connection: sa.Connection, kind: Kind, rows: Iterator[dict[str, Any]]) -> None:
    if connection.dialect.name == "postgresql":
        _copy(connection, kind.table, rows)
        return
    statement = sa.insert(kind.table)
    while some := list(islice(rows, AT_A_TIME)):
        connection.execute(statement, some)


def _copy(connection: sa.Connection, table: sa.Table, rows: Iterator[dict[str, Any]]) -> None:
    """One statement for the whole table, so that its rows may refer to each other in any order."""
    dialect = connection.dialect
    prepare = dialect.identifier_preparer
    columns = [column for column in table.columns if not column.info.get("derived")]
    names = ", ".join(map(prepare.format_column, columns))
    processors = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns]
    converted = [
        (column.name, processor)
        for column, processor in zip(columns, processors, strict=True)
        if processor is not None
    ]
    keys = [column.name for column in columns]
    driver: Any = connection.connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {prepare.format_table(table)} ({names}) FROM STDIN") as copy,
    ):
        for row in rows:
            for name, processor in converted:
                row[name] = processor(row[name])
            copy.write_row([row[key] for key in keys])


def _continue_numbering(connection: sa.Connection, kind: Kind) -> None:
    """What comes next gets a number after those imported; SQLite does so by itself."""
    column = kind.table.autoincrement_column
    if column is None or connection.dialect.name != "postgresql":
        return
    sequence = sa.func.pg_get_serial_sequence(
        connection.dialect.identifier_preparer.format_table(kind.table), column.name
    )
    last = sa.func.max(column)
    connection.execute(sa.select(sa.func.setval(sequence, sa.func.coalesce(last, 1), last.is_not(None))))


def _check_references(connection: sa.Connection) -> None:
    """Everything that is referred to is there: known now rather than at the end of the transaction."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise ArchiveProblem(f"Something in {broken[0]} refers to something in {broken[2]} that is missing.")
