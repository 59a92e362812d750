"""The keywords of every draft, each bounded by its run's deadline, and the validator classes of them.

A keyword is a function `(validator, value, instance, schema)` that yields errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from jsonschema import validators

from .applicators import (
    additional_items,
    additional_properties,
    all_of,
    any_of,
    contains,
    contains_some,
    dependencies,
    dependent_required,
    dependent_schemas,
    if_,
    items,
    items_before_2020,
    not_,
    one_of,
    pattern_properties,
    prefix_items,
    properties,
    property_names,
    reference,
    unevaluated_items,
    unevaluated_properties,
)
from .assertions import (
    const,
    enum,
    exclusive_maximum,
    exclusive_minimum,
    is_integer_by_notation,
    is_integer_by_value,
    max_items,
    max_length,
    max_properties,
    maximum,
    maximum_draft4,
    min_items,
    min_length,
    min_properties,
    minimum,
    minimum_draft4,
    multiple_of,
    pattern,
    required,
    type_keyword,
    unique_items,
)
from .dialects import DIALECTS, Dialect
from .evaluation import Keyword

_DRAFT4: dict[str, Keyword] = {
    "$ref": reference("$ref"),
    "additionalItems": additional_items,
    "additionalProperties": additional_properties,
    "allOf": all_of,
    "anyOf": any_of,
    "dependencies": dependencies,
    "enum": enum,
    "items": items_before_2020,
    "maxItems": max_items,
    "maxLength": max_length,
    "maxProperties": max_properties,
    "maximum": maximum_draft4,
    "minItems": min_items,
    "minLength": min_length,
    "minProperties": min_properties,
    "minimum": minimum_draft4,
    "multipleOf": multiple_of,
    "not": not_,
    "oneOf": one_of,
    "pattern": pattern,
    "patternProperties": pattern_properties,
    "properties": properties,
    "required": required,
    "type": type_keyword(is_integer_by_notation),
    "uniqueItems": unique_items,
}
_DRAFT6 = _DRAFT4 | {
    "const": const,
    "contains": contains,
    "exclusiveMaximum": exclusive_maximum,
    "exclusiveMinimum": exclusive_minimum,
    "maximum": maximum,
    "minimum": minimum,
    "propertyNames": property_names,
    "type": type_keyword(is_integer_by_value),
}
_DRAFT7 = _DRAFT6 | {"if": if_}
_DRAFT2019 = {name: keyword for name, keyword in _DRAFT7.items() if name != "dependencies"} | {
    "$recursiveRef": reference("$recursiveRef"),
    "contains": contains_some,
    "dependentRequired": dependent_required,
    "dependentSchemas": dependent_schemas,
    "unevaluatedItems": unevaluated_items,
    "unevaluatedProperties": unevaluated_properties,
}
_DRAFT2020 = {
    name: keyword for name, keyword in _DRAFT2019.items() if name not in ("$recursiveRef", "additionalItems")
} | {
    "$dynamicRef": reference("$dynamicRef"),
    "items": items,
    "prefixItems": prefix_items,
}


def _applicable(dialect: Dialect) -> Callable[[dict[str, Any]], Iterable[tuple[str, Any]]]:
    if not dialect.ref_alone:
        return dict.items
    return lambda schema: [("$ref", schema["$ref"])] if dialect.only_ref(schema) else schema.items()


VALIDATORS = {
    dialect: validators.create(
        meta_schema=dialect.stock.META_SCHEMA,
        validators=keywords,
        type_checker=dialect.stock.TYPE_CHECKER,
        id_of=dialect.stock.ID_OF,
        applicable_validators=_applicable(dialect),
    )
    for dialect, keywords in zip(DIALECTS, (_DRAFT4, _DRAFT6, _DRAFT7, _DRAFT2019, _DRAFT2020), strict=True)
}
"""The validator class of each dialect, built from the keywords here."""
