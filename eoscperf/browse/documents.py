"""Values of results as pages show them, and whole documents as trees."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from eoscperf import jsontext
from eoscperf.results.jsonpath import MISSING
from eoscperf.web.formatting import significant, whole

MOST_NODES = 2000
"""Values of a document that are drawn as a tree; of a larger one there is a link."""

DEEPEST = 64
LONGEST = 80
"""Characters of a text in a table."""

LONGEST_IN_TREE = 2000

EXACT = 10**15
"""Whole numbers below are shown with all their digits."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A value in a table; without text there is none."""

    text: str | None
    numeric: bool = False
    exact: str | None = None
    """all of it, where the text is shorter"""


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a document with its key; `children` is None for what has none by its kind."""

    key: str
    text: str
    children: tuple[Node, ...] | None = None


ABSENT = Shown(None)


def shown(value: Any) -> Shown:
    """A value of a document, short enough for a cell."""
    if value is MISSING:
        return ABSENT
    if value is None:
        return Shown("null")
    if isinstance(value, bool):
        return Shown(str(value).lower())
    if isinstance(value, int | float):
        exact = jsontext.dumps(value)
        text = str(whole(int(value))) if isinstance(value, int) and abs(value) < EXACT else _rounded(value)
        return Shown(text, numeric=True, exact=None if text == exact else exact)
    if isinstance(value, str):
        return Shown(_cut(value, LONGEST))
    return Shown(_counted(value))


def tree(document: dict[str, Any]) -> tuple[Node, ...] | None:
    """The members of a document, or None for one that is too large or too deep to be drawn."""
    try:
        return _children(document, _Budget(), 1)
    except _TooLargeError:
        return None


class _TooLargeError(Exception):
    pass


class _Budget:
    def __init__(self) -> None:
        self.left = MOST_NODES

    def spend(self, number: int) -> None:
        self.left -= number
        if self.left < 0:
            raise _TooLargeError


def _children(value: Any, budget: _Budget, depth: int) -> tuple[Node, ...]:
    budget.spend(len(value))
    if depth > DEEPEST:
        raise _TooLargeError
    pairs = value.items() if isinstance(value, dict) else ((str(n), one) for n, one in enumerate(value))
    return tuple(_node(key, one, budget, depth) for key, one in pairs)


def _node(key: str, value: Any, budget: _Budget, depth: int) -> Node:
    if isinstance(value, dict | list):
        return Node(key, _counted(value), _children(value, budget, depth + 1))
    return Node(key, _cut(jsontext.dumps(value), LONGEST_IN_TREE))


def _counted(value: Any) -> str:
    noun = "item" if isinstance(value, list) else "member"
    return f"{len(value)} {noun}{'' if len(value) == 1 else 's'}"


def _rounded(value: float) -> str:
    if math.isfinite(value):
        return significant(value)
    # Beyond the doubles: as it was sent.
    return _cut(jsontext.dumps(value), LONGEST)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
