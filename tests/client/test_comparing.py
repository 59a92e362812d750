"""Comparing flavors by a metric."""

from __future__ import annotations

import pytest

from eoscperf.client import Metric, Usage
from eoscperf.client.comparing import compare, inputs, metric, metrics

SCHEMA = {
    "type": "object",
    "properties": {
        "machine": {"type": "object", "properties": {"cpu.count": {"type": "integer"}}},
        "time": {
            "type": ["number", "null"],
            "x-headline": True,
            "x-better": "lower",
            "x-unit": "s",
            "title": "Time",
        },
        "name": {"type": "string"},
        "odd": True,
        "rate": {"type": "number", "x-better": "sideways", "x-headline": 2},
        "level": {"type": "integer", "x-parameter": "input"},
    },
}

BENCHMARK = {"docker_image": "example/raytracer", "docker_tag": "2.1", "json_schema": SCHEMA}


def result(flavor, json, site="Hillside"):
    return {"json": json, "flavor": {"id": f"{site}/{flavor}", "name": flavor}, "site": {"name": site}}


def test_metrics_are_the_numbers_that_the_schema_declares_headlines_first():
    assert metrics(BENCHMARK) == [
        Metric("time", "Time", "s", "lower"),
        Metric("rate"),
        Metric("level"),
        Metric("machine.cpu\\.count"),
    ]


def test_the_headline_is_the_metric_unless_told_otherwise():
    assert metric(BENCHMARK).path == "time"
    assert metric(BENCHMARK, "rate") == Metric("rate")
    assert metric(BENCHMARK, "not.declared") == Metric("not.declared")
    with pytest.raises(Usage, match=r"example/raytracer:2\.1 does not say"):
        metric(BENCHMARK | {"json_schema": {}})
    with pytest.raises(Usage):
        metric(BENCHMARK, "no..path")


def test_cells_are_counted_and_sorted_best_first():
    results = [
        *(result("small", {"time": time}) for time in (30, 10.0, 20)),
        result("large", {"time": 5}),
        result("large", {"time": 6}),
    ]
    large, small = compare(results, Metric("time", better="lower"))
    assert (large.flavor, large.count, large.median, large.min, large.max, large.ratio) == (
        "large",
        2,
        5.5,
        5,
        6,
        1,
    )
    assert (small.site, small.count, small.median, small.ratio) == ("Hillside", 3, 20, pytest.approx(0.275))
    assert [cell.flavor for cell in compare(results, Metric("time", better="higher"))] == ["small", "large"]


def test_flavors_of_the_same_name_at_two_sites_are_two():
    cells = compare([result("a", {"time": 2}), result("a", {"time": 1}, "Dale")], Metric("time"))
    assert [(cell.site, cell.ratio) for cell in cells] == [("Dale", None), ("Hillside", None)]


@pytest.mark.parametrize("value", [True, "7", None, [1], {}, float("nan"), 10**400])
def test_what_is_no_number_does_not_count(value):
    assert compare([result("a", {"time": value}), result("a", {})], Metric("time")) == []


def test_no_ratio_is_formed_of_values_that_are_not_positive():
    cells = compare([result("a", {"time": 0}), result("b", {"time": 4})], Metric("time", better="lower"))
    assert [cell.ratio for cell in cells] == [None, None]


def test_runs_with_different_inputs_are_not_mixed():
    assert inputs(BENCHMARK) == ["level"]
    results = [
        result("a", {"time": 1, "level": 1}),
        result("b", {"time": 2, "level": 1}),
        result("a", {"time": 50, "level": 9}),
        result("a", {"time": 7}),
    ]
    cells = compare(results, Metric("time", better="lower"), ["level"])
    assert [(cell.inputs, cell.flavor, cell.median, cell.ratio) for cell in cells] == [
        ({"level": 1}, "a", 1, 1),
        ({"level": 1}, "b", 2, 0.5),
        ({"level": 9}, "a", 50, 1),
        ({}, "a", 7, 1),
    ]
