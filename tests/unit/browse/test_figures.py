"""Repetitions of a run, and what one number for all of them hides."""

from __future__ import annotations

from eoscperf.browse.figures import MOST_SAMPLES, samples
from eoscperf.charts.runs import Field

TIME = Field("time", "Time", "s", "lower")


def told(found, value):
    return samples(found, value, TIME, "samples-1")


def test_the_outlier_among_many_is_named():
    shown = told([780.8, 886.9, 775.1, 772.8, 777.2], 798.6)
    assert (shown.least, shown.greatest, shown.median, shown.spread) == ("772.8", "886.9", "777.2", "15 %")
    assert [one.number for one in shown.listed if one.far] == [2]
    assert shown.notes == (
        "The stated value, 798.6 s, is 2.8 % above the median of its samples.",
        "Sample 2 is furthest away: 886.9 s, 14 % above the median. Without it the others differ by 1.0 %.",
    )


def test_samples_that_agree_are_not_talked_about():
    shown = told([100.0, 100.5, 99.6], 100.1)
    assert shown.notes == ()
    assert not any(one.far for one in shown.listed)
    assert shown.chart is not None


def test_a_single_sample_and_equal_ones_are_not_drawn():
    assert told([5.0], 5.0).chart is None
    assert told([5.0, 5.0], 5.0).chart is None
    assert told([0.0, 0.0, 0.0], 0).spread is None


def test_a_value_that_is_no_number_is_not_held_against_its_samples():
    assert told([1.0, 1.001], "fast").notes == ()
    assert told([1.0, 1.001], True).notes == ()


def test_of_very_many_samples_the_first_are_listed():
    shown = told([float(number) for number in range(1, MOST_SAMPLES + 51)], 125.5)
    assert len(shown.listed) == MOST_SAMPLES
    assert shown.more == 50
