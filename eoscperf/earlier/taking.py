"""Taking everything over, in the order in which one thing rests on the other."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf.db import utcnow
from eoscperf.earlier import claims, items, people, results, submits
from eoscperf.earlier.problems import NamesTaken
from eoscperf.earlier.report import Counts, Report
from eoscperf.earlier.run import Progress, Run
from eoscperf.earlier.source import TABLES, Source
from eoscperf.earlier.target import Target
from eoscperf.earlier.zones import LocalTimes
from eoscperf.results.catalogue import catalogue_changed
from eoscperf.results.models import Result
from eoscperf.results.reindexing import rebuild_benchmark

CATALOGUE: dict[str, Callable[[Run], None]] = {
    "user": people.take_users,
    "tag": items.take_tags,
    "site": items.take_sites,
    "flavor": items.take_flavors,
    "benchmark": items.take_benchmarks,
}
"""What has names: none of it may be held by something else here."""

REST: dict[str, Callable[[Run], None]] = {
    "result": results.take_results,
    "result_tags": results.take_links,
    "claim": claims.take_claims,
    "submit": submits.skip_unlinked,
}


def take_over(
    source: Source,
    session: orm.Session,
    *,
    dry_run: bool,
    target_name: str,
    app_times: LocalTimes,
    db_times: LocalTimes,
    schema_seconds: float,
    progress: Progress,
) -> Report:
    """Add what of the earlier database is missing, in the transaction of the session.

    Raises NamesTaken, after which the transaction must not be committed. A dry run finds out the same and
    writes nothing.
    """
    target = Target(session, dry_run=dry_run)
    report = Report(
        source=source.name,
        revision=source.revision,
        target=target_name,
        dry_run=dry_run,
        app_timezone=app_times.name,
        db_timezone=db_times.name,
        started=utcnow(),
        tables={name: Counts() for name in TABLES},
    )
    run = Run(
        source,
        target,
        report,
        app_times=app_times,
        db_times=db_times,
        schema_seconds=schema_seconds,
        progress=progress,
    )
    totals = source.counts()
    for name, take in CATALOGUE.items():
        progress.stage(name, totals[name])
        take(run)
    if run.taken_names:
        raise NamesTaken(run.taken_names)
    for name, take in REST.items():
        progress.stage(name, totals[name])
        take(run)
    if report.total_inserted() and target.writing:
        _renew(run)
        run.complete_entry()
        catalogue_changed(session)
    report.finished = utcnow()
    return report


def _renew(run: Run) -> None:
    """Bring up to date what searches and figures know about the results."""
    session = run.target.session
    of_these = sa.select(sa.func.count()).where(Result.benchmark_id.in_(run.benchmarks))
    run.progress.stage("making searches fast", session.scalar(of_these) or 0)
    _analyze(session)
    for benchmark_id in sorted(run.benchmarks):
        rebuild_benchmark(session, benchmark_id, run.progress.advance)
    _analyze(session)


def _analyze(session: orm.Session) -> None:
    """Let PostgreSQL know at once how much there is now; it would plan as for the tables of before."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql("ANALYZE")
