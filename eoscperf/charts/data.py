"""What a chart shows, worked out to the last mark; drawings, tables and files are made of it.

Times are seconds since 1970, places on an axis of categories their number from 0.
"""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass
from typing import Any, Literal

AxisKind = Literal["linear", "log", "time", "category"]

COLOURS, SHAPES, DASHES = 8, 6, 4


@dataclass(frozen=True, slots=True)
class Look:
    """How a series is told from others: `colour` 1..8, `shape` 0..5, `dash` 0..3, hollow or full."""

    colour: int = 1
    shape: int = 0
    dash: int = 0
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high`, with its ticks. `label` has the unit in it."""

    kind: AxisKind
    label: str
    low: float = 0.0
    high: float = 1.0
    ticks: tuple[Tick, ...] = ()
    categories: tuple[str, ...] = ()
    """of an axis of categories, from above or from the left"""


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that is drawn. `low` and `high` are its whisker, `n` the runs in it."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    n: int = 1
    text: str = ""
    """what it is, in words"""
    result_id: uuid.UUID | None = None
    """the run, where it is a single one"""
    value: float | None = None
    """what is at this place of a heat map"""


@dataclass(frozen=True, slots=True)
class Box:
    """Quartiles, and the farthest values within 1.5 times their distance; `at` is a category."""

    at: float
    low: float
    first: float
    middle: float
    third: float
    high: float


@dataclass(frozen=True, slots=True)
class Fit:
    """A curve through the runs of a series; `points` are as many as a smooth line takes."""

    kind: str
    formula: str
    r2: float
    n: int
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Series:
    """Marks that belong together.

    In bars a mark is the end of a bar and `dots` are single runs; in a strip the marks are the runs and
    `middle` is their median. `lines` and `band` come in pieces: they break where there is nothing.
    """

    name: str
    look: Look
    marks: tuple[Mark, ...] = ()
    dots: tuple[Mark, ...] = ()
    middle: Mark | None = None
    box: Box | None = None
    lines: tuple[tuple[tuple[float, float], ...], ...] = ()
    band: tuple[tuple[tuple[float, float, float], ...], ...] = ()
    """pieces of (x, low, high)"""
    fit: Fit | None = None
    no_fit: str = ""
    """why there is none, where one was asked for"""


@dataclass(frozen=True, slots=True)
class Part:
    """Runs that are not drawn for one reason; `runs` are the first of them, as id and name."""

    count: int
    text: str
    """such as "lack cpu.count"; after a number"""
    runs: tuple[tuple[uuid.UUID, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many of how many runs are not drawn, and why."""

    total: int
    parts: tuple[Part, ...] = ()

    @property
    def count(self) -> int:
        return sum(part.count for part in self.parts)

    @property
    def beginning(self) -> str:
        """What stands before the parts."""
        runs = "run" if self.total == 1 else "runs"
        return f"{self.count} of {self.total} {runs} not drawn: " if self.count else ""

    @property
    def sentence(self) -> str:
        """All of it; "" where everything is drawn."""
        if not self.count:
            return ""
        return self.beginning + ", ".join(f"{part.count} {part.text}" for part in self.parts) + "."


@dataclass(frozen=True, slots=True)
class Cell:
    """Of a table: its text, its value for programs, and the run that it is about."""

    text: str
    value: float | str | None = None
    result_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Exactly the marks that are drawn. `numeric` says of each heading whether it is about numbers."""

    headings: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Drawable:
    """A chart, ready to be drawn.

    `measured` is the axis that whiskers lie along. `description` is the sentence under it, `notes` are more
    sentences: what was cut off, what could not be done.
    """

    kind: str
    title: str
    description: str
    x: Axis
    y: Axis
    measured: Literal["x", "y"]
    series: tuple[Series, ...]
    table: Table
    left_out: LeftOut
    notes: tuple[str, ...] = ()
    reference: float | None = None
    """a value on the measured axis to hold others against"""
    shades: tuple[tuple[float, int], ...] = ()
    """of a heat map: the ratios at which a stronger shade 0..6 begins, ascending"""

    @property
    def is_empty(self) -> bool:
        return not any(one.marks or one.dots for one in self.series)

    def as_json(self) -> dict[str, Any]:
        """All that a script needs to draw the same: only finite numbers, times in milliseconds."""
        return {
            "kind": self.kind,
            "title": self.title,
            "description": self.description,
            "measured": self.measured,
            "reference": self.reference,
            "x": _axis(self.x),
            "y": _axis(self.y),
            "series": [self._series(one) for one in self.series],
            "shades": [list(shade) for shade in self.shades],
        }

    def _series(self, one: Series) -> dict[str, Any]:
        across = 1000.0 if self.x.kind == "time" else 1.0
        found: dict[str, Any] = {
            "name": one.name,
            "look": {
                "colour": one.look.colour,
                "shape": one.look.shape,
                "dash": one.look.dash,
                "hollow": one.look.hollow,
            },
            "marks": [_mark(mark, across) for mark in one.marks],
        }
        if one.dots:
            found["dots"] = [_mark(mark, across) for mark in one.dots]
        if one.middle:
            found["middle"] = _mark(one.middle, across)
        if one.box:
            box = one.box
            found["box"] = [box.at, box.low, box.first, box.middle, box.third, box.high]
        if one.lines:
            found["lines"] = [[[x * across, y] for x, y in piece] for piece in one.lines]
        if one.band:
            found["band"] = [[[x * across, low, high] for x, low, high in piece] for piece in one.band]
        if one.fit:
            found["fit"] = {
                "kind": one.fit.kind,
                "formula": one.fit.formula,
                "r2": one.fit.r2 if math.isfinite(one.fit.r2) else None,
                "n": one.fit.n,
                "points": [[x * across, y] for x, y in one.fit.points],
            }
        return found


def _axis(axis: Axis) -> dict[str, Any]:
    across = 1000.0 if axis.kind == "time" else 1.0
    return {
        "kind": axis.kind,
        "label": axis.label,
        "low": axis.low * across,
        "high": axis.high * across,
        "ticks": [[tick.value * across, tick.text] for tick in axis.ticks],
        "categories": list(axis.categories),
    }


def _mark(mark: Mark, across: float) -> dict[str, Any]:
    found: dict[str, Any] = {"x": mark.x * across, "y": mark.y, "n": mark.n, "text": mark.text}
    if mark.low is not None and mark.high is not None:
        found["low"], found["high"] = mark.low, mark.high
    if mark.value is not None:
        found["value"] = found["low"] = found["high"] = mark.value
    if mark.result_id is not None:
        found["result_id"] = str(mark.result_id)
    return found
