"""The document says of a node what the node accepts."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from eoscperf.rest import schema
from eoscperf.rest.openapi import nodes

LIMITS = {"name": 5, "description": 10, "address": 30, "terms": 2, "term": 4}


def bound(*children: Any) -> Any:
    return schema.fields(*children).bind(limits=LIMITS)


def described(node: Any) -> dict[str, Any]:
    return nodes.node_schema(bound(node).children[0])


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (schema.name("a"), {"type": "string", "minLength": 1, "pattern": r"\S", "maxLength": 5}),
        (schema.prose("a"), {"type": ["string", "null"], "maxLength": 10}),
        (
            schema.prose("a", required=True),
            {"type": "string", "minLength": 1, "pattern": r"\S", "maxLength": 10},
        ),
        (schema.identifier("a"), {"type": "string", "format": "uuid"}),
        (schema.instant("a"), {"type": "string", "format": "date-time"}),
        (schema.flag("a", default=False), {"type": "boolean", "default": False}),
        (schema.whole("a", 1, 9, default=3), {"type": "integer", "minimum": 1, "maximum": 9, "default": 3}),
        (schema.choice("a", "x", "y", missing="x"), {"type": "string", "enum": ["x", "y"], "default": "x"}),
        (schema.json_object("a"), {"type": "object"}),
        (schema.exact("a", title="Exactly this"), {"type": "string", "description": "Exactly this"}),
    ],
)
def test_nodes_are_described(node: Any, expected: dict[str, Any]) -> None:
    assert described(node) == expected


def test_web_addresses_are_found_within_several_validators() -> None:
    found = described(schema.web_address("a"))
    assert found["maxLength"] == 30
    assert found["format"] == "uri"


def test_lists_are_described_with_their_items_and_their_length() -> None:
    node = schema.several(schema.name_like("terms", "term"), limit="terms")
    assert described(node) == {
        "type": "array",
        "items": {"type": "string", "maxLength": 4},
        "maxItems": 2,
    }
    assert nodes.query_parameters(bound(node))[0]["explode"] is True


def test_a_title_that_nobody_gave_is_no_description() -> None:
    assert "description" not in described(schema.exact("docker_image"))


def test_bodies_take_their_members_and_no_others() -> None:
    found = nodes.object_schema(bound(schema.name("name"), schema.prose("note")), read_only=("id",))
    valid = Draft202012Validator(found).is_valid
    assert valid({"name": "x"})
    assert valid({"name": "x", "note": None, "id": 7})
    assert not valid({})
    assert not valid({"name": " "})
    assert not valid({"name": "toolong"})
    assert not valid({"name": "x", "colour": 1})


def test_required_parameters_say_so() -> None:
    first, second = nodes.query_parameters(bound(schema.identifier("a"), schema.exact("b")))
    assert first["required"] is True
    assert "required" not in second
