"""JSON as people read it."""

from __future__ import annotations

from eoscperf import jsontext
from eoscperf.benchmarks.examples import example_of
from eoscperf.benchmarks.json_shown import WIDEST, shown_json

TEXT = (
    '{"a":[1.10,2e2,-0],"b":{"c":{"d":"ü"},"e":{}},"f":[{"g":1}],"long":[' + ",".join(["12345"] * 40) + "]}"
)


def test_it_is_the_same_document_with_numbers_as_they_were_sent():
    shown = shown_json(TEXT)
    assert jsontext.dumps(jsontext.loads(shown.text)) == TEXT
    assert '  "a": [1.10, 2e2, -0],' in shown.text.splitlines()
    assert max(len(line) for line in shown.text.splitlines()) <= WIDEST + 2
    assert (shown.lines, shown.left_out) == (len(shown.text.splitlines()), 0)


def test_the_beginning_of_a_long_one_says_how_much_is_left_out():
    shown = shown_json(TEXT, 3)
    assert len(shown.text.splitlines()) == 3
    assert shown.left_out == shown.lines - 3


def test_what_is_too_deep_is_shown_as_it_is_stored():
    deep = "[" * 600 + "]" * 600
    assert shown_json(deep).text == deep


def test_an_example_is_made_only_if_it_fits():
    whole = {"type": "object", "examples": [{"x": 1}], "properties": {"x": {"type": "integer"}}}
    assert example_of(jsontext.dumps(whole)) == '{"x":1}'
    wrong = {**whole, "examples": [{"x": "one"}]}
    assert example_of(jsontext.dumps(wrong)) is None
    parts = {
        "type": "object",
        "required": ["x", "y"],
        "properties": {
            "x": {"enum": [3, 4]},
            "y": {"type": "object", "properties": {"z": {"type": "string", "default": "d"}, "w": {}}},
        },
    }
    assert example_of(jsontext.dumps(parts)) == '{"x":3,"y":{"z":"d"}}'
    lacking = {**parts, "required": ["x", "y", "v"], "properties": {**parts["properties"], "v": {}}}
    assert example_of(jsontext.dumps(lacking)) is None
    assert example_of("{}") is None
    endless = {"properties": {"x": {"$ref": "#"}}, "required": ["x"]}
    assert example_of(jsontext.dumps(endless)) is None
