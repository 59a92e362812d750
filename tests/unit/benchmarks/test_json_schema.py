"""What schemas mean in each draft, which schemas are taken, and how their issues read."""

import threading
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eoscperf import jsontext
from eoscperf.benchmarks import json_schema
from eoscperf.benchmarks.json_schema import (
    SchemaIssue,
    SchemaUnusable,
    ValidationTimeout,
    check_schema,
    validate,
)

DRAFT4 = "http://json-schema.org/draft-04/schema"
DRAFT6 = "http://json-schema.org/draft-06/schema"
DRAFT7 = "http://json-schema.org/draft-07/schema"
DRAFT2019 = "https://json-schema.org/draft/2019-09/schema"
DRAFT2020 = "https://json-schema.org/draft/2020-12/schema"
ALL = [DRAFT4, DRAFT6, DRAFT7, DRAFT2019, DRAFT2020]
SECONDS = 30.0
"""Far more than needed: here the meaning counts, not the time."""


def issues(schema: dict[str, Any], instance: str) -> list[SchemaIssue]:
    return validate(jsontext.dumps(schema), jsontext.loads(instance), seconds=SECONDS).issues


def fits(schema: dict[str, Any], instance: str) -> bool:
    return not issues(schema, instance)


def places(schema: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(issue.pointer, issue.keyword) for issue in check_schema(schema, seconds=SECONDS)]


SAMPLES: list[tuple[list[str], dict[str, Any], list[str], list[str]]] = [
    (ALL, {"type": "integer"}, ["1", "-0", "12345678901234567890123"], ["1.5", "true", '"1"', "null"]),
    (ALL[1:], {"type": "integer"}, ["1.0", "1e2", "1.50e1"], ["1.1", "9007199254740993.5"]),
    ([DRAFT4], {"type": "integer"}, ["1"], ["1.0", "1e2"]),
    (ALL, {"type": "number"}, ["1", "1.10", "1e2"], ["true", "false"]),
    (ALL, {"type": ["string", "null"]}, ['"x"', "null"], ["0", "[]"]),
    (
        ALL,
        {"enum": [1, "a", [True], {"a": 0.10}]},
        ["1.0", '"a"', "[true]", '{"a":1e-1}'],
        ["true", "[1]", '{"a":0}'],
    ),
    (ALL, {"enum": [False, None]}, ["false", "null"], ["0", '""']),
    (ALL[1:], {"const": True}, ["true"], ["1", '"true"']),
    (ALL[1:], {"const": 9007199254740993}, ["9007199254740993.0"], ["9007199254740992"]),
    (ALL, {"multipleOf": 0.1}, ["0.3", "1.10", "-7", '"x"'], ["0.35"]),
    (ALL, {"multipleOf": 1e-308}, ["1e300", "0", "5"], ["1.5e-308"]),
    (ALL, {"multipleOf": 3}, ["12345678901234567890123", "3e300"], ["12345678901234567890124"]),
    (ALL, {"minimum": 9007199254740993}, ["9007199254740993.0", "9007199254740993"], ["9007199254740992.0"]),
    ([DRAFT4], {"minimum": 1, "exclusiveMinimum": True}, ["1.1", "2"], ["1", "1.0", "0"]),
    (ALL[1:], {"exclusiveMinimum": 1, "maximum": 3}, ["1.1", "3.0"], ["1.0", "3.1"]),
    (ALL, {"minLength": 2, "maxLength": 2}, ['"😀😀"', "1"], ['"a"', '"abc"']),
    (ALL, {"pattern": r"^\p{Lu}\d$"}, ['"Ä1"', "1"], ['"a1"', '"A1\\n"']),
    (ALL, {"uniqueItems": True}, ['[1,true,"1",[1],[true]]'], ["[1,1.0]", '[{"a":1,"b":2},{"b":2,"a":1e0}]']),
    (ALL, {"required": ["a"], "maxProperties": 1}, ['{"a":1}', "[]"], ["{}", '{"a":1,"b":2}']),
    (
        ALL,
        {
            "properties": {"a": {"type": "string"}},
            "patternProperties": {"^x": {"type": "null"}},
            "additionalProperties": False,
        },
        ['{"a":"","x1":null}'],
        ['{"a":1}', '{"x":1}', '{"b":null}'],
    ),
    (
        ALL[:4],
        {"items": [{"type": "null"}], "additionalItems": {"type": "string"}},
        ['[null,"a"]', "[]"],
        ["[1]", "[null,1]"],
    ),
    (
        [DRAFT2020],
        {"prefixItems": [{"type": "null"}], "items": {"type": "string"}},
        ['[null,"a"]', "[]"],
        ["[1]", "[null,1]"],
    ),
    (
        ALL[:3],
        {"dependencies": {"a": ["b"], "c": {"maxProperties": 1}}},
        ['{"a":1,"b":1}', '{"c":1}'],
        ['{"a":1}', '{"c":1,"d":1}'],
    ),
    (
        ALL[3:],
        {"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": False}},
        ['{"a":1,"b":1}'],
        ['{"a":1}', '{"c":1}'],
    ),
    (ALL[1:], {"contains": {"const": 1}}, ["[0,1.0]", "{}"], ["[]", "[0,true]"]),
    (ALL[3:], {"contains": {"const": 1}, "minContains": 2, "maxContains": 2}, ["[1,1]"], ["[1]", "[1,1,1]"]),
    (ALL[3:], {"contains": {"const": 1}, "minContains": 0}, ["[]"], []),
    (ALL[1:], {"propertyNames": {"maxLength": 1}}, ['{"a":1}'], ['{"ab":1}']),
    (ALL, {"not": {"type": "null"}}, ["1"], ["null"]),
    (ALL, {"oneOf": [{"type": "integer"}, {"minimum": 2}]}, ["1", "2.5"], ["3", "1.5"]),
    (
        ALL[2:],
        {"if": {"minimum": 5}, "then": {"multipleOf": 2}, "else": {"multipleOf": 3}},
        ["6", "3"],
        ["7", "2"],
    ),
    (
        ALL[:3],
        {"$ref": "#/definitions/a", "minimum": 5, "definitions": {"a": {"type": "integer"}}},
        ["1"],
        ['"x"'],
    ),
    (ALL[3:], {"$ref": "#/$defs/a", "minimum": 5, "$defs": {"a": {"type": "integer"}}}, ["5"], ["1", '"x"']),
    (
        ALL[3:],
        {"allOf": [{"properties": {"a": True}}], "properties": {"b": True}, "unevaluatedProperties": False},
        ['{"a":1,"b":1}'],
        ['{"c":1}'],
    ),
    (
        [DRAFT2020],
        {"contains": {"type": "string"}, "unevaluatedItems": {"type": "null"}},
        ['["a",null]'],
        ['["a",1]'],
    ),
    (ALL, {"format": "email", "x-unit": "s", "contentEncoding": "base64"}, ['"no address"', '"%"'], []),
]


