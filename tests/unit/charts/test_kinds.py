from __future__ import annotations

import json
import math

import numpy as np
import pytest

from eoscperf import errors
from eoscperf.charts import data, drawing
from eoscperf.charts.runs import Field
from tests.unit.charts.drawn import CORES, Runs, asked

RATE = Field("rate", "Rate", "1/s", "higher")


@pytest.fixture
def runs():
    return Runs()


def words(chart):
    return [part.text for part in chart.left_out.parts]


def marks(chart, name):
    return [(mark.x, mark.y) for one in chart.series if one.name == name for mark in one.marks]


def named(chart):
    return [one.name for one in chart.series]


# --- what all of them do


def test_every_run_that_is_not_drawn_is_counted_by_its_reason_and_named(runs):
    for cores in (1, 2, 3):
        runs.add("CESNET/m", time=10.0, cores=cores)
    lacking = [runs.add("CESNET/m", time=10.0) for _ in range(4)]
    runs.add("CESNET/m", time=10.0, cores="two")
    runs.add("CESNET/m", time=10.0, cores=True)
    runs.add("CESNET/m", time=0.0, cores=1)
    runs.add("CESNET/m", time=math.inf, cores=1)
    chart = drawing.draw(asked("scatter", yscale="log"), runs.measured)
    assert chart.left_out.sentence == (
        "8 of 11 runs not drawn: 4 lack Cores, 2 are not numbers in Cores, "
        "1 is not a number in Render time, 1 is <= 0 on a log axis (Render time)."
    )
    assert [run for run, _ in chart.left_out.parts[0].runs] == [run.id for run in lacking]
    assert chart.left_out.parts[0].runs[0][1] == "CESNET / m, 2026-03-01 00:00"
    assert len(marks(chart, "CESNET / m")) == 3


@pytest.mark.parametrize("kind", ["bars", "strip", "scaling", "scatter", "heat", "history"])
def test_nothing_and_a_single_run_can_be_drawn(runs, kind):
    empty = drawing.draw(asked(kind), runs.measured)
    assert empty.is_empty
    assert empty.table.rows == ()
    assert empty.left_out.sentence == ""
    runs.add("CESNET/m", time=5.0, cores=4)
    chart = drawing.draw(asked(kind, fit="linear"), runs.measured)
    assert not chart.is_empty
    assert len(chart.table.rows) >= 1
    json.dumps(chart.as_json(), allow_nan=False)


@pytest.mark.parametrize("kind", ["bars", "strip", "scaling", "scatter", "history"])
@pytest.mark.parametrize("values", [(5.0, 5.0, 5.0), (-3.0, -1.0, 2.0), (1e-300, 1.0, 1e299)])
def test_identical_negative_and_extreme_values_stay_finite(runs, kind, values):
    for at, value in enumerate(values):
        runs.add("CESNET/m", time=value, cores=at + 1, day=at)
    chart = drawing.draw(asked(kind, error="range"), runs.measured)
    json.dumps(chart.as_json(), allow_nan=False)
    axis = chart.x if chart.measured == "x" else chart.y
    drawn = [mark.x if chart.measured == "x" else mark.y for one in chart.series for mark in one.marks]
    assert all(axis.low <= value <= axis.high for value in drawn)


def test_the_table_has_exactly_the_marks(runs):
    for at in range(7):
        runs.add("CESNET/m", time=10.0 + at, cores=at % 3 + 1, day=at)
        runs.add("IFCA/l", time=20.0 + at, cores=at % 3 + 1, day=at)
    for kind in ("scaling", "scatter", "history", "bars"):
        chart = drawing.draw(asked(kind), runs.measured)
        drawn = [mark for one in chart.series for mark in (*one.marks, *one.dots)]
        assert len(chart.table.rows) == len(drawn), kind
        numbers = {cell.value for row in chart.table.rows for cell in row}
        assert {mark.x if chart.measured == "x" else mark.y for mark in drawn} <= numbers


def test_runs_are_told_apart_by_what_is_asked_for(runs):
    runs.add("B/m", time=1.0, cores=2, tags=("hpc", "gpu"), cpu="EPYC")
    runs.add("A/m", time=2.0, cores=16)
    runs.add("A/l", time=3.0, cores=4, cpu=None)
    draw = lambda series: named(drawing.draw(asked("scatter", series=series), runs.measured))  # noqa: E731
    assert draw(None) == ["A / l", "A / m", "B / m"]
    assert draw("site") == ["A", "B"]
    assert draw("flavor") == ["l", "m"]
    assert draw("tag") == ["gpu", "hpc", "no tag"]
    assert draw("cpu") == ["EPYC", "no cpu"]
    assert draw("cores") == ["2", "4", "16"]


def test_runs_of_different_benchmarks_are_never_one_series(runs):
    runs.add("A/m", time=1.0, cores=2, of="org/c-ray:1")
    runs.add("A/m", time=2.0, cores=2, of="org/c-ray:2")
    assert named(drawing.draw(asked("strip"), runs.measured)) == ["A / m, c-ray:1", "A / m, c-ray:2"]


