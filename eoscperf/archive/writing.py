"""Writing an archive: one snapshot of the database, row by row into a ZIP file."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import eoscperf
from eoscperf.archive import manifest
from eoscperf.archive.contents import Kind
from eoscperf.archive.fields import LineWriter
from eoscperf.archive.manifest import ArchiveProblem, FileEntry, Manifest
from eoscperf.db import utcnow

AT_A_TIME = 100
"""Rows in memory; each may have a megabyte."""

Advance = Callable[[int], object]
"""Hears of so many records more."""


def count(connection: sa.Connection, kinds: Iterable[Kind]) -> int:
    """How many records there are."""
    return sum(connection.scalar(sa.select(sa.func.count()).select_from(kind.table)) or 0 for kind in kinds)


@contextlib.contextmanager
def snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection that reads the database as it is now, whatever others do to it meanwhile."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        yield connection


def write_archive(
    connection: sa.Connection,
    kinds: Iterable[Kind],
    target: Path,
    advance: Advance = lambda number: None,
    *,
    overwrite: bool = False,
) -> Manifest:
    """Write everything to a new file, which only its owner can read; it has its name once it is complete.

    ArchiveProblem when there is such a file already, or something cannot be written.
    """
    if target.exists() and not overwrite:
        raise ArchiveProblem(f"There is {target} already; --overwrite replaces it.")
    if not target.parent.is_dir():
        raise ArchiveProblem(f"There is no folder {target.parent}.")
    handle, draft = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                made = utcnow()
                entries = tuple(_write(connection, kind, archive, made, advance) for kind in kinds)
                content = Manifest(eoscperf.__version__, made.isoformat(), entries)
                archive.writestr(_member(manifest.NAME, made), content.text())
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(target)
    finally:
        Path(draft).unlink(missing_ok=True)
    _keep_name(target.parent)
    return content


def _write(
    connection: sa.Connection,
    kind: Kind,
    archive: zipfile.ZipFile,
    made: datetime.datetime,
    advance: Advance,
) -> FileEntry:
    writer = LineWriter(kind)
    records = size = 0
    digest = hashlib.sha256()
    # Always by key: the same content gives the same bytes.
    statement = sa.select(*kind.columns).order_by(*kind.table.primary_key.columns)
    with (
        archive.open(_member(kind.file, made), "w", force_zip64=True) as member,
        connection.execute(statement, execution_options={"yield_per": AT_A_TIME}) as found,
    ):
        for rows in found.partitions():
            lines = b"".join([writer.line(row) for row in rows])
            member.write(lines)
            digest.update(lines)
            records += len(rows)
            size += len(lines)
            advance(len(rows))
    return FileEntry(kind.file, kind.owner, records, size, digest.hexdigest())


def _member(name: str, made: datetime.datetime) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, made.timetuple()[:6])
    member.compress_type = zipfile.ZIP_DEFLATED
    # What is unpacked are people's addresses too.
    member.external_attr = 0o600 << 16
    return member


def _keep_name(folder: Path) -> None:
    """The new name survives a crash of the machine as well."""
    handle: Any = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
