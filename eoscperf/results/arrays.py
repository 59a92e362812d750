"""Columns of many rows as PostgreSQL array literals.

One text per column goes to the database several times faster than a parameter for every value.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable


def integers(values: Iterable[int]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


def doubles(values: Iterable[float | None]) -> str:
    return "{" + ",".join(["NULL" if value is None else repr(value) for value in values]) + "}"


def plain(values: Iterable[str]) -> str:
    """Of texts that hold nothing which would have to be quoted, and are not empty."""
    return "{" + ",".join(values) + "}"


def uuids(values: Iterable[uuid.UUID | None]) -> str:
    return "{" + ",".join(["NULL" if value is None else value.hex for value in values]) + "}"


def moments(values: Iterable[datetime.datetime]) -> str:
    """Of aware datetimes."""
    return "{" + ",".join([f'"{value.isoformat()}"' for value in values]) + "}"


def bytestrings(values: Iterable[bytes]) -> str:
    return "{" + ",".join([f'"\\\\x{value.hex()}"' for value in values]) + "}"


def texts(values: Iterable[str | None]) -> str:
    return "{" + ",".join(["NULL" if value is None else _quoted(value) for value in values]) + "}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