@pytest.mark.parametrize(
    ("dialect", "schema", "good", "bad"),
    [(dialect, schema, good, bad) for dialects, schema, good, bad in SAMPLES for dialect in dialects],
)
def test_keywords_mean_what_their_draft_says(
    dialect: str, schema: dict[str, Any], good: list[str], bad: list[str]
) -> None:
    for declared in (dialect, dialect + "#"):
        schema = {"$schema": declared, **schema}
        assert check_schema(schema, seconds=SECONDS) == []
        assert [text for text in good if not fits(schema, text)] == []
        assert [text for text in bad if fits(schema, text)] == []


def test_a_schema_that_names_no_draft_is_2020_12() -> None:
    assert not fits({"prefixItems": [{"type": "null"}]}, "[1]")
    assert places({"items": [{}]}) == [("/items", "type")]


@pytest.mark.parametrize(
    "declared", [3, None, "", "http://json-schema.org/draft-03/schema#", "http://json-schema.org/schema"]
)
def test_other_dialects_are_refused_with_those_allowed(declared: Any) -> None:
    [issue] = check_schema({"$schema": declared})
    assert (issue.pointer, issue.keyword) == ("/$schema", "$schema")
    assert all(uri in issue.detail for uri in ALL)


@pytest.mark.parametrize("dialect", ALL)
def test_a_schema_is_checked_against_its_own_meta_schema(dialect: str) -> None:
    schema = {
        "$schema": dialect,
        "properties": {"a/b": {"type": "strong"}, "m~n": {"minLength": -1, "required": "a"}},
    }
    assert [place for place, _ in places(schema)] == [
        "/properties/a~1b/type",
        "/properties/m~0n/minLength",
        "/properties/m~0n/required",
    ]


