"""The quick answer to whether a value fits a schema is the one that a full evaluation gives."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eoscperf import jsontext
from eoscperf.benchmarks import json_schema
from eoscperf.benchmarks.schema_engine import quick
from eoscperf.benchmarks.schema_engine.evaluation import Run
from eoscperf.benchmarks.schema_engine.keywords import VALIDATORS
from eoscperf.benchmarks.schema_engine.limits import Deadline
from eoscperf.benchmarks.schema_engine.quick import Quick

SECONDS = 20.0
DRAFTS = (
    "http://json-schema.org/draft-04/schema#",
    "http://json-schema.org/draft-06/schema#",
    "http://json-schema.org/draft-07/schema#",
    "https://json-schema.org/draft/2019-09/schema",
    "https://json-schema.org/draft/2020-12/schema",
)

NAMES = st.sampled_from(["a", "b", "ab", "c/d", "ä"])
NUMBERS = st.sampled_from(
    ["0", "-0", "1", "1.0", "10", "1e1", "2", "2.5", "0.10", "1e-7", "-3", "1e20", "9007199254740993.0"]
).map(jsontext.loads)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, st.sampled_from(["", "a", "ab", "1", "ä", "true"]))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=8,
)
SIZES = st.integers(0, 3)
TYPES = st.sampled_from(["array", "boolean", "integer", "null", "number", "object", "string"])
PATTERNS = st.sampled_from(["^a", "b$", "^[0-9]+$", ".", "a|ä"])
REFERENCES = st.sampled_from(["#", "#/definitions/x", "#/definitions/y"])


def schemas() -> st.SearchStrategy[Any]:
    def keywords(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        several = st.lists(inner, min_size=1, max_size=3)
        named = st.dictionaries(NAMES, inner, min_size=1, max_size=3)
        return st.fixed_dictionaries(
            {},
            optional={
                "additionalItems": inner,
                "additionalProperties": inner,
                "allOf": several,
                "anyOf": several,
                "const": VALUES,
                "contains": inner,
                "dependentRequired": st.dictionaries(NAMES, st.lists(NAMES, unique=True), max_size=2),
                "else": inner,
                "enum": st.lists(VALUES, min_size=1, max_size=4, unique_by=jsontext.identity),
                "if": inner,
                "items": inner,
                "maxItems": SIZES,
                "maxLength": SIZES,
                "maxProperties": SIZES,
                "maximum": NUMBERS,
                "minItems": SIZES,
                "minLength": SIZES,
                "minProperties": SIZES,
                "minimum": NUMBERS,
                "not": inner,
                "oneOf": several,
                "pattern": PATTERNS,
                "patternProperties": st.dictionaries(PATTERNS, inner, max_size=2),
                "prefixItems": several,
                "properties": named,
                "propertyNames": inner,
                "required": st.lists(NAMES, min_size=1, max_size=2, unique=True),
                "then": inner,
                "type": st.one_of(TYPES, st.lists(TYPES, min_size=1, max_size=3, unique=True)),
                "uniqueItems": st.booleans(),
                "unevaluatedProperties": inner,
                "multipleOf": st.sampled_from(["1", "0.1", "2"]).map(jsontext.loads),
            },
        )

    leaves = st.one_of(
        st.just({}),
        keywords(st.just({})),
        TYPES.map(lambda name: {"type": name}),
        REFERENCES.map(lambda reference: {"$ref": reference}),
        st.tuples(REFERENCES, TYPES).map(lambda both: {"$ref": both[0], "type": both[1]}),
    )
    return st.recursive(leaves, keywords, max_leaves=6)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    draft = draw(st.sampled_from(DRAFTS))
    document = draw(schemas())
    definitions = {name: draw(schemas()) for name in "xy"}
    exclusive = {}
    if draw(st.booleans()):
        limit = True if draft == DRAFTS[0] else draw(NUMBERS)
        exclusive = {"exclusiveMinimum": limit, "minimum": draw(NUMBERS)}
    return {**document, **exclusive, "$schema": draft, "definitions": definitions}


def both(schema: Any, value: Any) -> tuple[bool | None, bool]:
    """What is said quickly (None: nothing) and what the evaluation finds; ValueError: no schema to use."""
    schema, value = (jsontext.loads(jsontext.dumps(each)) for each in (schema, value))
    index, issues = json_schema._examine(schema, Deadline(SECONDS), 1)
    if index is None or issues:
        raise ValueError(issues)
    found = next(Run(index, Deadline(SECONDS), VALIDATORS).errors(schema, index.root_uri, value), None)
    try:
        builder = quick.Builder(index, VALIDATORS, Deadline(SECONDS))
        said = quick.ask(builder.table(schema, index.root_uri), value, Deadline(SECONDS))
    except quick.Undecided:
        return None, found is None
    return said, found is None


@settings(max_examples=150)
@given(documents(), st.lists(VALUES, min_size=1, max_size=5))
def test_what_is_said_quickly_is_what_the_evaluation_finds(schema: Any, values: list[Any]) -> None:
    for value in values:
        try:
            said, fits = both(schema, value)
        except (ValueError, json_schema.SchemaUnusable):
            return
        assert said in (None, fits)


MEASUREMENT = {
    "type": "object",
    "required": ["time"],
    "additionalProperties": False,
    "properties": {
        "time": {"type": "number", "exclusiveMinimum": 0},
        "unit": {"enum": ["s", "ms"]},
        "version": {"type": "string", "pattern": "^[0-9]+([.][0-9]+)*$", "maxLength": 20},
        "machine": {"$ref": "#/$defs/machine"},
        "runs": {"type": "array", "items": {"anyOf": [{"type": "number"}, {"type": "null"}]}, "minItems": 1},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/machine"}, "uniqueItems": True},
    },
    "$defs": {
        "machine": {
            "type": "object",
            "properties": {
                "cores": {"type": "integer", "minimum": 1},
                "parts": {"$ref": "#/properties/parts"},
            },
            "if": {"required": ["parts"]},
            "then": {"not": {"required": ["cores"]}},
        }
    },
}


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ('{"time":1.50,"unit":"ms","version":"1.2","machine":{"cores":4e0},"runs":[1,null]}', True),
        ('{"time":1,"parts":[{"parts":[{"cores":1}]},{"cores":1}]}', True),
        ('{"time":1,"parts":[{"parts":[],"cores":1}]}', False),
        ('{"time":1,"parts":[{"cores":1},{"cores":1.0}]}', False),
        ('{"time":0}', False),
        ('{"unit":"s"}', False),
        ('{"time":1,"more":1}', False),
        ('{"time":1,"version":"1."}', False),
        ('{"time":1,"machine":{"cores":1.5}}', False),
        ('{"time":1,"runs":[]}', False),
        ('{"time":true}', False),
        ("[]", False),
    ],
)
def test_usual_schemas_are_decided_quickly(value: str, fits: bool) -> None:
    assert both(MEASUREMENT, jsontext.loads(value)) == (fits, fits)


@pytest.mark.parametrize(
    "schema",
    [
        {"contains": {"type": "number"}},
        {"unevaluatedProperties": False},
        {"$dynamicRef": "#x", "$defs": {"x": {"$dynamicAnchor": "x"}}},
        {"not": {"dependentSchemas": {"a": False}}},
        {"oneOf": [{"const": [1]}, {"const": [2]}]},
    ],
)
def test_what_is_not_known_here_is_left_to_the_evaluation(schema: Any) -> None:
    said, _ = both(schema, [1])
    assert said is None


def test_a_schema_is_not_left_to_the_evaluation_for_a_part_that_is_not_asked() -> None:
    assert both({"properties": {"a": {"contains": {}}, "b": {"type": "null"}}}, {"b": None}) == (True, True)


def test_a_value_of_no_json_type_is_left_to_the_evaluation() -> None:
    index, _ = json_schema._examine({"type": "array"}, Deadline(SECONDS), 1)
    assert index is not None
    assert Quick(index, VALIDATORS).fits([1], Deadline(SECONDS))
    assert not Quick(index, VALIDATORS).fits((1,), Deadline(SECONDS))


def test_only_a_share_of_the_time_is_spent() -> None:
    negated: Any = {"not": {"$ref": "#/$defs/a0"}}
    schema: Any = {**negated, "$defs": {"a14": {"type": "array"}}}
    for level in range(14):
        following = [{"not": {"$ref": f"#/$defs/a{level + 1}"}} for _ in range(8)]
        schema["$defs"][f"a{level}"] = {"allOf": following}
    # The evaluation remembers what it has found about a value, which saves going all those ways.
    assert json_schema.validate(jsontext.dumps(schema), {}, seconds=4).issues == []


def test_the_automaton_of_a_pattern_is_kept_only_while_it_is_small() -> None:
    pattern = json_schema._examine({"pattern": "(a|b)*a(a|b){12}c"}, Deadline(SECONDS), 1)[0].patterns
    (searcher,) = map(quick.Searcher, pattern.values())
    searcher("aab", Deadline(SECONDS))
    assert searcher._matcher is not None
    text = "".join("ab"[number * number % 7 % 2] + "ba"[number % 3 % 2] for number in range(5000))
    searcher(text, Deadline(SECONDS))
    assert searcher._matcher is None


def test_a_pattern_in_use_by_another_thread_is_left_to_the_evaluation() -> None:
    schema = '{"pattern":"^a+$","title":"in use"}'
    assert json_schema.validate(schema, "aa").issues == []
    (check,) = [json_schema._SCHEMAS.ready(schema, Deadline(SECONDS)).quick._root[str]]
    verdicts = []
    with check._lock:
        thread = threading.Thread(
            target=lambda: verdicts.extend(json_schema.validate(schema, value).issues for value in ("a", "b"))
        )
        thread.start()
        thread.join()
    assert [len(issues) for issues in verdicts] == [0, 1]
