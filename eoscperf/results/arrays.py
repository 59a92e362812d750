"""Columns of many rows as PostgreSQL array literals.

One text per column goes to the database several times faster than a parameter for every value.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable


def integers(values: Iterable[int]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


def doubles(values: Iterable[float | None]) -> str:
    return "{" + ",".join(["NULL" if value is None else repr(value) for value in values]) + "}"


def uuids(values: Iterable[uuid.UUID]) -> str:
    return "{" + ",".join([value.hex for value in values]) + "}"


def texts(values: Iterable[str | None]) -> str:
    return "{" + ",".join(["NULL" if value is None else _quoted(value) for value in values]) + "}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
