"""Which places of a result its benchmark's JSON Schema declares to hold a number, a text or a boolean."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from eoscperf import jsontext
from eoscperf.results import jsonpath
from eoscperf.results.jsonpath import Path

MAX_DEPTH = 12
"""Keys in a path that is declared."""

MAX_PATHS = 500
"""Paths that one schema declares; what lies nearer to the root goes first."""

MAX_PATH_BYTES = 1000
"""A path is part of an index, whose entries have a limited size."""

MAX_SCHEMAS = 50_000
"""Schemas that are looked at, the same one counted each time, so that no schema can take long."""

MAX_SCHEMA_NESTING = 2000
"""Brackets inside brackets in the text of a schema."""


def declared_paths(schema_text: str) -> list[Path]:
    """The paths where the schema names a property that may be a number, a text or a boolean.

    Properties count wherever the schema applies to the same value: beside `$ref` to a place in the same
    document, in `allOf`, and in the branches of `anyOf`, `oneOf`, `if`, `then` and `else`. Elements of
    arrays are not declared. The order is from the root downwards; a schema that cannot be read declares
    nothing.
    """
    try:
        document = jsontext.loads(schema_text, max_depth=MAX_SCHEMA_NESTING)
        return list(_Reader(document).paths())
    except (jsontext.JSONTextError, RecursionError):
        return []


def declared_annotations(schema_text: str, paths: Iterable[Path], keyword: str) -> dict[Path, Any]:
    """What the schema says with an annotation, such as `x-unit`, at those of these places that it declares.

    Where it says several things about one place the first counts.
    """
    found: dict[Path, Any] = {}
    try:
        reader = _Reader(jsontext.loads(schema_text, max_depth=MAX_SCHEMA_NESTING))
        for path in paths:
            for schema in reader.schemas_at(path):
                if keyword in schema:
                    found[path] = schema[keyword]
                    break
    except (jsontext.JSONTextError, RecursionError, _Enough):
        return found
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """A place that a schema declares: the JSON types its value may have, and all subschemas about it."""

    path: Path
    types: frozenset[str]
    schemas: tuple[dict[str, Any], ...]


def declared_places(schema_text: str) -> list[Place]:
    """The declared paths with what the schema says about each, from the root downwards."""
    try:
        reader = _Reader(jsontext.loads(schema_text, max_depth=MAX_SCHEMA_NESTING))
        return [reader.place(path) for path in list(reader.paths())]
    except (jsontext.JSONTextError, RecursionError, _Enough):
        return []


def declares(schema_text: str, path: Path) -> bool:
    """Whether the schema says anything about a place, arrays and objects included."""
    try:
        reader = _Reader(jsontext.loads(schema_text, max_depth=MAX_SCHEMA_NESTING))
        return bool(reader.all_at(path))
    except (jsontext.JSONTextError, RecursionError, _Enough):
        return False


_ALL = frozenset(("object", "array", "string", "number", "boolean", "null"))
_SCALAR = frozenset(("string", "number", "boolean"))
_OF_OBJECTS = ("properties", "required", "additionalProperties", "patternProperties", "propertyNames")
_OF_ARRAYS = ("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains")
_ALTERNATIVES = ("anyOf", "oneOf")
_CONDITIONAL = ("if", "then", "else")


class _Enough(Exception):
    """The schema is too large to look at all of it."""


class _Reader:
    def __init__(self, document: Any) -> None:
        self._document = document
        self._types: dict[int, frozenset[str]] = {}
        self._looked_at = 0

    def paths(self) -> Iterator[Path]:
        found = 0
        todo: deque[tuple[tuple[str, ...], list[Any]]] = deque([((), [self._document])])
        while todo:
            place, schemas = todo.popleft()
            try:
                properties = self._properties(schemas)
                scalar = {name for name, group in properties.items() if any(map(self._may_be_scalar, group))}
            except _Enough:
                return
            for name, group in properties.items():
                path = Path((*place, name))
                if not _can_be_kept(path):
                    continue
                if name in scalar:
                    yield path
                    found += 1
                    if found == MAX_PATHS:
                        return
                if len(path.segments) < MAX_DEPTH:
                    todo.append((path.segments, group))

    def schemas_at(self, path: Path) -> Iterator[dict[str, Any]]:
        """All that applies to the value at a place."""
        return self._together(self.all_at(path))

    def all_at(self, path: Path) -> list[Any]:
        """What `properties` say of the value at a place; `true` says only that it may be there."""
        schemas: list[Any] = [self._document]
        for name in path.segments:
            schemas = self._properties(schemas).get(name, [])
        return schemas

    def place(self, path: Path) -> Place:
        schemas = tuple(self.schemas_at(path))
        types = _ALL
        for schema in schemas:
            types &= self._possible(schema)
        return Place(path, types, schemas)

    def _properties(self, schemas: list[Any]) -> dict[str, list[Any]]:
        """What the schemas say about each property of the value that they all apply to."""
        found: dict[str, list[Any]] = {}
        for schema in self._together(schemas):
            properties = schema.get("properties")
            if isinstance(properties, dict):
                for name, about in properties.items():
                    if about is True or isinstance(about, dict):
                        found.setdefault(name, []).append(about)
        return found

    def _together(self, schemas: list[Any]) -> Iterator[dict[str, Any]]:
        """These schemas and all that apply to the same value with them, each once."""
        seen: set[int] = set()
        todo = list(reversed(schemas))
        while todo:
            schema = todo.pop()
            if not isinstance(schema, dict) or id(schema) in seen:
                continue
            seen.add(id(schema))
            self._tick()
            yield schema
            more = [self._target(schema), *_list(schema, "allOf")]
            for keyword in _ALTERNATIVES:
                more += _list(schema, keyword)
            more += [schema.get(keyword) for keyword in _CONDITIONAL]
            todo += reversed(more)

    def _may_be_scalar(self, schema: Any) -> bool:
        return bool(self._possible(schema) & _SCALAR)

    def _possible(self, schema: Any) -> frozenset[str]:
        """The types that a value may have by this schema, as far as is easily seen."""
        if not isinstance(schema, dict):
            return frozenset() if schema is False else _ALL
        known = self._types.get(id(schema))
        if known is not None:
            return known
        self._tick()
        # Whoever comes back here on the way knows nothing more.
        self._types[id(schema)] = _ALL
        possible = _own_types(schema)
        for other in (self._target(schema), *_list(schema, "allOf")):
            if other is not None:
                possible &= self._possible(other)
        for keyword in _ALTERNATIVES:
            branches = _list(schema, keyword)
            if branches:
                possible &= frozenset().union(*map(self._possible, branches))
        self._types[id(schema)] = possible
        return possible

    def _target(self, schema: dict[str, Any]) -> Any:
        """What `$ref` points to in this document, None without one and for references of other kinds."""
        reference = schema.get("$ref")
        if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
            return None
        found = self._document
        for part in unquote(reference[1:]).split("/")[1:]:
            part = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and jsonpath.is_index(part) and len(part) < 9:
                found = found[int(part)] if int(part) < len(found) else None
            else:
                found = found.get(part) if isinstance(found, dict) else None
        return found

    def _tick(self) -> None:
        self._looked_at += 1
        if self._looked_at > MAX_SCHEMAS:
            raise _Enough


def _own_types(schema: dict[str, Any]) -> frozenset[str]:
    named = schema.get("type")
    if isinstance(named, str):
        named = [named]
    if isinstance(named, list):
        return frozenset("number" if name == "integer" else str(name) for name in named)
    if "const" in schema:
        return frozenset((_type(schema["const"]),))
    if isinstance(schema.get("enum"), list):
        return frozenset(map(_type, schema["enum"]))
    # Strictly these keywords allow everything else as well, but nobody means that.
    if any(keyword in schema for keyword in _OF_OBJECTS):
        return frozenset(("object",))
    if any(keyword in schema for keyword in _OF_ARRAYS):
        return frozenset(("array",))
    return _ALL


def _type(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "object" if isinstance(value, dict) else "array"


def _list(schema: dict[str, Any], keyword: str) -> list[Any]:
    found = schema.get(keyword)
    return found if isinstance(found, list) else []


def _can_be_kept(path: Path) -> bool:
    name = path.segments[-1]
    # The empty key cannot be written in a path.
    if not name or jsonpath.find_unstorable(name) is not None:
        return False
    return len(path.text().encode()) <= MAX_PATH_BYTES
