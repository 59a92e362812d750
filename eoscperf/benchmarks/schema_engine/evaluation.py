"""One evaluation of a value: validator classes of the jsonschema library, led through bounded keywords."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from jsonschema.exceptions import ValidationError

from eoscperf import jsontext

from .dialects import Dialect
from .index import META, Index, Unresolvable
from .limits import Deadline, SchemaUnusable
from .patterns import Matcher

Errors = Iterator[ValidationError]
Keyword = Callable[[Any, Any, Any, Any], Iterable[ValidationError]]


class Scope:
    """Where in the schema an evaluation is: the resource, and those it came through, outermost first."""

    __slots__ = ("outer", "run", "uri")

    def __init__(self, run: Run, uri: str, outer: tuple[str, ...]) -> None:
        self.run = run
        self.uri = uri
        self.outer = outer

    def enter(self, uri: str) -> Scope:
        """The scope inside another resource."""
        if uri == self.uri:
            return self
        # Only the outermost mention of a resource can decide a dynamic reference.
        outer = self.outer if uri in self.outer else (*self.outer, uri)
        return self.run.scope(uri, outer)


class Run:
    """The state of one evaluation, bound to one deadline and used by one thread."""

    def __init__(self, index: Index, deadline: Deadline, classes: Mapping[Dialect, Any]) -> None:
        self.index = index
        self._classes = classes
        self.deadline = deadline
        self.tick = deadline.tick
        self._scopes: dict[tuple[str, tuple[str, ...]], Scope] = {}
        self._validators: dict[tuple[int, int], Any] = {}
        self._matchers: dict[str, Matcher] = {}
        self._active: set[tuple[int, int]] = set()
        self._constants: dict[int, frozenset[str]] = {}
        self.valid: dict[tuple[int, int], bool] = {}
        self.evaluated: dict[tuple[str, int, int], Any] = {}

    def errors(self, schema: Any, uri: str, instance: Any) -> Iterator[ValidationError]:
        """The errors of the instance under a schema that stands in the resource `uri`."""
        if schema is True:
            return iter(())
        if schema is False:
            return iter((refused(instance),))
        return self.validator(schema, self.scope(uri, (uri,))).iter_errors(instance)

    def scope(self, uri: str, outer: tuple[str, ...]) -> Scope:
        """The one scope object for this place, so that it can be a key."""
        scope = self._scopes.get((uri, outer))
        if scope is None:
            scope = self._scopes[uri, outer] = Scope(self, uri, outer)
        return scope

    def validator(self, schema: dict[str, Any], scope: Scope) -> Any:
        """The validator for a schema reached in this scope."""
        found = self._validators.get((id(schema), id(scope)))
        if found is None:
            inner = scope.enter(self.index.base(schema, scope.uri))
            # The class only carries the resolver; it is asked by our keywords alone.
            found = self._classes[self.index.dialect(inner.uri)](schema, _resolver=inner)
            self._validators[id(schema), id(scope)] = found
        return found

    def search(self, source: str, text: str) -> bool:
        """Whether a pattern of the schema is found in the text."""
        matcher = self._matchers.get(source)
        if matcher is None:
            pattern = self.index.patterns.get(source) or META.patterns[source]
            matcher = self._matchers[source] = Matcher(pattern, self.deadline)
        return matcher.search(text)

    def scalars(self, values: list[Any]) -> frozenset[str]:
        """The identities of those values of an `enum` that are neither arrays nor objects."""
        found = self._constants.get(id(values))
        if found is None:
            self.tick()
            found = frozenset(
                jsontext.identity(value) for value in values if not isinstance(value, dict | list)
            )
            self._constants[id(values)] = found
        return found

    def begin(self, validator: Any, instance: Any) -> tuple[int, int]:
        """Note that a reference is being followed; raises `SchemaUnusable` when it already is."""
        key = (id(validator), id(instance))
        if key in self._active:
            raise SchemaUnusable("the schema leads back to itself without going into the value")
        self._active.add(key)
        return key

    def end(self, key: tuple[int, int]) -> None:
        self._active.discard(key)


def run_of(validator: Any) -> Run:
    """The evaluation a validator belongs to."""
    return validator._resolver.run


def below(validator: Any, schema: Any) -> Any:
    """The validator of a schema that stands inside this one (an object, not `true` or `false`)."""
    scope = validator._resolver
    return scope.run.validator(schema, scope)


def errors_of(validator: Any, schema: Any, instance: Any) -> Iterable[ValidationError]:
    """The errors of the instance under a schema that stands inside the validator's."""
    scope = validator._resolver
    scope.run.tick()
    if schema is True or schema == {}:
        return ()
    if schema is False:
        return (refused(instance),)
    return scope.run.validator(schema, scope).iter_errors(instance)


