"""An example of a result from what a JSON Schema gives as examples."""

from __future__ import annotations

from typing import Any

from eoscperf import jsontext
from eoscperf.benchmarks.json_schema import SchemaUnusable, ValidationTimeout, validate

DEEPEST = 20

SECONDS = 2.0
"""Time to find out whether an example fits, as for an upload; a page waits for it."""


class _NoneGivenError(Exception):
    """The schema gives no example of a part that has to be there."""


def example_of(schema_text: str) -> str | None:
    """A document made of the schema's own examples, constants and defaults, if there is one that fits it."""
    try:
        schema = jsontext.loads_stored(schema_text)
        found = _example(schema, DEEPEST)
        verdict = validate(schema_text, found, seconds=SECONDS, limit=1)
    except (_NoneGivenError, jsontext.JSONTextError, SchemaUnusable, ValidationTimeout):
        return None
    return jsontext.dumps(found) if isinstance(found, dict) and found and not verdict.issues else None


def _example(schema: Any, depth: int) -> Any:
    if not isinstance(schema, dict) or depth == 0:
        raise _NoneGivenError
    for keyword in ("examples", "enum"):
        given = schema.get(keyword)
        if isinstance(given, list) and given:
            return given[0]
    for keyword in ("example", "const", "default"):
        if keyword in schema:
            return schema[keyword]
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        raise _NoneGivenError
    required = schema.get("required")
    required = required if isinstance(required, list) else []
    found = {}
    for name, about in properties.items():
        try:
            found[name] = _example(about, depth - 1)
        except _NoneGivenError:
            if name in required:
                raise
    return found
