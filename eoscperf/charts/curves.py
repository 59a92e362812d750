"""Fitted curves of series, and what is said of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from eoscperf.charts.data import Series
from eoscperf.charts.fits import NAMES, NoFit, fit
from eoscperf.charts.query import Wanted


def with_fit(series: Series, wanted: Wanted, points: Sequence[tuple[float, float]]) -> Series:
    """The series with the curve that is asked for, or with the reason why there is none.

    Where the values have a logarithmic axis, a curve is drawn as far as it is above zero.
    """
    if wanted.fit == "none":
        return series
    try:
        found = fit(wanted.fit, [x for x, _ in points], [y for _, y in points], log_x=wanted.xscale == "log")
    except NoFit as reason:
        return dataclasses.replace(series, no_fit=str(reason))
    if wanted.yscale == "log":
        found = dataclasses.replace(found, points=tuple(one for one in found.points if one[1] > 0))
    return dataclasses.replace(series, fit=found)


def curves_words(wanted: Wanted) -> str:
    """What thin lines are, as the end of a sentence."""
    return "" if wanted.fit == "none" else f"thin lines are fitted ({NAMES[wanted.fit]}) to the runs"
