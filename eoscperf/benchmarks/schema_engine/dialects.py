"""The drafts of JSON Schema: what they call things, and where in them schemas stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from jsonschema import (
    Draft4Validator,
    Draft6Validator,
    Draft7Validator,
    Draft201909Validator,
    Draft202012Validator,
)
from jsonschema_specifications import REGISTRY

_BEFORE_2019 = {
    "additionalItems": ("value",),
    "additionalProperties": ("value",),
    "allOf": ("list",),
    "anyOf": ("list",),
    "definitions": ("map",),
    "dependencies": ("map",),
    "items": ("value", "list"),
    "not": ("value",),
    "oneOf": ("list",),
    "patternProperties": ("map",),
    "properties": ("map",),
}
_DRAFT6 = {**_BEFORE_2019, "contains": ("value",), "propertyNames": ("value",)}
_DRAFT7 = {**_DRAFT6, "if": ("value",), "then": ("value",), "else": ("value",)}
_DRAFT2019 = {
    **_DRAFT7,
    "$defs": ("map",),
    "contentSchema": ("value",),
    "dependentSchemas": ("map",),
    "unevaluatedItems": ("value",),
    "unevaluatedProperties": ("value",),
}
_DRAFT2020 = {key: kind for key, kind in _DRAFT2019.items() if key not in ("additionalItems", "items")} | {
    "items": ("value",),
    "prefixItems": ("list",),
}


@dataclass(frozen=True, eq=False)
class Dialect:
    """One draft."""

    name: str
    uri: str
    stock: Any
    """The validator class of the jsonschema library."""
    positions: dict[str, tuple[str, ...]]
    id_keyword: str = "$id"
    anchor_in_id: bool = False
    anchors: tuple[str, ...] = ()
    references: tuple[str, ...] = ("$ref",)
    ref_alone: bool = False
    """Whether everything beside a `$ref` is ignored."""
    in_place: frozenset[str] = field(
        default=frozenset(
            {"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependencies", "dependentSchemas"}
        )
    )
    """Keywords whose schemas apply to the same value."""

    def only_ref(self, schema: dict[str, Any]) -> bool:
        """Whether the schema is a mere reference, so that everything beside it is ignored."""
        return self.ref_alone and isinstance(schema.get("$ref"), str)


DIALECTS = (
    Dialect(
        "draft 4",
        "http://json-schema.org/draft-04/schema",
        Draft4Validator,
        _BEFORE_2019,
        id_keyword="id",
        anchor_in_id=True,
        ref_alone=True,
    ),
    Dialect(
        "draft 6",
        "http://json-schema.org/draft-06/schema",
        Draft6Validator,
        _DRAFT6,
        anchor_in_id=True,
        ref_alone=True,
    ),
    Dialect(
        "draft 7",
        "http://json-schema.org/draft-07/schema",
        Draft7Validator,
        _DRAFT7,
        anchor_in_id=True,
        ref_alone=True,
    ),
    Dialect(
        "2019-09",
        "https://json-schema.org/draft/2019-09/schema",
        Draft201909Validator,
        _DRAFT2019,
        anchors=("$anchor",),
        references=("$ref", "$recursiveRef"),
    ),
    Dialect(
        "2020-12",
        "https://json-schema.org/draft/2020-12/schema",
        Draft202012Validator,
        _DRAFT2020,
        anchors=("$anchor", "$dynamicAnchor"),
        references=("$ref", "$dynamicRef"),
    ),
)
LATEST = DIALECTS[-1]
_BY_URI = {dialect.uri: dialect for dialect in DIALECTS}


def dialect_of(declared: Any) -> Dialect | None:
    """The dialect that a value of `$schema` stands for, None when it is none of the known ones."""
    if not isinstance(declared, str):
        return None
    return _BY_URI.get(declared.removesuffix("#"))


def meta_schemas() -> Iterator[tuple[str, Any, Dialect]]:
    """URI, contents and dialect of every bundled meta-schema, vocabularies included."""
    for uri in REGISTRY:
        contents = REGISTRY.contents(uri)
        dialect = dialect_of(contents.get("$schema"))
        if dialect is not None:
            yield uri.removesuffix("#"), contents, dialect
