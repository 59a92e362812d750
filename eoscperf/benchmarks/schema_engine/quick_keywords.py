"""The keywords whose verdict can be had quickly.

Each gives the checks for the types of values that it has something to say about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import NoneType
from typing import Any, Protocol

from eoscperf.jsontext import FloatLiteral, IntegerLiteral, identity

from .assertions import exact, is_integer_by_value, is_multiple
from .dialects import Dialect
from .limits import Deadline
from .quick_checks import ALL, FLOATS, NUMBERS, TYPES, Check, Part, Table, ask, never, undecided


class Builder(Protocol):
    """What makes the checks of a schema, with those of all schemas that are reached from it."""

    def table(self, schema: Any) -> Table:
        """The checks of a schema inside the one that is being made."""

    def referred(self, reference: str) -> Table:
        """The checks of the schema that a reference leads to."""

    def searcher(self, source: str) -> Check:
        """Whether a pattern is found in a text."""


def _is_draft4(dialect: Dialect) -> bool:
    return dialect.id_keyword == "id"


def _type(builder: Builder, names: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    names = [names] if isinstance(names, str) else names
    allowed = {kind for name in names for kind in TYPES[name]}
    by_value = "integer" in names and "number" not in names and not _is_draft4(dialect)
    refused = [kind for kind in ALL if kind not in allowed and not (by_value and kind in FLOATS)]
    yield refused, never
    if by_value:
        yield FLOATS, lambda value, deadline: is_integer_by_value(value)


def _enum(builder: Builder, values: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    texts = frozenset(value for value in values if isinstance(value, str))
    scalars = frozenset(identity(value) for value in values if not isinstance(value, dict | list))
    yield (str,), lambda value, deadline: value in texts
    yield (*NUMBERS, bool, NoneType), lambda value, deadline: identity(value) in scalars
    for kind in (list, dict):
        yield (kind,), undecided if any(isinstance(value, kind) for value in values) else never


def _const(builder: Builder, value: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    return _enum(builder, [value], schema, dialect)


def _bound(holds: Callable[[Any, Any], bool]) -> Any:
    def bound(builder: Builder, limit: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
        limit = exact(limit)
        # A float that remembers its text may have been rounded, all others are what they say.
        yield (int, IntegerLiteral, float), lambda value, deadline: holds(value, limit)
        yield (FloatLiteral,), lambda value, deadline: holds(exact(value), limit)

    return bound


def _minimum(builder: Builder, limit: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    if _is_draft4(dialect) and schema.get("exclusiveMinimum") is True:
        return MAKERS["exclusiveMinimum"](builder, limit, schema, dialect)
    least = exact(limit)
    return (
        ((int, IntegerLiteral, float), lambda value, deadline: value >= least),
        ((FloatLiteral,), lambda value, deadline: exact(value) >= least),
    )


def _maximum(builder: Builder, limit: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    if _is_draft4(dialect) and schema.get("exclusiveMaximum") is True:
        return MAKERS["exclusiveMaximum"](builder, limit, schema, dialect)
    most = exact(limit)
    return (
        ((int, IntegerLiteral, float), lambda value, deadline: value <= most),
        ((FloatLiteral,), lambda value, deadline: exact(value) <= most),
    )


def _multiple_of(builder: Builder, divisor: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    yield NUMBERS, lambda value, deadline: is_multiple(value, divisor)


def _size(kind: type, holds: Callable[[int, Any], bool]) -> Any:
    def size(builder: Builder, limit: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
        yield (kind,), lambda value, deadline: holds(len(value), limit)

    return size


def _pattern(builder: Builder, source: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    yield (str,), builder.searcher(source)


def _unique_items(builder: Builder, wanted: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    def unique(value: list[Any], deadline: Deadline) -> bool:
        seen: set[str] = set()
        for item in value:
            deadline.tick()
            seen.add(identity(item, tick=deadline.tick))
        return len(seen) == len(value)

    if wanted is True:
        yield (list,), unique


def _required(builder: Builder, names: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    needed = frozenset(names)
    yield (dict,), lambda value, deadline: needed <= value.keys()


def _properties(builder: Builder, named: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    tables = {name: builder.table(subschema) for name, subschema in named.items()}

    def properties(value: dict[str, Any], deadline: Deadline) -> bool:
        deadline.tick()
        if len(value) < len(tables):
            for name, item in value.items():
                table = find(name)
                if table is not None:
                    check = table[type(item)]
                    if check is not None and not check(item, deadline):
                        return False
            return True
        for name, table in pairs:
            if name in value:
                item = value[name]
                check = table[type(item)]
                if check is not None and not check(item, deadline):
                    return False
        return True

    pairs, find = tuple(tables.items()), tables.get
    yield (dict,), properties


def _pattern_properties(builder: Builder, patterns: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    tables = [(builder.searcher(source), builder.table(inner)) for source, inner in patterns.items()]

    def pattern_properties(value: dict[str, Any], deadline: Deadline) -> bool:
        return all(
            ask(table, item, deadline)
            for search, table in tables
            for name, item in value.items()
            if search(name, deadline)
        )

    yield (dict,), pattern_properties


def _additional_properties(builder: Builder, subschema: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    if subschema is True:
        return
    named = frozenset(schema.get("properties") or ())
    searchers = [builder.searcher(source) for source in schema.get("patternProperties") or ()]
    table = builder.table(subschema)

    def additional(value: dict[str, Any], deadline: Deadline) -> bool:
        for name in value.keys() - named:
            if not any(search(name, deadline) for search in searchers):
                deadline.tick()
                if not ask(table, value[name], deadline):
                    return False
        return True

    if subschema is False and not searchers:
        yield (dict,), lambda value, deadline: value.keys() <= named
    else:
        yield (dict,), additional


def _property_names(builder: Builder, subschema: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    table = builder.table(subschema)

    def property_names(value: dict[str, Any], deadline: Deadline) -> bool:
        deadline.tick()
        return all(ask(table, name, deadline) for name in value)

    yield (dict,), property_names


def _dependent_required(builder: Builder, dependencies: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    needed = [(name, frozenset(others)) for name, others in dependencies.items()]
    yield (
        (dict,),
        lambda value, deadline: all(others <= value.keys() for name, others in needed if name in value),
    )


def _rest(table: Table, start: int) -> Check:
    def rest(value: list[Any], deadline: Deadline) -> bool:
        for first in range(start, len(value), 1024):
            deadline.tick()
            for item in value[first : first + 1024]:
                check = table[type(item)]
                if check is not None and not check(item, deadline):
                    return False
        return True

    return rest


def _prefix_items(builder: Builder, subschemas: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    tables = [builder.table(subschema) for subschema in subschemas]

    def prefix_items(value: list[Any], deadline: Deadline) -> bool:
        deadline.tick()
        return all(ask(table, item, deadline) for table, item in zip(tables, value, strict=False))

    yield (list,), prefix_items


def _items(builder: Builder, value: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    if isinstance(value, list):
        yield from _prefix_items(builder, value, schema, dialect)
    else:
        # Only 2020-12 knows `prefixItems`; with a schema for `items` there is nothing else before it.
        since_2020 = "prefixItems" in dialect.positions
        start = len(schema.get("prefixItems") or ()) if since_2020 else 0
        yield (list,), _rest(builder.table(value), start)


def _additional_items(builder: Builder, subschema: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    if isinstance(schema.get("items"), list):
        yield (list,), _rest(builder.table(subschema), len(schema["items"]))


def _all_of(builder: Builder, subschemas: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    tables = [builder.table(subschema) for subschema in subschemas]

    def all_of(value: Any, deadline: Deadline) -> bool:
        deadline.tick()
        return all(ask(table, value, deadline) for table in tables)

    yield ALL, all_of


def _any_of(builder: Builder, subschemas: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    tables = [builder.table(subschema) for subschema in subschemas]

    def any_of(value: Any, deadline: Deadline) -> bool:
        deadline.tick()
        return any(ask(table, value, deadline) for table in tables)

    yield ALL, any_of


def _one_of(builder: Builder, subschemas: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    tables = [builder.table(subschema) for subschema in subschemas]

    def one_of(value: Any, deadline: Deadline) -> bool:
        deadline.tick()
        return sum(ask(table, value, deadline) for table in tables) == 1

    yield ALL, one_of


def _not(builder: Builder, subschema: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    table = builder.table(subschema)
    yield ALL, lambda value, deadline: not ask(table, value, deadline)


def _if(builder: Builder, condition: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    table = builder.table(condition)
    then, otherwise = (builder.table(schema.get(branch, True)) for branch in ("then", "else"))

    def if_(value: Any, deadline: Deadline) -> bool:
        return ask(then if ask(table, value, deadline) else otherwise, value, deadline)

    yield ALL, if_


def _reference(builder: Builder, value: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    if not isinstance(value, str):
        return  # draft 4 says nothing of a `$ref` that is no text
    table = builder.referred(value)

    def reference(value: Any, deadline: Deadline) -> bool:
        # Few references can lead through many schemas, so each step asks the clock.
        deadline.tick()
        check = table[type(value)]
        return check is None or check(value, deadline)

    yield ALL, reference


MAKERS: dict[str, Callable[[Builder, Any, Any, Dialect], Iterable[Part]]] = {
    "$ref": _reference,
    "additionalItems": _additional_items,
    "additionalProperties": _additional_properties,
    "allOf": _all_of,
    "anyOf": _any_of,
    "const": _const,
    "dependentRequired": _dependent_required,
    "enum": _enum,
    "exclusiveMaximum": _bound(lambda value, limit: value < limit),
    "exclusiveMinimum": _bound(lambda value, limit: value > limit),
    "if": _if,
    "items": _items,
    "maxItems": _size(list, lambda size, limit: size <= limit),
    "maxLength": _size(str, lambda size, limit: size <= limit),
    "maxProperties": _size(dict, lambda size, limit: size <= limit),
    "maximum": _maximum,
    "minItems": _size(list, lambda size, limit: size >= limit),
    "minLength": _size(str, lambda size, limit: size >= limit),
    "minProperties": _size(dict, lambda size, limit: size >= limit),
    "minimum": _minimum,
    "multipleOf": _multiple_of,
    "not": _not,
    "oneOf": _one_of,
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "prefixItems": _prefix_items,
    "properties": _properties,
    "propertyNames": _property_names,
    "required": _required,
    "type": _type,
    "uniqueItems": _unique_items,
}
"""What is known here. Of all other keywords only the evaluation knows."""
