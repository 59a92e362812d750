"""Charts as geometry: what a template draws as SVG, without arithmetic of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 720
"""Units across a drawing; a page scales it."""

LABEL = 230
"""Units for the labels of rows."""

ROW = 26
HEAD = 10
FOOT = 46


@dataclass(frozen=True, slots=True)
class Bar:
    """A row: `low` and `high` are its interval or, where `dots` are given, nothing."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    dots: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    text: str


@dataclass(frozen=True, slots=True)
class DrawnBar:
    label: str
    y: float
    middle: float
    width: float
    whisker: tuple[float, float] | None
    dots: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class BarChart:
    """Horizontal bars from zero with whiskers; `left_out` rows have no place on the axis."""

    width: int
    height: int
    origin: float
    thickness: float
    axis: float
    """where the axis lies"""
    bars: tuple[DrawnBar, ...]
    ticks: tuple[Tick, ...]
    left_out: int


def bar_chart(rows: Sequence[Bar]) -> BarChart:
    """The rows from above. Negative or infinite values are left out and counted."""
    shown = [row for row in rows if math.isfinite(row.value) and row.value >= 0]
    most = max((max(row.value, row.high or 0, *row.dots, 0) for row in shown), default=0) or 1.0
    step = _step(most)
    end = math.ceil(most / step) * step
    scale = (WIDTH - LABEL - 30) / end

    def x(value: float) -> float:
        return round(LABEL + value * scale, 2)

    bars = []
    for number, row in enumerate(shown):
        top = HEAD + number * ROW
        whisker = None if row.low is None or row.high is None else (x(max(0.0, row.low)), x(row.high))
        bars.append(
            DrawnBar(
                row.label,
                top + 4,
                top + ROW / 2,
                round(row.value * scale, 2),
                whisker,
                tuple(x(dot) for dot in row.dots if dot >= 0),
            )
        )
    axis = HEAD + len(shown) * ROW
    count = round(end / step)
    ticks = tuple(Tick(x(number * step), _plain(number * step)) for number in range(count + 1))
    return BarChart(WIDTH, axis + FOOT, LABEL, ROW - 8, axis, tuple(bars), ticks, len(rows) - len(shown))


def _step(most: float) -> float:
    """A round distance of ticks, so that four to eight of them fit."""
    power = 10.0 ** math.floor(math.log10(most))
    return next(size * power for size in (0.1, 0.2, 0.25, 0.5, 1.0, 2.0) if most / (size * power) <= 6)


def _plain(value: float) -> str:
    return f"{value:.6g}"
