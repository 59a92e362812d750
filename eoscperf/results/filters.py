"""Filters on the JSON of results: `machine.cpu.count > 4`, `gpu.model contains a100`, `result.power exists`.

    filter = path BL op BL value | path BL "in" BL list | path BL "exists" [ BL ( "true" | "false" ) ]
    op     = "==" | "!=" | ">" | "<" | ">=" | "<=" | "contains"
    list   = "[" item { "," item } "]"       item = [BL] ( quoted | bare without "," "]" ) [BL]
    value  = quoted | bare                   quoted = JSON string         BL = 1*( blank | tab )

A comparison is typed: a row whose value has another JSON type than the filter's does not match, whatever
the operator. `Filter.matches` says what a filter means; SQL has to agree with it.
"""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from eoscperf.results import jsonpath
from eoscperf.results.jsonpath import MISSING, BadPath, Path

MAX_LENGTH = 1024

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
OPERATORS = (*COMPARISONS, "contains", "in", "exists")

EXAMPLE = "machine.cpu.count > 4"
EXAMPLE_IN = 'cpu in [EPYC, "Xeon, Gold"]'
EXAMPLE_EXISTS = "result.power exists"
EXAMPLE_QUOTED = 'cpu.model == "EPYC \\"Milan\\""'


class FilterSyntax(ValueError):
    """Text that is no filter: what is wrong, where (characters from 0) and a filter that works."""

    def __init__(self, detail: str, position: int, example: str = EXAMPLE) -> None:
        super().__init__(detail)
        self.detail = detail
        self.position = position
        self.example = example


@dataclass(frozen=True, slots=True)
class Value:
    """What a filter compares with: the typed value, and its text for the substring search of `contains`."""

    typed: float | str | bool
    text: str

    @property
    def kind(self) -> str:
        """number, string or boolean"""
        if isinstance(self.typed, bool):
            return "boolean"
        return "string" if isinstance(self.typed, str) else "number"


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on a JSON document.

    `values` holds one value; for `in` one or more; for `exists` a boolean, false negating it.
    """

    path: Path
    operator: str
    values: tuple[Value, ...]

    @property
    def value(self) -> Value:
        """The only value of a filter that is no `in`."""
        (value,) = self.values
        return value

    def matches(self, document: Any) -> bool:
        """Whether the document meets the condition."""
        found = self.path.lookup(document)
        if self.operator == "exists":
            return (found is not MISSING) is self.value.typed
        if self.operator == "in":
            return any(_compare(operator.eq, found, value) for value in self.values)
        if self.operator == "contains":
            if isinstance(found, list):
                return any(_compare(operator.eq, element, self.value) for element in found)
            return isinstance(found, str) and self.value.text.lower() in found.lower()
        return _compare(COMPARISONS[self.operator], found, self.value)

    def text(self) -> str:
        """A spelling that `parse` reads back, strings always quoted."""
        if self.operator == "exists":
            return f"{self.path.text()} exists {self.value.text}"
        values = ", ".join(
            json.dumps(value.typed, ensure_ascii=False) if isinstance(value.typed, str) else value.text
            for value in self.values
        )
        return f"{self.path.text()} {self.operator} " + (f"[{values}]" if self.operator == "in" else values)


def parse(text: str, *, most: int = MAX_LENGTH) -> Filter:
    """The filter that `text`, of at most so many characters, spells. Raises `FilterSyntax`."""
    if len(text) > most:
        raise FilterSyntax(f"A filter has at most {most} characters, this one has {len(text)}.", most)
    position = jsonpath.find_unstorable(text)
    if position is not None:
        raise FilterSyntax("A filter cannot hold NUL or half of a surrogate pair.", position)
    end = len(text.rstrip(_OUTER))
    start = len(text) - len(text.lstrip(_OUTER))
    if start >= end:
        raise FilterSyntax("The filter is empty: write a path, an operator and a value.", 0)
    text = text[:end]
    path, position = _path(text, start)
    name, name_end = _take(_WORD, text, position)
    if name == "":
        raise FilterSyntax(
            f"The operator is missing after the path: write one of {', '.join(OPERATORS)}.", position
        )
    if name not in OPERATORS:
        raise FilterSyntax(
            f"{_shortened(name)} is no operator: write one of {', '.join(OPERATORS)} with blanks around it.",
            position,
        )
    position = _after_blanks(text, name_end)
    if name == "exists":
        return Filter(path, "exists", (_flag(text, position),))
    if position == end:
        example = EXAMPLE_IN if name == "in" else EXAMPLE
        raise FilterSyntax(f"The value is missing after '{name}'.", position, example)
    if name == "in":
        return Filter(path, "in", _list(text, position))
    return Filter(path, name, (_value(text, position),))


def as_number(value: Any) -> float | None:
    """The double a JSON number stands for; None for anything else and for numbers beyond the range."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


