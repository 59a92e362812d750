"""Keeping the cells of all rankings before anybody asks for them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.benchmarks.models import Benchmark
from eoscperf.comparison.boards import Boards
from eoscperf.comparison.keeping import INPUTS, SUMMARIES, Definition, Memory
from eoscperf.metrics.service import MetricCatalogues
from eoscperf.results.catalogue import Catalogue
from eoscperf.results.search.criteria import Criteria
from eoscperf.results.search.search import Search
from eoscperf.review.journal import Journal
from eoscperf.security.identity import ANONYMOUS


def summarise(engine: sa.Engine, benchmark_ids: Collection[UUID], progress: Callable[[int], object]) -> int:
    """Compute what is not kept of the rankings by headlines, and forget what no catalogue asks for any more.

    The server may run meanwhile. `progress` hears of each benchmark. Returns the number of rankings.
    """
    rankings = 0
    catalogue = Catalogue()
    for benchmark_id in benchmark_ids:
        with Session(engine) as session:
            benchmark = session.get(Benchmark, benchmark_id)
            if benchmark is not None:
                definitions = _definitions(session, benchmark)
                criteria = Criteria(benchmark_ids=(benchmark_id,), status="visible")
                search = Search(session, criteria, ANONYMOUS, catalogue.view(session))
                boards = Boards(session, Memory(), lambda work: work(engine))
                asked = boards.asked(search)
                if asked is not None:
                    for definition in definitions:
                        boards.cells(asked, definition, "source")
                    rankings += len(definitions)
        if benchmark is not None:
            _forget(engine, benchmark_id, [definition.digest for definition in definitions])
        progress(1)
    return rankings


def _definitions(session: Session, benchmark: Benchmark) -> list[Definition]:
    catalogues = MetricCatalogues(session, ANONYMOUS, Journal(session, ANONYMOUS))
    found = catalogues.shown(benchmark).catalogue
    return [Definition(metric, tuple(found.inputs)) for metric in found.headlines]


def _forget(engine: sa.Engine, benchmark_id: UUID, known: Collection[bytes]) -> None:
    with engine.connect() as connection, connection.execution_options(sqlite_immediate=True).begin():
        for table in (INPUTS, SUMMARIES):
            gone: Any = (table.c.benchmark_id == benchmark_id, table.c.definition.not_in(known))
            connection.execute(sa.delete(table).where(*gone))
