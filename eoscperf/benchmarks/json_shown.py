"""JSON as people read it: one member on each line, short lists on one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eoscperf import jsontext

MOST_LINES = 400
"""Lines of a document that a page shows."""

WIDEST = 72
"""Characters of a list or an object that stands on one line."""


@dataclass(frozen=True, slots=True)
class ShownJSON:
    """The beginning of a document; `lines` is how many all of it has, `left_out` how many are not shown."""

    text: str
    lines: int
    left_out: int


def shown_json(text: str, most: int = MOST_LINES) -> ShownJSON:
    """A stored document, its numbers as they were sent."""
    try:
        lines = list(_lines(jsontext.loads_stored(text), "", "", ""))
    except (jsontext.JSONTextError, RecursionError):
        # Nested deeper than anybody reads: as it is stored.
        lines = text.splitlines() or [""]
    return ShownJSON("\n".join(lines[:most]), len(lines), max(0, len(lines) - most))


def _lines(value: Any, indent: str, before: str, after: str) -> Iterator[str]:
    """The lines of a value with what stands before it on its first line and after it on its last."""
    flat = _flat(value)
    if flat is not None and (len(indent) + len(before) + len(flat) <= WIDEST or not value):
        yield f"{indent}{before}{flat}{after}"
        return
    if not isinstance(value, dict | list):
        yield f"{indent}{before}{jsontext.dumps(value)}{after}"
        return
    members: list[tuple[str, Any]]
    if isinstance(value, dict):
        (start, end), members = "{}", [(f"{jsontext.dumps(key)}: ", one) for key, one in value.items()]
    else:
        (start, end), members = "[]", [("", one) for one in value]
    yield f"{indent}{before}{start}"
    for number, (name, one) in enumerate(members, start=1):
        yield from _lines(one, indent + "  ", name, "," if number < len(members) else "")
    yield f"{indent}{end}{after}"


def _flat(value: Any) -> str | None:
    """A value on one line; None where it holds lists or objects that are not empty."""
    if isinstance(value, dict):
        if any(map(_is_nested, value.values())):
            return None
        return (
            "{"
            + ", ".join(f"{jsontext.dumps(key)}: {jsontext.dumps(one)}" for key, one in value.items())
            + "}"
        )
    if isinstance(value, list):
        return None if any(map(_is_nested, value)) else "[" + ", ".join(map(jsontext.dumps, value)) + "]"
    return jsontext.dumps(value)


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict | list) and bool(value)
