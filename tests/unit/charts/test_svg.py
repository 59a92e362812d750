from __future__ import annotations

import itertools
import re
from xml.etree import ElementTree

import pytest

from eoscperf.charts import drawing, svg
from eoscperf.charts.figures import plain_figure
from eoscperf.charts.pen import FILE_ATTRIBUTES, INKS, SHADES
from eoscperf.charts.samples import samples
from tests.unit.charts.drawn import TIME, Runs, asked

SVG = "{http://www.w3.org/2000/svg}"
NASTY = '<script>alert("1")</script> & \u2028 ]]>'
KINDS = ["bars", "strip", "scaling", "scatter", "heat", "history"]


@pytest.fixture
def measured():
    runs = Runs()
    for number in range(9):
        runs.add(f"{NASTY}/m{number % 2}", time=10.0 + number, cores=number + 1, day=number)
        runs.add("IFCA/l", time=20.0 - number, cores=number + 1, day=number)
    return runs.measured


@pytest.mark.parametrize("kind", KINDS)
def test_a_drawing_says_what_it_is_and_escapes_what_people_wrote(measured, kind):
    chart = drawing.draw(asked(kind, fit="linear", error="range"), measured)
    drawn = svg.for_page(chart, "chart")
    root = ElementTree.fromstring(drawn)
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "chart-title chart-desc"
    assert (root[0].tag, root[0].text) == ("title", chart.title)
    assert (root[1].tag, root[1].text) == ("desc", chart.description)
    assert "<script" not in drawn
    assert " style=" not in drawn
    assert "nan" not in drawn.replace("IFCA", "")
    assert "<" not in plain_figure(chart).data


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_has_colours_of_its_own_on_white_and_needs_nothing_else(measured, kind):
    chart = drawing.draw(asked(kind, error="range"), measured)
    text = svg.for_file(chart, ("Something was left out.",))
    root = ElementTree.fromstring(text.encode())
    assert root.find(f"{SVG}rect").get("fill") == "#ffffff"
    assert "class=" not in text
    assert "var(" not in text
    assert set(re.findall(r"(?:href|src|url)\W", text)) == set()
    written = [one.text for one in root.iter(f"{SVG}text")]
    assert chart.title in written[0] or written[0].endswith("…")
    assert "Something was left out." in written


def test_every_part_of_a_drawing_lies_inside(measured):
    for kind in KINDS:
        root = ElementTree.fromstring(svg.for_page(drawing.draw(asked(kind), measured), "c"))
        _, _, width, height = map(float, root.get("viewBox").split())
        for one in root.iter():
            if one.tag in ("rect", "text"):
                assert -1 <= float(one.get("x")) <= width, kind
                assert -1 <= float(one.get("y")) <= height, kind


def test_names_of_many_series_do_not_lie_on_each_other():
    runs = Runs()
    for number in range(40):
        runs.add(f"site{number:02}/m", time=5.0, cores=1)
        runs.add(f"site{number:02}/m", time=5.0, cores=2)
    root = ElementTree.fromstring(svg.for_page(drawing.draw(asked("scaling"), runs.measured), "c"))
    places = sorted(float(one.get("y")) for one in root.iter("text") if one.get("class") == "chart-label")
    assert len(places) == 40
    assert min(later - earlier for earlier, later in itertools.pairwise(places)) >= 14
    assert places[-1] <= float(root.get("viewBox").split()[3])


def test_five_thousand_marks_are_one_path_for_each_series():
    runs = Runs()
    for number in range(5000):
        runs.add(f"site{number % 3}/m", time=1.0 + number % 97, cores=number % 61)
    chart = drawing.draw(asked("scatter"), runs.measured)
    assert sum(len(one.marks) for one in chart.series) == 5000
    drawn = svg.for_page(chart, "c")
    # Those of the three series, and one beside the name of each.
    assert len(re.findall(r'class="chart-dot', drawn)) == 6
    assert len(drawn) < 400_000


def test_the_colours_of_files_stand_out_from_white():
    def luminance(colour):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    assert all(1.05 / (luminance(ink) + 0.05) >= 3 for ink in INKS)
    assert len(set(INKS)) == 8
    assert {f"shade-{number}" for number in range(len(SHADES))} <= set(FILE_ATTRIBUTES)


def test_samples_inside_of_a_run_are_a_strip_of_their_own():
    chart = samples([3.0, 1.0, 2.0], TIME)
    (one,) = chart.series
    assert [mark.x for mark in one.marks] == [3.0, 1.0, 2.0]
    assert one.middle.x == 2.0
    assert chart.title == "Samples of Render time"
    assert samples([1.0] * 600, TIME).notes == ("The first 500 of 600 samples are drawn.",)
