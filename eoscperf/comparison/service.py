"""Comparisons of what everybody can see."""

from __future__ import annotations

import dataclasses
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf import errors
from eoscperf.benchmarks.models import Benchmark
from eoscperf.comparison.boards import Boards, after_request
from eoscperf.comparison.cells import Cell, Run, Weighting
from eoscperf.comparison.comparing import Missing, Part, Subject, Summary, Table, differing, summaries, table
from eoscperf.comparison.keeping import Definition
from eoscperf.comparison.leaderboard import Leaderboard, Order, cells_of, chosen_metric, leaderboard
from eoscperf.comparison.reading import Measured, measured, with_samples
from eoscperf.comparison.remembering import RememberedCells
from eoscperf.comparison.subjects import Item, expanded
from eoscperf.errors import Issue
from eoscperf.metrics.catalogue import Catalogue, Metric
from eoscperf.metrics.service import MetricCatalogues
from eoscperf.results.models import result_tags
from eoscperf.results.search.criteria import Criteria
from eoscperf.results.search.search import Search
from eoscperf.results.service import Results
from eoscperf.results.tables import RESULTS

MOST_BENCHMARKS = 20
"""Tables of one comparison."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several rows side by side."""

    subjects: tuple[Subject, ...]
    places: tuple[int, ...]
    """for each item the place of its first row"""
    base: int
    tables: tuple[Table, ...]
    summaries: list[Summary] | None
    differing: list[str]
    """paths of parameters of the machine that the rows do not have in common"""
    more: int
    """benchmarks that have no table, as there are too many"""


class Comparisons:
    """Rankings and comparisons."""

    def __init__(
        self,
        session: Session,
        results: Results,
        catalogues: MetricCatalogues,
        cells: RememberedCells,
        boards: Boards,
    ) -> None:
        self._session, self._results, self._catalogues = session, results, catalogues
        self._cells, self._boards = cells, boards

    @classmethod
    def for_request(cls, request: Any) -> Comparisons:
        return cls(
            request.dbsession,
            request.find_service(Results),
            request.find_service(MetricCatalogues),
            request.registry["eoscperf.cells"],
            Boards(request.dbsession, request.registry["eoscperf.boards"], after_request(request)),
        )

    def leaderboard(
        self,
        benchmark: Benchmark,
        criteria: Criteria,
        *,
        metric: str | None = None,
        weighting: Weighting = "source",
        base: uuid.UUID | None = None,
        order: Order = "rank",
        version: int | None = None,
    ) -> tuple[Leaderboard, Catalogue]:
        """The ranking by one metric, with a version of the catalogue, or the one in force.

        `criteria` are about results of this benchmark. Raises Invalid and NotFound.
        """
        catalogue = self._catalogues.shown(benchmark, version).catalogue
        chosen = chosen_metric(catalogue, metric)
        search = self._results.search(criteria)
        asked = self._boards.asked(search)
        if asked is None:
            cells = cells_of(measured(search, chosen, catalogue.inputs), chosen, self._make_cell, weighting)
            view = search.view
            found = leaderboard(
                view, benchmark.id, cells, catalogue, chosen, weighting=weighting, base=base, order=order
            )
            return found, catalogue
        definition = Definition(chosen, tuple(catalogue.inputs))

        def make() -> Leaderboard:
            cells = self._boards.cells(asked, definition, weighting)
            made = leaderboard(
                asked.view,
                benchmark.id,
                cells,
                catalogue,
                chosen,
                weighting=weighting,
                base=base,
                order=order,
            )
            self._boards.release(cells)
            return made

        return self._boards.answer(asked, (definition, weighting, base, order), make), catalogue

    def compare(
        self,
        items: Sequence[Item],
        criteria: Criteria,
        *,
        base: Item | None = None,
        metric: str | None = None,
        weighting: Weighting = "source",
        missing: Missing = "common",
    ) -> Comparison:
        """These side by side; `criteria` narrow the runs and may name the benchmarks.

        Without benchmarks those in which at least two rows have runs. Raises Invalid.
        """
        search = self._results.search(criteria)
        flavors_of_tags, results = self._of_tags(search, items), self._named_results(search, items)
        names = {identifier: name for identifier, (name, _) in results.items()}
        subjects, first = expanded(items, search.view, flavors_of_tags, names)
        if base is not None and base not in items:
            raise errors.Invalid([Issue("is none of the items", "query", "base")])
        place = first[items.index(base)] if base is not None else 0
        benchmarks, more = self._benchmarks(search, subjects, results)
        tables = [
            table(part, subjects, place, weighting, self._make_cell)
            for benchmark in benchmarks
            if (part := self._part(benchmark, criteria, subjects, metric)) is not None
        ]
        if not criteria.benchmark_ids:
            tables = [one for one in tables if sum(row.cell is not None for row in one.rows) > 1]
        return Comparison(
            tuple(subjects),
            tuple(first),
            place,
            tuple(tables),
            summaries(tables, missing),
            differing(tables),
            more,
        )

    def _make_cell(self, metric: Metric, runs: Sequence[Run], weighting: Weighting) -> Cell:
        samples = metric.samples
        if samples is None:
            return self._cells.get(metric.path, runs, weighting)

        def complete(runs: Sequence[Run]) -> Sequence[Run]:
            known = with_samples(self._session, runs, samples)
            return [known[run.id] for run in runs]

        return self._cells.get(metric.path, runs, weighting, complete)

    def _of_tags(self, search: Search, items: Sequence[Item]) -> dict[uuid.UUID, list[uuid.UUID]]:
        """The flavors with results of each tag."""
        tags = [item.id for item in items if item.kind == "tag"]
        found: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
        if tags:
            rows = sa.select(result_tags.c.tag_id, RESULTS.c.flavor_id).select_from(RESULTS)
            rows = rows.join(result_tags, result_tags.c.result_id == RESULTS.c.id)
            rows = rows.where(result_tags.c.tag_id.in_(tags)).distinct()
            for tag_id, flavor_id in self._session.execute(search.narrow(rows)):
                found[tag_id].append(flavor_id)
        return found

    def _named_results(self, search: Search, items: Sequence[Item]) -> dict[uuid.UUID, tuple[str, uuid.UUID]]:
        """Single results: what they are called, and their benchmark."""
        ids = [item.id for item in items if item.kind == "result"]
        if not ids:
            return {}
        rows = sa.select(
            RESULTS.c.id, RESULTS.c.flavor_id, RESULTS.c.benchmark_id, RESULTS.c.execution_datetime
        ).where(RESULTS.c.id.in_(ids))
        view = search.view
        return {
            identifier: (
                f"{view.site_of(flavor_id).name} {view.flavors[flavor_id].name} {executed:%Y-%m-%d %H:%M} "
                f"({str(identifier)[:8]})",
                benchmark_id,
            )
            for identifier, flavor_id, benchmark_id, executed in self._session.execute(search.narrow(rows))
        }

    def _benchmarks(
        self,
        search: Search,
        subjects: Sequence[Subject],
        results: dict[uuid.UUID, tuple[str, uuid.UUID]],
    ) -> tuple[list[Benchmark], int]:
        """The benchmarks that get a table, by name, and how many more there would be."""
        ids = set(search.criteria.benchmark_ids)
        if not ids:
            ids = {benchmark_id for _, benchmark_id in results.values()}
            flavors = sorted({one.flavor_id for one in subjects if one.flavor_id is not None})
            if flavors:
                rows = sa.select(RESULTS.c.benchmark_id).where(RESULTS.c.flavor_id.in_(flavors)).distinct()
                ids |= set(self._session.scalars(search.narrow(rows)))
        known = [
            one for one in ids if one in search.view.benchmarks and one not in search.view.hidden_benchmarks
        ]
        known.sort(key=lambda one: (search.view.benchmarks[one].name, one.bytes))
        query = sa.select(Benchmark).where(Benchmark.id.in_(known[:MOST_BENCHMARKS]))
        found = {one.id: one for one in self._session.scalars(query)}
        return [found[one] for one in known[:MOST_BENCHMARKS] if one in found], len(known[MOST_BENCHMARKS:])

    def _part(
        self, benchmark: Benchmark, criteria: Criteria, subjects: Sequence[Subject], path: str | None
    ) -> Part | None:
        """The runs of the subjects; None where the benchmark has no such metric."""
        catalogue = self._catalogues.shown(benchmark).catalogue
        metric = catalogue.get(path) if path is not None else next(iter(catalogue.headlines), None)
        if metric is None or metric.kind not in ("number", "mixed"):
            return None
        criteria = dataclasses.replace(criteria, benchmark_ids=(benchmark.id,))
        read = _Reader(self._results, metric, catalogue)
        runs = {index: read.of(subject, subjects, criteria) for index, subject in enumerate(subjects)}
        if metric.samples is not None and all(one.result_id is not None for one in subjects):
            every = [one.run for found in runs.values() for one in found]
            known = with_samples(self._session, every, metric.samples)
            runs = {
                index: [dataclasses.replace(one, run=known[one.run.id]) for one in found]
                for index, found in runs.items()
            }
        machine = {index: read.machine(found) for index, found in runs.items()}
        runs = {index: [read.with_inputs_only(one) for one in found] for index, found in runs.items()}
        return Part(benchmark.id, benchmark.name, catalogue, metric, runs, machine)