@pytest.mark.parametrize("schema", [True, [], "x", None])
def test_a_schema_has_to_be_an_object(schema: Any) -> None:
    assert [issue.detail for issue in check_schema(schema)] == ["a JSON Schema must be an object"]


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"$ref": "#/$defs/a~1b%25", "$defs": {"a/b%": {"type": "null"}}}, "null", "1"),
        ({"$ref": "#x", "$defs": {"a": {"$anchor": "x", "type": "null"}}}, "null", "1"),
        (
            {"$id": "https://e.org/a/b", "$ref": "c", "$defs": {"a": {"$id": "/a/c", "type": "null"}}},
            "null",
            "1",
        ),
        ({"$schema": DRAFT7, "$ref": "#x", "definitions": {"a": {"$id": "#x", "type": "null"}}}, "null", "1"),
        ({"$schema": DRAFT4, "$ref": "#x", "definitions": {"a": {"id": "#x", "type": "null"}}}, "null", "1"),
        ({"$ref": "#/kept/0", "kept": [{"type": "null"}]}, "null", "1"),
        ({"$ref": DRAFT7 + "#"}, '{"type":"null"}', '{"type":"nil"}'),
        ({"$ref": DRAFT2020}, '{"allOf":[{"type":"null"}]}', '{"allOf":[{"type":"nil"}]}'),
        (
            {"$ref": DRAFT2019 + "#/$defs/x", "$id": DRAFT2019, "$defs": {"x": {"pattern": "^a$"}}},
            '"a"',
            '"b"',
        ),
        (
            {"properties": {"child": {"$ref": "#"}}, "required": ["n"]},
            '{"n":1,"child":{"n":2}}',
            '{"n":1,"child":{}}',
        ),
        (
            {
                "$id": "https://e.org/strict",
                "$dynamicAnchor": "node",
                "$ref": "tree",
                "unevaluatedProperties": False,
                "$defs": {
                    "tree": {
                        "$id": "tree",
                        "$dynamicAnchor": "node",
                        "properties": {"data": True, "children": {"items": {"$dynamicRef": "#node"}}},
                    }
                },
            },
            '{"children":[{"data":1}]}',
            '{"children":[{"daat":1}]}',
        ),
        (
            {
                "$schema": DRAFT2019,
                "$id": "https://e.org/strict",
                "$recursiveAnchor": True,
                "$ref": "tree",
                "unevaluatedProperties": False,
                "$defs": {
                    "tree": {
                        "$id": "tree",
                        "$recursiveAnchor": True,
                        "properties": {"data": True, "children": {"items": {"$recursiveRef": "#"}}},
                    }
                },
            },
            '{"children":[{"data":1}]}',
            '{"children":[{"daat":1}]}',
        ),
        (
            {
                "$ref": "old",
                "$defs": {
                    "a": {
                        "$id": "old",
                        "$schema": DRAFT7,
                        "$ref": "#/definitions/b",
                        "definitions": {"b": {"items": [False]}},
                    }
                },
            },
            "[]",
            "[1]",
        ),
    ],
)
def test_references_inside_the_document_and_to_meta_schemas_resolve(
    schema: dict[str, Any], good: str, bad: str
) -> None:
    assert check_schema(schema, seconds=SECONDS) == []
    assert fits(schema, good)
    assert not fits(schema, bad)


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"properties": {"a": {"$ref": "https://example.org/schema"}}}, "/properties/a/$ref"),
        ({"$ref": "file:///etc/passwd"}, "/$ref"),
        ({"$ref": "#/$defs/none"}, "/$ref"),
        ({"$ref": "#none"}, "/$ref"),
        ({"$ref": "http://["}, "/$ref"),
        ({"$ref": "#/%ff"}, "/$ref"),
        ({"$dynamicRef": "#none"}, "/$dynamicRef"),
        ({"$schema": DRAFT2019, "items": {"$recursiveRef": "other"}}, "/items/$recursiveRef"),
        ({"x": 5, "not": {"$ref": "#/x"}}, "/not/$ref"),
        ({"x": {"y": {"type": "strong"}}, "not": {"$ref": "#/x/y"}}, "/x/y/type"),
        ({"$schema": DRAFT4, "$ref": DRAFT7 + "#/none"}, "/$ref"),
    ],
)
def test_references_to_anything_else_are_issues(schema: dict[str, Any], place: str) -> None:
    assert place in [pointer for pointer, _ in places(schema)]
    with pytest.raises(SchemaUnusable):
        validate(jsontext.dumps(schema), 1, seconds=SECONDS)


