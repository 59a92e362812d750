"""Fills a database that has nothing but tables with the generated data."""

from __future__ import annotations

import collections
import contextlib
import functools
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from benchmarks.data.results import Generated
from benchmarks.databases import postgresql_loading, sqlite_loading
from benchmarks.databases.values import declared_fields
from eoscperf import extend
from eoscperf.db import make_engine, metadata
from eoscperf.results.catalogue import catalogue_changed
from eoscperf.results.projection.service import Projection
from eoscperf.results.tallies.service import Tallies

PROCESSES = 2
FEW = 20_000
"""Up to so many results it is quicker to stay in one process."""

Say = Callable[[str], object]


def load(url: str, generated: Generated, say: Say = print) -> None:
    """Store everything; afterwards the schema is what it was, and the database knows its sizes."""
    engine = make_engine(url)
    say(f"catalogue: {len(generated.catalogue.benchmarks)} benchmarks and what belongs to them")
    _catalogue(engine, generated)
    with _pool(generated.size) as pool:
        if engine.dialect.name == "postgresql":
            postgresql_loading.load(engine, generated, pool, say)
        else:
            sqlite_loading.load(engine, generated, pool, say)
    say("tallies")
    _tallies(engine, generated)
    say("statistics")
    sqlite = engine.dialect.name == "sqlite"
    engine.dispose()
    plain = sa.create_engine(engine.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with plain.connect() as connection:
        # As a database that has been in use for a while knows itself.
        connection.exec_driver_sql("ANALYZE" if sqlite else "VACUUM ANALYZE")
        if sqlite:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _catalogue(engine: sa.Engine, generated: Generated) -> None:
    with orm.Session(engine) as session:
        for table, rows in generated.catalogue.rows().items():
            session.execute(sa.insert(metadata.tables[table]), rows)
        projection = Projection(session)
        for benchmark in generated.catalogue.rows()["benchmarks"]:
            projection.declare(benchmark["id"], benchmark["json_schema"])
        catalogue_changed(session)
        session.commit()


def _tallies(engine: sa.Engine, generated: Generated) -> None:
    with engine.connect() as connection:
        declared = declared_fields(connection)
    for benchmark in generated.catalogue.benchmarks:
        with orm.Session(engine) as session:
            tallies = Tallies(session)
            tallies.recount(benchmark.id)
            for field_id, _ in declared[benchmark.id]:
                tallies.recount_field(benchmark.id, field_id)
            catalogue_changed(session)
            session.commit()


@contextlib.contextmanager
def _pool(size: int) -> Iterator[Callable[..., Iterable[Any]]]:
    """A `map` that calls a function in several processes, if that is worth it, and keeps the order."""
    if size <= FEW:
        yield map
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, context, extend.import_models, ((),)) as pool:
        yield functools.partial(_in_order, pool)


def _in_order(
    pool: ProcessPoolExecutor, function: Callable[[int], Any], numbers: Iterable[int]
) -> Iterator[Any]:
    """The results as they are wanted; only a few are made in advance, since they need memory."""
    ahead: collections.deque[Future[Any]] = collections.deque()
    for number in numbers:
        ahead.append(pool.submit(function, number))
        if len(ahead) > 2 * PROCESSES:
            yield ahead.popleft().result()
    while ahead:
        yield ahead.popleft().result()
