"""Filters, sorting and columns by JSON path in SQL, with one meaning on SQLite and PostgreSQL.

The column holds JSON as text. PostgreSQL reads it as `jsonb`; whatever a type allows only for some values
is done to what a `jsonpath` has let through, so no row can make a cast fail, in whatever order conditions
are evaluated. SQLite's own JSON functions cannot name every key (one with a quote or backslash in it has no
path) and round long decimals in their own way; there, the Python that defines the meaning is called per row.

No expression here is ever NULL.
"""

from __future__ import annotations

import functools
import json
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from eoscperf import jsontext
from eoscperf.listing.terms import contains_ci
from eoscperf.results import filters, jsonpath
from eoscperf.results.filters import Filter, Value
from eoscperf.results.jsonpath import MISSING, Path


def where(condition: Filter, column: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Whether the JSON text in `column` meets the filter, as `Filter.matches` has it."""
    return _PerDatabase(
        sa.func.eoscperf_json_matches(column, _encode(condition)) == sa.literal(1),
        _where_postgresql(condition, sa.cast(column, JSONB)),
        type_=sa.Boolean(),
    )


def where_all(conditions: Sequence[Filter], column: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Whether the JSON text in `column` meets every filter; true if there is none.

    PostgreSQL reads the text once for all of them, which is most of what a filter costs.
    """
    if len(conditions) < 2:
        return sa.and_(sa.true(), *(where(condition, column) for condition in conditions))
    document = _values(sa.cast(column, JSONB), "$", "document")
    return _PerDatabase(
        sa.and_(
            *(
                sa.func.eoscperf_json_matches(column, _encode(condition)) == sa.literal(1)
                for condition in conditions
            )
        ),
        _any(document, *(_where_postgresql(condition, document.column) for condition in conditions)),
        type_=sa.Boolean(),
    )


def sort_components(path: Path, column: sa.ColumnElement[str]) -> list[tuple[sa.ColumnElement[Any], bool]]:
    """What to order by, each with whether it follows the direction of the sort key.

    Numbers come first, then strings, booleans, arrays and objects (equal among themselves), and last null and
    missing, in both directions; the direction acts among numbers, among strings and among booleans.
    """
    segments = json.dumps(path.segments)
    value = _value_postgresql(path, sa.cast(column, JSONB))
    kind = sa.case(
        {name: sa.literal(rank) for name, rank in _RANKS.items()},
        value=sa.func.jsonb_typeof(value),
        else_=sa.literal(_LAST),
    )
    number = sa.func.coalesce(_as_number(_only(value, _NUMBER)), sa.literal(0.0, sa.Double()))
    # A number is told from a string by its kind; 'false' < 'true' is just the order wanted.
    text = sa.func.coalesce(_as_text(_only(value, _STRING_OR_BOOLEAN)), sa.literal("", sa.Text()))
    return [
        (_PerDatabase(sa.func.eoscperf_json_rank(column, segments), kind, type_=sa.Integer()), False),
        (_PerDatabase(sa.func.eoscperf_json_number(column, segments), number, type_=sa.Double()), True),
        (
            _PerDatabase(
                sa.func.eoscperf_json_text(column, segments), sa.collate(text, "C"), type_=sa.Text()
            ),
            True,
        ),
    ]


def sort_key(path: Path, document: Any) -> tuple[int, float, str]:
    """The values of `sort_components` for a document."""
    value = path.lookup(document)
    rank = _rank(value)
    return rank, filters.as_number(value) or 0.0, _sort_text(value)


class Cell(NamedTuple):
    """A value for a table: its kind, and its text (empty where nothing is)."""

    kind: str
    """string, number, boolean, json (an array or object), null or missing"""
    text: str


def column_value(path: Path, document: Any) -> Cell:
    """What a table shows of a document: strings as they are, numbers as they were sent, the rest as JSON."""
    value = path.lookup(document)
    if value is MISSING:
        return Cell("missing", "")
    if isinstance(value, str):
        return Cell("string", value)
    if value is None:
        kind = "null"
    elif isinstance(value, bool):
        kind = "boolean"
    else:
        kind = "json" if isinstance(value, dict | list) else "number"
    return Cell(kind, jsontext.dumps(value))


def prepare_sqlite(connection: sqlite3.Connection) -> None:
    """Give a connection to SQLite the functions that the expressions of this module call."""
    documents = _Documents()
    connection.create_function("eoscperf_json_matches", 2, documents.matches, deterministic=True)
    connection.create_function("eoscperf_json_rank", 2, documents.rank, deterministic=True)
    connection.create_function("eoscperf_json_number", 2, documents.number, deterministic=True)
    connection.create_function("eoscperf_json_text", 2, documents.sort_text, deterministic=True)


@sa.event.listens_for(sa.Engine, "connect")
def _connected(connection: Any, record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        prepare_sqlite(connection)


_RANKS = {"number": 0, "string": 1, "boolean": 2, "array": 3, "object": 3}
_LAST = 4

# Strict, since lax mode would look into arrays. `.double()` fails beyond the range, so `exists` is no there.
_NUMBER = '$ ? (@.type() == "number" && exists(@.double()))'
_STRING = '$ ? (@.type() == "string")'
_BOOLEAN = '$ ? (@.type() == "boolean")'
_STRING_OR_BOOLEAN = '$ ? (@.type() == "string" || @.type() == "boolean")'
_ARRAY = '$ ? (@.type() == "array")'
_STRING_OR_ARRAY = '$ ? (@.type() == "string" || @.type() == "array")'
_ONLY = {"number": _NUMBER, "string": _STRING, "boolean": _BOOLEAN}


class _PerDatabase(FunctionElement[Any]):
    """One meaning in two spellings: the first for SQLite, the second for PostgreSQL."""

    name = "per_database"
    inherit_cache = True

    def __init__(
        self,
        sqlite: sa.ColumnElement[Any],
        postgresql: sa.ColumnElement[Any],
        *,
        type_: sa.types.TypeEngine[Any],
    ) -> None:
        super().__init__(sqlite, postgresql)
        self.type = type_


@compiles(_PerDatabase, "sqlite")
def _compile_sqlite(element: _PerDatabase, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses.clauses[0], **options)})"


