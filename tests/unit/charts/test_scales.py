from __future__ import annotations

import datetime
import math
import sys

import pytest

from eoscperf.charts import scales


def texts(axis):
    return [tick.text for tick in axis.ticks]


def test_ticks_are_round_and_every_value_has_a_place_inside():
    axis = scales.linear([28.1, 105.2], "s")
    assert texts(axis) == ["40", "60", "80", "100"]
    assert axis.low < 28.1 < 105.2 < axis.high


def test_bars_begin_at_zero_and_may_go_both_ways():
    assert scales.linear([3, 5], "", from_zero=True).low == 0
    both = scales.linear([-3, 5], "", from_zero=True)
    assert both.low < -3
    assert both.high > 5
    below = scales.linear([-3, -5], "", from_zero=True)
    assert (below.low < -5, below.high) == (True, 0)


def test_nothing_lies_below_zero_where_no_value_does():
    assert scales.linear([0.1, 40], "").low == 0


@pytest.mark.parametrize(
    "values", [[], [7.0], [0.0], [-5.0, -5.0], [5e-324], [1e300, -1e300], [1e-300, 1e300], [1e12, 1e12 + 1]]
)
def test_strange_values_have_an_axis_with_different_ticks(values):
    for axis in (scales.linear(values, ""), scales.linear(values, "", from_zero=True)):
        assert all(math.isfinite(end) for end in (axis.low, axis.high))
        assert axis.low < axis.high
        assert 3 <= len(axis.ticks) <= 13
        assert len(set(texts(axis))) == len(axis.ticks)
        assert all(axis.low <= value <= axis.high for value in values)


def test_close_values_get_ticks_that_can_be_told_apart():
    axis = scales.linear([1_000_000.001, 1_000_000.002], "")
    assert len(set(texts(axis))) == len(axis.ticks) > 2


def test_a_logarithmic_axis_has_powers_of_ten_and_steps_between_few_of_them():
    assert texts(scales.logarithmic([2, 30], "")) == ["1", "2", "3", "5", "7", "10", "20", "30", "50"]
    wide = scales.logarithmic([0.002, 3e7], "")
    assert texts(wide)[0] == "0.001"
    assert texts(wide)[-1] == "1e7"


def test_a_logarithmic_axis_has_no_place_for_zero_and_below():
    axis = scales.logarithmic([0, -4, 10], "")
    assert 0 < axis.low < 10 < axis.high


def test_the_widest_logarithmic_axis_is_finite():
    axis = scales.logarithmic([1e-300, 1e300], "")
    assert axis.low > 0
    assert axis.high < sys.float_info.max


def seconds(year, month=1, day=1):
    return datetime.datetime(year, month, day, tzinfo=datetime.UTC).timestamp()


def test_time_has_days_months_or_years():
    assert texts(scales.moments([seconds(2026, 3, 1), seconds(2026, 3, 5)], ""))[0] == "2026-03-01"
    assert texts(scales.moments([seconds(2026, 1, 9), seconds(2026, 6, 2)], ""))[:2] == ["2026-01", "2026-02"]
    assert texts(scales.moments([seconds(2019), seconds(2026)], ""))[:2] == ["2019", "2020"]


def test_a_single_moment_has_an_axis_around_it():
    axis = scales.moments([seconds(2026, 3, 1)], "")
    assert axis.low < seconds(2026, 3, 1) < axis.high
    assert "2026-03-01" in texts(axis)
    assert scales.moments([], "").ticks
