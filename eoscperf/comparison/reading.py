"""From stored results to the runs of cells."""

from __future__ import annotations

import datetime
import math
import statistics
import uuid
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf import jsontext
from eoscperf.comparison.cells import UNKNOWN, Run
from eoscperf.metrics.catalogue import Metric, Samples
from eoscperf.results import jsonpath
from eoscperf.results.catalogue import CatalogueView
from eoscperf.results.filters import as_number
from eoscperf.results.projection.models import KINDS
from eoscperf.results.search.search import Search
from eoscperf.results.tables import RESULTS, VALUES

AT_ONCE = 500
"""Results whose JSON is read in one statement."""

MAX_SAMPLES = 10_000
"""Repetitions of one run that are looked at."""

_NUMBER, _STRING, _BOOLEAN = (KINDS[name] for name in ("number", "string", "boolean"))

Inputs = tuple[Hashable, ...]
"""The values of the inputs of a run in the order of the catalogue; None: it has none there."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One result as comparisons see it; `run.value` is NaN where the metric is no number."""

    run: Run
    flavor_id: uuid.UUID
    inputs: Inputs


def measured(search: Search, metric: Metric, inputs: Sequence[Metric]) -> list[Measured]:
    """Every result of the search, a search within one benchmark, that no other one supersedes.

    Values are read from their rows; where these do not tell all there is, or the value of a run is an
    aggregate of its samples, from the JSON.
    """
    places = [place_of(search.view, search.criteria.benchmark_ids[0], one.path) for one in (metric, *inputs)]
    from_json = metric.aggregate is not None or any(place is None for place in places)
    columns: list[sa.ColumnElement[Any]] = [
        RESULTS.c.id,
        RESULTS.c.flavor_id,
        RESULTS.c.uploader_id,
        RESULTS.c.execution_datetime,
    ]
    statement = sa.select(*columns).select_from(RESULTS).where(RESULTS.c.superseded_by_id.is_(None))
    if from_json:
        statement = statement.add_columns(RESULTS.c.json)
    else:
        for place in places:
            rows = VALUES.alias()
            here = sa.and_(rows.c.result_id == RESULTS.c.id, rows.c.field_id == place)
            statement = statement.outerjoin(rows, here).add_columns(rows.c.kind, rows.c.number, rows.c.text)
    read = reader_of_json(metric, inputs) if from_json else _of_rows
    return [read(row) for row in search.session.execute(search.select(statement))]


def by_frequency(numbers: Mapping[Inputs, int]) -> list[tuple[Inputs, int]]:
    """Inputs with the numbers of their runs, the most frequent first; of equal ones the first in order."""
    return sorted(numbers.items(), key=lambda pair: (-pair[1], repr(pair[0])))


def with_samples(
    session: Session | sa.Connection, runs: Iterable[Run], samples: Samples
) -> dict[uuid.UUID, Run]:
    """The runs with their repetitions."""
    known = {run.id: run for run in runs}
    ids, path = list(known), jsonpath.parse(samples.path)
    for start in range(0, len(ids), AT_ONCE):
        some = sa.select(RESULTS.c.id, RESULTS.c.json).where(RESULTS.c.id.in_(ids[start : start + AT_ONCE]))
        for identifier, text in session.execute(some):
            run = known[identifier]
            found = _numbers(path.lookup(jsontext.loads_stored(text)), samples.split)
            known[identifier] = Run(run.id, run.source, run.value, run.executed, found)
    return known


def samples_of(document: Any, samples: Samples) -> tuple[float, ...]:
    """The finite repetitions of the run that a document tells of."""
    return _numbers(jsonpath.parse(samples.path).lookup(document), samples.split)


def place_of(view: CatalogueView, benchmark_id: uuid.UUID, path: str) -> int | None:
    field = view.field(benchmark_id, path)
    return field.id if field is not None and field.searchable else None


def _of_rows(row: Sequence[Any]) -> Measured:
    identifier, flavor_id, uploader_id, executed, kind, number, _, *more = row
    value = number if kind == _NUMBER else math.nan
    inputs = tuple(scalar(*more[at : at + 3]) for at in range(0, len(more), 3))
    return Measured(run_of(identifier, uploader_id, executed, value), flavor_id, inputs)


def reader_of_json(metric: Metric, inputs: Sequence[Metric]) -> Callable[[Sequence[Any]], Measured]:
    paths = [jsonpath.parse(one.path) for one in inputs]
    value_path = jsonpath.parse(metric.path)
    samples_path = jsonpath.parse(metric.samples.path) if metric.samples else None

    def read(row: Sequence[Any]) -> Measured:
        identifier, flavor_id, uploader_id, executed, text = row
        document = jsontext.loads_stored(text)
        value = _or_nan(as_number(value_path.lookup(document)))
        if metric.aggregate is not None and samples_path is not None and metric.samples is not None:
            value = _aggregate(
                metric.aggregate, _numbers(samples_path.lookup(document), metric.samples.split)
            )
        found = tuple(_hashable(path.lookup(document)) for path in paths)
        return Measured(run_of(identifier, uploader_id, executed, value), flavor_id, found)

    return read


def run_of(
    identifier: uuid.UUID, uploader_id: uuid.UUID | None, executed: datetime.datetime, value: float
) -> Run:
    return Run(identifier, uploader_id or UNKNOWN, value, executed)


def scalar(kind: int | None, number: float | None, text: str | None) -> Hashable:
    if kind == _NUMBER and number is not None:
        return _plain(number)
    if kind == _STRING:
        return text
    return bool(number) if kind == _BOOLEAN else None


def _hashable(value: Any) -> Hashable:
    if isinstance(value, bool | str):
        return value
    number = as_number(value)
    return None if number is None else _plain(number)


def _plain(number: float) -> float:
    """4, not 4.0: as people write it."""
    return int(number) if number.is_integer() else number


def _or_nan(number: float | None) -> float:
    return math.nan if number is None else number


def _numbers(value: Any, split: str | None) -> tuple[float, ...]:
    """The finite numbers among samples: of a list, or of a text that is to be split."""
    parts: Sequence[Any] = value if isinstance(value, list) else ()
    if isinstance(value, str) and split:
        parts = [_read(part) for part in value.split(split, MAX_SAMPLES)]
    found = (as_number(part) for part in parts[:MAX_SAMPLES])
    return tuple(number for number in found if number is not None)


def _read(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _aggregate(name: str, samples: Sequence[float]) -> float:
    if not samples:
        return math.nan
    compute: dict[str, Callable[[Sequence[float]], float]] = {
        "median": statistics.median,
        "mean": statistics.fmean,
        "min": min,
        "max": max,
    }
    return float(compute[name](samples))
