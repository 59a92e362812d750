"""A value of the database as JSON and back, by the type of its column."""

from __future__ import annotations

import contextlib
import datetime
import decimal
import json
import math
import re
import sys
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import sqlalchemy as sa

from eoscperf import jsontext
from eoscperf.archive.contents import Kind
from eoscperf.archive.manifest import ArchiveProblem
from eoscperf.db import UTCDateTime

Write = Callable[[Any], Any]
Read = Callable[[Any, str], Any]
"""From the value and the text it was read from; ValueError says what the value is not."""


NESTING = 10_000
"""Brackets inside brackets of one value: what the stack has room for, far more than any value needs."""


class LineWriter:
    """Rows of a kind, in the order of its columns, as lines."""

    def __init__(self, kind: Kind) -> None:
        self._names = [str(column.name) for column in kind.columns]
        self._converted = [
            (number, write)
            for number, column in enumerate(kind.columns)
            if (write := _writer(kind, column)) is not None
        ]

    def line(self, row: Any) -> bytes:
        """One line; ArchiveProblem when a value cannot be written."""
        values = list(row)
        for number, write in self._converted:
            if values[number] is not None:
                try:
                    values[number] = write(values[number])
                except ValueError as problem:
                    raise ArchiveProblem(
                        f"{self._names[number]} of {values[0]} cannot be exported: {problem}."
                    ) from problem
        return orjson.dumps(dict(zip(self._names, values, strict=True)), option=_OPTIONS)


class LineReader:
    """Lines as rows of a kind, values by column."""

    def __init__(self, kind: Kind) -> None:
        self._readers = {column.name: _reader(kind, column) for column in kind.columns}
        self._nullable = {column.name for column in kind.columns if column.nullable}
        self._defaults = {
            column.name: column.default.arg
            for column in kind.columns
            if isinstance(column.default, sa.ColumnDefault) and column.default.is_scalar
        }

    def row(self, line: bytes) -> dict[str, Any]:
        """The row of one line; ValueError says what is wrong with it."""
        try:
            text = line.decode()
        except UnicodeDecodeError as problem:
            raise ValueError("is not UTF-8") from problem
        row: dict[str, Any] = {}
        for name, value, raw in _members(text):
            read = self._readers.get(name)
            if read is None:
                raise ValueError(f"has {name!r:.80}, which is not known here")
            if name in row:
                raise ValueError(f"has {name} twice")
            if value is None:
                if name not in self._nullable:
                    raise ValueError(f"{name} must not be null")
                row[name] = None
                continue
            try:
                row[name] = read(value, raw)
            except ValueError as problem:
                raise ValueError(f"{name} {problem}") from problem
        if len(row) < len(self._readers):
            for name in self._readers:
                if name not in row:
                    row[name] = self._absent(name)
        return row

    def _absent(self, name: str) -> Any:
        """What a member is that an earlier version of the platform did not know."""
        if name in self._defaults:
            return self._defaults[name]
        if name in self._nullable:
            return None
        raise ValueError(f"lacks {name}")


_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z

_DATETIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE
)
_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,18})", re.ASCII)
_BREAKS = re.compile(r"[\r\n]+")
_BLANKS = re.compile(r"[ \t]*")


def _not_json(literal: str) -> Any:
    raise ValueError(f"{literal} is not a JSON number")


# Numbers stay text: what is exact in the text must not depend on what Python makes of it.
_DECODER: Any = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_not_json)
_SCAN = _DECODER.scan_once
"""One value in the middle of a text: the value, and where it ends."""


def _members(text: str) -> Iterator[tuple[str, Any, str]]:
    """Name, value and text of the value of each member of the object that a line is."""
    blanks, scan = _BLANKS.match, _SCAN
    at = blanks(text, 0).end()  # type: ignore[union-attr]
    if text[at : at + 1] != "{":
        raise ValueError("is not a JSON object")
    at = blanks(text, at + 1).end()  # type: ignore[union-attr]
    try:
        while True:
            if text[at] != '"':
                raise ValueError("is not JSON")
            name, at = scan(text, at)
            at = blanks(text, at).end()  # type: ignore[union-attr]
            if text[at] != ":":
                raise ValueError("is not JSON")
            start = blanks(text, at + 1).end()  # type: ignore[union-attr]
            try:
                value, at = scan(text, start)
            except RecursionError:
                with _deeper():
                    value, at = scan(text, start)
            yield name, value, text[start:at]
            at = blanks(text, at).end()  # type: ignore[union-attr]
            if text[at] == "}":
                break
            if text[at] != ",":
                raise ValueError("is not JSON")
            at = blanks(text, at + 1).end()  # type: ignore[union-attr]
    except (json.JSONDecodeError, StopIteration, IndexError) as problem:
        raise ValueError("is not JSON") from problem
    except RecursionError as problem:
        raise ValueError("is nested too deep") from problem
    if text[at + 1 :].strip():
        raise ValueError("is not one JSON object")


