"""Has the database changed? A token that is the same exactly as long as everybody reads the same.

PostgreSQL names a snapshot by the transactions that are visible in it; equal names mean equal content.
SQLite counts, for each connection, what others have committed and what it has changed itself.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

_COLUMNS = "eoscperf.state_columns"
_CONNECTION = "eoscperf.connection"

CHANGES_BEFORE = "eoscperf.changes_before"
"""in the info of a connection to SQLite: its number of changes when its transaction began"""


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """What a session saw when it asked."""

    token: Hashable
    """equal tokens: the same content; None when nothing can be said, such as after changes of its own"""
    place: Hashable
    """what tokens can be compared within: those of SQLite belong to one connection"""
    columns: Mapping[str, Any]
    """further values that were read along"""


def read_state(session: orm.Session, columns: Mapping[str, sa.ScalarSelect[Any]]) -> DatabaseState:
    """The state in one statement. What the session reads afterwards is as new, or newer."""
    if session.get_bind().dialect.name == "postgresql":
        return _of_postgresql(session, columns)
    return _of_sqlite(session, columns)


def _of_postgresql(
    session: orm.Session, columns: Mapping[str, sa.ScalarSelect[Any]]
) -> DatabaseState:
    # Numbers of transactions may come again in another life of the server, restored from a backup.
    about = (
        sa.cast(sa.func.pg_current_snapshot(), sa.Text),
        sa.cast(sa.func.pg_postmaster_start_time(), sa.Text),
        sa.func.pg_current_xact_id_if_assigned().is_(None),
    )
    snapshot, life, unchanged, *values = session.execute(sa.select(*about, *_named(columns))).one()
    token = (snapshot, life) if unchanged and _is_own(session) else None
    return DatabaseState(token, None, dict(zip(columns, values, strict=True)))


def _of_sqlite(session: orm.Session, columns: Mapping[str, sa.ScalarSelect[Any]]) -> DatabaseState:
    version = sa.select(sa.column("data_version")).select_from(sa.table("pragma_data_version"))
    statement = sa.select(version.scalar_subquery(), *_named(columns))
    seen, *values = session.execute(statement).one()
    token = place = None
    if _is_own(session):
        connection = session.connection()
        changes = connection.connection.dbapi_connection.total_changes  # type: ignore[union-attr]
        if connection.info.get(CHANGES_BEFORE) == changes:
            place = connection.info.setdefault(_CONNECTION, object())
            token = (seen, changes)
    return DatabaseState(token, place, dict(zip(columns, values, strict=True)))


def _named(columns: Mapping[str, sa.ScalarSelect[Any]]) -> list[sa.Label[Any]]:
    return [column.label(name) for name, column in columns.items()]


def _is_own(session: orm.Session) -> bool:
    """Whether the transaction is the session's own; one that it was lent may be taken back in part."""
    return isinstance(session.get_bind(), sa.Engine)


def _database_state(request: Any) -> DatabaseState:
    """`request.database_state`"""
    return read_state(request.dbsession, request.registry[_COLUMNS])


def add_state_column(config: Any, name: str, column: sa.ScalarSelect[Any]) -> None:
    """Directive: a value that most requests need, read along with the state of the database."""
    config.registry[_COLUMNS][name] = column


def includeme(config: Any) -> None:
    config.registry.setdefault(_COLUMNS, {})
    config.add_directive("add_state_column", add_state_column)
    config.add_request_method(_database_state, "database_state", reify=True)
