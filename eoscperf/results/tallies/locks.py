"""Who waits for whom when results are counted anew.

Whatever changes the status or tags of stored results takes one lock of the whole database that all of them
share, and a recount takes it alone. Uploads hold their benchmark's row instead. A recount within another
change locks that row, too, before the other lock, so that nobody waits in a circle (`hold_still`).

A recount of its own lets uploads go on: it counts what there is at one moment, for which it needs a snapshot
that is taken when the lock is held (`recounting`). An upload is in it with its results and what it noted, or
with neither. SQLite has one writer at a time anyway.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.benchmarks.models import Benchmark

_CHANGES = 0x7461_6C6C_6965_7300
"""The number of the lock; any would do."""


def note_change(session: Session) -> None:
    """Until the transaction ends nobody counts anew; to be called before reading what is counted."""
    if _locks(session):
        session.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(_CHANGES)))


@contextmanager
def recounting(engine: sa.Engine) -> Iterator[Session]:
    """A transaction to count in beside uploads, whose statements all see the same moment."""
    if engine.dialect.name != "postgresql":
        with Session(engine) as session, session.begin():
            session.connection(execution_options={"sqlite_immediate": True})
            yield session
        return
    # The snapshot is taken before the first statement, which must not be the one that waits for the lock.
    with Session(engine) as holder, Session(engine) as session:
        holder.execute(sa.select(sa.func.pg_advisory_xact_lock(_CHANGES)))
        with session.begin():
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session


def may_fold(session: Session) -> bool:
    """The same as `note_change`, but whether it was possible without waiting."""
    if not _locks(session):
        return True
    return bool(session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock_shared(_CHANGES))))


def hold_still(session: Session, benchmark_id: uuid.UUID) -> None:
    """Until the transaction ends nothing changes in what is counted of a benchmark."""
    if _locks(session):
        hold_uploads(session, benchmark_id)
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_CHANGES)))


def hold_uploads(session: Session, benchmark_id: uuid.UUID) -> None:
    """Until the transaction ends no results of a benchmark are stored, nor its fields changed."""
    session.execute(sa.select(Benchmark.id).where(Benchmark.id == benchmark_id).with_for_update())


def _locks(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
