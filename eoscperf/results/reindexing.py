"""Building anew what is kept about results beside them, all at once or bit by bit beside a running server."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.benchmarks.models import Benchmark
from eoscperf.results.catalogue import catalogue_changed
from eoscperf.results.projection.service import Projection, read_stored
from eoscperf.results.tables import FIELDS, RESULTS, VALUES
from eoscperf.results.tallies.locks import hold_still, hold_uploads, recounting
from eoscperf.results.tallies.service import Tallies

AT_ONCE = 1000
"""Results in one transaction of a reindexing."""

FIGURES_AFTER = 4
"""Transactions, or parts of a long one, after which the database first hears how many values there are."""

ATTEMPTS = 5
"""Times that a count is tried."""

Progress = Callable[[int], object]
"""Hears of so many results more that are done."""


def rebuild_benchmark(session: Session, benchmark_id: uuid.UUID, progress: Progress | None = None) -> None:
    """Write, in this transaction, what is missing of the values of a benchmark's results, and count all anew.

    For whoever has stored results without telling anybody. Results that have any values are passed over.
    """
    schema = session.scalar(sa.select(Benchmark.json_schema).where(Benchmark.id == benchmark_id))
    if schema is None:
        return
    projection = Projection(session)
    hold_uploads(session, benchmark_id)
    had_fields = bool(_fields_ready(session, benchmark_id))
    projection.declare(benchmark_id, schema)
    hold_still(session, benchmark_id)
    # Nobody can have written values of fields that are as new as this transaction and not ready.
    is_new = not had_fields and not all(_fields_ready(session, benchmark_id))
    last: uuid.UUID | None = None
    for number in itertools.count(1):
        ids = _next_ids(session, [benchmark_id], last)
        if not ids:
            break
        if is_new:
            projection.add(_documents(session, ids))
        else:
            _write(session, _missing(session, [benchmark_id], ids))
            _renew_figures(session, number)
        last = ids[-1]
        if progress:
            progress(len(ids))
    tallies = Tallies(session)
    tallies.recount(benchmark_id)
    own = sa.select(FIELDS.c.id).where(FIELDS.c.benchmark_id == benchmark_id)
    for field_id in session.scalars(own).all():
        _finish_field(tallies, benchmark_id, field_id)


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
            schema = sa.select(Benchmark.json_schema).where(Benchmark.id == benchmark_id)
            with self._transaction(write=False) as session:
                text = session.scalar(schema)
                if text is None or (Projection(session).is_declared(benchmark_id, text) and not anew):
                    continue
            # Only now: on a busy server it can take a while until no upload holds the benchmark.
            with self._transaction() as session:
                text = session.scalar(schema.with_for_update())
                if text is not None:
                    Projection(session).declare(benchmark_id, text)
                    if anew:
                        Projection(session).renew(benchmark_id)

    def pending(self) -> int:
        """How many results the benchmarks have that are not finished."""
        with self._transaction(write=False) as session:
            concerned = RESULTS.c.benchmark_id.in_(self._unfinished(session))
            return session.scalar(sa.select(sa.func.count()).select_from(RESULTS).where(concerned)) or 0

    def run(self, progress: Progress | None = None) -> None:
        """Count all anew and write what is missing, also of fields that a change of schema adds meanwhile."""
        for benchmark_id in self._benchmark_ids:
            _recount(self._engine, partial(Tallies.recount, benchmark_id=benchmark_id))
        for benchmark_id, field_id in self._fields(ready=True):
            count = partial(Tallies.recount_field, benchmark_id=benchmark_id, field_id=field_id)
            _recount(self._engine, count)
        while fields := self._fields(ready=False):
            self._write_values(progress)
            for benchmark_id, field_id in fields:
                _recount(self._engine, partial(_finish_field, benchmark_id=benchmark_id, field_id=field_id))

    def _write_values(self, progress: Progress | None) -> None:
        last: uuid.UUID | None = None
        for number in itertools.count(1):
            began = time.monotonic()
            with self._transaction() as session:
                benchmark_ids = self._unfinished(session)
                ids = _next_ids(session, benchmark_ids, last)
                if ids:
                    _write(session, _missing(session, benchmark_ids, ids))
            if not ids:
                return
            # On its own: it may have to wait, and must keep nobody waiting meanwhile.
            with self._transaction(write=False) as session:
                _renew_figures(session, number)
            last = ids[-1]
            if progress:
                progress(len(ids))
            if self._engine.dialect.name == "sqlite":
                # Writers that wait try again from time to time; they have to find a gap.
                time.sleep((time.monotonic() - began) / 4)

    def _fields(self, *, ready: bool) -> list[tuple[uuid.UUID, int]]:
        """Benchmarks and ids of the fields that are, or are not, ready."""
        with self._transaction(write=False) as session:
            found = session.execute(
                sa.select(FIELDS.c.benchmark_id, FIELDS.c.id)
                .where(FIELDS.c.benchmark_id.in_(self._benchmark_ids), FIELDS.c.ready.is_(ready))
                .order_by(FIELDS.c.id)
            )
            return [(benchmark_id, field_id) for benchmark_id, field_id in found]

    def _unfinished(self, session: Session) -> list[uuid.UUID]:
        """The benchmarks with fields that are not ready."""
        fields = sa.select(FIELDS.c.benchmark_id).where(
            FIELDS.c.benchmark_id.in_(self._benchmark_ids), ~FIELDS.c.ready
        )
        return list(session.scalars(fields.distinct()))

    @contextmanager
    def _transaction(self, *, write: bool = True) -> Iterator[Session]:
        with Session(self._engine) as session, session.begin():
            # SQLite: who writes waits at the start for those who write already.
            session.connection(execution_options={"sqlite_immediate": write})
            yield session


def _fields_ready(session: Session, benchmark_id: uuid.UUID) -> Sequence[bool]:
    """Of each field of a benchmark whether it is ready."""
    return session.scalars(sa.select(FIELDS.c.ready).where(FIELDS.c.benchmark_id == benchmark_id)).all()


def _next_ids(
    session: Session, benchmark_ids: Collection[uuid.UUID], last: uuid.UUID | None
) -> Sequence[uuid.UUID]:
    """Some results after `last`, by id; their benchmarks stay as they are until the transaction ends."""
    if not benchmark_ids:
        return ()
    # In the order in which everybody locks them.
    held = sa.select(Benchmark.id).where(Benchmark.id.in_(benchmark_ids)).order_by(Benchmark.id)
    session.execute(held.with_for_update(read=True))
    some = sa.select(RESULTS.c.id).where(RESULTS.c.benchmark_id.in_(benchmark_ids))
    if last is not None:
        some = some.where(RESULTS.c.id > last)
    return session.scalars(some.order_by(RESULTS.c.id).limit(AT_ONCE)).all()


def _missing(
    session: Session, benchmark_ids: Collection[uuid.UUID], ids: Sequence[uuid.UUID]
) -> Sequence[uuid.UUID]:
    """Those of these results whose values are to be written."""
    written = sa.select(VALUES.c.result_id).where(
        VALUES.c.result_id.in_(ids), VALUES.c.field_id.in_(_telling_fields(session, benchmark_ids))
    )
    done = set(session.scalars(written.distinct()))
    return [each for each in ids if each not in done]


def _renew_figures(session: Session, number: int) -> None:
    """Let PostgreSQL know each time that twice as many chunks are done how many values there are by now.

    It takes a table without figures for one of few results, and would read all of it to find the values of
    a thousand.
    """
    is_power_of_two = not number & (number - 1)
    if number >= FIGURES_AFTER and is_power_of_two and session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql(f"ANALYZE {VALUES.name}")


def _telling_fields(session: Session, benchmark_ids: Collection[uuid.UUID]) -> list[int]:
    """A result with a value at any of these has been seen: fields that are not ready, else all there are."""
    found = session.execute(
        sa.select(FIELDS.c.benchmark_id, FIELDS.c.id, FIELDS.c.ready).where(
            FIELDS.c.benchmark_id.in_(benchmark_ids)
        )
    ).all()
    unfinished = {benchmark_id for benchmark_id, _, ready in found if not ready}
    return [
        identifier for benchmark_id, identifier, ready in found if not (ready and benchmark_id in unfinished)
    ]


def _write(session: Session, result_ids: Sequence[uuid.UUID]) -> None:
    """Write the values of these results, and delete those of fields that do not exist any longer."""
    if not result_ids:
        return
    session.execute(
        sa.delete(VALUES).where(
            VALUES.c.result_id.in_(result_ids), VALUES.c.field_id.not_in(sa.select(FIELDS.c.id))
        )
    )
    Projection(session).add(_documents(session, result_ids), again=True)


def _documents(session: Session, result_ids: Sequence[uuid.UUID]) -> list[tuple[uuid.UUID, uuid.UUID, Any]]:
    """Id, benchmark and JSON of these results."""
    stored = session.execute(
        sa.select(RESULTS.c.id, RESULTS.c.benchmark_id, RESULTS.c.json).where(RESULTS.c.id.in_(result_ids))
    )
    return [(identifier, benchmark_id, read_stored(text)) for identifier, benchmark_id, text in stored]


def _finish_field(tallies: Tallies, benchmark_id: uuid.UUID, field_id: int) -> None:
    tallies.recount_field(benchmark_id, field_id)
    tallies.session.execute(
        sa.update(FIELDS).where(FIELDS.c.id == field_id, ~FIELDS.c.ready).values(ready=True)
    )
    catalogue_changed(tallies.session)


def _recount(engine: sa.Engine, count: Callable[[Tallies], object]) -> None:
    for left in reversed(range(ATTEMPTS)):
        try:
            with recounting(engine) as session:
                count(Tallies(session))
        except sa.exc.OperationalError:
            # An upload has found out something about the same field at this very moment.
            if not left:
                raise
        else:
            return