@compiles(_PerDatabase, "postgresql")
def _compile_postgresql(element: _PerDatabase, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses.clauses[1], **options)})"


# --- PostgreSQL


def _where_postgresql(condition: Filter, document: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    value = _value_postgresql(condition.path, document)
    if condition.operator == "exists":
        return value.is_not(None) if condition.value.typed else value.is_(None)
    if condition.operator == "in":
        return sa.or_(
            *(
                _never_null(_as(kind, _only(value, _ONLY[kind])).in_([item.typed for item in items]))
                for kind, items in _by_kind(condition.values).items()
            )
        )
    if condition.operator == "contains":
        # A set of at most one row, so that the text is read once for both of what it may be.
        found = _values(value, _STRING_OR_ARRAY, "found")
        text = contains_ci(_as_text(_only(found.column, _STRING)), condition.value.text)
        return _any(found, sa.or_(text, _has_element(found.column, condition.value)))
    stored = _as(condition.value.kind, _only(value, _ONLY[condition.value.kind]))
    compare: Callable[[Any, Any], Any] = filters.COMPARISONS[condition.operator]
    return _never_null(compare(stored, _literal(condition.value)))


def _value_postgresql(path: Path, document: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The jsonb a path leads to, NULL if it leads nowhere."""
    value = document
    together: list[str] = []
    for segment in path.segments:
        if jsonpath.is_index(segment) or not _reads_as_index(segment):
            together.append(segment)
            continue
        value = _steps(value, together)
        value = sa.func.jsonb_object_field(value, sa.cast(segment, sa.Text()), type_=JSONB())
        together = []
    return _steps(value, together)


def _steps(value: sa.ColumnElement[Any], segments: Sequence[str]) -> sa.ColumnElement[Any]:
    if not segments:
        return value
    return sa.func.jsonb_extract_path(
        value, *(sa.cast(segment, sa.Text()) for segment in segments), type_=JSONB()
    )


def _reads_as_index(segment: str) -> bool:
    """Whether PostgreSQL would take the segment for an index: it allows a sign and white space before it."""
    return jsonpath.is_index(segment.lstrip(" \t\n\v\f\r").removeprefix("-").removeprefix("+"))


def _only(value: sa.ColumnElement[Any], path: str) -> sa.ColumnElement[Any]:
    """The value if the jsonpath lets it through, else NULL."""
    return sa.func.jsonb_path_query_first(value, _jsonpath(path), type_=JSONB())


def _jsonpath(path: str) -> sa.ColumnElement[Any]:
    return sa.cast(sa.literal_column(f"'strict {path}'"), JSONPATH())


def _as(kind: str, value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    if kind == "boolean":
        return sa.cast(value, sa.Boolean())
    return sa.collate(_as_text(value), "C") if kind == "string" else _as_number(value)


def _as_number(value: sa.ColumnElement[Any]) -> sa.ColumnElement[float]:
    return sa.cast(value, sa.Double())


def _as_text(value: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    return value.op("#>>", return_type=sa.Text())(sa.literal_column("'{}'"))


def _has_element(value: sa.ColumnElement[Any], wanted: Value) -> sa.ColumnElement[bool]:
    """Whether the value is an array with an element that equals the wanted one."""
    elements = _values(value, f"{_ARRAY}[*]{_ONLY[wanted.kind].removeprefix('$')}", "element")
    return _any(elements, _as(wanted.kind, elements.column) == _literal(wanted))


def _values(value: sa.ColumnElement[Any], path: str, name: str) -> sa.TableValuedAlias:
    """What the jsonpath finds in the value, as rows."""
    return sa.func.jsonb_path_query(value, _jsonpath(path), type_=JSONB()).alias(name)


def _any(rows: sa.TableValuedAlias, *conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether a row meets the conditions, which may mention it only inside further sets of rows."""
    return sa.exists(sa.select(sa.literal(1)).select_from(rows).where(*conditions))


def _literal(value: Value) -> sa.ColumnElement[Any]:
    types: dict[str, sa.types.TypeEngine[Any]] = {
        "number": sa.Double(),
        "string": sa.Text(),
        "boolean": sa.Boolean(),
    }
    return sa.literal(value.typed, types[value.kind])


def _never_null(condition: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.func.coalesce(condition, sa.false(), type_=sa.Boolean())


def _by_kind(values: Sequence[Value]) -> dict[str, list[Value]]:
    kinds: dict[str, list[Value]] = {}
    for value in values:
        kinds.setdefault(value.kind, []).append(value)
    return kinds


# --- SQLite


class _Documents:
    """What SQLite calls, for one connection; remembers the last document, for several conditions on a row."""

    def __init__(self) -> None:
        self._last: tuple[str, Any] = ("null", None)

    def matches(self, text: str | None, condition: str) -> int:
        return int(_decode(condition).matches(self._read(text)))

    def rank(self, text: str | None, segments: str) -> int:
        return _rank(_path(segments).lookup(self._read(text)))

    def number(self, text: str | None, segments: str) -> float:
        return filters.as_number(_path(segments).lookup(self._read(text))) or 0.0

    def sort_text(self, text: str | None, segments: str) -> str:
        return _sort_text(_path(segments).lookup(self._read(text)))

    def _read(self, text: str | None) -> Any:
        if text is None:
            return MISSING
        known, document = self._last
        if text != known:
            try:
                document = orjson.loads(text)
            except orjson.JSONDecodeError:
                # Numbers beyond the range of a double, which are well-formed all the same.
                document = jsontext.loads_stored(text)
            self._last = text, document
        return document


def _rank(value: Any) -> int:
    if isinstance(value, bool):
        return _RANKS["boolean"]
    if isinstance(value, str):
        return _RANKS["string"]
    if isinstance(value, dict | list):
        return _RANKS["array"]
    return _LAST if value is None or value is MISSING else _RANKS["number"]


def _sort_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else ""


def _encode(condition: Filter) -> str:
    """A filter as one text; not its spelling, since paths made by hand may hold keys no spelling has."""
    values = [(value.typed, value.text) for value in condition.values]
    return json.dumps((condition.path.segments, condition.operator, values))


@functools.lru_cache(maxsize=512)
def _decode(text: str) -> Filter:
    segments, operator, values = json.loads(text)
    return Filter(Path(tuple(segments)), operator, tuple(Value(typed, text) for typed, text in values))


@functools.lru_cache(maxsize=512)
def _path(segments: str) -> Path:
    return Path(tuple(json.loads(segments)))
