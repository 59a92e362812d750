"""Columns as a driver hands them over: for many rows, converting each value costs more than the query."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class plain_id(FunctionElement[str]):  # noqa: N801 - used like a function
    """A UUID as text: with dashes from PostgreSQL, 32 digits from SQLite, which keeps it so."""

    name = "plain_id"
    type = sa.Text()
    inherit_cache = True


@compiles(plain_id)
def _as_it_is(element: Any, compiler: Any, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(plain_id, "postgresql")
def _as_text(element: Any, compiler: Any, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS TEXT)"


class plain_moment(FunctionElement[str]):  # noqa: N801 - used like a function
    """A moment as SQLite keeps it, whatever time zone and style the session has."""

    name = "plain_moment"
    type = sa.Text()
    inherit_cache = True


@compiles(plain_moment)
def _kept(element: Any, compiler: Any, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(plain_moment, "postgresql")
def _formatted(element: Any, compiler: Any, **options: Any) -> str:
    local = f"timezone('UTC', {compiler.process(element.clauses, **options)})"
    return f"to_char({local}, 'YYYY-MM-DD HH24:MI:SS.US')"


class gathered(FunctionElement[str]):  # noqa: N801 - used like a function
    """Some values of every row of a group as one JSON text: an array of arrays, in any order."""

    name = "gathered"
    type = sa.Text()
    inherit_cache = True


@compiles(gathered)
def _gathered_by_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **options)}))"


@compiles(gathered, "postgresql")
def _gathered_by_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"CAST(json_agg(json_build_array({compiler.process(element.clauses, **options)})) AS TEXT)"


class joined(FunctionElement[str]):  # noqa: N801 - used like a function
    """Texts of every row of a group with commas between them, in any order; NULL if there are none."""

    name = "joined"
    type = sa.Text()
    inherit_cache = True


@compiles(joined)
def _joined_by_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **options)})"


@compiles(joined, "postgresql")
def _joined_by_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"string_agg({compiler.process(element.clauses, **options)}, ',')"


def plain_value(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A column without what its type does to each value."""
    return sa.type_coerce(column, sa.types.NullType())
