"""Who waits for whom when results are counted anew.

A recount needs a moment in which nothing changes. Uploads hold their benchmark's row, which a recount
locks; whatever else changes the status or tags of results takes one lock of the whole database that all of
them share, and a recount takes it alone. The row comes first, so that nobody waits in a circle.
SQLite has one writer at a time anyway.
"""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.benchmarks.models import Benchmark

_CHANGES = 0x7461_6C6C_6965_7300
"""The number of the lock; any would do."""


def note_change(session: Session) -> None:
    """Until the transaction ends nobody counts anew; to be called before reading what is counted."""
    if _locks(session):
        session.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(_CHANGES)))


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
