"""A value over the time of execution: how did it change?"""

from __future__ import annotations

import datetime
import itertools
import statistics
from collections import defaultdict
from collections.abc import Sequence

from eoscperf.charts import scales
from eoscperf.charts.asking import (
    INTERVAL,
    MOST_INTERVALS,
    Asked,
    few,
    number_cell,
    reach,
    sentences,
    text_cell,
    value_axis,
)
from eoscperf.charts.data import Cell, Drawable, Mark, Series, Table
from eoscperf.charts.runs import Group, Measurements, Run, Sieve, grouped, sifted

GAP = 3
"""A line breaks where this many times the usual distance of a series has no run."""

DAY, WEEK, MONTH = "day", "week", "month"


def history(asked: Asked, measured: Measurements) -> Drawable:
    """A line through the medians of days, weeks or months for each series, with a band around it."""
    wanted = asked.wanted
    sieve = Sieve.of(measured)
    kept = sifted(measured, lambda run, place: sieve.number(run, place, asked.y, wanted.yscale) is not None)
    span = _span(kept.runs)
    groups, left_out = few(grouped(kept, wanted.series), sieve.left_out())
    notes = list(asked.notes)
    budget = [MOST_INTERVALS]
    series = [_series(asked, group, span, budget) for group in groups]
    if budget[0] < 0:
        notes.append(f"Intervals are drawn for the first {MOST_INTERVALS} groups of runs only.")
    every = [mark for one in series for mark in one.marks]
    bands = {
        "ci": f"bands and whiskers are 95 % intervals where a {span} has five runs or more",
        "range": f"bands and whiskers go from the lowest to the highest run of a {span}",
        "none": "",
    }
    return Drawable(
        kind="history",
        title=asked.title(f"{asked.y.label} over time"),
        description=sentences(
            f"Marks are medians of the runs of a {span}",
            f"lines break where there was none for {GAP} times as long as usual",
            bands[wanted.error],
        ),
        x=scales.moments([mark.x for mark in every], "Executed (UTC)"),
        y=value_axis(reach(every), asked.y, wanted.yscale),
        measured="y",
        series=tuple(series),
        table=_table(asked, span, series),
        left_out=left_out,
        notes=tuple(notes),
    )


def pieces(marks: Sequence[Mark]) -> list[list[Mark]]:
    """Marks in the order of time, cut where there is a gap."""
    if not marks:
        return []
    apart = [later.x - earlier.x for earlier, later in itertools.pairwise(marks)]
    longest = GAP * statistics.median(apart) if apart else 0.0
    found = [[marks[0]]]
    for mark, distance in zip(marks[1:], apart, strict=True):
        if distance > longest:
            found.append([])
        found[-1].append(mark)
    return found


def _series(asked: Asked, group: Group, span: str, budget: list[int]) -> Series:
    by_start: dict[datetime.datetime, list[Run]] = defaultdict(list)
    for run in group.runs:
        by_start[_start(run.executed, span)].append(run)
    marks = []
    for start in sorted(by_start):
        summary = asked.summarise(asked.y.path, by_start[start])
        low, high = None, None
        if asked.wanted.error == "range" or budget[0] > 0:
            low, high = summary.whisker(asked.wanted.error)
        if asked.wanted.error == "ci" and summary.n > 1:
            budget[0] -= 1
        if asked.wanted.yscale == "log" and low is not None and low <= 0:
            low = high = None
        text = f"median of {summary.n} runs" if summary.n > 1 else "1 run"
        marks.append(Mark(start.timestamp(), summary.median, low, high, summary.n, text))
    lines, bands = [], []
    for piece in pieces(marks):
        if len(piece) > 1:
            lines.append(tuple((mark.x, mark.y) for mark in piece))
        bands += _bands(piece)
    return Series(group.name, group.look, tuple(marks), lines=tuple(lines), band=tuple(bands))


def _bands(piece: Sequence[Mark]) -> list[tuple[tuple[float, float, float], ...]]:
    """The parts of a piece in which neighbours have ends."""
    found: list[list[tuple[float, float, float]]] = [[]]
    for mark in piece:
        if mark.low is None or mark.high is None:
            found.append([])
        else:
            found[-1].append((mark.x, mark.low, mark.high))
    return [tuple(one) for one in found if len(one) > 1]


def _span(runs: Sequence[Run]) -> str:
    if not runs:
        return DAY
    days = (max(run.executed for run in runs) - min(run.executed for run in runs)).days
    return DAY if days <= 200 else WEEK if days <= 3 * 366 else MONTH


def _start(moment: datetime.datetime, span: str) -> datetime.datetime:
    moment = moment.astimezone(datetime.UTC)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if span == MONTH:
        return day.replace(day=1)
    return day - datetime.timedelta(days=day.weekday()) if span == WEEK else day


def _table(asked: Asked, span: str, series: Sequence[Series]) -> Table:
    rows = []
    for one in series:
        for mark in one.marks:
            day = scales.day_of(mark.x)
            numbers = [number_cell(value) for value in (mark.y, mark.low, mark.high)]
            rows.append((text_cell(one.name), Cell(day, day), *numbers, Cell(str(mark.n), mark.n)))
    kind = INTERVAL if asked.wanted.error == "ci" else "Range"
    first = {DAY: "Day", WEEK: "Week from", MONTH: "Month from"}[span]
    return Table(
        ("Series", first, asked.y.name, f"{kind} from", f"{kind} to", "Runs"),
        (False, False, True, True, True, True),
        tuple(rows),
    )
