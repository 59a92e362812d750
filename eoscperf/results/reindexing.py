"""Building anew what is kept about results beside them, all at once or bit by bit beside a running server."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.benchmarks.models import Benchmark
from eoscperf.results.catalogue import catalogue_changed
from eoscperf.results.models import Result
from eoscperf.results.projection.models import ResultField, ResultValue
from eoscperf.results.projection.service import Projection, read_stored
from eoscperf.results.tallies.locks import hold_still
from eoscperf.results.tallies.service import Tallies

AT_ONCE = 1000
"""Results in one transaction of a reindexing."""

Progress = Callable[[int], object]
"""Hears of so many results more that are done."""

_FIELD, _VALUE, _RESULT = ResultField.__table__, ResultValue.__table__, Result.__table__


def rebuild_benchmark(session: Session, benchmark_id: uuid.UUID, progress: Progress | None = None) -> None:
    """Write, in this transaction, what is missing of the values of a benchmark's results, and count all anew.

    For whoever has stored results without telling anybody. Results that have any values are passed over.
    """
    schema = session.scalar(sa.select(Benchmark.json_schema).where(Benchmark.id == benchmark_id))
    if schema is None:
        return
    Projection(session).declare(benchmark_id, schema)
    hold_still(session, benchmark_id)
    last: uuid.UUID | None = None
    while chunk := _pending(session, [benchmark_id], last):
        _write(session, chunk)
        last = chunk[-1][0]
        if progress:
            progress(len(chunk))
    tallies = Tallies(session)
    tallies.recount(benchmark_id)
    for field_id in session.scalars(
        sa.select(_FIELD.c.id).where(_FIELD.c.benchmark_id == benchmark_id)
    ).all():
        _finish_field(session, tallies, benchmark_id, field_id)


class Reindexing:
    """Makes all fields of some benchmarks ready, and counts their results anew, while everything goes on.

    Each step is a transaction of its own. A run that was ended anywhere is continued by the next one: it
    passes over the results that have values at the fields that are not ready yet.
    """

    def __init__(self, engine: sa.Engine, benchmark_ids: Collection[uuid.UUID]) -> None:
        self._engine = engine
        self._benchmark_ids = list(benchmark_ids)

    def declare(self, *, anew: bool = False) -> None:
        """Bring the fields in line with the schemas; `anew` distrusts all values that are there."""
        for benchmark_id in self._benchmark_ids:
            with self._transaction() as session:
                projection = Projection(session)
                schema = session.scalar(
                    sa.select(Benchmark.json_schema).where(Benchmark.id == benchmark_id).with_for_update()
                )
                if schema is not None:
                    projection.declare(benchmark_id, schema)
                    if anew:
                        projection.renew(benchmark_id)

    def pending(self) -> int:
        """How many results have to be read."""
        with self._transaction(write=False) as session:
            concerned = sa.select(sa.func.count()).select_from(_RESULT)
            concerned = concerned.where(*_conditions(self._unfinished(session)))
            return session.scalar(concerned) or 0

    def run(self, progress: Progress | None = None) -> None:
        """Do all that is left. Fields that a change of schema adds meanwhile are made ready as well."""
        while fields := self._not_ready():
            self._write_values(progress)
            self._finish(fields)
        for benchmark_id in self._benchmark_ids:
            with self._transaction() as session:
                Tallies(session).recount(benchmark_id)
            for field_id in self._fields_of(benchmark_id):
                with self._transaction() as session:
                    # It may have gone with a change of schema.
                    if _exists(session, benchmark_id, field_id):
                        Tallies(session).recount_field(benchmark_id, field_id)

    def _write_values(self, progress: Progress | None) -> None:
        last: uuid.UUID | None = None
        while True:
            began = time.monotonic()
            with self._transaction() as session:
                chunk = _pending(session, self._unfinished(session), last)
                if chunk:
                    _write(session, chunk)
            if not chunk:
                return
            last = chunk[-1][0]
            if progress:
                progress(len(chunk))
            if self._engine.dialect.name == "sqlite":
                # Writers that wait try again from time to time; they have to find a gap.
                time.sleep((time.monotonic() - began) / 4)

    def _finish(self, fields: Sequence[tuple[uuid.UUID, int]]) -> None:
        """Make ready the fields that were not when all results were written."""
        for benchmark_id, field_id in fields:
            with self._transaction() as session:
                hold_still(session, benchmark_id)
                if _exists(session, benchmark_id, field_id):
                    _finish_field(session, Tallies(session), benchmark_id, field_id)

    def _not_ready(self) -> list[tuple[uuid.UUID, int]]:
        with self._transaction(write=False) as session:
            found = session.execute(
                sa.select(_FIELD.c.benchmark_id, _FIELD.c.id)
                .where(_FIELD.c.benchmark_id.in_(self._benchmark_ids), ~_FIELD.c.ready)
                .order_by(_FIELD.c.id)
            )
            return [(benchmark_id, field_id) for benchmark_id, field_id in found]

    def _unfinished(self, session: Session) -> list[uuid.UUID]:
        """The benchmarks with fields that are not ready."""
        fields = sa.select(_FIELD.c.benchmark_id).where(
            _FIELD.c.benchmark_id.in_(self._benchmark_ids), ~_FIELD.c.ready
        )
        return list(session.scalars(fields.distinct()))

    def _fields_of(self, benchmark_id: uuid.UUID) -> Sequence[int]:
        with self._transaction(write=False) as session:
            return session.scalars(
                sa.select(_FIELD.c.id).where(_FIELD.c.benchmark_id == benchmark_id).order_by(_FIELD.c.id)
            ).all()

    @contextmanager
    def _transaction(self, *, write: bool = True) -> Iterator[Session]:
        with Session(self._engine) as session, session.begin():
            # SQLite: who writes waits at the start for those who write already.
            session.connection(execution_options={"sqlite_immediate": write})
            yield session


def _pending(session: Session, benchmark_ids: Collection[uuid.UUID], last: uuid.UUID | None) -> Sequence[Any]:
    """The next results whose values are not written, by id: id, benchmark and JSON."""
    if not benchmark_ids:
        return ()
    # No schema changes meanwhile; in the order in which everybody locks them.
    held = sa.select(Benchmark.id).where(Benchmark.id.in_(benchmark_ids)).order_by(Benchmark.id)
    session.execute(held.with_for_update(read=True))
    statement = sa.select(_RESULT.c.id, _RESULT.c.benchmark_id, _RESULT.c.json)
    statement = statement.where(*_conditions(benchmark_ids)).order_by(_RESULT.c.id).limit(AT_ONCE)
    if last is not None:
        statement = statement.where(_RESULT.c.id > last)
    return session.execute(statement).all()


def _conditions(benchmark_ids: Collection[uuid.UUID]) -> list[sa.ColumnElement[bool]]:
    """Those without any value at a field that is not ready; where all are ready, without any value at all."""
    own, other = _FIELD.alias(), _FIELD.alias()
    all_ready = ~sa.exists().where(other.c.benchmark_id == _RESULT.c.benchmark_id, ~other.c.ready)
    written = sa.exists().where(
        _VALUE.c.result_id == _RESULT.c.id,
        _VALUE.c.field_id == own.c.id,
        own.c.benchmark_id == _RESULT.c.benchmark_id,
        sa.or_(~own.c.ready, all_ready),
    )
    return [_RESULT.c.benchmark_id.in_(benchmark_ids), ~written]


def _write(session: Session, chunk: Sequence[Any]) -> None:
    fields = sa.select(_FIELD.c.id)
    session.execute(
        sa.delete(_VALUE).where(
            _VALUE.c.result_id.in_([identifier for identifier, _, _ in chunk]),
            _VALUE.c.field_id.not_in(fields),
        )
    )
    documents = [(identifier, benchmark_id, read_stored(text)) for identifier, benchmark_id, text in chunk]
    Projection(session).add(documents, again=True)


def _finish_field(session: Session, tallies: Tallies, benchmark_id: uuid.UUID, field_id: int) -> None:
    tallies.recount_field(benchmark_id, field_id)
    session.execute(sa.update(_FIELD).where(_FIELD.c.id == field_id).values(ready=True))
    catalogue_changed(session)


def _exists(session: Session, benchmark_id: uuid.UUID, field_id: int) -> bool:
    own = sa.select(_FIELD.c.id).where(_FIELD.c.id == field_id, _FIELD.c.benchmark_id == benchmark_id)
    return session.scalar(own) is not None
