"""The repetitions inside of one run: how much do they scatter?"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from eoscperf.charts import scales
from eoscperf.charts.asking import number_cell, sentences, text_cell, value_axis
from eoscperf.charts.data import Cell, Drawable, LeftOut, Look, Mark, Series, Table
from eoscperf.charts.runs import Field
from eoscperf.charts.strip import BOX_FROM, box_of

MOST = 500
"""Samples that are drawn."""


def samples(values: Sequence[float], field: Field) -> Drawable:
    """A dot for each sample, in their order, with their median. The values are finite."""
    drawn = values[:MOST]
    middle = Mark(statistics.median(values), 0, n=len(values), text=f"median of {len(values)} samples")
    marks = [Mark(value, 0, text=f"sample {number}") for number, value in enumerate(drawn, 1)]
    box = box_of(0, values)
    rows: list[tuple[Cell, ...]] = [
        (Cell(f"{number}", number), text_cell("sample"), number_cell(value))
        for number, value in enumerate(drawn, 1)
    ]
    rows.append((Cell(""), text_cell("median"), number_cell(middle.x)))
    notes = [f"The first {MOST} of {len(values)} samples are drawn."] if len(values) > MOST else []
    return Drawable(
        kind="strip",
        title=f"Samples of {field.label}",
        description=sentences(
            "Dots are samples, the upright line is their median",
            f"the box has their quartiles, as there are {BOX_FROM} or more" if box else "",
        ),
        x=value_axis([*values], field, "lin"),
        y=scales.categories(["this run"], ""),
        measured="x",
        series=(Series("this run", Look(), tuple(marks), middle=middle, box=box),),
        table=Table(("Sample", "What is drawn", field.name), (True, False, True), tuple(rows)),
        left_out=LeftOut(len(values)),
        notes=tuple(notes),
    )
