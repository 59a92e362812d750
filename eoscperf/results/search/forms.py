"""Statements that are made once and executed with other values each time.

To make a statement, or to find out that it was made before, takes SQLAlchemy several times as long as it
takes the database to answer it.
"""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.compiler import SQLCompiler

MOST = 500
"""Forms that are kept."""

_forms: dict[Hashable, SQLCompiler] = {}


def fetch(
    connection: sa.Connection,
    key: Hashable,
    make: Callable[[], sa.Select[Any]],
    values: Mapping[str, Any],
) -> Sequence[Any]:
    """The rows of the statement that `make` makes, which is the same for equal keys, as the driver has them.

    `values` are those of its parameters: ids, sets of ids, moments, numbers, texts.
    """
    dialect = connection.dialect
    form = _forms.get((dialect.name, key))
    if form is None:
        if len(_forms) >= MOST:
            _forms.clear()
        form = _forms[dialect.name, key] = cast(SQLCompiler, make().compile(dialect=dialect))
    convert = _CONVERSIONS[dialect.name]
    given: Any = form.construct_params({name: convert(value) for name, value in values.items()})
    if form.positiontup is not None:
        given = tuple([given[name] for name in form.positiontup])
    return connection.exec_driver_sql(str(form), given).all()


def are_plain(columns: Sequence[sa.ColumnElement[Any]]) -> bool:
    """Whether rows of these columns are the same as the driver has them."""
    return all(isinstance(column.type, _PLAIN) for column in columns)


_PLAIN = (sa.Text, sa.Integer, sa.types.NullType)


def parameter(name: str, type_: sa.types.TypeEngine[Any] | type[sa.types.TypeEngine[Any]]) -> Any:
    """Stands for one value."""
    return sa.bindparam(name, type_=type_)


def among(column: sa.ColumnElement[Any], name: str, dialect: str) -> sa.ColumnElement[bool]:
    """Whether a column has one of the ids in a set that is given."""
    if dialect == "postgresql":
        return column == sa.any_(parameter(name, postgresql.ARRAY(sa.Uuid())))
    elements = sa.func.json_each(parameter(name, sa.Text)).table_valued("value")
    return column.in_(sa.select(sa.type_coerce(elements.c.value, column.type)))


def each(name: str) -> sa.TableValuedAlias:
    """On PostgreSQL: a table of the ids in a set that is given, in its column `id`."""
    ids = sa.func.unnest(parameter(name, postgresql.ARRAY(sa.Uuid())))
    return ids.table_valued(sa.column("id", sa.Uuid()), name=name).render_derived()


def read_moment(value: Any) -> datetime.datetime:
    """A moment as a driver has it."""
    if isinstance(value, str):
        return datetime.datetime.fromisoformat(value).replace(tzinfo=datetime.UTC)
    moment: datetime.datetime = value
    return moment.astimezone(datetime.UTC)


def read_id(value: Any) -> uuid.UUID:
    """An id as a driver has it."""
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)


def _for_sqlite(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return value.hex
    if isinstance(value, datetime.datetime):
        moment = value.astimezone(datetime.UTC)
        return moment.strftime("%Y-%m-%d %H:%M:%S.%f").rjust(26, "0")
    if isinstance(value, Collection) and not isinstance(value, str):
        return json.dumps([identifier.hex for identifier in value])
    return value


def _for_postgresql(value: Any) -> Any:
    return list(value) if isinstance(value, frozenset | set | tuple) else value


_CONVERSIONS = {"sqlite": _for_sqlite, "postgresql": _for_postgresql}
