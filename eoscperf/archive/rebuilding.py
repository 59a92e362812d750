"""Making anew what is derived from the results, once they are all there."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.archive.writing import Advance
from eoscperf.benchmarks.models import Benchmark
from eoscperf.results.reindexing import rebuild_benchmark


def rebuild(session: Session, advance: Advance) -> None:
    """What searches and counts read; hears of so many results more."""
    _analyze(session)
    for benchmark_id in session.scalars(sa.select(Benchmark.id).order_by(Benchmark.id)).all():
        rebuild_benchmark(session, benchmark_id, advance)
    _analyze(session)


def _analyze(session: Session) -> None:
    """Let PostgreSQL know how much there is now.

    Otherwise what is counted here, and the first searches, would be planned as for tables of a few rows.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql("ANALYZE")
