"""A schema made into nested functions that only say whether a value fits.

That is many times quicker than an evaluation that can also say why not, and nearly every value that is sent
fits. Where it does not, where the schema uses something that is not known here, or where this takes long,
the evaluation decides as if nothing had been asked here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from types import NoneType
from typing import Any

from eoscperf.jsontext import FloatLiteral, IntegerLiteral, identity

from .assertions import exact, is_integer_by_value, is_multiple
from .dialects import Dialect
from .index import META, Index, Unresolvable
from .limits import Deadline, ValidationTimeout
from .patterns import Matcher

SHARE = 0.1
"""The part of the time left that is spent here before the evaluation takes over."""

KEPT_STATES = 2000
"""Automaton states of one pattern, weighted by size, that are kept from one value to the next."""

Check = Callable[[Any, Deadline], bool]


class Undecided(Exception):
    """Nothing can be said here."""


class Table(dict[type, "Check | None"]):
    """What to ask about a value of each type; None where every value fits."""

    def __missing__(self, kind: type) -> Check:
        return undecided


def undecided(value: Any, deadline: Deadline) -> bool:
    raise Undecided


def never(value: Any, deadline: Deadline) -> bool:
    return False


_INTEGERS = (int, IntegerLiteral)
_FLOATS = (float, FloatLiteral)
_NUMBERS = (*_INTEGERS, *_FLOATS)
_ALL: tuple[type, ...] = (*_NUMBERS, str, bool, NoneType, list, dict)
_TYPES: dict[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": _INTEGERS,
    "null": (NoneType,),
    "number": _NUMBERS,
    "object": (dict,),
    "string": (str,),
}

ANYTHING = Table(dict.fromkeys(_ALL))
NOTHING = Table(dict.fromkeys(_ALL, never))

Part = tuple[Iterable[type], Check]
"""A check for values of some types."""


class Quick:
    """The functions of one schema, for all threads; made when first needed."""

    def __init__(self, index: Index, keywords: Mapping[Dialect, Any]) -> None:
        self._index = index
        self._keywords = keywords
        self._root: Table | None = None

    def fits(self, instance: Any, deadline: Deadline) -> bool:
        """Whether it is certain that the value fits; False when it does not or when nobody knows."""
        try:
            deadline = deadline.part(SHARE)
            if self._root is None:
                builder = Builder(self._index, self._keywords, deadline)
                self._root = builder.table(self._index.document, self._index.root_uri)
            return ask(self._root, instance, deadline)
        except (Undecided, ValidationTimeout, RecursionError):
            return False


def ask(table: Table, value: Any, deadline: Deadline) -> bool:
    check = table[type(value)]
    return check is None or check(value, deadline)


class Builder:
    """Makes the functions of all schemas that are reached from one."""

    def __init__(self, index: Index, keywords: Mapping[Dialect, Any], deadline: Deadline) -> None:
        self._index = index
        self._keywords = keywords
        self._deadline = deadline
        self._tables: dict[tuple[int, str], Table] = {}
        self.uri = ""

    def table(self, schema: Any, uri: str | None = None) -> Table:
        """The checks of a schema that stands in a resource; without one, in that of the schema around."""
        if schema is True or schema == {}:
            return ANYTHING
        if schema is False:
            return NOTHING
        if not isinstance(schema, dict):
            return Table()
        uri = self._index.base(schema, self.uri if uri is None else uri)
        found = self._tables.get((id(schema), uri))
        if found is not None:
            return found
        table = self._tables[id(schema), uri] = Table()
        outside, self.uri = self.uri, uri
        # It is asked only when it is complete, but may be mentioned below before.
        table.update(self._checks(schema, self._index.dialect(uri)))
        self.uri = outside
        return table

    def _checks(self, schema: dict[str, Any], dialect: Dialect) -> dict[type, Check | None]:
        known = self._keywords[dialect].VALIDATORS
        checks: dict[type, list[Check]] = {kind: [] for kind in _ALL}
        for keyword in ("$ref",) if dialect.only_ref(schema) else schema:
            if keyword not in known:
                continue
            self._deadline.tick()
            make = _MAKERS.get(keyword)
            parts = make(self, schema[keyword], schema, dialect) if make else [(_ALL, undecided)]
            for kinds, check in parts:
                for kind in kinds:
                    checks[kind].append(check)
        return {kind: joined(several) for kind, several in checks.items()}

    def referred(self, reference: str) -> Table:
        """The checks of the schema that a reference leads to."""
        try:
            schema, uri, _ = self._index.resolve(self.uri, reference)
        except Unresolvable:
            raise Undecided from None
        return self.table(schema, uri)

    def searcher(self, source: str) -> Check:
        """Whether a pattern is found in a text."""
        return Searcher(self._index.patterns.get(source) or META.patterns[source])


class Searcher:
    """A pattern whose automaton is kept while it is small, for one thread at a time."""

    def __init__(self, pattern: Any) -> None:
        self._pattern = pattern
        self._lock = threading.Lock()
        self._matcher: Matcher | None = None

    def __call__(self, text: str, deadline: Deadline) -> bool:
        if not self._lock.acquire(blocking=False):
            raise Undecided
        try:
            matcher = self._matcher or Matcher(self._pattern, deadline)
            self._matcher = None
            found = matcher.search(text, deadline)
            if matcher.size <= KEPT_STATES:
                self._matcher = matcher
            return found
        finally:
            self._lock.release()


def joined(checks: list[Check]) -> Check | None:
    """One check for several that must all hold."""
    if not checks:
        return None
    if never in checks:
        return never
    if len(checks) == 1:
        return checks[0]
    if len(checks) == 2:
        one, other = checks
        return lambda value, deadline: one(value, deadline) and other(value, deadline)

    def all_hold(value: Any, deadline: Deadline) -> bool:
        for check in several:  # noqa: SIM110 - a generator would take twice as long
            if not check(value, deadline):
                return False
        return True

    several = tuple(checks)
    return all_hold


# The keywords: each gives the checks for the types of values that it has something to say about.


def _is_draft4(dialect: Dialect) -> bool:
    return dialect.id_keyword == "id"


def _type(builder: Builder, names: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    names = [names] if isinstance(names, str) else names
    allowed = {kind for name in names for kind in _TYPES[name]}
    by_value = "integer" in names and "number" not in names and not _is_draft4(dialect)
    refused = [kind for kind in _ALL if kind not in allowed and not (by_value and kind in _FLOATS)]
    yield refused, never
    if by_value:
        yield _FLOATS, lambda value, deadline: is_integer_by_value(value)


def _enum(builder: Builder, values: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    texts = frozenset(value for value in values if isinstance(value, str))
    scalars = frozenset(identity(value) for value in values if not isinstance(value, dict | list))
    yield (str,), lambda value, deadline: value in texts
    yield (*_NUMBERS, bool, NoneType), lambda value, deadline: identity(value) in scalars
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
        return _MAKERS["exclusiveMinimum"](builder, limit, schema, dialect)
    least = exact(limit)
    return (
        ((int, IntegerLiteral, float), lambda value, deadline: value >= least),
        ((FloatLiteral,), lambda value, deadline: exact(value) >= least),
    )


def _maximum(builder: Builder, limit: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    if _is_draft4(dialect) and schema.get("exclusiveMaximum") is True:
        return _MAKERS["exclusiveMaximum"](builder, limit, schema, dialect)
    most = exact(limit)
    return (
        ((int, IntegerLiteral, float), lambda value, deadline: value <= most),
        ((FloatLiteral,), lambda value, deadline: exact(value) <= most),
    )


def _multiple_of(builder: Builder, divisor: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    yield _NUMBERS, lambda value, deadline: is_multiple(value, divisor)


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

    yield _ALL, all_of


def _any_of(builder: Builder, subschemas: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    tables = [builder.table(subschema) for subschema in subschemas]

    def any_of(value: Any, deadline: Deadline) -> bool:
        deadline.tick()
        return any(ask(table, value, deadline) for table in tables)

    yield _ALL, any_of


def _one_of(builder: Builder, subschemas: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    tables = [builder.table(subschema) for subschema in subschemas]

    def one_of(value: Any, deadline: Deadline) -> bool:
        deadline.tick()
        return sum(ask(table, value, deadline) for table in tables) == 1

    yield _ALL, one_of


def _not(builder: Builder, subschema: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    table = builder.table(subschema)
    yield _ALL, lambda value, deadline: not ask(table, value, deadline)


def _if(builder: Builder, condition: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    table = builder.table(condition)
    then, otherwise = (builder.table(schema.get(branch, True)) for branch in ("then", "else"))

    def if_(value: Any, deadline: Deadline) -> bool:
        return ask(then if ask(table, value, deadline) else otherwise, value, deadline)

    yield _ALL, if_


def _reference(builder: Builder, value: Any, schema: Any, dialect: Dialect) -> Iterable[Part]:
    if not isinstance(value, str):
        return  # draft 4 says nothing of a `$ref` that is no text
    table = builder.referred(value)

    def reference(value: Any, deadline: Deadline) -> bool:
        # Few references can lead through many schemas, so each step asks the clock.
        deadline.tick()
        check = table[type(value)]
        return check is None or check(value, deadline)

    yield _ALL, reference


_MAKERS: dict[str, Callable[[Builder, Any, Any, Dialect], Iterable[Part]]] = {
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
