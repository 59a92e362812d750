"""`eoscperf-admin import-earlier`: take over the data of the earlier EOSC Performance service."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import orjson
import sqlalchemy as sa
from sqlalchemy import orm
from tqdm import tqdm

from eoscperf.scripts.context import Context, Unusable, pass_context
from eoscperf.scripts.migrations import MigrationProblem, Migrations


@click.command("import-earlier")
@click.option(
    "--source",
    required=True,
    metavar="URL",
    envvar="EOSCPERF_EARLIER_SOURCE",
    help="The earlier database: postgresql://USER:PASSWORD@HOST/DATABASE. [env: EOSCPERF_EARLIER_SOURCE]",
)
@click.option(
    "--db-timezone",
    default="UTC",
    show_default=True,
    metavar="ZONE",
    help="The time zone of the earlier database's sessions, in which execution times were stored.",
)
@click.option(
    "--app-timezone",
    default="UTC",
    show_default=True,
    metavar="ZONE",
    help="The time zone of the host of the earlier service, in which all other times were stored.",
)
@click.option("--dry-run", is_flag=True, help="Find out and report the same, write nothing.")
@click.option(
    "--report",
    "report_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the whole report there as JSON.",
)
@pass_context
def import_earlier(
    context: Context,
    source: str,
    db_timezone: str,
    app_timezone: str,
    dry_run: bool,
    report_file: Path | None,
) -> None:
    """Take over the data of the earlier EOSC Performance service.

    Everything keeps its id. All of it is one transaction, and nobody gets a mail. What is here already is
    left alone, so that the command may be run again.
    """
    from eoscperf.earlier.problems import EarlierProblem, SourceUnusable, TargetUnusable
    from eoscperf.earlier.source import opened
    from eoscperf.earlier.taking import take_over
    from eoscperf.earlier.zones import LocalTimes, UnknownZone

    if report_file is not None and not os.access(report_file.parent, os.W_OK):
        raise Unusable(f"The report cannot be written: there is no writable folder {report_file.parent}.")
    try:
        times = {"app_times": LocalTimes(app_timezone), "db_times": LocalTimes(db_timezone)}
        with _session(context, dry_run) as session, opened(source) as earlier, _Bar() as bar:
            report = take_over(
                earlier,
                session,
                dry_run=dry_run,
                target_name=context.engine().url.render_as_string(hide_password=True),
                schema_seconds=context.settings["limits.schema_seconds"],
                progress=bar,
                **times,
            )
    except (SourceUnusable, TargetUnusable, UnknownZone) as problem:
        raise Unusable(str(problem)) from problem
    except EarlierProblem as problem:
        raise click.ClickException(str(problem)) from problem
    for line in report.lines():
        click.echo(line)
    if report_file is not None:
        report_file.write_bytes(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2) + b"\n")
    click.echo()
    click.echo(_outcome(report))


def _outcome(report: Any) -> str:
    if report.dry_run:
        return "Dry run: nothing was written."
    if report.log_entry is None:
        return "Everything was here already: nothing was written."
    return f"Done; entry {report.log_entry} of the log tells of it."


@contextmanager
def _session(context: Context, dry_run: bool) -> Iterator[orm.Session]:
    """A session whose transaction ends with the block: committed unless it is a dry run or one fails."""
    engine = context.engine()
    try:
        pending = [
            branch.owner
            for branch in Migrations(engine, context.settings["eoscperf.plugins"]).status()
            if branch.enabled and branch.pending
        ]
        if pending:
            raise Unusable(
                f"The database of this installation is not up to date ({', '.join(pending)}): "
                "run eoscperf-admin db upgrade first."
            )
        with orm.Session(engine) as session:
            if dry_run:
                yield session
            else:
                with session.begin():
                    yield session
    except MigrationProblem as problem:
        raise Unusable(str(problem)) from problem
    except sa.exc.DBAPIError as problem:
        shown = engine.url.render_as_string(hide_password=True)
        raise click.ClickException(
            f"Nothing was written: the database {shown} refused: {problem.orig}"
        ) from problem
    finally:
        engine.dispose()


class _Bar:
    """Shows on a terminal how far it is."""

    def __init__(self) -> None:
        self._bar: Any = None

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *problem: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def stage(self, name: str, total: int) -> None:
        self.__exit__()
        # None: only where somebody watches.
        self._bar = tqdm(total=total, desc=name, unit=" rows", leave=False, disable=None)

    def advance(self, number: int = 1) -> None:
        self._bar.update(number)
