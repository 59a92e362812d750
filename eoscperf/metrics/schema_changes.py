"""What two JSON Schemas say differently about the values of results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eoscperf import jsontext
from eoscperf.results.projection.declared import Place, declared_places

MOST = 500
"""Changes that are told."""

_APPLICATORS = frozenset(
    {
        "$ref", "$dynamicRef", "$defs", "definitions", "properties", "patternProperties",
        "additionalProperties", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "items",
        "prefixItems", "contains", "required", "dependentSchemas", "dependentRequired",
    }
)  # fmt: skip
"""Keywords that hold schemas or are about members: what they say of values is found at these places."""


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """One keyword at one path, as JSON; without a keyword a path that one schema declares, and its type."""

    path: str
    keyword: str | None
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class SchemaChanges:
    added: tuple[SchemaChange, ...]
    removed: tuple[SchemaChange, ...]
    changed: tuple[SchemaChange, ...]
    elsewhere: bool
    """whether the schemas differ in something else, such as what is required"""
    more: int
    """changes that are not told: there are too many"""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.elsewhere)


def schema_changes(before: str, after: str) -> SchemaChanges:
    """From one schema, as its text, to another: paths in their order from the root downwards."""
    old = {place.path.text(): _said(place) for place in declared_places(before)}
    new = {place.path.text(): _said(place) for place in declared_places(after)}
    added = [SchemaChange(path, None, None, _types(new[path])) for path in new if path not in old]
    removed = [SchemaChange(path, None, _types(old[path]), None) for path in old if path not in new]
    changed = [
        SchemaChange(path, keyword, old[path].get(keyword), new[path].get(keyword))
        for path in new
        if path in old
        for keyword in sorted({*old[path], *new[path]})
        if old[path].get(keyword) != new[path].get(keyword)
    ]
    total = len(added) + len(removed) + len(changed)
    return SchemaChanges(
        tuple(added[:MOST]),
        tuple(removed[:MOST]),
        tuple(changed[:MOST]),
        elsewhere=not total and before != after,
        more=sum(max(0, len(one) - MOST) for one in (added, removed, changed)),
    )


def _said(place: Place) -> dict[str, str]:
    """What the schema says of a value, by keyword; of several the first counts."""
    found: dict[str, Any] = {}
    for schema in place.schemas:
        for keyword, value in schema.items():
            if keyword not in _APPLICATORS:
                found.setdefault(keyword, value)
    return {keyword: jsontext.dumps(value) for keyword, value in found.items()}


def _types(said: dict[str, str]) -> str | None:
    """The types in words; None where any is allowed."""
    types = jsontext.loads_stored(said["type"]) if "type" in said else None
    return " or ".join(map(str, types)) if isinstance(types, list) else types
