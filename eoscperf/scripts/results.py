"""`eoscperf-admin results`: what an operator does about all results at once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import click
import sqlalchemy as sa
from tqdm import tqdm

from eoscperf.benchmarks.models import Benchmark
from eoscperf.results.reindexing import Reindexing
from eoscperf.scripts.context import Context, Unusable, pass_context


@click.group()
def results() -> None:
    """All results at once."""


@results.command()
@click.option(
    "--benchmark", "names", multiple=True, metavar="IMAGE:TAG", help="Only this one; may be repeated."
)
@click.option("--anew", is_flag=True, help="Distrust what is there: read every result again.")
@pass_context
def reindex(context: Context, names: Sequence[str], anew: bool) -> None:
    """Build what searches and counts read from the JSON of all results; the server may run meanwhile.

    A run that was ended is continued by the next one.
    """
    try:
        benchmark_ids = _benchmarks(context.engine(), names)
        reindexing = Reindexing(context.engine(), benchmark_ids)
        reindexing.declare(anew=anew)
        # None: only where somebody watches, which is on a terminal.
        with tqdm(
            total=reindexing.pending(), desc="reindexing", unit=" results", leave=False, disable=None
        ) as bar:
            reindexing.run(bar.update)
    except (sa.exc.OperationalError, sa.exc.ProgrammingError, sa.exc.InterfaceError) as problem:
        raise Unusable(
            f"The database cannot be used: {problem.orig}. Is its schema up to date (db upgrade)?"
        ) from problem
    number = len(benchmark_ids)
    click.echo(f"Reindexed {number} benchmark{'' if number == 1 else 's'}.")


@results.command()
@click.option(
    "--benchmark", "names", multiple=True, metavar="IMAGE:TAG", help="Only this one; may be repeated."
)
@pass_context
def summarise(context: Context, names: Sequence[str]) -> None:
    """Compute what rankings are made from, so that nobody has to wait for it; the server may run meanwhile.

    Without it, whoever asks first for a ranking waits. What is there already and has not changed is kept.
    """
    from eoscperf.comparison.summarising import summarise

    try:
        benchmark_ids = _benchmarks(context.engine(), names)
        with tqdm(
            total=len(benchmark_ids), desc="summarising", unit=" benchmarks", leave=False, disable=None
        ) as bar:
            number = summarise(context.engine(), benchmark_ids, bar.update)
    except (sa.exc.OperationalError, sa.exc.ProgrammingError, sa.exc.InterfaceError) as problem:
        raise Unusable(
            f"The database cannot be used: {problem.orig}. Is its schema up to date (db upgrade)?"
        ) from problem
    click.echo(f"Summarised {number} ranking{'' if number == 1 else 's'}.")


def _benchmarks(engine: sa.Engine, names: Sequence[str]) -> list[uuid.UUID]:
    """All benchmarks, or those with these names whatever their state."""
    with engine.connect() as connection:
        every = sa.select(Benchmark.id, Benchmark.name_sql).order_by(Benchmark.id)
        found = connection.execute(every).all()
    known = {name for _, name in found}
    for name in names:
        if name not in known:
            raise Unusable(f"There is no benchmark {name}. Names are IMAGE:TAG, as the API shows them.")
    return [identifier for identifier, name in found if not names or name in names]
