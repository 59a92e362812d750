"""A dot for each run: how much do they scatter?"""

from __future__ import annotations

from collections.abc import Sequence

from eoscperf.charts import scales
from eoscperf.charts.asking import (
    Asked,
    error_words,
    few,
    number_cell,
    reach,
    run_cell,
    sentences,
    text_cell,
    value_axis,
)
from eoscperf.charts.data import Box, Cell, Drawable, Mark, Series, Table
from eoscperf.charts.runs import Group, Measurements, Sieve, grouped, named, number_of, sifted

BOX_FROM = 8
"""Runs from which on a box says something that the dots do not."""


def strip(asked: Asked, measured: Measurements) -> Drawable:
    """A row of dots for each series, with their median; the best first where it is known which is."""
    wanted, scale = asked.wanted, asked.wanted.yscale
    sieve = Sieve.of(measured)
    kept = sifted(measured, lambda run, place: sieve.number(run, place, asked.y, scale) is not None)
    groups = grouped(kept, wanted.series)
    medians = {group.key: asked.summarise(asked.y.path, group.runs) for group in groups}
    if asked.y.better is not None:
        groups.sort(key=lambda group: medians[group.key].median, reverse=asked.y.better == "higher")
    groups, left_out = few(groups, sieve.left_out())
    series, rows = [], []
    for at, group in enumerate(groups):
        summary = medians[group.key]
        low, high = summary.whisker(wanted.error)
        if scale == "log" and low is not None and low <= 0:
            low = high = None
        text = f"median of {summary.n} runs" if summary.n > 1 else "1 run"
        middle = Mark(summary.median, at, low, high, summary.n, text)
        box = box_of(at, [number_of(run, asked.y.path) for run in group.runs])
        marks = tuple(
            Mark(
                number_of(run, asked.y.path),
                at,
                text=named(run, measured.places[run.flavor_id]),
                result_id=run.id,
            )
            for run in group.runs
        )
        series.append(Series(group.name, group.look, marks, middle=middle, box=box))
        rows += _rows(asked, group, middle, box)
    values = reach([mark for one in series for mark in (*one.marks, *filter(None, [one.middle]))], x=True)
    has_box = any(one.box for one in series)
    return Drawable(
        kind="strip",
        title=asked.title(f"Single runs: {asked.y.label}"),
        description=sentences(
            "Dots are runs, upright lines their medians",
            error_words(wanted.error, [one.middle for one in series if one.middle]),
            f"boxes are quartiles where there are {BOX_FROM} runs or more" if has_box else "",
        ),
        x=value_axis(values, asked.y, scale),
        y=scales.categories([group.name for group in groups], ""),
        measured="x",
        series=tuple(series),
        table=Table(
            ("Series", "What is drawn", asked.y.name, "From", "To", "Runs", "Executed"),
            (False, False, True, True, True, True, False),
            tuple(rows),
        ),
        left_out=left_out,
        notes=asked.notes,
    )


def box_of(at: float, values: Sequence[float]) -> Box | None:
    """Quartiles by linear interpolation; None for fewer than `BOX_FROM` values."""
    if len(values) < BOX_FROM:
        return None
    import numpy as np

    first, middle, third = (float(one) for one in np.percentile(values, (25, 50, 75)))
    fence = 1.5 * (third - first)
    near = [value for value in values if first - fence <= value <= third + fence]
    return Box(at, min(near), first, middle, third, max(near))


def _rows(asked: Asked, group: Group, middle: Mark, box: Box | None) -> list[tuple[Cell, ...]]:
    name = text_cell(group.name)
    ends = (number_cell(middle.low), number_cell(middle.high))
    rows: list[tuple[Cell, ...]] = [
        (name, text_cell(middle.text), number_cell(middle.x), *ends, Cell(str(middle.n), middle.n), Cell(""))
    ]
    if box:
        n = Cell(str(middle.n), middle.n)
        quartiles = map(number_cell, (box.middle, box.first, box.third))
        rows.append((name, text_cell("box, median and quartiles"), *quartiles, n, Cell("")))
        lines = map(number_cell, (None, box.low, box.high))
        rows.append((name, text_cell("lines of the box"), *lines, n, Cell("")))
    for run in group.runs:
        value = number_cell(number_of(run, asked.y.path))
        rows.append((name, text_cell("run"), value, Cell(""), Cell(""), Cell("1", 1), run_cell(run)))
    return rows
