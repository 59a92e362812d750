"""Rows in order, with ranks that are shared where the data do not tell rows apart."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from eoscperf.comparison.cells import Cell
from eoscperf.comparison.contrasts import Better, Pair, is_within

ENOUGH_PEERS = 10
"""Other cells from which on a percentile says something."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A row of the ranking: the position of its cell in what was given, and its rank."""

    index: int
    rank: int
    shared: bool
    """whether others have the same rank"""
    provisional: bool
    """whether it has too few runs to be sure of"""

    @property
    def label(self) -> str:
        """As tables print it: 1, 1=, (3)."""
        text = f"{self.rank}=" if self.shared else f"{self.rank}"
        return f"({text})" if self.provisional else text


def ranked(cells: Sequence[Cell], better: Better, noise: float) -> list[Ranked]:
    """The cells, best first.

    A row joins the rank of the row that leads it if their ratio is inside the noise floor, or if the
    interval of the ratio contains 1, or, with too few runs for an interval, if their ranges overlap.
    """
    sign = -1 if better == "higher" else 1
    order = sorted(range(len(cells)), key=lambda index: (sign * cells[index].median, index))
    ranks: list[int] = []
    leader: Cell | None = None
    for position, index in enumerate(order, start=1):
        if leader is not None and _joins(cells[index], leader, better, noise):
            ranks.append(ranks[-1])
        else:
            leader = cells[index]
            ranks.append(position)
    times = Counter(ranks)
    return [
        Ranked(index, rank, times[rank] > 1, not cells[index].is_enough)
        for index, rank in zip(order, ranks, strict=True)
    ]


def percentile(value: float, medians: Sequence[float], better: Better) -> float | None:
    """The share (0..1) of other cells whose median is worse than `value`; None with fewer than ten."""
    if len(medians) < ENOUGH_PEERS:
        return None
    worse = sum(other > value if better == "lower" else other < value for other in medians)
    return worse / len(medians)


def geometric_mean(ratios: Sequence[float]) -> float:
    """exp of the mean of the logarithms; ValueError without a ratio or with one that is not positive."""
    if not ratios or min(ratios) <= 0:
        raise ValueError("a geometric mean needs positive ratios")
    return math.exp(math.fsum(map(math.log, ratios)) / len(ratios))


def _joins(row: Cell, leader: Cell, better: Better, noise: float) -> bool:
    pair = Pair(row, leader, better)
    if pair.ratio is not None and is_within(pair.ratio, noise):
        return True
    if pair.interval is not None:
        low, high = pair.interval
        return low <= 1 <= high
    return row.lowest <= leader.highest and leader.lowest <= row.highest