def test_a_site_keeps_its_colour_and_sites_beyond_eight_another_shape(runs):
    for number in range(10):
        runs.add(f"site{number}/m", time=1.0, cores=1)
    runs.add("site0/l", time=1.0, cores=2)
    chart = drawing.draw(asked("scatter"), runs.measured)
    looks = {one.name: one.look for one in chart.series}
    assert looks["site0 / m"] == data.Look(1, 0, 0, False)
    assert looks["site0 / l"] == data.Look(1, 0, 1, True)
    assert looks["site7 / m"].colour == 8
    assert looks["site8 / m"] == data.Look(1, 1, 0, False)
    by_site = drawing.draw(asked("scatter", series="site"), runs.measured)
    assert {one.name: one.look for one in by_site.series}["site8"] == data.Look(1, 1)


def test_more_series_than_can_be_told_apart_are_counted(runs):
    for number in range(53):
        runs.add(f"site{number:02}/m", time=1.0 + number, cores=1)
    for kind in ("scatter", "bars", "history"):
        chart = drawing.draw(asked(kind), runs.measured)
        assert len(chart.series) == 50
        assert chart.left_out.count == 3
        assert "first 50" in words(chart)[0]


def test_a_cut_list_says_so(runs):
    runs.add("A/m", time=1.0, cores=1)
    measured = runs.measured
    cut = type(measured)(measured.runs, measured.places, cut=5000)
    assert "first 5000 runs" in drawing.draw(asked("strip"), cut).notes[0]


# --- bars


def test_bars_are_medians_the_best_first_with_single_runs_where_there_are_few(runs):
    for time in (30.0, 31.0, 32.0, 33.0, 34.0):
        runs.add("A/slow", time=time)
    for time in (10.0, 14.0):
        runs.add("A/fast", time=time)
    chart = drawing.draw(asked("bars"), runs.measured)
    fast, slow = chart.series
    assert (fast.name, fast.marks[0].x, fast.marks[0].low) == ("A / fast", 12.0, None)
    assert [dot.x for dot in fast.dots] == [10.0, 14.0]
    assert (slow.marks[0].low, slow.marks[0].high, slow.dots) == (30.0, 34.0, ())
    assert chart.x.low == 0
    ranges = drawing.draw(asked("bars", error="range"), runs.measured)
    assert [(one.marks[0].low, one.marks[0].high, one.dots) for one in ranges.series] == [
        (10.0, 14.0, ()),
        (30.0, 34.0, ()),
    ]
    bare = drawing.draw(asked("bars", error="none"), runs.measured)
    assert all(one.marks[0].low is None and not one.dots for one in bare.series)


def test_bars_on_a_logarithmic_axis_are_dots_and_leave_out_zero(runs):
    runs.add("A/m", time=100.0)
    runs.add("A/l", time=0.0)
    chart = drawing.draw(asked("bars", yscale="log"), runs.measured)
    assert chart.x.kind == "log"
    assert named(chart) == ["A / m"]
    assert chart.left_out.sentence == "1 of 2 runs not drawn: 1 is <= 0 on a log axis."


# --- strip


def test_a_strip_has_a_dot_for_each_run_and_a_box_from_eight_on(runs):
    for number in range(7):
        runs.add("A/m", time=float(number))
    values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 100.0]
    many = [runs.add("B/m", time=value) for value in values]
    few, boxed = drawing.draw(asked("strip"), runs.measured).series
    assert (len(few.marks), few.middle.x, few.box) == (7, 3.0, None)
    assert [mark.result_id for mark in boxed.marks] == [run.id for run in many]
    first, middle, third = np.percentile(values, (25, 50, 75))
    assert (boxed.box.first, boxed.box.middle, boxed.box.third) == (first, middle, third)
    # 100 is farther than 1.5 times the distance of the quartiles.
    assert (boxed.box.low, boxed.box.high) == (1.0, 7.0)


# --- scaling


def test_efficiency_of_times_is_against_the_smallest_x(runs):
    for cores, time in ((2, 100.0), (4, 60.0), (8, 50.0)):
        runs.add("A/m", time=time, cores=cores)
    chart = drawing.draw(asked("scaling", efficiency=True, error="none"), runs.measured)
    # x1 y1 / (x y): 2 * 100 / (4 * 60), 2 * 100 / (8 * 50)
    assert marks(chart, "A / m") == [(2, 1), (4, pytest.approx(200 / 240)), (8, pytest.approx(0.5))]
    assert chart.reference == 1
    assert "Efficiency at the largest Cores: A / m 0.500 at 8." in chart.notes


def test_efficiency_of_rates_grows_with_them(runs):
    for cores, rate in ((2, 10.0), (4, 20.0), (8, 20.0)):
        runs.add("A/m", rate=rate, cores=cores)
    chart = drawing.draw(asked("scaling", y=RATE, efficiency=True), runs.measured)
    # x1 y / (x y1): 2 * 20 / (4 * 10), 2 * 20 / (8 * 10)
    assert marks(chart, "A / m") == [(2, 1), (4, 1), (8, 0.5)]


