"""The values that sum a result up, and the repetitions behind them."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eoscperf.browse.documents import Shown, shown
from eoscperf.browse.rows import unit
from eoscperf.charts import figures as chart_figures
from eoscperf.charts.fields import field_of
from eoscperf.charts.runs import Field
from eoscperf.charts.samples import samples as drawn
from eoscperf.comparison.cells import sample_spread
from eoscperf.comparison.reading import samples_of
from eoscperf.comparison.sentences import direction, percent
from eoscperf.metrics.catalogue import Metric
from eoscperf.results import jsonpath
from eoscperf.web.formatting import significant

APART = 0.01
"""Relative difference of a stated value and the median of its samples that is worth a note."""

MOST_SAMPLES = 200
"""Repetitions that are drawn and listed."""


@dataclass(frozen=True, slots=True)
class Sample:
    number: int
    value: str
    apart: str
    """from the median"""
    far: bool
    """whether it is the one that is furthest from the median, by more than `APART`"""


@dataclass(frozen=True, slots=True)
class Samples:
    """The repetitions of a run; sentences say what one number for all of them does not."""

    listed: tuple[Sample, ...]
    count: int
    least: str
    greatest: str
    median: str
    spread: str | None
    """(greatest - least) / median"""
    notes: tuple[str, ...]
    chart: chart_figures.Figure | None

    @property
    def more(self) -> int:
        """Those that are not listed."""
        return self.count - len(self.listed)


@dataclass(frozen=True, slots=True)
class Figure:
    """A value that sums the result up."""

    path: str
    label: str
    description: str
    unit: str
    direction: str
    value: Shown
    samples: Samples | None


def figure(metric: Metric, document: Any, place: int = 1) -> Figure:
    """The value of a metric in the JSON of a result; `place` is that of the figure on its page."""
    value = jsonpath.parse(metric.path).lookup(document)
    found = samples_of(document, metric.samples) if metric.samples else ()
    return Figure(
        metric.path,
        metric.label,
        metric.description,
        unit(metric),
        direction(metric.better),
        shown(value),
        samples(found, value, field_of(metric), f"samples-{place}") if found else None,
    )


def samples(found: Sequence[float], value: Any, field: Field, identifier: str) -> Samples:
    """The repetitions of a run whose stated value is `value`, or something that is no number."""
    middle = statistics.median(found)
    stated = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    furthest = max(range(len(found)), key=lambda place: abs(found[place] - middle))
    far = furthest if _share(found[furthest], middle) > APART else None
    spread = sample_spread(found)
    scatter = len(found) > 1 and min(found) < max(found)
    chart = chart_figures.plain_figure(drawn(found, field), identifier) if scatter else None
    return Samples(
        listed=tuple(
            Sample(place + 1, significant(one), _apart(one, middle), place == far)
            for place, one in enumerate(found[:MOST_SAMPLES])
        ),
        count=len(found),
        least=significant(min(found)),
        greatest=significant(max(found)),
        median=significant(middle),
        spread=None if spread is None else percent(spread),
        notes=tuple(_notes(found, middle, stated, far, f" {field.unit}" if field.unit else "")),
        chart=chart,
    )


def _notes(
    found: Sequence[float], middle: float, stated: float | None, far: int | None, unit: str
) -> list[str]:
    notes = []
    if stated is not None and _share(stated, middle) > APART:
        notes.append(
            f"The stated value, {significant(stated)}{unit}, is {_apart(stated, middle)} "
            "the median of its samples."
        )
    if far is not None and len(found) > 1:
        text = f"Sample {far + 1} is furthest away: {significant(found[far])}{unit}, "
        text += f"{_apart(found[far], middle)} the median."
        if len(found) > 3:
            rest = [one for place, one in enumerate(found) if place != far]
            spread = sample_spread(rest)
            if spread is not None:
                text += f" Without it the others differ by {percent(spread)}."
        notes.append(text)
    return notes


def _share(value: float, middle: float) -> float:
    """The relative distance from the median; 0 where that is 0."""
    return abs(value - middle) / abs(middle) if middle else 0.0


def _apart(value: float, middle: float) -> str:
    if not middle or value == middle:
        return "the median itself" if value == middle else significant(value - middle)
    return f"{percent(_share(value, middle))} {'above' if value > middle else 'below'}"
