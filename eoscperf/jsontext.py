"""JSON text in and out: strict reading, canonical writing, pointers, and the identity of JSON values.

Numbers are `int` and `float` objects that remember the text they were sent as where Python would write
another, so that `1.10`, `1e2` or `-0` leave the service exactly as they came.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from json.encoder import encode_basestring as _quoted
from typing import Any

MAX_DEPTH = 64
MAX_NUMBER_LENGTH = 1000
STORED_DEPTH = 500
"""Levels of nesting that can be read of what is stored."""


class JSONTextError(ValueError):
    """The text is not JSON as this service takes it; `detail` is a sentence for its sender."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class IntegerLiteral(int):
    """An integer whose text differs from Python's own way to write it (`-0`)."""

    literal: str

    def __new__(cls, literal: str) -> IntegerLiteral:
        self = super().__new__(cls, literal)
        self.literal = literal
        return self

    def __repr__(self) -> str:
        return self.literal

    def __reduce__(self) -> tuple[type[IntegerLiteral], tuple[str]]:
        return IntegerLiteral, (self.literal,)


class FloatLiteral(float):
    """Any other number whose text differs from Python's own way to write it (`1.10`, `1e2`)."""

    literal: str

    def __new__(cls, literal: str) -> FloatLiteral:
        self = super().__new__(cls, literal)
        self.literal = literal
        return self

    def __repr__(self) -> str:
        return self.literal

    def __reduce__(self) -> tuple[type[FloatLiteral], tuple[str]]:
        return FloatLiteral, (self.literal,)


def loads(data: bytes | str, *, max_depth: int = MAX_DEPTH, one_line: bool = False) -> Any:
    """Read one JSON text; of duplicate members the last wins; raises `JSONTextError`.

    Of `one_line` of NDJSON an error names the column alone: which line it is only the caller knows.
    """
    subject = "Line" if one_line else "Body"
    if isinstance(data, str):
        text = data
    else:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise JSONTextError(f"{subject} is not UTF-8: byte {error.start + 1} cannot be decoded") from None
    if text.startswith("\ufeff"):
        raise JSONTextError(f"{subject} starts with a byte order mark; send UTF-8 without one")
    _check_depth(text, max_depth, subject)
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise JSONTextError(f"{subject} is not JSON: {_place(text, error.pos, one_line)}") from None
    except _BadNumber as error:
        raise JSONTextError(f"{error.problem} ({_place_of(text, error.literal, one_line)})") from None


def loads_stored(text: str) -> Any:
    """Read JSON that is stored already, whatever the limits of an upload are today; raises `JSONTextError`.

    Numbers beyond the range of a double are infinite or zero, but remember their text. Only what is nested
    deeper than `STORED_DEPTH` cannot be read.
    """
    _check_depth(text, STORED_DEPTH, "The JSON")
    try:
        return _STORED.decode(text)
    except json.JSONDecodeError as error:
        raise JSONTextError(f"The JSON cannot be read: {_place(text, error.pos, False)}") from None


def dumps(value: Any) -> str:
    """Write canonical text: compact, keys in code point order, plain Unicode, numbers as they were sent."""
    parts: list[str] = []
    _write(value, parts.append)
    return "".join(parts)


def pointer(parts: Iterable[str | int]) -> str:
    """The RFC 6901 pointer through these keys and indexes; no parts give "", the whole document."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def dotted(pointer: str) -> str:
    """The same way as a dotted path, which is easier to read but cannot tell a dot in a key from its own."""
    return ".".join(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def find_unstorable(value: Any) -> str | None:
    """Pointer of the first text or key with NUL or a lone surrogate, None when there is none.

    A pointer may be "" (the document itself is such a text). What cannot be sent of a key is U+FFFD in it.
    """
    parts = _unstorable(value)
    return None if parts is None else sendable(pointer(reversed(parts)))


def sendable(text: str) -> str:
    """The text with NUL and lone surrogates replaced by U+FFFD, so that any reply can carry it."""
    return _UNSTORABLE.sub("\ufffd", text)


def identity(value: Any, *, tick: Callable[[], object] | None = None) -> str:
    """A text that is equal for equal JSON values only: key order and the notation of numbers do not count.

    Numbers compare by their exact decimal value; `true`, `1` and `"1"` all differ. `tick` is called again and
    again, so that a caller can stop in between.
    """
    if type(value) is str:
        return _quoted(value)
    if type(value) is int and value % 10:
        return int.__repr__(value)
    parts: list[str] = []
    _identify(value, parts.append, tick)
    return "".join(parts)


def content_hash(value: Any) -> bytes:
    """SHA-256 of the value's `identity`."""
    return hashlib.sha256(identity(value).encode("utf-8", "surrogatepass")).digest()


def decimal_parts(number: int | float) -> tuple[int, int]:
    """The exact decimal `mantissa * 10 ** exponent` as these two, without trailing zeros; zero is (0, 0).

    A float without a remembered text counts as the shortest decimal that reads back as it.
    """
    literal = _number_text(number)
    mantissa_text, _, exponent_text = literal.replace("E", "e").partition("e")
    whole, _, fraction = mantissa_text.partition(".")
    digits = (whole + fraction).rstrip("0")
    mantissa = int(digits) if digits.strip("-") else 0
    if not mantissa:
        return 0, 0
    return mantissa, int(exponent_text or 0) + len(whole) - len(digits)


def lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    r"""The non-blank lines of an NDJSON body, counted from 0; `\n` ends one, a `\r` before it is dropped."""
    index = start = 0
    while start < len(data):
        end = data.find(b"\n", start)
        if end < 0:
            end = len(data)
        line = data[start:end].rstrip(b"\r")
        start = end + 1
        if line.strip(b" \t\r"):
            yield index, line
            index += 1


