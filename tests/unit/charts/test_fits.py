"""Curves against answers from elsewhere: worked out by hand, and by the general solver of scipy."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import optimize

from eoscperf.charts.fits import PARAMETERS, NoFit, fit

XS = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
YS = [101.0, 54.0, 24.0, 13.4, 7.1, 4.6]


def test_a_straight_line_worked_out_by_hand():
    # means 2.5 and 5.25
    xs, ys = [1, 2, 3, 4], [3, 5, 6, 7]
    # sum (x - 2.5)(y - 5.25) = 3.375 + 0.125 + 0.375 + 2.625 = 6.5; sum (x - 2.5)^2 = 5
    found = fit("linear", xs, ys)
    assert found.formula == "y = 2 + 1.3 x"
    # left over: 0.3^2 + 0.4^2 + 0.1^2 + 0.2^2 = 0.3; whole: 8.75
    assert found.r2 == pytest.approx(1 - 0.3 / 8.75)
    assert found.n == 4


@pytest.mark.parametrize(
    ("kind", "model", "logarithms"),
    [
        ("linear", lambda x, a, b: a + b * x, False),
        ("log", lambda x, a, b: a + b * np.log(x), False),
        ("poly2", lambda x, a, b, c: a + b * x + c * x**2, False),
        ("poly3", lambda x, a, b, c, d: a + b * x + c * x**2 + d * x**3, False),
        ("exp", lambda x, a, b: a + b * x, True),
        ("power", lambda x, a, b: a + b * np.log(x), True),
    ],
)
def test_curves_are_those_that_a_general_solver_finds(kind, model, logarithms):
    x, y = np.asarray(XS), np.asarray(YS)
    target = np.log(y) if logarithms else y
    answer, _ = optimize.curve_fit(model, x, target)
    found = fit(kind, XS, YS)
    places = np.asarray([at for at, _ in found.points])
    expected = model(places, *answer)
    expected = np.exp(expected) if logarithms else expected
    assert [value for _, value in found.points] == pytest.approx(list(expected), rel=1e-4, abs=1e-4)
    left = ((target - model(x, *answer)) ** 2).sum()
    assert found.r2 == pytest.approx(1 - left / ((target - target.mean()) ** 2).sum(), rel=1e-5)
    assert (places[0], places[-1]) == (1, 32)


def test_formulas_name_what_was_put_in():
    assert fit("exp", [0, 1, 2, 3], [2 * math.exp(0.5 * x) for x in range(4)]).formula == "y = 2 exp(0.5 x)"
    assert fit("power", [1, 2, 4, 8], [3 * x**-0.5 for x in (1, 2, 4, 8)]).formula == "y = 3 x^-0.5"
    assert fit("log", [1, 2, 4, 8], [5 - 2 * math.log(x) for x in (1, 2, 4, 8)]).formula == "y = 5 - 2 ln x"
    cubic = fit("poly3", range(6), [1 - x + 2 * x**3 for x in range(6)])
    assert cubic.formula == "y = 1 - 1 x + 0 x² + 2 x³"
    assert cubic.r2 == pytest.approx(1)


def test_a_level_line_is_met_entirely():
    found = fit("linear", [1, 2, 3, 4], [5, 5, 5, 5])
    assert (found.formula, found.r2) == ("y = 5 + 0 x", 1)


@pytest.mark.parametrize("kind", PARAMETERS)
def test_two_different_x_beyond_the_parameters_are_needed(kind):
    needed = PARAMETERS[kind] + 2
    few = [float(x) for x in range(1, needed)]
    with pytest.raises(NoFit, match=f"{needed - 1} different x, {needed} are needed"):
        fit(kind, few * 3, few * 3)
    fit(kind, [*few, 99.0], [*few, 100.0])


def test_logarithms_need_values_above_zero():
    for kind, xs, ys in (
        ("log", [0, 1, 2, 3], [1, 2, 3, 4]),
        ("power", [-1, 1, 2, 3], [1, 2, 3, 4]),
        ("power", [1, 2, 3, 4], [0, 2, 3, 4]),
        ("exp", [1, 2, 3, 4], [-1, 2, 3, 4]),
    ):
        with pytest.raises(NoFit, match="not above zero"):
            fit(kind, xs, ys)
    assert fit("exp", [-1, 0, 1, 2], [1, 2, 4, 8]).r2 == pytest.approx(1)


def test_huge_and_tiny_numbers_lose_nothing():
    huge = fit("linear", [1e150, 2e150, 3e150, 4e150], [2e299, 4e299, 6e299, 8e299])
    assert huge.formula == "y = 0 + 2e149 x"
    assert huge.r2 == pytest.approx(1)
    tiny = fit("poly2", [1e-9, 2e-9, 3e-9, 4e-9, 5e-9], [1e-18, 4e-18, 9e-18, 16e-18, 25e-18])
    assert tiny.formula == "y = 0 + 0 x + 1 x²"


def test_x_that_numbers_cannot_tell_apart_have_no_curve():
    near = [1e16, 1e16 + 2, 1e16 + 4, 1e16 + 6]
    found = fit("linear", near, [1, 2, 3, 4])
    assert found.r2 == pytest.approx(1, abs=0.2)
    with pytest.raises(NoFit):
        fit("log", near, [1, 2, 3, 4])


def test_on_a_logarithmic_axis_the_points_of_a_curve_are_spread_by_factors():
    points = fit("linear", [1, 10, 100, 1000], [1, 2, 3, 4], log_x=True).points
    ratios = {round(later / earlier, 6) for (earlier, _), (later, _) in itertools.pairwise(points)}
    assert len(ratios) == 1
