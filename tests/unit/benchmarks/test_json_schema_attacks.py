"""Schemas and values made to never end or to fill the memory; each has to come to an end by itself."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from eoscperf import jsontext
from eoscperf.benchmarks.json_schema import SchemaUnusable, ValidationTimeout, check_schema, validate

SECONDS = 0.2
GUARD = 60
"""Seconds after which the test run gives up waiting; far more than any of this may take on a busy machine."""

DRAFT4 = "http://json-schema.org/draft-04/schema#"
DRAFT7 = "http://json-schema.org/draft-07/schema#"
DRAFT2019 = "https://json-schema.org/draft/2019-09/schema"

Attack = Callable[[], tuple[dict[str, Any], Any]]


@pytest.fixture(autouse=True)
def guard() -> Iterator[None]:
    def give_up(*_: object) -> None:
        raise AssertionError(f"still running after {GUARD} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(GUARD)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def chain(levels: int, link: Callable[[str], Any], end: Any, key: str = "$defs") -> dict[str, Any]:
    definitions = {f"a{n}": link(f"#/{key}/a{n + 1}") for n in range(levels)}
    return {"$ref": f"#/{key}/a0", key: {**definitions, f"a{levels}": end}}


def nested(levels: int, wrap: Callable[[Any], Any], core: Any) -> Any:
    for _ in range(levels):
        core = wrap(core)
    return core


A = "a" * 1_000_000
PATTERNS = {
    "nested plus": "^(a+)+$",
    "overlapping options": "^(a|aa)+$",
    "options of all lengths": "^(" + "|".join("a" * n for n in range(1, 100)) + ")*b",
    "many optional parts": "^(a?){500}a{500}$",
    "star of star": "^((a*)*)*b",
    "fifty times anything": "(.*){50}b",
    "spread anything": ".*" * 30 + "b",
    "counted anything": ".{0,9000}b",
    "nested counts": "((a{20}){20}){20}b",
    "nested optional counts": "((a{0,20}){0,20}){0,20}b",
    "empty repetition": "^(()*)*b",
    "empty option": "(|a)+b",
    "look ahead": "(?=(a+)+b)c",
    "many look-arounds": "(?=.*b)(?!.*c)(?<=a)(?<!c)" * 12 + "z",
    "look-around in a loop": "^((?=a)a|(?!b)a)*b",
    "nested look-around": "(?=a(?=a(?=a(?=.*b))))z",
    "word boundaries": r"(\b|\B)*\bb\b",
    "blow-up of states": "(a|b)*a(a|b){200}c",
    "unicode class": r"^(\p{L}|[a-z])*\p{N}",
    "long class": "[" + "".join(map(chr, range(0x4E00, 0x4E00 + 4000))) + "]+x",
}
TOO_LARGE = {
    "huge count": "a{1000000}",
    "count beyond all bounds": "a{" + "9" * 5000 + "}",
    "counts of counts": "(((a{1000}){1000}){1000}){1000}",
    "counted look-ahead": "((?=a{1000})a){1000}",
    "long pattern": "a" * 200_000,
    "deep groups": "(" * 5000 + ")" * 5000,
}


@pytest.mark.parametrize("text", [A, "ab" * 500_000, "a" * 30 + "!"], ids=["a", "ab", "short"])
@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_no_pattern_runs_on(pattern: str, text: str) -> None:
    ends({"pattern": pattern}, text)


@pytest.mark.parametrize("pattern", TOO_LARGE.values(), ids=TOO_LARGE)
def test_patterns_that_stand_for_too_much_are_refused(pattern: str) -> None:
    [issue] = check_schema({"pattern": pattern})
    assert issue.keyword == "pattern"
    with pytest.raises(SchemaUnusable):
        validate(jsontext.dumps({"pattern": pattern}), "a")


def unique_collisions() -> tuple[dict[str, Any], Any]:
    # All of these have the same hash as Python integers.
    return {"uniqueItems": True}, [n * (2**61 - 1) for n in range(1, 50_000)]


def wide_object() -> dict[str, Any]:
    return {f"k{n}": n for n in range(50_000)}


ATTACKS: dict[str, Attack] = {
    "unique items, many": lambda: ({"uniqueItems": True}, list(range(500_000))),
    "unique items, mixed": lambda: (
        {"uniqueItems": True},
        [[n] if n % 2 else {"a": n} for n in range(200_000)],
    ),
    "unique items, colliding": unique_collisions,
    "unique items at each level": lambda: (
        {"$ref": "#/$defs/x", "$defs": {"x": {"uniqueItems": True, "items": {"$ref": "#/$defs/x"}}}},
        nested(60, lambda value: [value], list(range(100_000))),
    ),
    "all of doubled": lambda: (
        chain(28, lambda following: {"allOf": [{"$ref": following}] * 2}, {"type": "string"}),
        1,
    ),
    "any of doubled": lambda: (
        chain(28, lambda following: {"anyOf": [{"$ref": following}] * 2}, {"type": "string"}),
        1,
    ),
    "one of doubled": lambda: (
        chain(28, lambda following: {"oneOf": [{"$ref": following}] * 2}, {"type": "integer"}),
        1,
    ),
    "not doubled": lambda: (
        chain(18, lambda following: {"not": {"anyOf": [{"$ref": following}] * 2}}, {"type": "string"}),
        1,
    ),
    "if doubled": lambda: (
        chain(
            40,
            lambda following: {
                "if": {"$ref": following},
                "then": {"$ref": following},
                "else": {"$ref": following},
            },
            {"type": "string"},
        ),
        1,
    ),
    "items times any of": lambda: (
        {"items": {"anyOf": [{"const": n} for n in range(5000)]}},
        [-1] * 50_000,
    ),
    "large enum of objects": lambda: (
        {"items": {"enum": [{"a": n, "b": [n]} for n in range(5000)]}},
        [{"a": -1, "b": [1]}] * 50_000,
    ),
    "large enum of numbers": lambda: ({"items": {"enum": list(range(20_000))}}, [-1] * 200_000),
    "dependent schemas": lambda: (
        {"dependentSchemas": {f"k{n}": {"minProperties": 10**9, "properties": {}} for n in range(5000)}},
        wide_object(),
    ),
    "property names": lambda: ({"propertyNames": {"pattern": "^((k|x)+)+$"}}, wide_object()),
    "pattern properties": lambda: (
        {"patternProperties": {f"{n}.*{n}.*{n}$": False for n in range(2000)}, "additionalProperties": False},
        wide_object(),
    ),
    "unevaluated properties, nested": lambda: (
        chain(
            14,
            lambda following: {
                "unevaluatedProperties": False,
                "anyOf": [{"$ref": following}, {"allOf": [{"$ref": following}]}],
            },
            {"properties": {"k1": True}},
        ),
        {"k1": 1, "k2": 2},
    ),
    "unevaluated items, nested": lambda: (
        chain(
            18,
            lambda following: {
                "unevaluatedItems": False,
                "oneOf": [{"$ref": following}, {"not": {"$ref": following}}],
            },
            {"prefixItems": [True]},
        ),
        [1, 2, 3],
    ),
    "unevaluated items, wide": lambda: (
        {"allOf": [{"contains": {"minimum": n}} for n in range(2000)], "unevaluatedItems": False},
        list(range(50_000)),
    ),
    "contains of contains": lambda: (
        nested(15, lambda inner: {"contains": inner, "minContains": 2}, {"const": 9}),
        nested(15, lambda value: [value] * 3, 1),
    ),
    "every branch fails": lambda: (
        {"anyOf": [{"items": {"type": "string"}, "maxItems": n} for n in range(5000)]},
        list(range(100_000)),
    ),
    "a flood of errors": lambda: (
        {"items": {"type": "string", "enum": ["a"], "minLength": 1}},
        list(range(300_000)),
    ),
    "the same error again and again": lambda: ({"allOf": [{"type": "string"}] * 20_000}, wide_object()),
    "nothing allowed, often": lambda: ({"anyOf": [False] * 40_000}, wide_object()),
    "steps of a tiny number": lambda: (
        {"items": {"multipleOf": 1e-308}},
        [1.7e308, 10**308, 5, 1e-300] * 20_000,
    ),
    "steps of a huge number": lambda: (
        {"items": {"multipleOf": 10**308 + 1}},
        [1.7e308, 10**308, 0.1] * 20_000,
    ),
    "many required names": lambda: (
        {"items": {"required": [f"r{n}" for n in range(20_000)]}},
        [{}] * 1000,
    ),
    "many properties of many items": lambda: (
        {"items": {"properties": {f"r{n}": False for n in range(15_000)}}},
        [{}] * 100_000,
    ),
    "other dialect inside": lambda: (
        {
            "allOf": [
                {"$id": "inner", "$schema": DRAFT7, "pattern": "^(a+)+$"},
                {"$schema": DRAFT4, "uniqueItems": True},
            ]
        },
        A + "!",
    ),
    "dynamic fan-out": lambda: (
        {
            "$id": "https://example.org/root",
            "$dynamicAnchor": "node",
            "items": {"anyOf": [{"$dynamicRef": "#node"}, {"$dynamicRef": "#node"}]},
            "type": "array",
        },
        nested(60, lambda value: [value], 1),
    ),
    "deep recursion": lambda: (
        {
            "$ref": "#/$defs/x",
            "$defs": {"x": {"anyOf": [{"allOf": [{"items": {"$ref": "#/$defs/x"}}]}, False]}},
        },
        nested(60, lambda value: [value], "end"),
    ),
    "deeper than anything that is read": lambda: (
        {"items": {"$ref": "#"}, "uniqueItems": True},
        nested(5000, lambda value: [value], "end"),
    ),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_no_schema_runs_on(attack: Attack) -> None:
    ends(*attack())


SELF_REFERENCES: dict[str, dict[str, Any]] = {
    "root": {"$ref": "#"},
    "draft 4 root": {"$schema": DRAFT4, "allOf": [{"$ref": "#"}]},
    "any of": {"anyOf": [{"type": "string"}, {"$ref": "#"}]},
    "not": {"not": {"$ref": "#"}},
    "then": {"if": True, "then": {"$ref": "#"}},
    "two steps": {
        "$ref": "#/$defs/a",
        "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"allOf": [{"$ref": "#/$defs/a"}]}},
    },
    "unused": {"$defs": {"a": {"$ref": "#/$defs/a"}}},
    "dynamic": {"$dynamicAnchor": "x", "allOf": [{"$dynamicRef": "#x"}]},
    "recursive": {"$schema": DRAFT2019, "$recursiveAnchor": True, "oneOf": [{"$recursiveRef": "#"}]},
    "dependent": {"dependentSchemas": {"a": {"$ref": "#"}}},
    "dependencies": {"$schema": DRAFT7, "dependencies": {"a": {"$ref": "#"}}},
    "long chain": chain(5000, lambda following: {"$ref": following}, True),
}


@pytest.mark.parametrize("schema", SELF_REFERENCES.values(), ids=SELF_REFERENCES)
def test_schemas_that_never_reach_the_value_are_refused(schema: dict[str, Any]) -> None:
    assert check_schema(schema, seconds=20)
    with pytest.raises(SchemaUnusable):
        validate(jsontext.dumps(schema), {"a": 1}, seconds=20)


def test_a_loop_that_only_shows_while_evaluating_makes_the_schema_unusable() -> None:
    # Taken alone each resource ends; the dynamic reference leads back only when entered from the outer one.
    schema = {
        "$id": "https://example.org/outer",
        "$dynamicAnchor": "x",
        "$ref": "inner",
        "$defs": {
            "inner": {
                "$id": "inner",
                "$dynamicRef": "#x",
                "$defs": {"x": {"$dynamicAnchor": "x", "type": "object"}},
            }
        },
    }
    assert check_schema(schema) == []
    with pytest.raises(SchemaUnusable, match="leads back to itself"):
        validate(jsontext.dumps(schema), {})


LARGE_SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "many empty schemas": lambda: {"allOf": [{}] * 80_000},
    "many properties": lambda: {
        "properties": {f"p{n}": {"type": "string", "minLength": 1} for n in range(6000)}
    },
    "many errors": lambda: {"properties": {f"p{n}": {"type": "strong"} for n in range(8000)}},
    "many unknown types": lambda: {"type": ["strong"] * 20_000},
    "a long list of names": lambda: {"required": [f"n{n}" for n in range(25_000)]},
    "equal names": lambda: {"required": ["n"] * 50_000},
    "many references": lambda: {"allOf": [{"$ref": f"#/$defs/{n}"} for n in range(10_000)]},
    "references to no schema position": lambda: {
        "x": {str(n): {"y": n} for n in range(5000)},
        "allOf": [{"$ref": f"#/x/{n}"} for n in range(5000)],
    },
    "references from one to all": lambda: {
        "$defs": {
            str(n): {"allOf": [{"$ref": f"#/$defs/{k}"} for k in range(n + 1, 100)]} for n in range(100)
        }
    },
    "many identifiers": lambda: {"allOf": [{"$id": f"i{n}", "$anchor": "a"} for n in range(6000)]},
    "many patterns": lambda: {"patternProperties": {f"a{n}{{9999}}": True for n in range(10_000)}},
    "many small patterns": lambda: {"patternProperties": {f"x{n}(a|b)*": True for n in range(12_000)}},
    "deep negation": lambda: nested(58, lambda inner: {"not": inner}, {}),
    "deep properties": lambda: nested(30, lambda inner: {"properties": {"a": inner}}, {}),
    "too deep": lambda: nested(100, lambda inner: {"not": inner}, {}),
    "all dialects inside each other": lambda: nested(
        40, lambda inner: {"$id": "x", "$schema": DRAFT2019, "not": inner}, {}
    ),
    "pointer of many steps": lambda: {"$ref": "#" + "/a" * 100_000},
    "many long pointers": lambda: {"allOf": [{"$ref": "#" + "/allOf/0" * 30 + str(n)} for n in range(800)]},
}


@pytest.mark.parametrize("schema", LARGE_SCHEMAS.values(), ids=LARGE_SCHEMAS)
def test_checking_a_schema_ends(schema: Callable[[], dict[str, Any]]) -> None:
    ends(schema(), {"a": [1]})


def ends(schema: dict[str, Any], instance: Any) -> None:
    """Both operations come to a verdict or say that they cannot."""
    with contextlib.suppress(ValidationTimeout):
        assert isinstance(check_schema(schema, seconds=SECONDS), list)
    try:
        verdict = validate(jsontext.dumps(schema), instance, seconds=SECONDS)
    except (ValidationTimeout, SchemaUnusable):
        return
    assert len(verdict.issues) <= 100
