"""A benchmark in two lines: what it is ranked by, and who is first."""

from __future__ import annotations

from eoscperf.comparison.sentences import direction, significant
from eoscperf.comparison.standings import BenchmarkStanding
from eoscperf.metrics import units
from eoscperf.metrics.catalogue import Metric

MOST_NAMES = 3
"""Flavors that are named where many share the first rank."""


def ranked_by(metric: Metric) -> str:
    """Label, unit and direction: "Render time in s, lower is better"."""
    unit = units.symbol(metric.unit) if metric.unit else ""
    told = metric.label + (f" in {unit}" if unit else "")
    return f"{told}, {direction(metric.better)}" if metric.better else told


def first(standing: BenchmarkStanding) -> str:
    """Who is best, or who is first so far where there are too few runs to say who is best."""
    metric, best = standing.metric, standing.best
    if metric is None or not standing.runs:
        return ""
    if not best:
        return standing.headline
    names = [row.name for row in best]
    unit = units.symbol(metric.unit) if metric.unit else ""
    value = significant(best[0].cell.median) + (f" {unit}" if unit else "")
    if all(row.rank is not None and row.rank.provisional for row in best):
        return f"First so far, from fewer than five runs: {_listed(names)}, {value}."
    if len(names) <= MOST_NAMES:
        return standing.headline
    return f"Best: {_listed(names)}, {value}. They share rank 1."


def _listed(names: list[str]) -> str:
    shown = names[:MOST_NAMES]
    if len(names) > MOST_NAMES:
        return f"{', '.join(shown)} and {len(names) - MOST_NAMES} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
