"""Which properties and items a schema has looked at, for `unevaluatedProperties` and `unevaluatedItems`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

from .evaluation import below, fits, is_valid, run_of, target
from .limits import SchemaUnusable

Seen = set[Any] | Literal[True]
"""Names or indexes that were looked at; True stands for all of them."""

Collector = Callable[[Any, Any], Seen]


def evaluated_properties(validator: Any, instance: dict[str, Any], *, own: bool = False) -> Seen:
    """Names the validator's schema has looked at; `own` leaves its `unevaluatedProperties` out."""
    return _remembered("properties" if own else "all properties", validator, instance, own, _properties)


def evaluated_items(validator: Any, instance: list[Any], *, own: bool = False) -> Seen:
    """Indexes the validator's schema has looked at; `own` leaves its `unevaluatedItems` out."""
    return _remembered("items" if own else "all items", validator, instance, own, _items)


def _remembered(
    kind: str, validator: Any, instance: Any, own: bool, collect: Callable[[Any, Any, bool], Seen]
) -> Seen:
    run = run_of(validator)
    run.tick()
    key = (kind, id(validator), id(instance))
    if key in run.evaluated:
        known = run.evaluated[key]
        if known is None:
            raise SchemaUnusable("the schema leads back to itself without going into the value")
        return known
    run.evaluated[key] = None
    seen = run.evaluated[key] = collect(validator, instance, own)
    return seen


def _properties(validator: Any, instance: dict[str, Any], own: bool) -> Seen:
    schema, keywords = validator.schema, validator.VALIDATORS
    if "additionalProperties" in schema or (not own and "unevaluatedProperties" in schema):
        return True
    names = {name for name in schema.get("properties") or () if name in instance}
    search = run_of(validator).search
    for source in schema.get("patternProperties") or ():
        names.update(name for name in instance if search(source, name))
    if "dependentSchemas" in keywords:
        for name, subschema in (schema.get("dependentSchemas") or {}).items():
            if name in instance and isinstance(subschema, dict):
                seen = evaluated_properties(below(validator, subschema), instance)
                if seen is True:
                    return True
                names |= seen
    return _with_in_place(validator, instance, names, evaluated_properties)


def _items(validator: Any, instance: list[Any], own: bool) -> Seen:
    schema = validator.schema
    if not own and "unevaluatedItems" in schema:
        return True
    indexes: set[int] = set()
    since_2020 = "prefixItems" in validator.VALIDATORS
    items = schema.get("items")
    if since_2020:
        if items is not None:
            return True
        indexes.update(range(min(len(schema.get("prefixItems") or ()), len(instance))))
        if "contains" in schema:
            indexes.update(
                at for at, item in enumerate(instance) if is_valid(validator, schema["contains"], item)
            )
    elif isinstance(items, list):
        if "additionalItems" in schema:
            return True
        indexes.update(range(min(len(items), len(instance))))
    elif items is not None:
        return True
    return _with_in_place(validator, instance, indexes, evaluated_items)


def _with_in_place(validator: Any, instance: Any, seen: set[Any], collect: Collector) -> Seen:
    for other in _in_place(validator, instance):
        more = collect(other, instance)
        if more is True:
            return True
        seen |= more
    return seen


def _in_place(validator: Any, instance: Any) -> Iterator[Any]:
    """The validators that apply to the same value and whose view counts.

    Where the whole fails anyway (`allOf`, references) the part counts even if it does not fit: its own errors
    say more than a list of names nobody looked at.
    """
    schema, keywords = validator.schema, validator.VALIDATORS
    for keyword in ("$ref", "$dynamicRef", "$recursiveRef"):
        if keyword in schema and keyword in keywords:
            referred = target(validator, keyword, schema[keyword])
            if not isinstance(referred, bool):
                yield referred
    for subschema in schema.get("allOf") or ():
        if isinstance(subschema, dict):
            yield below(validator, subschema)
    for keyword in ("anyOf", "oneOf"):
        for subschema in schema.get(keyword) or ():
            if isinstance(subschema, dict) and fits(below(validator, subschema), instance):
                yield below(validator, subschema)
    if "if" in schema:
        condition = schema["if"]
        holds = is_valid(validator, condition, instance)
        if holds and isinstance(condition, dict):
            yield below(validator, condition)
        branch = schema.get("then" if holds else "else")
        if isinstance(branch, dict):
            yield below(validator, branch)
