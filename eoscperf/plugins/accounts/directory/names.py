"""Distinguished names and values in filters, so that what people type can be nothing but a value."""

from __future__ import annotations

import re

Key = tuple[frozenset[tuple[str, str]], ...]
"""A distinguished name to compare with: from the entry to the root, attributes in lower case."""

_PLAIN = re.compile(rb"[A-Za-z0-9@._-]")
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*|[0-9]+(\.[0-9]+)*")
_HEX = re.compile(rb"[0-9A-Fa-f]{2}")


class InvalidName(ValueError):
    """This is not a distinguished name."""


def filter_value(text: str) -> str:
    """A value as it stands in a filter: everything that is not plain becomes `\\xx` (RFC 4515, section 3).

    UnicodeEncodeError for what no directory can hold.
    """
    return "".join(
        chr(byte) if _PLAIN.match(bytes([byte])) else f"\\{byte:02x}" for byte in text.encode("utf-8")
    )


def dn_value(text: str) -> str:
    """A value as it stands in a distinguished name, likewise (RFC 4514, section 2.4)."""
    return filter_value(text)


def filled(template: str, **values: str) -> str:
    """A template with values that are escaped already; what they hold is not looked into again."""
    return re.sub(r"\{([a-z]+)\}", lambda found: values[found[1]], template)


def dn_key(name: str) -> Key:
    """What two spellings of a distinguished name have in common; InvalidName."""
    parts: list[frozenset[tuple[str, str]]] = []
    pairs: list[tuple[str, str]] = []
    rest = name.encode("utf-8", "surrogatepass").strip()
    while True:
        kind, equals, rest = rest.partition(b"=")
        attribute = kind.decode("utf-8", "replace").strip()
        if not equals or not _ATTRIBUTE.fullmatch(attribute):
            raise InvalidName(name)
        value, separator, rest = _value(rest, name)
        pairs.append((attribute.lower(), " ".join(value.split()).lower()))
        if separator == b"+":
            continue
        parts.append(frozenset(pairs))
        pairs = []
        if not separator:
            return tuple(parts)


def _value(rest: bytes, name: str) -> tuple[str, bytes, bytes]:
    """The value that a text begins with, the separator after it, and what follows."""
    value, at = bytearray(), 0
    while at < len(rest):
        character = rest[at : at + 1]
        if character in (b",", b";", b"+"):
            return _text(value, name), character, rest[at + 1 :]
        if character == b"\\":
            if _HEX.match(rest, at + 1):
                value.append(int(rest[at + 1 : at + 3], 16))
                at += 3
                continue
            character = rest[at + 1 : at + 2]
            if not character:
                raise InvalidName(name)
            at += 1
        value += character
        at += 1
    return _text(value, name), b"", b""


def _text(value: bytearray, name: str) -> str:
    if not value.strip():
        raise InvalidName(name)
    return value.decode("utf-8", "backslashreplace")
