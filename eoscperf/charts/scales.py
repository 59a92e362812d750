"""Axes: from values to their ends, and the round places in between that are named."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Sequence

from eoscperf.charts.data import Axis, Tick

STEPS = 6
"""Distances between ticks that an axis has, about."""

_DAY = 86400.0

LARGEST = 1e300
"""Values beyond have no room for an axis around them; smaller ones than its inverse no logarithmic axis."""


def linear(values: Iterable[float], label: str, *, from_zero: bool = False, steps: int = STEPS) -> Axis:
    """An axis on which all finite values have a place; `from_zero` for bars, whose length counts."""
    known = [value for value in values if math.isfinite(value)]
    low, high = min(known, default=0.0), max(known, default=1.0)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low <= max(abs(low), abs(high)) * 1e-9:
        apart = abs(low) * 0.1
        low, high = low - apart, high + apart
    if high - low < 1 / LARGEST:
        low, high = (0.0, 1.0) if from_zero else (-1.0, 1.0)
    step = _step(high / steps - low / steps)
    # No mark lies on the edge, where half of it would be cut off; but 0 is the edge of bars.
    margin = high / 25 - low / 25
    # Nothing is below zero where no value is.
    start = max(0.0, low - margin) if low >= 0 else low - margin
    end = high if from_zero and high == 0 else high + margin
    first, last = math.ceil(start / step), math.floor(end / step)
    places = [number * step for number in range(first, last + 1)]
    digits = _digits(max(abs(start), abs(end)), step)
    return Axis("linear", label, start, end, tuple(Tick(one, plain(one, digits)) for one in places))


def logarithmic(values: Iterable[float], label: str) -> Axis:
    """An axis of powers of ten for values above zero; the others have no place on it."""
    known = [value for value in values if math.isfinite(value) and value > 0]
    low, high = min(known, default=1.0), max(known, default=10.0)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    if last - first <= 2:
        places = [
            digit * 10.0**power
            for power in range(max(first, -307), min(last, 307) + 1)
            for digit in (1, 2, 3, 5, 7)
        ]
        start = max((place for place in places if place < low), default=low / 2)
        end = min((place for place in places if place > high), default=high * 2)
        inside = [place for place in places if start <= place <= end]
        return Axis("log", label, start, end, tuple(Tick(place, plain(place)) for place in inside))
    first, last = max(first, -307), min(last, 308)
    stride = max(1, -(-(last - first) // 8))
    ticks = [Tick(10.0**power, _power(power)) for power in range(first, last + 1, stride)]
    return Axis("log", label, 10.0**first, 10.0**last, tuple(ticks))


def moments(values: Sequence[float], label: str) -> Axis:
    """An axis of time, in UTC: ticks at the beginnings of years, months or days."""
    low, high = (min(values), max(values)) if values else (0.0, _DAY)
    if high - low < _DAY:
        low, high = low - _DAY, high + _DAY
    ticks = _beginnings(low, high)
    low, high = min(low, ticks[0].value), max(high, ticks[-1].value)
    margin = (high - low) * 0.02
    return Axis("time", label, low - margin, high + margin, tuple(ticks))


def categories(names: Sequence[str], label: str) -> Axis:
    """One place for each name."""
    return Axis("category", label, -0.5, max(1, len(names)) - 0.5, (), tuple(names))


def plain(value: float, digits: int = 6) -> str:
    """A round number as ticks name it."""
    text = f"{value:.{digits}g}"
    if "e" not in text:
        return text
    mantissa, _, power = text.partition("e")
    return f"{mantissa}e{int(power)}"


def day_of(seconds: float) -> str:
    """`2025-03-02`, of seconds since 1970."""
    return _moment(seconds).strftime("%Y-%m-%d")


def _step(wanted: float) -> float:
    """A round distance of about that size."""
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(size * power for size in (1.0, 2.0, 2.5, 5.0, 10.0) if size * power >= wanted * 0.999)


def _digits(largest: float, step: float) -> int:
    """Digits that tell neighbouring ticks apart, a quarter of a round step among them."""
    return max(6, min(15, math.floor(math.log10(largest)) - math.floor(math.log10(step)) + 2))


def _power(power: int) -> str:
    return plain(10.0**power) if -4 <= power <= 5 else f"1e{power}"


def _beginnings(low: float, high: float) -> list[Tick]:
    first, last = _moment(low), _moment(high)
    days = (high - low) / _DAY
    if days > 365 * 3:
        stride = max(1, round(days / 365 / STEPS))
        years = range(first.year, last.year + 1, stride)
        return [Tick(_seconds(year, 1, 1), str(year)) for year in years]
    if days > 60:
        stride = next(size for size in (1, 2, 3, 6) if days / 30 / size <= STEPS + 2 or size == 6)
        found = []
        month = first.year * 12 + (first.month - 1) // stride * stride
        while month <= last.year * 12 + last.month - 1:
            year, number = divmod(month, 12)
            found.append(Tick(_seconds(year, number + 1, 1), f"{year}-{number + 1:02d}"))
            month += stride
        return found
    stride = max(1, round(days / STEPS))
    start = _seconds(first.year, first.month, first.day)
    places = [start + number * stride * _DAY for number in range(int(days / stride) + 2)]
    return [Tick(place, day_of(place)) for place in places if place <= high] or [Tick(start, day_of(start))]


def _moment(seconds: float) -> datetime.datetime:
    return datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(seconds=seconds)


def _seconds(year: int, month: int, day: int) -> float:
    return datetime.datetime(year, month, day, tzinfo=datetime.UTC).timestamp()
