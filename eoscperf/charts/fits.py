"""Curves through the points of a series, by least squares; docs/charts.md has the formulas."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from eoscperf.charts.data import Fit

if TYPE_CHECKING:
    import numpy as np

PARAMETERS = {"linear": 2, "log": 2, "exp": 2, "power": 2, "poly2": 3, "poly3": 4}
"""Numbers that each kind of curve has to find."""

SPARE = 2
"""Different x that a curve needs beyond its parameters, as it would go through any points otherwise."""

NAMES = {
    "none": "none",
    "linear": "straight line",
    "log": "logarithm",
    "exp": "exponential",
    "power": "power",
    "poly2": "parabola",
    "poly3": "cubic",
}

DRAWN = 60
"""Points of a curve."""


class NoFit(Exception):
    """Why there is no curve, as the end of a sentence."""


def fit(kind: str, xs: Sequence[float], ys: Sequence[float], *, log_x: bool = False) -> Fit:
    """The curve with the least squares; on a logarithmic axis its points are spread by factors.

    Exponential and power curves are straight lines through logarithms of y, and their R2 is that of the
    logarithms. Raises NoFit.
    """
    import numpy as np

    different = len(set(xs))
    needed = PARAMETERS[kind] + SPARE
    if different < needed:
        raise NoFit(f"{different} different x, {needed} are needed")
    if kind in ("log", "power") and min(xs) <= 0:
        raise NoFit("an x is not above zero")
    if kind in ("exp", "power") and min(ys) <= 0:
        raise NoFit("a value is not above zero")
    x, y = np.asarray(xs, dtype=float), np.asarray(ys, dtype=float)
    across = np.log(x) if kind in ("log", "power") else x
    up = np.log(y) if kind in ("exp", "power") else y
    curve = _polynomial(across, up, PARAMETERS[kind] - 1)
    places = _spread(float(x.min()), float(x.max()), log_x)
    drawn = curve(np.log(places) if kind in ("log", "power") else places)
    with np.errstate(over="ignore"):
        drawn = np.exp(drawn) if kind in ("exp", "power") else drawn
        coefficients = _without_dust([float(one) for one in curve.convert().coef], across, up)
    points = [
        (float(place), float(value))
        for place, value in zip(places, drawn, strict=True)
        if math.isfinite(value)
    ]
    coefficients += [0.0] * (PARAMETERS[kind] - len(coefficients))
    if not all(map(math.isfinite, coefficients)):
        raise NoFit("the values are too large")
    return Fit(kind, _FORMULAS[kind](coefficients), _r2(up, curve(across)), len(xs), tuple(points))


def _polynomial(x: np.ndarray, y: np.ndarray, degree: int) -> Any:
    """Least squares on x moved and shrunk to -1..1, so that large numbers lose no digits."""
    import numpy as np
    from numpy.polynomial import Polynomial

    size = float(np.abs(y).max()) or 1.0
    # With `full` numpy tells the rank instead of warning about it.
    curve, (_, rank, _, _) = Polynomial.fit(x, y / size, degree, full=True)
    if int(rank) <= degree:
        raise NoFit("the x are too close to each other")
    return curve * size


def _without_dust(coefficients: Sequence[float], x: np.ndarray, y: np.ndarray) -> list[float]:
    """What only rounding has left of a number that is 0, as it changes nothing, becomes 0."""
    farthest, largest = float(abs(x).max()), float(abs(y).max())
    return [
        one if abs(one) * farthest**power > largest * 1e-12 else 0.0 for power, one in enumerate(coefficients)
    ]


def _r2(y: np.ndarray, fitted: np.ndarray) -> float:
    """The share of the variance that the curve tells; 1 where all values are the same and met."""
    import numpy as np

    size = float(np.abs(y).max()) or 1.0
    y, fitted = y / size, fitted / size
    left = float(((y - fitted) ** 2).sum())
    whole = float(((y - y.mean()) ** 2).sum())
    if whole <= len(y) * (4 * np.finfo(float).eps) ** 2:
        return 1.0
    return 1.0 - left / whole


def _spread(low: float, high: float, log_x: bool) -> np.ndarray:
    import numpy as np

    if log_x and low > 0:
        return np.clip(np.geomspace(low, high, DRAWN), low, high)
    return np.linspace(low, high, DRAWN)


def _number(value: float) -> str:
    text = f"{value:.4g}"
    if "e" not in text:
        return text
    mantissa, _, power = text.partition("e")
    return f"{mantissa}e{int(power)}"


def _sum(parts: Sequence[tuple[float, str]]) -> str:
    """`2 + 3 x - 0.5 x^2`"""
    first, *others = parts
    text = _number(first[0]) + first[1]
    for value, name in others:
        text += f" {'-' if value < 0 else '+'} {_number(abs(value))}{name}"
    return "y = " + text


_POWERS = ("", " x", " x²", " x³")


def _of_polynomial(found: Sequence[float]) -> str:
    return _sum(list(zip(found, _POWERS, strict=False)))


def _of_exp(found: Sequence[float]) -> str:
    return f"y = {_exp(found[0])} exp({_number(found[1])} x)"


def _of_power(found: Sequence[float]) -> str:
    return f"y = {_exp(found[0])} x^{_number(found[1])}"


def _exp(logarithm: float) -> str:
    """e to that power, also where a double cannot hold it."""
    if abs(logarithm) < 700:
        return _number(math.exp(logarithm))
    power, rest = divmod(logarithm / math.log(10), 1)
    return f"{10**rest:.4g}e{int(power)}"


_FORMULAS: dict[str, Callable[[Sequence[float]], str]] = {
    "linear": _of_polynomial,
    "log": lambda found: _sum([(found[0], ""), (found[1], " ln x")]),
    "exp": _of_exp,
    "power": _of_power,
    "poly2": _of_polynomial,
    "poly3": _of_polynomial,
}
