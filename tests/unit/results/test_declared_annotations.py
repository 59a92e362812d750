"""What a schema says with an annotation at the places it declares."""

import json

import pytest

from eoscperf.results import jsonpath
from eoscperf.results.projection.declared import declared_annotations

SCHEMA = {
    "properties": {
        "time": {"type": "number", "x-unit": "s"},
        "machine": {"allOf": [{"$ref": "#/$defs/machine"}]},
        "either": {"oneOf": [{"type": "null"}, {"type": "number", "x-unit": "MB"}]},
        "list": {"items": {"x-unit": "never"}},
        "loop": {"$ref": "#"},
    },
    "$defs": {"machine": {"properties": {"memory": {"x-unit": "GB"}, "power": {"x-unit": None}}}},
}


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("time", "s"),
        ("machine.memory", "GB"),
        ("either", "MB"),
        ("loop.loop.time", "s"),
        ("machine.power", None),
    ],
)
def test_annotations_are_found_wherever_the_schema_declares_a_place(path, unit):
    place = jsonpath.parse(path)
    assert declared_annotations(json.dumps(SCHEMA), [place], "x-unit") == {place: unit}


@pytest.mark.parametrize("path", ["machine", "list.0", "unknown", "time.deeper", "machine.unknown"])
def test_elsewhere_there_are_none(path):
    assert declared_annotations(json.dumps(SCHEMA), [jsonpath.parse(path)], "x-unit") == {}


@pytest.mark.parametrize("text", ["", "[", "true", "[1]", "{" * 5000])
def test_a_schema_that_cannot_be_read_says_nothing(text):
    assert declared_annotations(text, [jsonpath.parse("time")], "x-unit") == {}
