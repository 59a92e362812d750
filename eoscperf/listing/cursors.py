"""Cursors: the place after one row of an ordered list, as text that only this platform can write."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import datetime
import decimal
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Sequence
from typing import Any

MAX_LENGTH = 1024
"""Characters in a cursor."""


class BadCursor(ValueError):
    """A cursor that leads nowhere in this list."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class CursorTooLong(ValueError):
    """The values do not fit into a cursor."""


@dataclasses.dataclass(frozen=True, slots=True)
class CursorBinding:
    """What cursors are good for: `scope` tells one query (path, filters, sort) from all others."""

    secret: bytes = dataclasses.field(repr=False)
    scope: str

    def __post_init__(self) -> None:
        if not self.secret:
            raise ValueError("cursors need a secret, an empty one protects nothing")

    def sign(self, body: bytes) -> bytes:
        # The scope is hashed to a fixed length, so that it cannot run over into the body.
        scope = hashlib.sha256(self.scope.encode("utf-8", "surrogatepass")).digest()
        return hmac.digest(self.secret, b"eoscperf list cursor 1\0" + scope + body, "sha256")[:_SIGNATURE]


@dataclasses.dataclass(frozen=True, slots=True)
class Position:
    """A row: the values it is ordered by or, where they are too long to carry along, its key."""

    values: tuple[Any, ...]
    is_key: bool = False


def write_cursor(position: Position, binding: CursorBinding) -> str:
    """The cursor for a position; `CursorTooLong` if it has more than `MAX_LENGTH` characters."""
    kind = "k" if position.is_key else "v"
    parts = [kind, *map(_encode, position.values)]
    # No text of this length fits; this only saves the work of writing it all down.
    if sum(map(len, parts)) > MAX_LENGTH:
        raise CursorTooLong
    body = json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()
    text = _to_base64(binding.sign(body) + body)
    if len(text) > MAX_LENGTH:
        raise CursorTooLong
    return text


def read_cursor(text: str, binding: CursorBinding) -> Position:
    """The position that a cursor stands for; `BadCursor` if it was not written for this binding."""
    data = _from_base64(text) if len(text) <= MAX_LENGTH else b""
    signature, body = data[:_SIGNATURE], data[_SIGNATURE:]
    if not hmac.compare_digest(signature, binding.sign(body)):
        raise BadCursor(
            "This cursor was not given out for this list with these filters and this sort_by. "
            "Send next_cursor as it came, or start again with an empty cursor."
        )
    kind, *parts = json.loads(body)
    return Position(tuple(map(_decode, parts)), is_key=kind == "k")


_SIGNATURE = 16

# Each value as text after a letter for its type; floats in hexadecimal come back bit by bit.
_WRITERS: tuple[tuple[type, str, Callable[[Any], str]], ...] = (
    (str, "s", str),
    (bool, "b", lambda value: "1" if value else "0"),
    (int, "i", str),
    (float, "f", float.hex),
    (decimal.Decimal, "n", str),
    (datetime.datetime, "d", datetime.datetime.isoformat),
    (uuid.UUID, "u", lambda value: value.hex),
)
_READERS: dict[str, Callable[[str], Any]] = {
    "s": str,
    "b": lambda text: text == "1",
    "i": int,
    "f": float.fromhex,
    "n": decimal.Decimal,
    "d": datetime.datetime.fromisoformat,
    "u": uuid.UUID,
}


def _encode(value: Any) -> str:
    for type_, letter, write in _WRITERS:
        if isinstance(value, type_):
            return letter + write(value)
    raise TypeError(f"a list cannot be continued after a value of type {type(value).__name__}")


def _decode(text: str) -> Any:
    return _READERS[text[0]](text[1:])


def _to_base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _from_base64(text: str) -> bytes:
    """The bytes, or none for anything but their one way of being written."""
    try:
        data = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (UnicodeEncodeError, binascii.Error):
        return b""
    return data if _to_base64(data) == text else b""


def same_kind(values: Sequence[Any], types: Sequence[type | None]) -> bool:
    """Whether values can be compared with columns of these types (None: any)."""
    return len(values) == len(types) and all(
        type_ is None or isinstance(value, type_) or (type_ in _NUMBERS and isinstance(value, _NUMBERS))
        for value, type_ in zip(values, types, strict=True)
    )


_NUMBERS = (int, float, decimal.Decimal)