class _Reader:
    """Reads the runs of subjects, all flavors at once."""

    def __init__(self, results: Results, metric: Metric, catalogue: Catalogue) -> None:
        self._results, self._metric = results, metric
        self._inputs, self._machine = catalogue.inputs, catalogue.machine
        self._known: dict[tuple[uuid.UUID | None, bool], list[Measured]] = {}

    def of(self, subject: Subject, subjects: Sequence[Subject], criteria: Criteria) -> list[Measured]:
        if not subject.found:
            return []
        key = (subject.tag_id, subject.result_id is not None)
        if key not in self._known:
            self._known[key] = self._read(key, subjects, criteria)
        if subject.result_id is not None:
            return [one for one in self._known[key] if one.run.id == subject.result_id]
        return [one for one in self._known[key] if one.flavor_id == subject.flavor_id]

    def machine(self, found: Sequence[Measured]) -> dict[str, list[object]]:
        start = len(self._inputs)
        said = {
            metric.path: {one.inputs[start + at] for one in found} - {None}
            for at, metric in enumerate(self._machine)
        }
        return {path: sorted(values, key=repr) for path, values in said.items() if values}

    def with_inputs_only(self, one: Measured) -> Measured:
        return dataclasses.replace(one, inputs=one.inputs[: len(self._inputs)])

    def _read(
        self, key: tuple[uuid.UUID | None, bool], subjects: Sequence[Subject], criteria: Criteria
    ) -> list[Measured]:
        tag_id, single = key
        if single:
            ids = tuple(one.result_id for one in subjects if one.result_id is not None)
            criteria = dataclasses.replace(criteria, ids=ids)
        else:
            flavors = {
                one.flavor_id for one in subjects if one.flavor_id is not None and one.tag_id == tag_id
            }
            criteria = dataclasses.replace(criteria, flavor_ids=tuple(sorted(flavors)))
        if tag_id is not None:
            criteria = dataclasses.replace(criteria, tags_ids=(*criteria.tags_ids, tag_id))
        search = self._results.search(criteria)
        return measured(search, self._metric, [*self._inputs, *self._machine])
