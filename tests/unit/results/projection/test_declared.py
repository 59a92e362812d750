"""Which paths a schema declares."""

import json

import pytest

from eoscperf.results.projection import declared


def paths(schema):
    text = schema if isinstance(schema, str) else json.dumps(schema)
    return [path.text() for path in declared.declared_paths(text)]


def of(**properties):
    return {"type": "object", "properties": properties}


NUMBER, TEXT, FLAG = {"type": "number"}, {"type": "string"}, {"type": "boolean"}


def test_numbers_texts_and_booleans_are_declared_at_any_depth_nearest_first():
    schema = of(a=of(b=of(c=NUMBER), d=TEXT), e=FLAG, f={"type": "integer"})
    assert paths(schema) == ["e", "f", "a.d", "a.b.c"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": ["array", "null"]},
        {"type": "array", "items": NUMBER},
        {"properties": {}},
        {"required": ["x"]},
        {"prefixItems": [NUMBER]},
        {"const": [1]},
        {"enum": [None, {}]},
        {"allOf": [{"type": ["object", "string"]}, {"type": "object"}]},
        {"anyOf": [{"type": "object"}, {"type": "array"}]},
        {"$ref": "#/$defs/thing"},
        {"type": "string", "$ref": "#/$defs/thing"},
        False,
    ],
)
def test_what_can_only_be_an_array_an_object_or_null_is_not_declared(schema):
    assert paths(of(x=schema) | {"$defs": {"thing": {"type": "object"}}}) == []


@pytest.mark.parametrize(
    "schema",
    [
        {},
        True,
        {"minimum": 3},
        {"description": "anything"},
        {"type": ["object", "number"]},
        {"const": 0},
        {"const": False},
        {"enum": [None, "a"]},
        {"allOf": [{"type": ["object", "string"]}, {"maxLength": 3}]},
        {"oneOf": [{"type": "object"}, TEXT]},
        {"$ref": "#/$defs/thing"},
        {"$ref": "#/definitions/a~1b%20c~0"},
        {"$ref": "#/list/1"},
        {"$ref": "https://example.org/elsewhere"},
        {"if": TEXT, "then": {"minLength": 1}},
    ],
)
def test_what_may_be_a_scalar_is_declared(schema):
    others = {
        "$defs": {"thing": NUMBER},
        "definitions": {"a/b c~": NUMBER},
        "list": [{"type": "object"}, NUMBER],
    }
    assert paths(of(x=schema) | others) == ["x"]


def test_properties_count_wherever_they_apply_to_the_same_value():
    schema = of(a=NUMBER) | {
        "$ref": "#/$defs/b",
        "allOf": [of(c=NUMBER), {"allOf": [of(d=NUMBER)]}],
        "anyOf": [of(e=NUMBER), TEXT],
        "oneOf": [of(f=NUMBER), {"$ref": "#/$defs/g"}],
        "if": of(h=NUMBER),
        "then": of(i=NUMBER),
        "else": of(j=NUMBER),
        "not": of(never=NUMBER),
        "$defs": {"b": of(b=NUMBER), "g": of(g=NUMBER)},
    }
    assert sorted(paths(schema)) == list("abcdefghij")


def test_a_property_is_declared_once_if_any_of_its_schemas_allows_a_scalar():
    schema = {"anyOf": [of(x=of(y=NUMBER)), of(x=NUMBER), of(x={"type": "array"})]}
    assert paths(schema) == ["x", "x.y"]


def test_elements_of_arrays_are_not_declared():
    assert paths(of(runs={"type": "array", "items": of(time=NUMBER)})) == []


def test_a_schema_that_refers_to_itself_is_followed_to_a_limited_depth():
    found = paths(of(value=NUMBER, next={"$ref": "#"}))
    assert found[:2] == ["value", "next.value"]
    assert len(found) == declared.MAX_DEPTH


def test_references_in_a_circle_end():
    circle = {"$ref": "#/$defs/b", "allOf": [{"$ref": "#/$defs/a"}]}
    schema = of(x={"$ref": "#/$defs/a"}) | {"$defs": {"a": circle, "b": {"$ref": "#/$defs/a"}}}
    assert paths(schema) == ["x"]


def test_of_too_many_paths_the_nearest_to_the_root_are_taken():
    wide = of(deep=of(**{f"x{number}": NUMBER for number in range(900)}), near=NUMBER)
    found = paths(wide)
    assert found[0] == "near"
    assert len(found) == declared.MAX_PATHS


def test_a_schema_that_multiplies_is_left_off_in_time():
    names = [f"k{number}" for number in range(20)]
    schema = of(**{name: {"$ref": "#"} for name in names}) | {"type": "object"}
    assert paths(schema) == []
    schema["properties"]["x"] = NUMBER
    assert len(paths(schema)) == declared.MAX_PATHS


def test_odd_keys_are_escaped_and_those_that_no_path_can_name_left_out():
    odd = {"a.b": NUMBER, "c d": NUMBER, "e,f": NUMBER, "g\\h": NUMBER, "ü\n": NUMBER, "0": NUMBER}
    never = {"": of(x=NUMBER), "nul\0": NUMBER, "half\ud800": NUMBER, "x" * 1001: NUMBER, "ä" * 501: NUMBER}
    assert paths(of(**odd, **never)) == [r"a\.b", r"c\ d", r"e\,f", r"g\\h", "ü\n", "0"]


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "true", '"x"', "{" * 3000, '{"properties": [1]}'])
def test_what_is_no_usable_schema_declares_nothing(text):
    assert paths(text) == []
