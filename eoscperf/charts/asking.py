"""What a chart is asked for, and what all kinds of charts have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eoscperf import errors
from eoscperf.charts import scales
from eoscperf.charts.data import Axis, Cell, LeftOut, Look, Mark, Part
from eoscperf.charts.query import Wanted
from eoscperf.charts.runs import Field, Group, Run, Summarise
from eoscperf.errors import Issue
from eoscperf.web.formatting import significant

MOST_SERIES = 50
"""Series or rows of one chart: more can no longer be told apart."""

MOST_INTERVALS = 120
"""Intervals of groups of runs that are drawn for one chart; each costs thousands of random draws."""

INTERVAL = "95 % interval"

WHOLE = 10_000
"""Below, whole numbers have no decimals; they are counts more often than not."""

DIRECTIONS = {"higher": "higher is better", "lower": "lower is better", None: ""}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be drawn of which values. `subject` names what they are about, such as a benchmark."""

    wanted: Wanted
    y: Field
    summarise: Summarise
    subject: str = ""
    x: Field | None = None
    notes: tuple[str, ...] = ()

    def title(self, said: str) -> str:
        return f"{said}, {self.subject}" if self.subject else said


@dataclass(frozen=True, slots=True)
class Row:
    """A flavor on a site, or whatever else is one row, summed up. `values` are single runs, shown where
    there are too few for an interval; `ratio` is the one to the baseline, above 1 where it is better."""

    name: str
    look: Look
    median: float
    low: float
    high: float
    n: int
    interval: tuple[float, float] | None = None
    values: tuple[float, ...] = ()
    site: str = ""
    flavor: str = ""
    ratio: float | None = None


def value_axis(values: Iterable[float], field: Field, scale: str, *, from_zero: bool = False) -> Axis:
    """The axis that the values of a metric lie along."""
    better = DIRECTIONS[field.better]
    label = f"{field.name}, {better}" if better else field.name
    if scale == "log":
        return scales.logarithmic(values, label)
    return scales.linear(values, label, from_zero=from_zero)


def reach(marks: Iterable[Mark], *, x: bool = False) -> list[float]:
    """The values that an axis must have room for, whiskers among them."""
    found = []
    for mark in marks:
        found += [mark.x if x else mark.y]
        found += [end for end in (mark.low, mark.high) if end is not None]
    return found


def text_cell(text: str) -> Cell:
    return Cell(text, text)


def number_cell(value: float | None) -> Cell:
    return Cell("") if value is None else Cell(shown(value), value)


def shown(value: float) -> str:
    """Four significant digits; a whole number as such."""
    return significant(int(value) if float(value).is_integer() and abs(value) < WHOLE else value)


def run_cell(run: Run) -> Cell:
    """A run by the moment of its execution."""
    moment = f"{run.executed:%Y-%m-%d %H:%M}"
    return Cell(f"{moment} UTC", f"{run.executed:%Y-%m-%dT%H:%M:%SZ}", run.id)


def few(groups: Sequence[Group], total: LeftOut) -> tuple[list[Group], LeftOut]:
    """The first series, and the runs of the others among those that are not drawn."""
    rest = sum(len(group.runs) for group in groups[MOST_SERIES:])
    if not rest:
        return list(groups), total
    words = "belongs" if rest == 1 else "belong"
    part = Part(rest, f"{words} to series beyond the first {MOST_SERIES}")
    return list(groups[:MOST_SERIES]), LeftOut(total.total, (*total.parts, part))


def error_words(error: str, marks: Iterable[Mark]) -> str:
    """What the whiskers of these marks are, as the end of a sentence."""
    if all(mark.low is None for mark in marks):
        return "" if error == "none" else "no whiskers, as " + _NO_WHISKERS[error]
    return {
        "ci": "whiskers are 95 % intervals where there are five runs or more of one flavor",
        "range": "whiskers go from the lowest to the highest run",
    }[error]


_NO_WHISKERS = {"ci": "95 % intervals take five runs of one flavor", "range": "a range takes two runs"}


def sentences(*parts: str) -> str:
    """Parts of a sentence, those that there are."""
    return "; ".join(part for part in parts if part) + "."


def refuse(key: str, detail: str) -> errors.Invalid:
    """A fault of one key of the address."""
    return errors.Invalid([Issue(detail, "query", key)])