def is_valid(validator: Any, schema: Any, instance: Any) -> bool:
    """Whether the instance fits a schema that stands inside the validator's."""
    if isinstance(schema, bool):
        return schema
    return fits(below(validator, schema), instance)


def fits(validator: Any, instance: Any) -> bool:
    """Whether the instance fits the validator's own schema."""
    run = run_of(validator)
    run.tick()
    if not isinstance(instance, dict | list):
        return next(validator.iter_errors(instance), None) is None
    # Nested questions about the same value would otherwise double with each level.
    key = (id(validator), id(instance))
    known = run.valid.get(key)
    if known is None:
        known = run.valid[key] = next(validator.iter_errors(instance), None) is None
    return known


def target(validator: Any, keyword: str, reference: str) -> Any:
    """The validator a reference leads to, True or False where it leads to such a schema."""
    scope: Scope = validator._resolver
    index = scope.run.index
    if keyword == "$recursiveRef":
        schema, uri = _recursive(scope, reference)
    else:
        try:
            schema, uri, _ = index.resolve(scope.uri, reference)
        except Unresolvable as error:
            raise SchemaUnusable(str(error)) from None
        if keyword == "$dynamicRef":
            schema, uri = _dynamic(scope, reference, schema, uri)
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, dict):
        raise SchemaUnusable(f"{reference[:100]!r} leads to something that is no schema")
    return scope.run.validator(schema, scope.enter(uri))


def refused(instance: Any) -> ValidationError:
    """The error for a place where nothing is allowed."""
    return ValidationError(f"{shown(instance)} is not allowed here")


def shown(value: Any) -> str:
    """A short text for a value in a message."""
    text = _SHOWN.repr(value)
    return text if len(text) <= 120 else text[:117] + "..."


def _dynamic(scope: Scope, reference: str, schema: Any, uri: str) -> tuple[Any, str]:
    name = reference.partition("#")[2]
    index = scope.run.index
    if not name or name.startswith("/") or not index.is_dynamic(uri, name):
        return schema, uri
    for outer in scope.outer:
        if index.is_dynamic(outer, name):
            return index.anchor(outer, name), outer
    return schema, uri


def _recursive(scope: Scope, reference: str) -> tuple[Any, str]:
    index = scope.run.index
    try:
        schema, uri, _ = index.resolve(scope.uri, reference)
    except Unresolvable as error:
        raise SchemaUnusable(str(error)) from None
    if index.is_recursive(uri) and index.resource(uri) is schema:
        for outer in scope.outer:
            if index.is_recursive(outer):
                return index.resource(outer), outer
    return schema, uri


class _Shown(reprlib.Repr):
    """Values as they look in JSON, but with texts in single quotes, cut where they are long."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 3
        self.maxstring = self.maxother = self.maxlong = 80
        self.maxlist = self.maxdict = 4

    def repr1(self, x: Any, level: int) -> str:
        if x is None:
            return "null"
        if isinstance(x, bool):
            return "true" if x else "false"
        if isinstance(x, str):
            return self.repr_str(x, level)
        return super().repr1(x, level)

    def repr_dict(self, x: dict[str, Any], level: int) -> str:
        if level <= 0 and x:
            return "{...}"
        members = [
            f"{self.repr1(key, level - 1)}: {self.repr1(x[key], level - 1)}"
            for key in islice(x, self.maxdict)
        ]
        return "{" + ", ".join(members + ["..."] * (len(x) > self.maxdict)) + "}"

    def repr_str(self, x: str, level: int) -> str:
        return repr(x) if len(x) <= self.maxstring else repr(x[: self.maxstring]) + "..."


_SHOWN = _Shown()