def test_what_only_looks_like_a_reference_is_none() -> None:
    schema = {
        "enum": [{"$ref": "#/none"}],
        "const": {"$ref": "x"},
        "properties": {"$ref": {"type": "string"}},
    }
    assert check_schema(schema, seconds=SECONDS) == []
    assert check_schema({"$schema": DRAFT4, "$ref": 5, "type": "null"}, seconds=SECONDS) == []
    assert not fits({"$schema": DRAFT4, "$ref": 5, "type": "null"}, "1")


def test_patterns_have_to_be_regular_expressions() -> None:
    schema = {"pattern": "(", "patternProperties": {"a/[": {}, "ok": {"pattern": r"(a)\1"}}}
    assert places(schema) == [
        ("/pattern", "pattern"),
        ("/patternProperties/a~1[", "patternProperties"),
        ("/patternProperties/ok/pattern", "pattern"),
    ]


@pytest.mark.parametrize(
    ("schema", "instance", "issue"),
    [
        (
            {"properties": {"time": {"type": "integer"}}},
            '{"time":"x"}',
            ("'x' is not of type 'integer'", "/time", "type"),
        ),
        ({"required": ["a"]}, '{"b":1}', ("'a' is a required property", "", "required")),
        (
            {"properties": {"m": {"additionalProperties": False}}},
            '{"m":{"x":1,"y":2}}',
            (
                "Additional properties are not allowed ('x', 'y' were unexpected)",
                "/m",
                "additionalProperties",
            ),
        ),
        (
            {"properties": {"a/b": {"items": {"properties": {"~": {"maximum": 1}}}}}},
            '{"a/b":[{},{"~":1.50}]}',
            ("1.50 is greater than the maximum of 1", "/a~1b/1/~0", "maximum"),
        ),
        (
            {"anyOf": [{"type": "integer"}, {"properties": {"a": {"type": "null"}}, "type": "object"}]},
            '{"a":[1,2]}',
            (
                "{'a': [1, 2]} fits none of the 2 allowed forms "
                "(1: {'a': [1, 2]} is not of type 'integer'; 2: /a: [1, 2] is not of type 'null')",
                "",
                "anyOf",
            ),
        ),
        (
            {"oneOf": [{}, {"type": "null"}, {"minimum": 1}]},
            "null",
            ("null fits the forms 1 and 2, but only one may fit", "", "oneOf"),
        ),
        (
            {"uniqueItems": True},
            "[1,2,1.0]",
            ("1.0 at index 2 is there already, but items must be unique", "", "uniqueItems"),
        ),
        (
            {"propertyNames": {"pattern": "^x"}},
            '{"y":1}',
            ("the property name 'y' does not match '^x'", "", "pattern"),
        ),
        ({"properties": {"a": False}}, '{"a":true}', ("true is not allowed here", "/a", "properties")),
        (
            {"contains": {"const": 1}, "minContains": 2},
            "[1]",
            ("[1] contains 1 items that fit, but at least 2 are needed", "", "minContains"),
        ),
        ({"enum": ["a", 1.5]}, "null", ("null is not one of ['a', 1.5]", "", "enum")),
    ],
)
def test_issues_say_what_and_where(
    schema: dict[str, Any], instance: str, issue: tuple[str, str, str]
) -> None:
    assert issues(schema, instance) == [SchemaIssue(*issue)]


