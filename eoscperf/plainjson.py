"""The usual JSON, quickly: where every number is written the way that this program would write it.

Reading and writing here are many times quicker than in `eoscperf.jsontext`, which asks here first and does
by itself whatever is answered with `UNUSUAL`: what is broken, numbers that have to keep their text, odd
escapes.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import orjson

from eoscperf.jsonnumbers import MAX_NUMBER_LENGTH, identity_of_literal

UNUSUAL: Final = object()
"""Instead of a value or text: this one is not for here."""

_BLANKS = b" \t\n\r"
# Python and orjson write the same number in the same digits, but an exponent from here on differently.
_EXPONENT = re.compile(rb"[0-9][eE][-+]?[0-9]+[ \t\r\n]*(?:[],}]|\Z)")
# Makes what has to be looked at more closely easy to find.
_FOLDED = bytes.maketrans(b"123456789E", b"000000000e")
_SMALL = b"0.0000"
_DIGITS = frozenset("0123456789")
_NUL = b"\\u0000"
_WRITING = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_PASSTHROUGH_SUBCLASS
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
)
_finite = json.JSONEncoder(allow_nan=False).encode


def read(data: bytes) -> Any:
    """The value of a JSON text, UNUSUAL unless it is exactly what is written of the value again.

    Blanks between its parts and the order of members may differ.
    """
    if _has_odd_numbers(data):
        return UNUSUAL
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return UNUSUAL
    # Without blanks, also those in texts, both are made of the same tokens in the same order. So each
    # number was sent as it is written of the value.
    if orjson.dumps(value).translate(None, _BLANKS) != data.translate(None, _BLANKS):
        return UNUSUAL
    return value


def write(value: Any) -> Any:
    """The canonical text, or UNUSUAL."""
    try:
        text = orjson.dumps(value, default=_literal, option=_WRITING)
    except TypeError:
        return UNUSUAL
    if _has_odd_numbers(text):
        return UNUSUAL
    if b"null" in text and not _is_finite(value):
        return UNUSUAL
    return text.decode()


def identity(text: str) -> Any:
    """The identity of the value of a canonical text (see `eoscperf.jsontext.identity`), or UNUSUAL."""
    if "\\" in text:
        return UNUSUAL
    # Between the texts there are numbers and what they stand between; commas are put around all numbers.
    pieces = text.split('"')
    outside = '"'.join(pieces[::2])
    outside = outside.replace(":", ":,").replace("[", "[,").replace("]", ",]").replace("}", ",}")
    tokens = [_number_identity(token) if token[-1:] in _DIGITS else token for token in outside.split(",")]
    outside = ",".join(tokens)
    outside = outside.replace(":,", ":").replace("[,", "[").replace(",]", "]").replace(",}", "}")
    pieces[::2] = outside.split('"')
    return '"'.join(pieces)


def is_storable(value: Any) -> bool:
    """Whether it is certain that no text and no key in a value holds NUL or a lone surrogate."""
    try:
        return _NUL not in orjson.dumps(value, default=_literal)
    except TypeError:
        return False


def _number_identity(literal: str) -> str:
    digits = literal.replace(".", "", 1)
    if digits.isdecimal() and literal[0] != "0" and literal[-1] != "0":
        point = literal.find(".")
        return digits if point < 0 else digits + _powers(len(literal) - 1 - point)
    return identity_of_literal(literal)


_powers = [f"e-{count}" for count in range(MAX_NUMBER_LENGTH)].__getitem__


def _has_odd_numbers(text: bytes) -> bool:
    """Whether there may be a number that orjson and Python write differently."""
    if b"0e" in text.translate(_FOLDED) and _EXPONENT.search(text):
        return True
    return _SMALL in text


def _literal(number: Any) -> orjson.Fragment:
    """A number that remembers its text."""
    literal = getattr(number, "literal", None)
    if literal is None:
        raise TypeError
    return orjson.Fragment(literal)


def _is_finite(value: Any) -> bool:
    """orjson writes null for numbers that are none, which the standard library refuses."""
    try:
        _finite(value)
    except (TypeError, ValueError):
        return False
    return True
