"""Any kind of chart from single runs."""

from __future__ import annotations

import dataclasses

from eoscperf.charts.asking import Asked
from eoscperf.charts.bars import bars, rows_of
from eoscperf.charts.data import Drawable
from eoscperf.charts.heat import heat, with_ratios
from eoscperf.charts.history import history
from eoscperf.charts.runs import Measurements
from eoscperf.charts.scaling import scaling
from eoscperf.charts.scatter import scatter
from eoscperf.charts.strip import strip

_OF_RUNS = {"strip": strip, "scaling": scaling, "scatter": scatter, "history": history}


def draw(asked: Asked, measured: Measurements) -> Drawable:
    """The chart that is asked for. Raises Invalid for what does not go together."""
    if measured.cut is not None:
        note = f"Only the first {measured.cut} runs in the order of the list are looked at."
        asked = dataclasses.replace(asked, notes=(*asked.notes, note))
    kind = asked.wanted.chart
    if kind in _OF_RUNS:
        return _OF_RUNS[kind](asked, measured)
    if kind == "bars":
        return bars(asked, *rows_of(asked, measured))
    by_flavor = dataclasses.replace(asked, wanted=dataclasses.replace(asked.wanted, series=None))
    rows, left_out = rows_of(by_flavor, measured)
    return heat(asked, *with_ratios(rows, asked.y.better), left_out)
