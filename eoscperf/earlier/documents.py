"""JSON of the earlier database in the form in which it is kept here.

What was stored there need not meet the limits of an upload. It is kept all the same: numbers digit by
digit as PostgreSQL writes them, whatever their size. Only text that neither database nor answer can carry
(NUL, lone surrogates), which just the type of schemas lets through, is mended.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eoscperf import jsontext
from eoscperf.benchmarks.json_schema import ValidationTimeout, check_schema


class Unacceptable(ValueError):
    """No result as anybody knows it: not an object, or nested so deep that nothing here could read it."""


@dataclass(frozen=True, slots=True)
class Document:
    """A result's JSON."""

    text: str
    content_hash: bytes
    unusual: str | None
    """what an upload would be refused for, in words"""


@dataclass(frozen=True, slots=True)
class SchemaDocument:
    """A benchmark's JSON Schema."""

    text: str
    mended: bool
    """whether text was changed that cannot be stored"""
    unusable: str | None
    """why no result can be checked against it, None when it can be used"""


def result_document(text: str) -> Document:
    """The JSON of a result from the text of PostgreSQL's `jsonb`; raises Unacceptable."""
    unusual = None
    try:
        value = jsontext.loads(text)
    except jsontext.JSONTextError as problem:
        unusual = problem.detail.removeprefix("Body is ")
        try:
            value = jsontext.loads_stored(text)
        except jsontext.JSONTextError as deeper:
            raise Unacceptable(deeper.detail) from None
    if not isinstance(value, dict):
        raise Unacceptable("The JSON is no object")
    with _without_limits() if unusual else contextlib.nullcontext():
        return Document(jsontext.dumps(value), jsontext.content_hash(value), unusual)


def schema_document(text: str, seconds: float) -> SchemaDocument:
    """A schema from the text of PostgreSQL's `json`, which is as it was sent; checked for so many seconds."""
    try:
        value = jsontext.loads_stored(text)
    except jsontext.JSONTextError as problem:
        return SchemaDocument(text, False, problem.detail)
    mended = jsontext.find_unstorable(value) is not None
    if mended:
        value = _mended(value)
    return SchemaDocument(jsontext.dumps(value), mended, _fault(value, seconds))


def _fault(schema: Any, seconds: float) -> str | None:
    try:
        issues = check_schema(schema, seconds=seconds, limit=1)
    except ValidationTimeout:
        return f"it could not be checked within {seconds:g} s"
    return f"{issues[0].detail} (at {issues[0].pointer or 'its root'})" if issues else None


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return jsontext.sendable(value)
    if isinstance(value, dict):
        return {jsontext.sendable(key): _mended(item) for key, item in value.items()}
    return [_mended(item) for item in value] if isinstance(value, list) else value


@contextlib.contextmanager
def _without_limits() -> Iterator[None]:
    """Let Python go as deep as `jsontext` reads and take integers of any length, which no server would."""
    digits, depth = sys.get_int_max_str_digits(), sys.getrecursionlimit()
    sys.set_int_max_str_digits(0)
    sys.setrecursionlimit(depth + 10 * jsontext.STORED_DEPTH)
    try:
        yield
    finally:
        sys.set_int_max_str_digits(digits)
        sys.setrecursionlimit(depth)
