"""JSON Schemas of the strict colander nodes: what a node accepts, as the document says it."""

from __future__ import annotations

from typing import Any

import colander

from eoscperf.rest import schema

Schema = dict[str, Any]


def node_schema(node: colander.SchemaNode) -> Schema:
    """The JSON Schema of a bound node, with its title as description and its default."""
    found = _BY_TYPE[type(node.typ)](node) if type(node.typ) in _BY_TYPE else _plain(node)
    allowed = getattr(node, "allowed", None)
    if isinstance(allowed, tuple):
        found["enum"] = list(allowed)
    if getattr(node, "format", None):
        found["format"] = node.format
    if getattr(node, "nullable", False):
        found["type"] = [found["type"], "null"]
    default = default_of(node)
    if default is not None:
        found["default"] = default
    if described(node):
        found["description"] = described(node)
    return found | getattr(node, "openapi", {})


def default_of(node: colander.SchemaNode) -> Any:
    """What an absent value stands for, if anything."""
    documented = getattr(node, "documented_default", None)
    if documented is not None:
        return documented
    return node.missing if isinstance(node.missing, str | int | float) else None


def described(node: colander.SchemaNode) -> str:
    """The title somebody gave the node; colander makes one up from the name where nobody did."""
    made_up = node.name.replace("_", " ").title()
    return "" if node.title == made_up else str(node.title)


def object_schema(node: colander.SchemaNode, read_only: tuple[str, ...] = ()) -> Schema:
    """The schema of a body; `read_only` members may be sent along as they are."""
    properties = {child.name: node_schema(child) for child in node.children}
    for key in read_only:
        properties.setdefault(key, {"description": "Cannot be changed; may be sent as GET shows it."})
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    required = [child.name for child in node.children if child.required]
    if required:
        found["required"] = required
    return found


def query_parameters(node: colander.SchemaNode | None) -> list[Schema]:
    """The parameters of a query string."""
    parameters = []
    for child in node.children if node is not None else ():
        shown = node_schema(child)
        parameter: Schema = {"name": child.name, "in": "query", "schema": shown}
        description = shown.pop("description", "")
        if description:
            parameter["description"] = description
        if child.required:
            parameter["required"] = True
        if getattr(child, "is_list", False):
            parameter |= {"style": "form", "explode": True}
        parameters.append(parameter)
    return parameters


def _text(node: colander.SchemaNode) -> Schema:
    found: Schema = {"type": "string"}
    if not node.typ.blank:
        found |= {"minLength": 1, "pattern": r"\S"}
    most = _bound(node, colander.Length)
    if most is not None and most.max is not None and most.max > 0:
        found["maxLength"] = most.max
    return found


def _instant(node: colander.SchemaNode) -> Schema:
    if node.typ.dates:
        return {"type": "string", "anyOf": [{"format": "date-time"}, {"format": "date"}]}
    return {"type": "string", "format": "date-time"}


def _whole(node: colander.SchemaNode) -> Schema:
    found: Schema = {"type": "integer"}
    limits = _bound(node, colander.Range)
    if limits is not None:
        found |= {"minimum": limits.min, "maximum": limits.max}
    return found


def _several(node: colander.SchemaNode) -> Schema:
    found: Schema = {"type": "array", "items": node_schema(node.children[0])}
    most = _bound(node, colander.Length)
    if most is not None and most.max is not None:
        found["maxItems"] = most.max
    return found


def _plain(node: colander.SchemaNode) -> Schema:
    # A type that only a plug-in knows may say what it accepts in an attribute `openapi` of its nodes.
    return {}


def _bound(node: colander.SchemaNode, kind: type) -> Any:
    """The validator of a kind that bounds the node, also within `colander.All`."""
    validator = getattr(node, "validator", None)
    for one in validator.validators if isinstance(validator, colander.All) else [validator]:
        if isinstance(one, kind):
            return one
    return None


_BY_TYPE: dict[type, Any] = {
    schema.Text: _text,
    schema.Identifier: lambda node: {"type": "string", "format": "uuid"},
    schema.Instant: _instant,
    schema.Whole: _whole,
    schema.Number: _whole,
    schema.Flag: lambda node: {"type": "boolean"},
    schema.JsonObject: lambda node: {"type": "object"},
    schema.Fields: object_schema,
    schema._Several: _several,
}
