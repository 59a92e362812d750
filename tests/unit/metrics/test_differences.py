"""What differs between catalogues and between schemas, and in which words that is told."""

from __future__ import annotations

import json

from eoscperf.metrics import words
from eoscperf.metrics.catalogue import Catalogue, Metric, Samples
from eoscperf.metrics.differences import differences
from eoscperf.metrics.schema_changes import schema_changes

TIME = Metric("time", "number", "Time", unit="s", better="lower", headline=1, samples=Samples("all", ":"))
SIZE = Metric("size", "number", "size", parameter="input")


def told(before, after):
    found = differences(Catalogue(tuple(before)), Catalogue(tuple(after)))
    return [(one.path, *words.told(one)) for one in found]


def test_the_same_differs_in_nothing():
    assert told([TIME, SIZE], [TIME, SIZE]) == []


def test_every_member_that_differs_is_told_in_words():
    other = Metric("time", "number", "Time", aggregate="median", noise=0.5, suggested=True)
    assert told([TIME], [other]) == [
        ("time", "unit", "s", "none"),
        ("time", "direction", "lower is better", "none"),
        ("time", "headline", "1", "none"),
        ("time", "samples", "all, split at :", "none"),
        ("time", "value of a run", "none", "median of the samples"),
        ("time", "noise", "2 %", "50 %"),
        ("time", "offered first", "no", "yes"),
    ]


def test_what_is_gone_comes_before_what_is_new():
    assert told([TIME], [SIZE]) == [
        ("time", "no longer there", "number, s, lower is better, headline 1", "none"),
        ("size", "new", "none", "number, setting of the workload"),
    ]


def test_schemas_differ_by_paths_and_keywords():
    before = {
        "properties": {"a": {"type": "integer", "minimum": 1}, "b": {"type": "string"}},
        "required": ["a"],
    }
    after = {
        "$defs": {"a": {"minimum": 2, "x-unit": "s"}},
        "properties": {"a": {"type": "integer", "$ref": "#/$defs/a"}, "c": {"type": ["number", "null"]}},
    }
    found = schema_changes(json.dumps(before), json.dumps(after))
    assert [(one.path, one.after) for one in found.added] == [("c", "number or null")]
    assert [(one.path, one.before) for one in found.removed] == [("b", "string")]
    assert [(one.path, one.keyword, one.before, one.after) for one in found.changed] == [
        ("a", "minimum", "1", "2"),
        ("a", "x-unit", None, '"s"'),
    ]
    assert found
    assert not found.elsewhere


def test_what_differs_beside_the_values_is_told_as_such():
    schema = {"properties": {"a": {"type": "integer"}}}
    found = schema_changes(json.dumps(schema), json.dumps({**schema, "required": ["a"]}))
    assert found
    assert found.elsewhere
    assert not schema_changes(json.dumps(schema), json.dumps(schema))
