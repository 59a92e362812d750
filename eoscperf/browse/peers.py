"""How a result stands beside the other runs here, and beside the same on other machines."""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eoscperf.browse.rows import unit
from eoscperf.comparison import presenting
from eoscperf.comparison.cells import METHOD, Run
from eoscperf.comparison.leaderboard import Leaderboard, Row
from eoscperf.comparison.ranking import ENOUGH_PEERS, percentile
from eoscperf.comparison.sentences import percent
from eoscperf.comparison.service import Comparisons
from eoscperf.metrics.catalogue import Catalogue, Metric
from eoscperf.results import filters, jsonpath
from eoscperf.results.models import Result
from eoscperf.results.query import Criteria
from eoscperf.web.formatting import significant

MOST_RUNS = 20_000
"""Runs with other inputs than the usual ones that a page takes the time to look at."""

_LONGEST_FILTER = 2**24
"""Characters of a condition that is made here, of a value as long as a result may have."""


@dataclass(frozen=True, slots=True)
class Peers:
    """What the ranking by the first headline says around one result."""

    label: str
    better_than: str | None
    """a share in percent; None with too few others, or where no direction is declared"""
    others: int
    """cells beside this one"""
    needed: int
    """others that a share takes"""
    rank: str | None
    """of the cell that the result is in, as tables print it"""
    here: str | None
    """the median of this cell with its unit; None where no run counts"""
    interval: str | None
    runs: int
    sources: int
    reproduced: int
    """other sources with a run here that agrees"""
    method: str = METHOD


def same_inputs(catalogue: Catalogue, document: Any) -> tuple[filters.Filter, ...]:
    """Conditions that hold where the settings of the workload are those of this document."""
    found = []
    for metric in catalogue.inputs:
        value = jsonpath.parse(metric.path).lookup(document)
        if isinstance(value, bool | int | float | str):
            text = f"{metric.path} == {presenting.literal(value)}"
            found.append(filters.parse(text, most=_LONGEST_FILTER))
    return tuple(found)


def peers(comparisons: Comparisons, result: Result, catalogue: Catalogue, document: Any) -> Peers | None:
    """None where the benchmark declares no headline, the value of this result is no number, or there are too
    many runs to look at."""
    metric = next(iter(catalogue.headlines), None)
    value = None if metric is None else _value(metric, document)
    if metric is None or value is None:
        return None
    board = _board(comparisons, result, metric, catalogue, document)
    if board is None:
        return None
    row = next((one for one in board.rows if one.flavor_id == result.flavor_id), None)
    medians = [one.cell.median for one in board.rows if one is not row]
    share = None if metric.better is None else percentile(value, medians, metric.better)
    return Peers(
        label=metric.label,
        better_than=None if share is None else percent(share),
        others=len(medians),
        needed=ENOUGH_PEERS,
        rank=row.rank.label if row and row.rank else None,
        here=_with_unit(metric, row.cell.median) if row else None,
        interval=_interval(row) if row else None,
        runs=row.cell.n if row else 0,
        sources=row.cell.sources if row else 0,
        reproduced=reproduced(result, value, row.cell.runs, metric.noise) if row else 0,
    )


def reproduced(result: Result, value: float, runs: Sequence[Run], noise: float) -> int:
    """How many other sources have a run here within the noise floor, or whose runs lie around the value."""
    own = result.uploader_id
    by_source = defaultdict(list)
    for run in runs:
        if run.id != result.id and run.source != own and own is not None:
            by_source[run.source].append(run.value)
    floor = abs(value) * noise
    return sum(
        min(found) <= value <= max(found) or any(abs(one - value) <= floor for one in found)
        for found in by_source.values()
    )


def _board(
    comparisons: Comparisons, result: Result, metric: Metric, catalogue: Catalogue, document: Any
) -> Leaderboard | None:
    """The ranking with the inputs of this result: the usual one, which is known already, where it has them.

    None where it would have to be made of too many runs.
    """
    criteria = Criteria(benchmark_ids=(result.benchmark_id,), status="visible")
    usual, _ = comparisons.leaderboard(result.benchmark, criteria)
    own = [_scalar(jsonpath.parse(one.path).lookup(document)) for one in catalogue.inputs]
    if usual.metric == metric and list(map(_typed, usual.chosen)) == list(map(_typed, own)):
        return usual
    runs = sum(
        other.runs for other in usual.others if list(map(_typed, other.inputs)) == list(map(_typed, own))
    )
    if runs > MOST_RUNS:
        return None
    narrowed = dataclasses.replace(criteria, filters=same_inputs(catalogue, document))
    return comparisons.leaderboard(result.benchmark, narrowed, metric=metric.path)[0]


def _scalar(value: Any) -> Any:
    return value if isinstance(value, bool | str) else filters.as_number(value)


def _typed(value: Any) -> tuple[bool, Any]:
    """True is not 1 here."""
    return isinstance(value, bool), value


def _value(metric: Metric, document: Any) -> float | None:
    value = jsonpath.parse(metric.path).lookup(document)
    number = filters.as_number(value)
    return number if number is not None and math.isfinite(number) else None


def _interval(row: Row) -> str | None:
    interval = row.cell.interval
    return f"{significant(interval[0])} to {significant(interval[1])}" if interval else None


def _with_unit(metric: Metric, value: float) -> str:
    return f"{significant(value)} {unit(metric)}".strip()
