"""What tallies are called: one key for all values that are equal."""

from __future__ import annotations

import datetime
import uuid
from json.encoder import encode_basestring

from eoscperf import jsontext
from eoscperf.results.projection.leaves import BOOLEAN, NUMBER, STRING, Leaf

MAX_KEY_TEXT = 100
"""Characters of a string that is tallied."""

TALLIED = (NUMBER, STRING, BOOLEAN)
"""Kinds of values that are tallied; null, arrays and objects are not."""


def year_key(executed: datetime.datetime) -> str:
    """The year in UTC, four digits."""
    return f"{executed.astimezone(datetime.UTC).year:04}"


def tag_key(tag_id: uuid.UUID) -> str:
    return tag_id.hex


def field_key(leaf: Leaf) -> str:
    """The id of the field and the value as JSON: `12:8`, `12:0.5`, `12:true`, `12:"EPYC"`."""
    identifier, kind, number, text = leaf
    if kind == STRING:
        return f"{identifier}:{encode_basestring(text or '')}"
    if kind == BOOLEAN:
        return f"{identifier}:{'true' if number else 'false'}"
    double = number or 0.0
    # Every integer below has a double of its own, and looks better without a fraction.
    shown = str(int(double)) if abs(double) < 2**53 and double.is_integer() else repr(double)
    return f"{identifier}:{shown}"


def read_field_key(key: str) -> tuple[int, float | str | bool]:
    """The id of the field and the value that a key stands for."""
    identifier, _, value = key.partition(":")
    return int(identifier), jsontext.loads(value)


def field_key_range(identifier: int) -> tuple[str, str]:
    """All keys of a field are at least the first and less than the second."""
    return f"{identifier}:", f"{identifier};"
