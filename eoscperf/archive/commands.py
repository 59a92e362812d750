"""`eoscperf-admin export` and `eoscperf-admin import`: the whole content as an open archive."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session
from tqdm import tqdm

from eoscperf.archive import contents, loading, writing
from eoscperf.archive.manifest import ArchiveProblem
from eoscperf.archive.reading import Archive
from eoscperf.archive.rebuilding import rebuild
from eoscperf.scripts.context import Context, Unusable, pass_context
from eoscperf.scripts.migrations import MigrationProblem, Migrations


@click.command("export")
@click.argument("archive", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace the file if there is one.")
@pass_context
def export_archive(context: Context, archive: Path, overwrite: bool) -> None:
    """Write everything in the database to ARCHIVE, a ZIP file of NDJSON.

    The server may go on meanwhile: the archive holds what was there at the start. Files in the folder var,
    such as signing keys, are not part of it.
    """
    plugins = context.settings["eoscperf.plugins"]
    with _database(context) as engine, _refused("Nothing was exported."):
        wanted = contents.kinds(plugins)
        with writing.snapshot(engine) as connection:
            left_out = contents.strangers(connection, plugins)
            total = writing.count(connection, wanted)
            with _bar("exporting", total, " records") as bar:
                made = writing.write_archive(connection, wanted, archive, bar.update, overwrite=overwrite)
    for name in left_out:
        click.echo(f"Left out: {name}, a table of nothing that is enabled here.", err=True)
    click.echo(f"Exported {sum(entry.records for entry in made.files)} records to {archive}.")


@click.command("import")
@click.argument("archive", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--skip", metavar="PLUGIN", multiple=True, help="Leave out the data of a plug-in; repeatable.")
@pass_context
def import_archive(context: Context, archive: Path, skip: tuple[str, ...]) -> None:
    """Fill an empty database with everything in ARCHIVE, as `export` has written it.

    The archive is checked before anything is written, and all of it is imported or nothing.
    """
    with (
        _database(context) as engine,
        _refused(f"Nothing was imported from {archive}."),
        Archive(archive) as opened,
    ):
        if contents.CORE in skip:
            raise ArchiveProblem(f"--skip {contents.CORE}: only the data of plug-ins can be left out.")
        kinds = contents.kinds(context.settings["eoscperf.plugins"])
        wanted = loading.plan(opened.manifest, kinds, skip)
        entries = opened.manifest.files
        with _bar("checking", sum(entry.bytes for entry in entries), "B", unit_scale=True) as bar:
            for entry in entries:
                opened.verify(entry, bar.update)
        records = sum(entry.records for _, entry in wanted)
        with Session(engine) as session, session.begin():
            # It will write, and waits for other writers at once.
            session.connection(execution_options={"sqlite_immediate": True})
            with _bar("importing", records, " records") as bar:
                loading.load(session, opened, wanted, kinds, bar.update)
            results = next(entry.records for kind, entry in wanted if kind.name == "results")
            with _bar("preparing searches", results, " results") as bar:
                rebuild(session, bar.update)
    click.echo(f"Imported {records} records.")


@contextlib.contextmanager
def _database(context: Context) -> Iterator[sa.Engine]:
    """The database, with its schema up to date; what an operator can repair becomes one message."""
    engine = context.engine()
    shown = engine.url.render_as_string(hide_password=True)
    try:
        branches = Migrations(engine, context.settings["eoscperf.plugins"]).status()
        pending = [branch.owner for branch in branches if branch.enabled and branch.pending]
        if pending:
            raise Unusable(f"The schema of {', '.join(pending)} is not up to date: run db upgrade first.")
        yield engine
    except MigrationProblem as problem:
        raise Unusable(str(problem)) from problem
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as problem:
        raise Unusable(f"The database {shown} cannot be used: {problem.orig}") from problem
    finally:
        engine.dispose()


@contextlib.contextmanager
def _refused(consequence: str) -> Iterator[None]:
    try:
        yield
    except ArchiveProblem as problem:
        raise click.ClickException(f"{consequence} {problem}") from problem
    except OSError as problem:
        raise click.ClickException(
            f"{consequence} {problem.filename or 'The file'}: {problem.strerror or problem}."
        ) from problem


def _bar(what: str, total: int, unit: str, **options: Any) -> Any:
    # None: only where somebody watches, which is on a terminal.
    return tqdm(total=total, desc=what, unit=unit, leave=False, disable=None, **options)
