"""From a JSON document to the rows that its fields get."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from eoscperf.results import jsonpath
from eoscperf.results.projection.models import KINDS, MAX_TEXT

Leaf = tuple[int, int, float | None, str | None]
"""The value at a field: its id, the kind, the number, the text; see `ResultValue`."""

NUMBER, STRING, BOOLEAN, COMPOSITE, NULL = KINDS.values()


class Fields:
    """The fields of one benchmark, arranged so that all of them are found in one walk through a document."""

    def __init__(self, fields: Iterable[tuple[int, str]]) -> None:
        """`fields` are ids and paths."""
        root: dict[str, list[Any]] = {}
        for identifier, path in fields:
            node = root
            segments = jsonpath.parse(path).segments
            for segment in segments[:-1]:
                node = node.setdefault(segment, [None, {}])[1]
            node.setdefault(segments[-1], [None, {}])[0] = identifier
        self._root = _frozen(root)

    def leaves(self, document: Any) -> tuple[list[Leaf], list[int]]:
        """What there is at the fields, and the ids of those whose value fits no row."""
        leaves: list[Leaf] = []
        irregular: list[int] = []
        if self._root:
            _walk(self._root, document, leaves, irregular)
        return leaves, irregular


def fields_of(fields: Iterable[tuple[int, str]]) -> Fields:
    """The `Fields` of these ids and paths, made once for the latest used ones."""
    return _fields_of(tuple(fields))


@functools.lru_cache(maxsize=256)
def _fields_of(fields: tuple[tuple[int, str], ...]) -> Fields:
    return Fields(fields)


_Node = Sequence[tuple[str, int | None, Any]]

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NOTHING = object()
_MODERATE = 2**53
"""Up to here a double holds every integer."""


def _frozen(node: dict[str, list[Any]]) -> _Node:
    return tuple((segment, identifier, _frozen(children)) for segment, (identifier, children) in node.items())


def _walk(node: _Node, container: Any, leaves: list[Leaf], irregular: list[int]) -> None:
    if not isinstance(container, dict):
        _walk_list(node, container, leaves, irregular)
        return
    for segment, identifier, children in node:
        value = container.get(segment, _NOTHING)
        if value is _NOTHING:
            continue
        if identifier is not None:
            kind = type(value)
            # Most values are short texts and numbers of moderate size.
            if kind is str and len(value) <= MAX_TEXT and value.isprintable():
                leaves.append((identifier, STRING, None, value))
            elif (kind is float or kind is int) and -_MODERATE < value < _MODERATE:
                leaves.append((identifier, NUMBER, value + 0.0, None))
            else:
                _take(identifier, value, leaves, irregular)
        if children and isinstance(value, dict | list):
            _walk(children, value, leaves, irregular)


def _walk_list(node: _Node, elements: Any, leaves: list[Leaf], irregular: list[int]) -> None:
    """What a schema declares as an object may be an array all the same where it allows both."""
    for segment, identifier, children in node:
        value = jsonpath.Path((segment,)).lookup(elements)
        if value is jsonpath.MISSING:
            continue
        if identifier is not None:
            _take(identifier, value, leaves, irregular)
        if children and isinstance(value, dict | list):
            _walk(children, value, leaves, irregular)


def _take(identifier: int, value: Any, leaves: list[Leaf], irregular: list[int]) -> None:
    kind = type(value)
    if kind is str:
        if len(value) > MAX_TEXT or not (value.isprintable() or _UNSTORABLE.search(value) is None):
            irregular.append(identifier)
        else:
            leaves.append((identifier, STRING, None, value))
    elif kind is bool:
        leaves.append((identifier, BOOLEAN, 1.0 if value else 0.0, None))
    elif value is None:
        leaves.append((identifier, NULL, None, None))
    elif isinstance(value, int | float | Decimal):
        try:
            # Plain doubles, and one zero only.
            number = float(value) + 0.0
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            leaves.append((identifier, NUMBER, number, None))
        else:
            irregular.append(identifier)
    else:
        leaves.append((identifier, COMPOSITE, None, None))