def test_issues_come_in_the_order_of_their_places_without_doubles() -> None:
    schema = {"items": {"type": "string"}, "allOf": [{"items": {"type": "string"}}, {"minItems": 20}]}
    instance = jsontext.dumps(["a", 1, *["a"] * 8, 2, 3])
    assert [issue.pointer for issue in issues(schema, instance)] == ["", "/1", "/10", "/11"]


def test_no_more_than_the_limit_is_reported() -> None:
    schema = '{"items":{"type":"string"}}'
    verdict = validate(schema, list(range(101)), seconds=SECONDS)
    assert (len(verdict.issues), verdict.truncated) == (100, True)
    verdict = validate(schema, list(range(100)), seconds=SECONDS)
    assert (len(verdict.issues), verdict.truncated) == (100, False)


def test_details_of_huge_values_are_short() -> None:
    instance = {f"k{n}": ["x" * 1000] * 10 for n in range(100)}
    schema = {
        "type": "array",
        "enum": ["y" * 5000] * 20,
        "anyOf": [{"const": "z" * 900}] * 50,
        "required": ["r" * 900],
    }
    assert len(found := issues(schema, jsontext.dumps(instance))) == 4
    assert all(len(issue.detail) <= 300 for issue in found)


def test_details_can_always_be_sent() -> None:
    schema = '{"additionalProperties":{"type":"null"},"propertyNames":{"maxLength":1}}'
    for issue in validate(schema, {"\ud800\0": "\udfff\0"}, seconds=SECONDS).issues:
        assert "\0" not in issue.detail + issue.pointer
        assert (issue.detail + issue.pointer).encode()


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"type":"strong"}', '{"$schema":"x"}', '{"$ref":"elsewhere"}', '{"pattern":"("}']
)
def test_a_stored_schema_that_is_broken_is_unusable_each_time(text: str) -> None:
    for _ in range(2):
        with pytest.raises(SchemaUnusable):
            validate(text, 1, seconds=SECONDS)


def test_without_time_there_is_no_verdict() -> None:
    with pytest.raises(ValidationTimeout):
        validate('{"items":{"type":"integer"}}', [1], seconds=0)
    with pytest.raises(ValidationTimeout):
        check_schema({"type": "object"}, seconds=0)


def test_a_schema_is_prepared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    text = '{"type":"integer","title":"prepared once"}'
    assert validate(text, 1).issues == []

    def fail(*_: object) -> None:
        raise AssertionError("prepared again")

    monkeypatch.setattr(json_schema, "_examine", fail)
    assert validate(text, 1).issues == []


def test_prepared_schemas_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    known = json_schema._Schemas()
    monkeypatch.setattr(json_schema, "CACHED_SCHEMAS", 3)
    monkeypatch.setattr(json_schema, "CACHED_CHARACTERS", 100)
    for n in range(10):
        known.ready(f'{{"title":"{n}"}}', json_schema.Deadline(SECONDS))
    assert len(known._known) == 3
    known.ready(f'{{"title":"{"x" * 200}"}}', json_schema.Deadline(SECONDS))
    assert len(known._known) == 1


def test_threads_share_schemas() -> None:
    schema = jsontext.dumps(
        {"$ref": "#/$defs/x", "$defs": {"x": {"items": {"$ref": "#/$defs/x"}, "pattern": "^(a|b)+$"}}}
    )
    verdicts: list[bool] = []

    def work() -> None:
        for _ in range(50):
            verdicts.append(not validate(schema, [["ab", ["ba"]]], seconds=SECONDS).issues)
            verdicts.append(bool(validate(schema, [["ab", ["x"]]], seconds=SECONDS).issues))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verdicts == [True] * 400


def test_deep_values_under_a_recursive_schema_are_no_problem() -> None:
    schema = {
        "$ref": "#/$defs/n",
        "$defs": {"n": {"anyOf": [{"type": "integer"}, {"items": {"$ref": "#/$defs/n"}}]}},
    }
    assert fits(schema, "[" * 63 + "1" + "]" * 63)


def test_schemas_as_deep_as_can_be_read_are_no_problem() -> None:
    schema: dict[str, Any] = {"type": "integer"}
    for _ in range(30):
        schema = {"properties": {"a": schema}}
    assert check_schema(schema, seconds=SECONDS) == []


