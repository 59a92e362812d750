"""JSON text in and out: strict reading, canonical writing, pointers, and the identity of JSON values.

Numbers are `int` and `float` objects that remember the text they were sent as where Python would write
another, so that `1.10`, `1e2` or `-0` leave the service exactly as they came.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from json.encoder import encode_basestring as _quoted
from typing import Any

from eoscperf import plainjson
from eoscperf.jsonnumbers import (
    BadNumber,
    FloatLiteral,
    IntegerLiteral,
    decimal_parts,
    identity_of_literal,
    number_text,
    read_integer,
    read_number,
    refuse_constant,
    stored_integer,
    stored_number,
)

__all__ = [
    "FloatLiteral",
    "IntegerLiteral",
    "JSONTextError",
    "content_hash",
    "decimal_parts",
    "dotted",
    "dumps",
    "find_unstorable",
    "identity",
    "lines",
    "loads",
    "loads_stored",
    "pointer",
    "sendable",
    "storable_text",
]

MAX_DEPTH = 64
STORED_DEPTH = 500
"""Levels of nesting that can be read of what is stored."""


class JSONTextError(ValueError):
    """The text is not JSON as this service takes it; `detail` is a sentence for its sender."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


def loads(data: bytes | str, *, max_depth: int = MAX_DEPTH, one_line: bool = False) -> Any:
    """Read one JSON text; of duplicate members the last wins; raises `JSONTextError`.

    Of `one_line` of NDJSON an error names the column alone: which line it is only the caller knows.
    """
    # What has so few brackets cannot be nested too deep.
    if type(data) is bytes and data.count(b"[") + data.count(b"{") <= max_depth:
        value = plainjson.read(data)
        if value is not plainjson.UNUSUAL:
            return value
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
    except BadNumber as error:
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
    text = plainjson.write(value)
    if text is not plainjson.UNUSUAL:
        return text
    parts: list[str] = []
    _write(value, parts.append)
    return "".join(parts)


def storable_text(value: Any) -> str | None:
    """The canonical text, None where `find_unstorable` finds something."""
    text = plainjson.write(value)
    if text is not plainjson.UNUSUAL and "\\u0000" not in text:
        # Half of a surrogate pair would have been unusual.
        return text
    return dumps(value) if find_unstorable(value) is None else None


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
    if plainjson.is_storable(value):
        return None
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
    identify = _IDENTITIES.get(type(value))
    if identify is not None:
        return identify(value)
    parts: list[str] = []
    _identify(value, parts.append, tick)
    return "".join(parts)


def content_hash(value: Any, text: str | None = None) -> bytes:
    """SHA-256 of the value's `identity`; with the canonical text, if that is known, it takes less time."""
    whole: Any = plainjson.UNUSUAL if text is None else plainjson.identity(text)
    if whole is plainjson.UNUSUAL:
        whole = _whole_identity(value)
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).digest()


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


_DECODER = json.JSONDecoder(parse_float=read_number, parse_int=read_integer, parse_constant=refuse_constant)
_STORED = json.JSONDecoder(parse_float=stored_number, parse_int=stored_integer)


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
        write(number_text(value))
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
        write(_identity_of_number(value))
    else:
        _write(value, write)


def _whole_identity(value: Any) -> str:
    """The identity of a value of moderate size, where nobody needs to stop in between."""
    kind, of, whole = type(value), _IDENTITIES.get, _whole_identity
    if kind is dict:
        members = [f"{_quoted(key)}:{(of(type(value[key])) or whole)(value[key])}" for key in sorted(value)]
        return "{" + ",".join(members) + "}"
    if kind is list:
        return "[" + ",".join([(of(type(item)) or whole)(item) for item in value]) + "]"
    return identity(value)


def _identity_of_integer(value: int) -> str:
    # Only the numbers that end in a zero have a second way to be written without fraction or exponent.
    return int.__repr__(value) if value % 10 else _identity_of_number(value)


def _identity_of_float(value: float) -> str:
    whole, _, fraction = float.__repr__(value).partition(".")
    if fraction.isdecimal() and fraction != "0":
        return f"{int(whole + fraction)}e-{len(fraction)}"
    return _identity_of_number(value)


def _identity_of_number(value: int | float) -> str:
    return identity_of_literal(number_text(value))


_IDENTITIES: dict[type, Callable[[Any], str]] = {
    str: _quoted,
    int: _identity_of_integer,
    float: _identity_of_float,
    IntegerLiteral: _identity_of_number,
    FloatLiteral: _identity_of_number,
    bool: lambda value: "true" if value else "false",
    type(None): lambda value: "null",
}


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
