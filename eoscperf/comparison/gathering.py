"""The runs of whole flavors, of which the database sends no more than count in a cell."""

from __future__ import annotations

import math
import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.comparison.cells import RUNS_PER_SOURCE, Eligible, Run, eligible
from eoscperf.comparison.reading import Inputs, place_of, reader_of_json, run_of, scalar
from eoscperf.metrics.catalogue import Metric
from eoscperf.results.catalogue import CatalogueView
from eoscperf.results.projection.models import KINDS
from eoscperf.results.tables import RESULTS, VALUES


@dataclass(frozen=True, slots=True)
class Gathered:
    """What everybody may see of a benchmark on one flavor, by the inputs of the runs."""

    numbers: Mapping[Inputs, int]
    """of runs, whatever their value"""
    eligible: Mapping[Inputs, Eligible]


NOTHING = Gathered({}, {})


def gather(
    session: Session,
    view: CatalogueView,
    benchmark_id: uuid.UUID,
    metric: Metric,
    inputs: Sequence[Metric],
    flavors: Sequence[uuid.UUID],
) -> dict[uuid.UUID, Gathered]:
    """The visible runs of each flavor that has any and that no other supersedes: one statement."""
    places = [place_of(view, benchmark_id, one.path) for one in (metric, *inputs)]
    which = (
        RESULTS.c.benchmark_id == benchmark_id,
        RESULTS.c.flavor_id.in_(flavors),
        RESULTS.c.status == "visible",
        RESULTS.c.superseded_by_id.is_(None),
    )
    if metric.aggregate is not None or None in places:
        return _of_json(session, which, metric, inputs)
    return _of_values(session, which, [place for place in places if place is not None])


def _of_json(
    session: Session, which: Sequence[sa.ColumnElement[bool]], metric: Metric, inputs: Sequence[Metric]
) -> dict[uuid.UUID, Gathered]:
    names = ("id", "flavor_id", "uploader_id", "execution_datetime", "json")
    statement = sa.select(*(RESULTS.c[name] for name in names)).where(*which)
    read = reader_of_json(metric, inputs)
    found: dict[uuid.UUID, dict[Inputs, list[Run]]] = defaultdict(lambda: defaultdict(list))
    for row in session.execute(statement.execution_options(yield_per=500)):
        one = read(row)
        found[one.flavor_id][one.inputs].append(one.run)
    return {
        flavor_id: Gathered(
            {inputs: len(runs) for inputs, runs in by_inputs.items()},
            {inputs: eligible(runs) for inputs, runs in by_inputs.items()},
        )
        for flavor_id, by_inputs in found.items()
    }


def _of_values(
    session: Session, which: Sequence[sa.ColumnElement[bool]], places: Sequence[int]
) -> dict[uuid.UUID, Gathered]:
    runs: dict[uuid.UUID, dict[Inputs, list[Run]]] = defaultdict(lambda: defaultdict(list))
    finite: dict[uuid.UUID, Counter[Inputs]] = defaultdict(Counter)
    infinite: dict[uuid.UUID, Counter[Inputs]] = defaultdict(Counter)
    for row in session.execute(_newest(which, places)):
        identifier, flavor_id, uploader_id, executed, number, place, many, *more = row
        inputs = tuple(scalar(*more[at : at + 3]) for at in range(0, len(more), 3))
        is_finite = number is not None and math.isfinite(number)
        if place == 1:
            (finite if is_finite else infinite)[flavor_id][inputs] += many
        if is_finite:
            runs[flavor_id][inputs].append(run_of(identifier, uploader_id, executed, number))
    return {
        flavor_id: _counted(runs[flavor_id], finite[flavor_id], infinite[flavor_id])
        for flavor_id in (*finite, *(one for one in infinite if one not in finite))
    }


def _counted(
    runs: Mapping[Inputs, list[Run]], finite: Counter[Inputs], infinite: Counter[Inputs]
) -> Gathered:
    numbers = finite + infinite
    kept = {inputs: eligible(runs.get(inputs, ())).runs for inputs in numbers}
    return Gathered(
        numbers,
        {
            inputs: Eligible(some, infinite[inputs], finite[inputs] - len(some))
            for inputs, some in kept.items()
        },
    )


def _newest(which: Sequence[sa.ColumnElement[bool]], places: Sequence[int]) -> sa.Select[Any]:
    """Of each flavor, source and inputs the newest runs with a number, and one of those without; with each
    how many there are alike."""
    joined: Any = RESULTS
    tables = [VALUES.alias() for _ in places]
    for place, rows in zip(places, tables, strict=True):
        here = sa.and_(rows.c.result_id == RESULTS.c.id, rows.c.field_id == place)
        joined = joined.outerjoin(rows, here)
    metric, *inputs = tables
    value = sa.case((metric.c.kind == KINDS["number"], metric.c.number), else_=sa.null())
    more = [column for rows in inputs for column in (rows.c.kind, rows.c.number, rows.c.text)]
    alike = [RESULTS.c.flavor_id, RESULTS.c.uploader_id, value.is_(None), *more]
    order = [RESULTS.c.execution_datetime.desc(), RESULTS.c.id.desc()]
    names = ("id", "flavor_id", "uploader_id", "execution_datetime")
    found = (
        sa.select(
            *(RESULTS.c[name] for name in names),
            value.label("value"),
            sa.func.row_number().over(partition_by=alike, order_by=order).label("place"),
            sa.func.count().over(partition_by=alike).label("many"),
            *(column.label(f"input_{at}") for at, column in enumerate(more)),
        )
        .select_from(joined)
        .where(*which)
        .subquery()
    )
    most = sa.case((found.c.value.is_(None), 1), else_=RUNS_PER_SOURCE)
    return sa.select(found).where(found.c.place <= most)