def _writer(kind: Kind, column: sa.Column[Any]) -> Write | None:
    """What makes the JSON value of a column's; None when it is written as it is."""
    if kind.is_json_text(column):
        return _json_fragment
    return _handling(kind, column)[0]


def _reader(kind: Kind, column: sa.Column[Any]) -> Read:
    if kind.is_json_text(column):
        return lambda value, raw: raw
    if isinstance(column.type, sa.Enum):
        allowed = frozenset(column.type.enums)

        def one_of(value: Any, raw: str) -> str:
            text = _read_text(value, raw)
            if text not in allowed:
                raise ValueError(f"is none of {', '.join(sorted(allowed))}")
            return text

        return one_of
    return _handling(kind, column)[1]


def _handling(kind: Kind, column: sa.Column[Any]) -> tuple[Write | None, Read]:
    for types, write, read in _HANDLED:
        if isinstance(column.type, types):
            return write, read
    raise ArchiveProblem(
        f"The column {column} of {kind.owner} has the type {column.type!r}, which archives have no place for."
    )


def _json_fragment(text: str) -> orjson.Fragment:
    """JSON text as it is. Between its tokens breaks would end the line: they become blanks."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        # Python takes what is beyond a double, and nesting deeper than the other's.
        try:
            with _deeper():
                _DECODER.decode(text)
        except RecursionError as problem:
            raise ValueError("it is nested too deep") from problem
    return orjson.Fragment(_BREAKS.sub(" ", text) if "\n" in text or "\r" in text else text)


@contextlib.contextmanager
def _deeper() -> Iterator[None]:
    """Let Python read JSON that is nested far deeper than it would by itself."""
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(max(usual, NESTING))
    try:
        yield
    finally:
        sys.setrecursionlimit(usual)


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError(f"{number} is not a JSON number")
    return number


def _string(value: Any, raw: str) -> str:
    if raw[0] != '"':
        raise ValueError("is not text")
    return value


def _read_text(value: Any, raw: str) -> str:
    text = _string(value, raw)
    if not text.isprintable() and jsontext.sendable(text) != text:
        raise ValueError("has a character that cannot be stored")
    return text


def _read_uuid(value: Any, raw: str) -> uuid.UUID:
    text = _string(value, raw)
    if len(text) != 36:
        raise ValueError("is not a UUID")
    try:
        return uuid.UUID(text)
    except ValueError as problem:
        raise ValueError("is not a UUID") from problem


def _read_datetime(value: Any, raw: str) -> datetime.datetime:
    text = _string(value, raw)
    if not _DATETIME.fullmatch(text):
        raise ValueError("is not a date and time with an offset, such as 2024-05-01T12:00:00Z")
    try:
        return datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)
    except (ValueError, OverflowError) as problem:
        raise ValueError("is no date that there is") from problem


def _read_local_datetime(value: Any, raw: str) -> datetime.datetime:
    try:
        return datetime.datetime.fromisoformat(_string(value, raw))
    except ValueError as problem:
        raise ValueError("is not a date and time such as 2024-05-01T12:00:00") from problem


def _read_date(value: Any, raw: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(_string(value, raw))
    except ValueError as problem:
        raise ValueError("is not a date such as 2024-05-01") from problem


def _read_integer(value: Any, raw: str) -> int:
    if not _INTEGER.fullmatch(raw) or not -(2**63) <= int(raw) < 2**63:
        raise ValueError("is not an integer of 64 bits")
    return int(raw)


def _read_float(value: Any, raw: str) -> float:
    if not isinstance(value, str) or raw[0] == '"':
        raise ValueError("is not a number")
    return float(raw)


def _read_decimal(value: Any, raw: str) -> decimal.Decimal:
    try:
        return decimal.Decimal(_string(value, raw))
    except decimal.InvalidOperation as problem:
        raise ValueError("is not a decimal number in quotes") from problem


def _read_boolean(value: Any, raw: str) -> bool:
    if not isinstance(value, bool):
        raise ValueError("is neither true nor false")
    return value


def _read_bytes(value: Any, raw: str) -> bytes:
    try:
        return bytes.fromhex(_string(value, raw))
    except ValueError as problem:
        raise ValueError("is not hexadecimal") from problem


_HANDLED: tuple[tuple[Any, Write | None, Read], ...] = (
    (sa.Uuid, None, _read_uuid),
    (UTCDateTime, None, _read_datetime),
    (sa.DateTime, None, _read_local_datetime),
    (sa.Date, None, _read_date),
    (sa.Boolean, None, _read_boolean),
    (sa.Integer, None, _read_integer),
    (sa.Float, _finite, _read_float),
    (sa.Numeric, str, _read_decimal),
    (sa.LargeBinary, bytes.hex, _read_bytes),
    (sa.JSON, None, lambda value, raw: json.loads(raw)),
    (sa.String, None, _read_text),
)