# A line end is what a careless command line leaves behind; other white space may belong to the value.
_OUTER = " \t\r\n"
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_WORD = re.compile(r"[^ \t]*")
_BARE_ITEM = re.compile(r"[^,\]]*")
_PATH = re.compile(r"(?:\\.|[^\\ \t])*\\?", re.DOTALL)


def _compare(comparison: Callable[[Any, Any], bool], found: Any, value: Value) -> bool:
    if isinstance(value.typed, bool):
        return isinstance(found, bool) and comparison(found, value.typed)
    if isinstance(value.typed, str):
        return isinstance(found, str) and comparison(found, value.typed)
    number = as_number(found)
    return number is not None and comparison(number, value.typed)


def _path(text: str, start: int) -> tuple[Path, int]:
    """The path at `start`, and where the operator is expected."""
    spelling, end = _take(_PATH, text, start)
    try:
        path = jsonpath.parse(spelling)
    except BadPath as error:
        raise FilterSyntax(error.detail, start + error.position) from None
    return path, _after_blanks(text, end)


def _take(pattern: re.Pattern[str], text: str, position: int) -> tuple[str, int]:
    """What matches the pattern at a position, perhaps nothing, and where it ends."""
    match = pattern.match(text, position)
    end = match.end() if match else position
    return text[position:end], end


def _after_blanks(text: str, position: int) -> int:
    return len(text) - len(text[position:].lstrip(" \t"))


def _flag(text: str, position: int) -> Value:
    word = text[position:]
    if word not in ("", "true", "false"):
        raise FilterSyntax(
            f"After 'exists' may stand 'true' or 'false', not {_shortened(word)}.", position, EXAMPLE_EXISTS
        )
    return Value(word != "false", word or "true")


def _value(text: str, position: int) -> Value:
    if text[position] != '"':
        return _bare(text[position:])
    value, end = _quoted(text, position)
    if end != len(text):
        raise FilterSyntax(
            "Something follows the closing quote: a quote inside a quoted value is written '\\\"'.",
            end,
            EXAMPLE_QUOTED,
        )
    return value


def _list(text: str, position: int) -> tuple[Value, ...]:
    if text[position] != "[":
        raise FilterSyntax("After 'in' stands a list in brackets.", position, EXAMPLE_IN)
    values: list[Value] = []
    while True:
        position = _after_blanks(text, position + 1)
        if text.startswith('"', position):
            value, position = _quoted(text, position)
            position = _after_blanks(text, position)
        else:
            word, end = _take(_BARE_ITEM, text, position)
            word = word.rstrip(" \t")
            if not word:
                raise FilterSyntax(
                    "The list has an empty item: write '\"\"' for the empty string.", position, EXAMPLE_IN
                )
            value, position = _bare(word), end
        values.append(value)
        closing = text[position : position + 1]
        if closing == "]":
            break
        if closing != ",":
            raise FilterSyntax(
                "The list is not closed: ']' is missing."
                if closing == ""
                else "After an item stands ',' or ']'; a quote inside a quoted item is written '\\\"'.",
                position,
                EXAMPLE_IN,
            )
    if position + 1 != len(text):
        raise FilterSyntax("Something follows the closing bracket of the list.", position + 1, EXAMPLE_IN)
    return tuple(values)


def _quoted(text: str, position: int) -> tuple[Value, int]:
    try:
        string, end = json.JSONDecoder().raw_decode(text, position)
    except json.JSONDecodeError as error:
        raise FilterSyntax(
            "The value starts with a quote but is no JSON string: it needs a closing quote, and a backslash"
            " in it is written '\\\\'.",
            error.pos,
            EXAMPLE_QUOTED,
        ) from None
    if jsonpath.find_unstorable(string) is not None:
        raise FilterSyntax(
            "The value has an escape for NUL or half of a surrogate pair, which no result can hold.",
            position,
            EXAMPLE_QUOTED,
        )
    return Value(string, string), end


def _bare(word: str) -> Value:
    if word in _BOOLEANS:
        return Value(_BOOLEANS[word], word)
    if _NUMBER.fullmatch(word):
        number = float(word)
        # Digits that are not zero but too small for a double are out of range like those too large.
        underflows = number == 0 and re.search("[1-9]", re.split("[eE]", word)[0]) is not None
        if math.isfinite(number) and not underflows:
            return Value(number, word)
    return Value(word, word)


def _shortened(word: str) -> str:
    return f"'{word}'" if len(word) <= 40 else f"'{word[:40]}…'"
