"""`eoscperf-admin db`: bring the schema up, take it back, say where it stands."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import click
import sqlalchemy as sa

from eoscperf.scripts.context import Context, Unusable, pass_context
from eoscperf.scripts.migrations import MigrationProblem, Migrations, script_location

__all__ = ["db", "script_location"]


@click.group()
def db() -> None:
    """The schema of the database, one branch for the core and one per plug-in."""


@db.command()
@click.option("--to", "target", metavar="TARGET", help="Exactly this: heads, BRANCH@head or BRANCH@REVISION.")
@pass_context
def upgrade(context: Context, target: str | None) -> None:
    """Bring the schema of the core and of the enabled plug-ins up to date."""
    with _schema(context) as schema:
        schema.upgrade(target)
        pending = any(branch.enabled and branch.pending for branch in schema.status())
    click.echo("Done; the status command lists the rest." if pending else "The schema is up to date.")


@db.command()
@click.argument("target", metavar="BRANCH@REVISION")
@pass_context
def downgrade(context: Context, target: str) -> None:
    """Take a branch back, with its data; BRANCH@base removes the tables of a plug-in or of the core."""
    with _schema(context) as schema:
        schema.downgrade(target)
    click.echo("Done.")


@db.command()
@pass_context
def status(context: Context) -> None:
    """Where each branch stands and how many revisions it lacks."""
    with _schema(context) as schema:
        for branch in schema.status():
            lacking = f"{branch.pending} pending" if branch.pending else "up to date"
            if not branch.enabled:
                lacking = "not enabled" + (f", {lacking}" if branch.current else "")
            click.echo(f"{branch.owner}: at {branch.current or 'base'}, newest {branch.head}, {lacking}")


@db.command()
@pass_context
def check(context: Context) -> None:
    """Exit with 1 unless the schema is up to date and agrees with the models."""
    with _schema(context) as schema:
        found = [
            f"{branch.owner}: {branch.pending} pending (at {branch.current or 'base'}, newest {branch.head})"
            for branch in schema.status()
            if branch.enabled and branch.pending
        ]
        # Whatever is pending would show up again as a difference.
        found = found or schema.drift()
    for line in found:
        click.echo(line)
    if found:
        raise click.exceptions.Exit(1)
    click.echo("The schema is up to date and agrees with the models.")


@db.command()
@click.argument("owner")
@click.option("-m", "--message", required=True, help="What the revision does, in a few words.")
@pass_context
def revision(context: Context, owner: str, message: str) -> None:
    """Write a revision for OWNER (core or a plug-in) from the difference between models and database."""
    with _schema(context) as schema:
        for path in schema.write_revision(owner, message):
            click.echo(f"Written: {path}. Read it before you rely on it.")


@contextlib.contextmanager
def _schema(context: Context) -> Iterator[Migrations]:
    engine = context.engine()
    try:
        yield Migrations(engine, context.settings["eoscperf.plugins"], say=click.echo)
    except MigrationProblem as problem:
        raise click.ClickException(str(problem)) from problem
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as problem:
        shown = engine.url.render_as_string(hide_password=True)
        raise Unusable(f"The database {shown} cannot be used: {problem.orig}") from problem
    finally:
        engine.dispose()