# A text that never ends swallows the rest: trying again at each quote inside would cost quadratic time.
_STRING = r'"(?:[^"\\]|\\(?:.|\Z))*+(?:"|\Z)'
_STRINGS = re.compile(_STRING, re.DOTALL)
_TOKENS = re.compile(_STRING + r"|-?Infinity|NaN|-?[0-9][0-9.eE+-]*", re.DOTALL)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class _BadNumber(Exception):
    def __init__(self, literal: str, problem: str) -> None:
        super().__init__(problem)
        self.literal = literal
        self.problem = problem


def _integer(literal: str) -> int:
    if len(literal) > 300:
        _check_range(literal)
    return IntegerLiteral(literal) if literal == "-0" else int(literal)


def _number(literal: str) -> float:
    if len(literal) > MAX_NUMBER_LENGTH:
        _check_range(literal)
    number = float(literal)
    if number.__repr__() == literal:
        return number
    if math.isinf(number) or (number == 0 and re.search("^-?[0.]*[1-9]", literal)):
        _check_range(literal)
    return FloatLiteral(literal)


def _check_range(literal: str) -> None:
    if len(literal) > MAX_NUMBER_LENGTH:
        raise _BadNumber(literal, f"A number is longer than {MAX_NUMBER_LENGTH} characters")
    number = float(literal)
    shown = literal if len(literal) <= 40 else literal[:40] + "..."
    if math.isinf(number):
        raise _BadNumber(literal, f"{shown} is beyond the range of a double")
    if number == 0:
        raise _BadNumber(literal, f"{shown} is too close to zero for a double")


def _constant(literal: str) -> Any:
    raise _BadNumber(literal, f"{literal} is not a JSON number")


def _stored_number(literal: str) -> float:
    number = float(literal)
    return number if number.__repr__() == literal else FloatLiteral(literal)


def _stored_integer(literal: str) -> int | float:
    if len(literal) > 300:
        return FloatLiteral(literal)
    return IntegerLiteral(literal) if literal == "-0" else int(literal)


_STORED = json.JSONDecoder(parse_float=_stored_number, parse_int=_stored_integer)

_DECODER = json.JSONDecoder(parse_float=_number, parse_int=_integer, parse_constant=_constant)


def _place_of(text: str, literal: str, one_line: bool) -> str:
    for token in _TOKENS.finditer(text):
        if token.group() == literal:
            return _place(text, token.start(), one_line)
    return _place(text, 0, one_line)


def _place(text: str, start: int, one_line: bool) -> str:
    column = f"column {start - text.rfind(chr(10), 0, start)}"
    return column if one_line else f"line {text.count(chr(10), 0, start) + 1} {column}"


def _check_depth(text: str, max_depth: int, subject: str) -> None:
    # The scanner recurses in C, so depth has to be known before it starts.
    if text.count("[") + text.count("{") <= max_depth:
        return
    depth = 0
    for bracket in re.sub(r"[^][{}]+", "", _STRINGS.sub("", text)):
        if bracket in "[{":
            depth += 1
            if depth > max_depth:
                raise JSONTextError(f"{subject} is nested deeper than {max_depth} levels")
        else:
            depth -= 1


def _number_text(number: int | float) -> str:
    literal = getattr(number, "literal", None)
    if literal is not None:
        return str(literal)
    if isinstance(number, int):
        return int.__repr__(number)
    if not math.isfinite(number):
        raise ValueError(f"{number!r} is not a JSON number")
    return float.__repr__(number)


def _write(value: Any, write: Callable[[str], None]) -> None:
    if isinstance(value, str):
        write(_quoted(value))
    elif value is None:
        write("null")
    elif value is True:
        write("true")
    elif value is False:
        write("false")
    elif isinstance(value, int | float):
        write(_number_text(value))
    elif isinstance(value, dict):
        separator = "{"
        for key in sorted(value):
            write(separator + _quoted(key) + ":")
            _write(value[key], write)
            separator = ","
        write("}" if value else "{}")
    elif isinstance(value, list | tuple):
        separator = "["
        for item in value:
            write(separator)
            _write(item, write)
            separator = ","
        write("]" if value else "[]")
    else:
        raise TypeError(f"{type(value).__name__} is not a JSON type")


def _identify(value: Any, write: Callable[[str], None], tick: Callable[[], object] | None) -> None:
    if isinstance(value, str):
        write(_quoted(value))
    elif isinstance(value, dict):
        if tick:
            tick()
        separator = "{"
        for at, key in enumerate(sorted(value)):
            if tick and at & 1023 == 1023:
                tick()
            write(separator + _quoted(key) + ":")
            _identify(value[key], write, tick)
            separator = ","
        write("}" if value else "{}")
    elif isinstance(value, list | tuple):
        if tick:
            tick()
        separator = "["
        for at, item in enumerate(value):
            if tick and at & 1023 == 1023:
                tick()
            write(separator)
            _identify(item, write, tick)
            separator = ","
        write("]" if value else "[]")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        # Only the numbers that end in a zero have a second way to be written without fraction or exponent.
        if type(value) is int and value % 10:
            write(int.__repr__(value))
        else:
            mantissa, exponent = decimal_parts(value)
            write(f"{mantissa}e{exponent}" if exponent else str(mantissa))
    else:
        _write(value, write)


def _unstorable(value: Any) -> list[str | int] | None:
    """The way to the first such text, from its end to the root."""
    if isinstance(value, str):
        return [] if _UNSTORABLE.search(value) else None
    children: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    for key, child in children:
        if isinstance(key, str) and _UNSTORABLE.search(key):
            return [key]
        if isinstance(child, str | dict | list):
            found = _unstorable(child)
            if found is not None:
                found.append(key)
                return found
    return None