values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 3),
        st.sampled_from([0.5, 1.0, -2.5]),
        st.text("ab", max_size=3),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=6,
)
keywords = st.one_of(
    st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"]).map(
        lambda name: {"type": name}
    ),
    st.lists(values, min_size=1, max_size=3).map(lambda allowed: {"enum": allowed}),
    st.sampled_from(
        [
            {"minimum": 0},
            {"maximum": 1.5},
            {"multipleOf": 0.5},
            {"maxLength": 1},
            {"minItems": 1},
            {"maxItems": 2},
            {"uniqueItems": True},
            {"pattern": "^a+$"},
            {"required": ["a", "b"]},
            {"minProperties": 1},
            {"propertyNames": {"enum": ["a", "b"]}},
        ]
    ),
)
schemas: st.SearchStrategy[dict[str, Any]] = st.recursive(
    keywords,
    lambda inner: st.one_of(
        st.builds(lambda one, other: {**one, **other}, inner, inner),
        st.dictionaries(st.sampled_from("abc"), inner, max_size=2).map(lambda named: {"properties": named}),
        st.builds(
            lambda named, rest: {"properties": {"a": named}, "additionalProperties": rest}, inner, inner
        ),
        st.builds(lambda named: {"patternProperties": {"[ab]": named}}, inner),
        inner.map(lambda each: {"items": each}),
        inner.map(lambda each: {"contains": each}),
        inner.map(lambda each: {"not": each}),
        st.builds(
            lambda name, several: {name: several},
            st.sampled_from(["allOf", "anyOf", "oneOf"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(lambda a, b, c: {"if": a, "then": b, "else": c}, inner, inner, inner),
    ),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(
    schemas,
    values,
    st.sampled_from(
        [jsonschema.Draft7Validator, jsonschema.Draft201909Validator, jsonschema.Draft202012Validator]
    ),
)
def test_verdicts_are_those_of_the_library(schema: dict[str, Any], value: Any, library: Any) -> None:
    schema = {**schema, "$schema": library.META_SCHEMA["$schema"]}
    expected = library(schema).is_valid(value)
    assert fits(schema, jsontext.dumps(value)) == expected


junk_keywords = st.sampled_from(
    [
        *[
            "$schema",
            "$id",
            "id",
            "$ref",
            "$dynamicRef",
            "$recursiveRef",
            "$anchor",
            "$dynamicAnchor",
            "$defs",
        ],
        *[
            "definitions",
            "properties",
            "patternProperties",
            "items",
            "prefixItems",
            "additionalItems",
            "enum",
        ],
        *[
            "allOf",
            "anyOf",
            "not",
            "if",
            "then",
            "dependencies",
            "dependentSchemas",
            "dependentRequired",
            "type",
        ],
        *[
            "contains",
            "minContains",
            "required",
            "pattern",
            "multipleOf",
            "minimum",
            "exclusiveMinimum",
            "const",
        ],
        *["uniqueItems", "unevaluatedItems", "unevaluatedProperties", "propertyNames", "$recursiveAnchor"],
    ]
)
junk_texts = st.one_of(
    st.text(max_size=5),
    st.sampled_from(
        [*ALL, "#", "#/", "#/items", "#/items/0", "#/not", "#x", "x", "integer", "urn:x:y", "http://[", "%"]
    ),
)
junk = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-2, 2),
        st.floats(allow_nan=False, allow_infinity=False),
        junk_texts,
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(junk_keywords, st.text(max_size=3)), inner, max_size=4),
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(junk_keywords, junk, max_size=5), junk, st.sampled_from([None, *ALL]))
def test_nothing_sent_as_a_schema_breaks_the_check(
    schema: dict[str, Any], value: Any, declared: str | None
) -> None:
    if declared is not None:
        schema["$schema"] = declared
    usable = not check_schema(schema, seconds=SECONDS)
    try:
        validate(jsontext.dumps(schema), value, seconds=SECONDS)
    except SchemaUnusable:
        # Only dynamic references can turn out to be endless as late as this.
        usable = (
            usable
            and "$dynamicRef" not in jsontext.dumps(schema)
            and "$recursiveRef" not in jsontext.dumps(schema)
        )
        assert not usable
