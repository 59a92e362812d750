"""Where everything is in a schema document: its dialects, base URIs, anchors, references and patterns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote, urldefrag, urljoin

from .dialects import Dialect, dialect_of, meta_schemas
from .limits import Deadline
from .patterns import Pattern, PatternError

MAX_PATTERN_STATES = 100_000
"""States of all patterns of a schema together."""

MAX_CHAIN = 60
"""Schemas that apply to one and the same value, one leading to the next."""

Path = tuple[str | int, ...]


class Unresolvable(Exception):
    """A reference leads nowhere inside the document or the bundled meta-schemas."""


class Problem(NamedTuple):
    """Something that makes a schema unusable, with the place in it."""

    detail: str
    path: Path
    keyword: str


class Place(NamedTuple):
    """A schema somewhere: itself, and the URI of the resource it belongs to."""

    schema: Any
    uri: str
    path: Path | None = None
    """Where it stands in the document, None for the bundled meta-schemas."""


class Index:
    """The schemas reachable from one document, found by walking it; `problems` lists what cannot be followed.

    Positions that hold schemas are walked first; places that only a reference makes a schema come after, and
    are handed out by `unchecked` since no meta-schema has seen them.
    """

    def __init__(self, document: Any, dialect: Dialect, deadline: Deadline, *, uri: str = "") -> None:
        self.document = document
        self.bases: dict[int, str] = {}
        self.resources: dict[str, Any] = {}
        self.dialects: dict[str, Dialect] = {}
        self.anchors: dict[tuple[str, str], Any] = {}
        self.dynamic: set[tuple[str, str]] = set()
        self.recursive: set[str] = set()
        self.patterns: dict[str, Pattern] = {}
        self.problems: list[Problem] = []
        self.unchecked: list[tuple[Any, Path, Dialect]] = []
        self.foreign: list[Path] = []
        """Places of embedded resources of another dialect than their surroundings."""
        self._references: list[tuple[dict[str, Any], str, Path]] = []
        self._edges: dict[int, list[int]] = {}
        self._paths: dict[int, Path] = {}
        self._resolved: dict[tuple[str, str], Place] = {}
        self._pattern_states = 0
        self._deadline = deadline
        self.dialects[uri] = dialect
        self.resources[uri] = document
        self.root_uri = uri
        self._walk(document, uri, dialect, (), root=True)

    def close(self) -> None:
        """Follow every reference until nothing new is found, then look for references without end."""
        done = 0
        while done < len(self._references):
            holder, keyword, path = self._references[done]
            done += 1
            self._deadline.tick()
            base = self.bases[id(holder)]
            try:
                place = self.resolve(base, holder[keyword])
            except Unresolvable as error:
                self.problems.append(Problem(str(error), (*path, keyword), keyword))
                continue
            target = place.schema
            if isinstance(target, dict):
                if id(target) not in self.bases and id(target) not in META.bases:
                    self._adopt(place, (*path, keyword))
                self._edges.setdefault(id(holder), []).append(id(target))
            elif not isinstance(target, bool):
                detail = f"{holder[keyword]!r} leads to something that is no schema"
                self.problems.append(Problem(detail, (*path, keyword), keyword))
        self._find_endless()

    def dialect(self, uri: str) -> Dialect:
        """The dialect of the resource with this URI."""
        found = self.dialects.get(uri)
        return found if found is not None else META.dialects[uri]

    def base(self, schema: dict[str, Any], default: str) -> str:
        """The URI of the resource this schema belongs to."""
        found = self.bases.get(id(schema))
        return found if found is not None else META.bases.get(id(schema), default)

    def resolve(self, base: str, reference: str) -> Place:
        """Where a reference found in the resource `base` leads; raises `Unresolvable`."""
        key = (base, reference)
        place = self._resolved.get(key)
        if place is None:
            place = self._resolved[key] = self._resolve(base, reference)
        return place

    def is_dynamic(self, uri: str, name: str) -> bool:
        """Whether the resource declares `name` as a dynamic anchor."""
        return (uri, name) in self.dynamic or (uri, name) in META.dynamic

    def is_recursive(self, uri: str) -> bool:
        """Whether the resource declares `$recursiveAnchor`."""
        return uri in self.recursive or uri in META.recursive

    def anchor(self, uri: str, name: str) -> Any:
        """The schema with this anchor, None when there is none."""
        found = self.anchors.get((uri, name))
        return found if found is not None else META.anchors.get((uri, name))

    def resource(self, uri: str) -> Any:
        """The schema at the root of a resource, None when there is none."""
        found = self.resources.get(uri)
        return found if found is not None else META.resources.get(uri)

    def _resolve(self, base: str, reference: str) -> Place:
        shown = repr(reference if len(reference) <= 100 else reference[:100] + "...")
        outside = f"{shown} does not lead to anything in this document, and nothing is fetched from elsewhere"
        try:
            uri, fragment = _split(base, reference)
            fragment = unquote(fragment, errors="strict")
        except ValueError:
            raise Unresolvable(f"{shown} is not a URI reference") from None
        schema = self.resource(uri)
        if schema is None:
            raise Unresolvable(outside)
        if not fragment:
            return Place(schema, uri)
        if not fragment.startswith("/"):
            schema = self.anchor(uri, fragment)
            if schema is None:
                raise Unresolvable(f"{shown} names an anchor that does not exist")
            return Place(schema, uri)
        path = self._paths.get(id(schema))
        steps: list[str | int] = []
        for segment in fragment[1:].split("/"):
            segment = segment.replace("~1", "/").replace("~0", "~")
            if isinstance(schema, list) and segment.isascii() and segment.isdigit() and len(segment) < 9:
                schema = schema[int(segment)] if int(segment) < len(schema) else None
                steps.append(int(segment))
            else:
                schema = schema.get(segment) if isinstance(schema, dict) else None
                steps.append(segment)
            if schema is None:
                raise Unresolvable(f"{shown} points to a place that does not exist")
            if isinstance(schema, dict):
                uri = self.base(schema, uri)
        return Place(schema, uri, None if path is None else (*path, *steps))

    def _adopt(self, place: Place, referrer: Path) -> None:
        """Take a place as a schema that only a reference says is one."""
        dialect = self.dialect(place.uri)
        path = place.path if place.path is not None else referrer
        self.unchecked.append((place.schema, path, dialect))
        self._walk(place.schema, place.uri, dialect, path)

    def _walk(self, document: Any, uri: str, dialect: Dialect, path: Path, *, root: bool = False) -> None:
        todo: list[tuple[Any, str, Dialect, Path]] = [(document, uri, dialect, path)]
        while todo:
            schema, uri, dialect, path = todo.pop()
            if not isinstance(schema, dict) or id(schema) in self.bases:
                continue
            self._deadline.tick()
            uri, dialect = self._enter(schema, uri, dialect, path)
            if root:
                self.root_uri = uri
                root = False
            self.bases[id(schema)] = uri
            self._paths[id(schema)] = path
            edges = self._edges.setdefault(id(schema), [])
            ignored = dialect.only_ref(schema)
            for keyword in dialect.references:
                if isinstance(schema.get(keyword), str) and (keyword == "$ref" or not ignored):
                    self._references.append((schema, keyword, path))
            if not ignored:
                self._take_patterns(schema, path)
            for keyword, child, child_path in _children(schema, dialect):
                todo.append((child, uri, dialect, path + child_path))
                if keyword in dialect.in_place and not ignored and isinstance(child, dict):
                    edges.append(id(child))

    def _enter(self, schema: dict[str, Any], uri: str, dialect: Dialect, path: Path) -> tuple[str, Dialect]:
        """Note the identifiers a schema declares; returns the URI and dialect that hold inside it."""
        identifier = schema.get(dialect.id_keyword)
        if isinstance(identifier, str) and not dialect.only_ref(schema):
            # A resource of its own may also be of a dialect of its own.
            try:
                inner, fragment = _split(uri, identifier)
            except ValueError:
                self.problems.append(
                    Problem(
                        f"{identifier[:100]!r} is not a URI reference",
                        (*path, dialect.id_keyword),
                        dialect.id_keyword,
                    )
                )
                return uri, dialect
            if not identifier.startswith("#"):
                uri = inner
                if path and "$schema" in schema:
                    declared = dialect_of(schema["$schema"])
                    if declared is None:
                        detail = f"{str(schema['$schema'])[:100]!r} is none of the known dialects"
                        self.problems.append(Problem(detail, (*path, "$schema"), "$schema"))
                    elif declared is not dialect:
                        dialect = declared
                        self.unchecked.append((schema, path, dialect))
                        self.foreign.append(path)
                self.resources.setdefault(uri, schema)
                self.dialects.setdefault(uri, dialect)
            if fragment and dialect.anchor_in_id:
                self.anchors.setdefault((uri, fragment), schema)
        for keyword in dialect.anchors:
            name = schema.get(keyword)
            if isinstance(name, str):
                self.anchors.setdefault((uri, name), schema)
                if keyword == "$dynamicAnchor":
                    self.dynamic.add((uri, name))
        if schema.get("$recursiveAnchor") is True and self.resources.get(uri) is schema:
            self.recursive.add(uri)
        return uri, dialect

    def _take_patterns(self, schema: dict[str, Any], path: Path) -> None:
        pattern = schema.get("pattern")
        if isinstance(pattern, str):
            self._take_pattern(pattern, (*path, "pattern"), "pattern")
        named = schema.get("patternProperties")
        if isinstance(named, dict):
            for pattern in named:
                self._take_pattern(pattern, (*path, "patternProperties", pattern), "patternProperties")

    def _take_pattern(self, source: str, path: Path, keyword: str) -> None:
        if source in self.patterns:
            return
        self._deadline.tick()
        try:
            pattern = Pattern(source)
        except PatternError as error:
            shown = repr(source if len(source) <= 100 else source[:100] + "...")
            self.problems.append(Problem(f"the regular expression {shown} {error}", path, keyword))
            return
        self._pattern_states += pattern.size
        if self._pattern_states > MAX_PATTERN_STATES:
            self.problems.append(
                Problem("the regular expressions of this schema are too large together", path, keyword)
            )
            return
        self.patterns[source] = pattern

    def _find_endless(self) -> None:
        """Report schemas that lead back to themselves, or on and on, without going into the value."""
        heights: dict[int, int] = {}
        reported = False
        for start in list(self._edges):
            stack: list[tuple[int, Iterator[int]]] = []
            on_stack: set[int] = set()
            if start not in heights:
                stack.append((start, iter(self._edges[start])))
                on_stack.add(start)
            while stack:
                self._deadline.tick()
                node, following = stack[-1]
                child = next(following, None)
                if child is None:
                    stack.pop()
                    on_stack.discard(node)
                    heights[node] = 1 + max(
                        (heights.get(each, 0) for each in self._edges.get(node, ())), default=0
                    )
                    if heights[node] > MAX_CHAIN and not reported:
                        reported = True
                        detail = f"more than {MAX_CHAIN} schemas apply to one value, each leading to the next"
                        self.problems.append(Problem(detail, self._paths.get(node, ()), "$ref"))
                elif child in on_stack:
                    detail = (
                        "the schema leads back to itself without going into the value, so it would never end"
                    )
                    self.problems.append(Problem(detail, self._paths.get(child, ()), "$ref"))
                elif child not in heights and child in self._edges:
                    on_stack.add(child)
                    stack.append((child, iter(self._edges[child])))


class _Bundled:
    """The meta-schemas of all dialects, known without fetching anything."""

    def __init__(self) -> None:
        self.bases: dict[int, str] = {}
        self.resources: dict[str, Any] = {}
        self.dialects: dict[str, Dialect] = {}
        self.anchors: dict[tuple[str, str], Any] = {}
        self.dynamic: set[tuple[str, str]] = set()
        self.recursive: set[str] = set()
        self.patterns: dict[str, Pattern] = {}

    def load(self) -> None:
        for uri, contents, dialect in meta_schemas():
            index = Index(contents, dialect, Deadline(None), uri=uri)
            self.bases |= index.bases
            self.resources |= index.resources
            self.dialects |= index.dialects
            self.anchors |= index.anchors
            self.dynamic |= index.dynamic
            self.recursive |= index.recursive
            self.patterns |= index.patterns


META = _Bundled()


def _split(base: str, reference: str) -> tuple[str, str]:
    if reference.startswith("#"):
        return base, reference[1:]
    uri, fragment = urldefrag(urljoin(base, reference))
    return uri, fragment


def _children(schema: dict[str, Any], dialect: Dialect) -> Iterator[tuple[str, Any, Path]]:
    for keyword, value in schema.items():
        kind = dialect.positions.get(keyword)
        if kind is None:
            continue
        if isinstance(value, dict) and "map" in kind:
            for name, child in value.items():
                yield keyword, child, (keyword, name)
        elif isinstance(value, list) and "list" in kind:
            for at, child in enumerate(value):
                yield keyword, child, (keyword, at)
        elif isinstance(value, dict) and "value" in kind:
            yield keyword, value, (keyword,)


META.load()