def test_whiskers_of_an_efficiency_are_turned_with_it(runs):
    for time in (50.0, 60.0, 70.0):
        runs.add("A/m", time=time, cores=4)
    runs.add("A/m", time=100.0, cores=2)
    chart = drawing.draw(asked("scaling", efficiency=True, error="range"), runs.measured)
    last = chart.series[0].marks[-1]
    assert (last.low, last.high) == (pytest.approx(200 / 280), pytest.approx(200 / 200))


def test_efficiency_needs_a_direction_and_values_above_zero(runs):
    runs.add("A/m", time=0.0, cores=1)
    runs.add("A/m", time=4.0, cores=0)
    runs.add("A/m", time=4.0, cores=2)
    chart = drawing.draw(asked("scaling", efficiency=True), runs.measured)
    assert chart.left_out.count == 2
    assert "without efficiency" in words(chart)[0]
    with pytest.raises(errors.Invalid) as refused:
        drawing.draw(asked("scaling", y=Field("time", "Time"), efficiency=True), runs.measured)
    assert [issue.name for issue in refused.value.issues] == ["eff"]


def test_an_x_axis_has_to_be_named(runs):
    for kind in ("scaling", "scatter"):
        with pytest.raises(errors.Invalid) as refused:
            drawing.draw(asked(kind, x=None), runs.measured)
        assert [issue.name for issue in refused.value.issues] == ["x"]


def test_lines_go_through_the_medians_at_each_x_and_join_sites_where_flavors_have_one(runs):
    for time in (1.0, 2.0, 9.0):
        runs.add("A/m", time=time, cores=4)
    runs.add("A/l", time=1.0, cores=8)
    chart = drawing.draw(asked("scaling"), runs.measured)
    assert marks(chart, "A") == [(4, 2), (8, 1)]
    assert chart.series[0].lines == (((4, 2), (8, 1)),)
    assert "lines join the flavors of a site" in chart.notes[0]
    apart = drawing.draw(asked("scaling", series="flavor"), runs.measured)
    assert named(apart) == ["l", "m"]
    assert all(one.lines == () for one in apart.series)


def test_fits_belong_to_each_series_and_say_why_there_is_none(runs):
    for cores in (1, 2, 4, 8):
        runs.add("A/m", time=100.0 / cores, cores=cores)
    runs.add("B/m", time=3.0, cores=1)
    a, b = drawing.draw(asked("scaling", fit="power"), runs.measured).series
    assert a.fit.formula == "y = 100 x^-1"
    assert a.fit.n == 4
    assert b.no_fit == "1 different x, 4 are needed"


# --- heat


def test_a_heat_map_has_ratios_to_the_best(runs):
    runs.add("A/m", time=10.0)
    runs.add("A/l", time=5.0)
    runs.add("B/m", time=20.0)
    chart = drawing.draw(asked("heat"), runs.measured)
    assert (chart.x.categories, chart.y.categories) == (("l", "m"), ("A", "B"))
    places = {(mark.y, mark.x): mark.value for mark in chart.series[0].marks}
    assert places == {(0, 0): 1.0, (0, 1): 0.5, (1, 1): 0.25}
    assert "ratios to A / l" in chart.description
    with pytest.raises(errors.Invalid) as refused:
        drawing.draw(asked("heat", y=CORES), runs.measured)
    assert [issue.name for issue in refused.value.issues] == ["chart"]


def test_a_heat_map_forms_no_ratio_of_what_is_not_above_zero(runs):
    runs.add("A/m", time=10.0)
    runs.add("B/m", time=-1.0)
    chart = drawing.draw(asked("heat"), runs.measured)
    assert [mark.value for mark in chart.series[0].marks] == [1.0]
    assert words(chart) == ["is in rows without a ratio"]


# --- history


def test_a_history_breaks_its_line_where_nothing_was_measured(runs):
    for day in (0, 1, 2, 3, 20, 21):
        runs.add("A/m", time=10.0 + day, day=day)
    chart = drawing.draw(asked("history"), runs.measured)
    assert [len(piece) for piece in chart.series[0].lines] == [4, 2]
    assert [row[1].text for row in chart.table.rows][:2] == ["2026-03-01", "2026-03-02"]
    assert chart.as_json()["series"][0]["marks"][0]["x"] == 1772323200000


def test_a_history_has_a_band_where_neighbours_have_ends(runs):
    for day in (0, 1, 3):
        for time in (10.0, 12.0):
            runs.add("A/m", time=time, day=day)
    runs.add("A/m", time=11.0, day=2)
    chart = drawing.draw(asked("history", error="range"), runs.measured)
    (one,) = chart.series
    assert [[(low, high) for _, low, high in piece] for piece in one.band] == [[(10.0, 12.0), (10.0, 12.0)]]
    assert len(one.lines) == 1


def test_years_of_runs_are_summed_up_by_months(runs):
    for day in range(0, 365 * 5, 10):
        runs.add("A/m", time=10.0, day=day)
    chart = drawing.draw(asked("history"), runs.measured)
    assert len(chart.series[0].marks) == 60
    assert chart.table.headings[1] == "Month from"
