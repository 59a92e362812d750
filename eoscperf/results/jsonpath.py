"""Paths into the JSON of a result, as filters, sorting and exports write them: `cpu.count`, `flags.0`.

    path    = segment { "." segment }
    segment = 1*( "\\" any character | any character except "." "\\" blank tab )

On an object every segment is a key. On an array a segment of ASCII digits is an index from 0, leading zeros
without meaning (`007` is the eighth element); any other segment, `-1` among them, leads nowhere. Nothing
leads into a string, number, boolean or null.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, Final

MAX_SEGMENTS = 32

_SPECIAL = frozenset(".\\ \t,")


class BadPath(ValueError):
    """Text that is no path; `position` counts characters of that text from 0."""

    def __init__(self, detail: str, position: int) -> None:
        super().__init__(detail)
        self.detail = detail
        self.position = position


class Missing(enum.Enum):
    """The type of `MISSING`."""

    MISSING = "missing"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing.MISSING
"""What a path leads to where the document has nothing; null is something."""


@dataclass(frozen=True, slots=True)
class Path:
    """The way from the root of a JSON document to one value in it."""

    segments: tuple[str, ...]

    def text(self) -> str:
        """The canonical spelling, which `parse` reads back; a comma is escaped, so it may stand in a list."""
        return ".".join(
            "".join("\\" + character if character in _SPECIAL else character for character in segment)
            for segment in self.segments
        )

    def lookup(self, document: Any) -> Any:
        """The value this path leads to in a document of dicts and lists, else `MISSING`."""
        value = document
        for segment in self.segments:
            if isinstance(value, dict):
                value = value.get(segment, MISSING)
            elif isinstance(value, list) and is_index(segment):
                # Told apart by length first: a number of a thousand digits is costly to read.
                digits = segment.lstrip("0") or "0"
                index = int(digits) if len(digits) < 19 else len(value)
                value = value[index] if index < len(value) else MISSING
            else:
                return MISSING
        return value

    def __str__(self) -> str:
        return self.text()


def is_index(segment: str) -> bool:
    """Whether the segment names an element of an array."""
    return segment.isascii() and segment.isdigit()


def parse(text: str) -> Path:
    """The path that `text` spells. Raises `BadPath`."""
    position = find_unstorable(text)
    if position is not None:
        raise BadPath("A path cannot hold NUL or half of a surrogate pair.", position)
    segments: list[str] = []
    segment: list[str] = []
    position = 0
    while position <= len(text):
        character = text[position : position + 1]
        if character in (".", ""):
            if not segment:
                raise BadPath(
                    "The path has an empty segment: keys are separated by single dots, a dot inside a key is"
                    " written '\\.'.",
                    position,
                )
            segments.append("".join(segment))
            segment = []
        elif character == "\\":
            position += 1
            if position == len(text):
                raise BadPath(
                    "The path ends in '\\': write '\\\\' for a backslash inside a key.", position - 1
                )
            segment.append(text[position])
        elif character in " \t":
            raise BadPath("A blank inside a key is written '\\ '.", position)
        else:
            segment.append(character)
        position += 1
        if len(segments) == MAX_SEGMENTS and segment:
            raise BadPath(f"A path has at most {MAX_SEGMENTS} segments.", position - 1)
    return Path(tuple(segments))


def find_unstorable(text: str) -> int | None:
    """The position of the first character no stored JSON holds: NUL or half of a surrogate pair."""
    for position, character in enumerate(text):
        if character == "\0" or "\ud800" <= character <= "\udfff":
            return position
    return None
