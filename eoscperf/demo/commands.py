"""`eoscperf-admin demo`: demonstration data, to try the platform on."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import click
import sqlalchemy as sa
from tqdm import tqdm

from eoscperf import errors
from eoscperf.scripts.context import Context, Unusable, pass_context


@click.group()
def demo() -> None:
    """Demonstration data: real measurements of two benchmarks."""


@demo.command()
@click.option("--if-empty", is_flag=True, help="Do nothing when there is any benchmark.")
@pass_context
def load(context: Context, if_empty: bool) -> None:
    """Load what is missing of the demonstration data; what is there stays as it is."""
    from eoscperf.demo.loading import Loader, any_benchmark, number_of_results

    with _writing(context) as request:
        if if_empty and any_benchmark(request.dbsession):
            click.echo("There are benchmarks already; no demonstration data was loaded.")
            return
        # None: only where somebody watches, which is on a terminal.
        with tqdm(
            total=number_of_results(), desc="demonstration data", unit=" results", leave=False, disable=None
        ) as bar:
            loaded = Loader(request, bar.update).load()
    for reason in loaded.left_out:
        click.echo(f"Left out: {reason}")
    if loaded.new:
        click.echo(f"Loaded {_counted(loaded.new)}.")
    else:
        click.echo("Nothing was missing." if not loaded.left_out else "Nothing was loaded.")


@demo.command()
@pass_context
def clear(context: Context) -> None:
    """Erase the demonstration data, but for what others have built on."""
    from eoscperf.demo.clearing import clear as clear_all

    with _writing(context) as request:
        cleared = clear_all(request)
    click.echo(f"Erased {_counted(cleared.gone)}." if cleared.gone.total() else "There was nothing to erase.")
    if cleared.kept.total():
        click.echo(f"Kept {_counted(cleared.kept)}: others' results or claims refer to them.")


@contextlib.contextmanager
def _writing(context: Context) -> Iterator[Any]:
    """A request whose transaction writes; what an operator can repair becomes one message."""
    try:
        with context.request() as request:
            # The method tells the session that it will write, so that it waits for other writers at once.
            request.method = "POST"
            yield request
    except errors.DomainError as problem:
        raise click.ClickException(f"Nothing was changed. {problem.detail}") from problem
    except (sa.exc.OperationalError, sa.exc.ProgrammingError, sa.exc.InterfaceError) as problem:
        raise Unusable(
            f"The database cannot be used: {problem.orig}. Is its schema up to date (db upgrade)?"
        ) from problem


def _counted(numbers: Counter[str]) -> str:
    """Such as "1 site, 2 flavors"."""
    return ", ".join(
        f"{number} {kind}{'' if number == 1 else 's'}" for kind, number in numbers.items() if number
    )
