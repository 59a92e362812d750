"""A value over a number such as that of cores: how does it grow, and how much of that is lost?"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Sequence

from eoscperf.charts.asking import (
    INTERVAL,
    MOST_INTERVALS,
    Asked,
    error_words,
    few,
    number_cell,
    reach,
    refuse,
    sentences,
    text_cell,
    value_axis,
)
from eoscperf.charts.curves import curves_words, with_fit
from eoscperf.charts.data import Cell, Drawable, Mark, Series, Table
from eoscperf.charts.runs import Field, Group, Measurements, Run, Sieve, Summary, grouped, number_of, sifted
from eoscperf.charts.scales import plain
from eoscperf.web.formatting import significant

MOST_TOLD = 10
"""Series whose efficiency is told in words."""

Change = Callable[[float, float], float]
"""From x and a value to what is drawn."""


def scaling(asked: Asked, measured: Measurements) -> Drawable:
    """A line for each series through the medians of the runs at each x, by itself or as efficiency."""
    wanted = asked.wanted
    if asked.x is None:
        raise refuse("x", "is missing: name the path of a number, such as machine.cpu.count")
    if wanted.efficiency and asked.y.better is None:
        raise refuse(
            "eff",
            f"cannot be worked out for {asked.y.label}: nobody has said whether higher or lower is better",
        )
    across = asked.x
    sieve = Sieve.of(measured)
    # An efficiency divides by both.
    scales = ("positive", "positive") if wanted.efficiency else (wanted.xscale, wanted.yscale)
    kept = sifted(
        measured,
        lambda run, place: (
            sieve.number(run, place, across, scales[0]) is not None
            and sieve.number(run, place, asked.y, scales[1]) is not None
        ),
    )
    notes = list(asked.notes)
    groups = grouped(kept, wanted.series)
    if wanted.series is None and groups and not any(_widths(group, across) > 1 for group in groups):
        groups = grouped(kept, "site")
        notes.append(f"No flavor has different {across.label}, so lines join the flavors of a site.")
    groups, left_out = few(groups, sieve.left_out())
    budget = [MOST_INTERVALS]
    series = [_series(asked, across, group, budget) for group in groups]
    if budget[0] < 0:
        notes.append(f"Intervals are drawn for the first {MOST_INTERVALS} groups of runs only.")
    every = [mark for one in series for mark in one.marks]
    up = asked.y
    if wanted.efficiency:
        up = Field(up.path, f"Parallel efficiency of {up.label}", "", None)
        notes += _told(across, series)
    heights = [*reach(every), *(y for one in series if one.fit for _, y in one.fit.points)]
    heights += [1.0] if wanted.efficiency and every else []
    return Drawable(
        kind="scaling",
        title=asked.title(f"{up.label} over {across.label}"),
        description=sentences(
            "Marks are medians of the runs with the same x, lines join those of a series",
            _efficiency_words(asked) if wanted.efficiency else "",
            error_words(wanted.error, every),
            curves_words(wanted),
        ),
        x=value_axis([mark.x for mark in every], dataclasses.replace(across, better=None), wanted.xscale),
        y=value_axis(heights, up, wanted.yscale, from_zero=wanted.efficiency),
        measured="y",
        series=tuple(series),
        table=_table(asked, across, up, series),
        left_out=left_out,
        notes=tuple(notes),
        reference=1.0 if wanted.efficiency and every else None,
    )


def efficiency(x_one: float, y_one: float, better: str | None) -> Change:
    """Against the smallest x of a series: x1 y1 / (x y) of times, x1 y / (x y1) of rates."""
    if better == "lower":
        return lambda x, y: (x_one / x) * (y_one / y)
    return lambda x, y: (x_one / x) * (y / y_one)


def _series(asked: Asked, across: Field, group: Group, budget: list[int]) -> Series:
    wanted = asked.wanted
    by_x: dict[float, list[Run]] = defaultdict(list)
    for run in group.runs:
        by_x[number_of(run, across.path)].append(run)
    sums = {x: asked.summarise(asked.y.path, by_x[x]) for x in sorted(by_x)}
    change: Change = lambda x, y: y  # noqa: E731
    if wanted.efficiency:
        first = min(sums)
        change = efficiency(first, sums[first].median, asked.y.better)
    marks = [_mark(asked, x, summary, change, budget) for x, summary in sums.items()]
    line = tuple((mark.x, mark.y) for mark in marks)
    one = Series(group.name, group.look, tuple(marks), lines=(line,) if len(line) > 1 else ())
    points = [(x, change(x, number_of(run, asked.y.path))) for x in sums for run in by_x[x]]
    return with_fit(one, wanted, points)


def _mark(asked: Asked, x: float, summary: Summary, change: Change, budget: list[int]) -> Mark:
    low, high = None, None
    if asked.wanted.error == "range" or (summary.n > 1 and budget[0] > 0):
        low, high = summary.whisker(asked.wanted.error)
    if asked.wanted.error == "ci" and summary.n > 1:
        budget[0] -= 1
    text = f"median of {summary.n} runs" if summary.n > 1 else "1 run"
    if low is not None and high is not None:
        low, high = sorted((change(x, low), change(x, high)))
    if asked.wanted.yscale == "log" and low is not None and low <= 0:
        low = high = None
    return Mark(x, change(x, summary.median), low, high, summary.n, text)


def _told(across: Field, series: Sequence[Series]) -> list[str]:
    """What is left of the efficiency at the end of each line, in words."""
    ends = [(one.name, one.marks[-1]) for one in series if len(one.marks) > 1][:MOST_TOLD]
    said = [f"{name} {significant(mark.y, 3)} at {plain(mark.x)}" for name, mark in ends]
    return [f"Efficiency at the largest {across.label}: {', '.join(said)}."] if said else []


def _widths(group: Group, across: Field) -> int:
    return len({number_of(run, across.path) for run in group.runs})


def _efficiency_words(asked: Asked) -> str:
    formula = "x₁·y₁ / (x·y)" if asked.y.better == "lower" else "x₁·y / (x·y₁)"
    return f"efficiency is {formula} against the smallest x of each series, 1 is perfect"


def _table(asked: Asked, across: Field, up: Field, series: Sequence[Series]) -> Table:
    rows = []
    for one in series:
        for mark in one.marks:
            numbers = [number_cell(value) for value in (mark.x, mark.y, mark.low, mark.high)]
            rows.append((text_cell(one.name), *numbers, Cell(str(mark.n), mark.n)))
    kind = INTERVAL if asked.wanted.error == "ci" else "Range"
    return Table(
        ("Series", across.name, up.name, f"{kind} from", f"{kind} to", "Runs"),
        (False, True, True, True, True, True),
        tuple(rows),
    )
