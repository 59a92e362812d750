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
from sqlalchemy.dialects import postgresql, sqlite

_COLUMNS = "eoscperf.state_columns"
_READER = "eoscperf.state_reader"
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


class StateReader:
    """Reads the state, and further columns with it, in one statement that is made once."""

    def __init__(self, columns: Mapping[str, sa.ScalarSelect[Any]]) -> None:
        self._names = tuple(columns)
        further = [column.label(name) for name, column in columns.items()]
        # As text: that is all a driver wants, and the statement is sent with nearly every request.
        self._of_postgresql = _text(sa.select(*_POSTGRESQL, *further), postgresql.dialect())
        self._of_sqlite = _text(sa.select(_SQLITE.scalar_subquery(), *further), sqlite.dialect())

    def read(self, session: orm.Session) -> DatabaseState:
        """What the session sees now. What it reads afterwards is as new, or newer."""
        token = place = None
        if session.get_bind().dialect.name == "postgresql":
            snapshot, life, unchanged, *values = _ask(session, self._of_postgresql)
            if unchanged and _is_own(session):
                token = (snapshot, life)
        else:
            seen, *values = _ask(session, self._of_sqlite)
            if _is_own(session):
                connection = session.connection()
                changes = connection.connection.dbapi_connection.total_changes  # type: ignore[union-attr]
                if connection.info.get(CHANGES_BEFORE) == changes:
                    place = connection.info.setdefault(_CONNECTION, object())
                    token = (seen, changes)
        return DatabaseState(token, place, dict(zip(self._names, values, strict=True)))


def _text(statement: sa.Select[Any], dialect: sa.Dialect) -> str:
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def _ask(session: orm.Session, statement: str) -> Any:
    return session.connection().exec_driver_sql(statement).one()


# Numbers of transactions may come again in another life of the server, restored from a backup. A server that
# follows another one does not tell all that its snapshots leave out.
_POSTGRESQL = (
    sa.cast(sa.func.pg_current_snapshot(), sa.Text),
    sa.cast(sa.func.pg_postmaster_start_time(), sa.Text),
    sa.and_(sa.func.pg_current_xact_id_if_assigned().is_(None), sa.not_(sa.func.pg_is_in_recovery())),
)
_SQLITE: sa.Select[Any] = sa.select(sa.column("data_version")).select_from(sa.table("pragma_data_version"))


def _is_own(session: orm.Session) -> bool:
    """Whether the transaction is the session's own; one that it was lent may be taken back in part."""
    return isinstance(session.get_bind(), sa.Engine)


def _database_state(request: Any) -> DatabaseState:
    """`request.database_state`"""
    registry = request.registry
    reader = registry.get(_READER)
    if reader is None:
        # Made at first use: plug-ins have added their columns by then.
        reader = registry[_READER] = StateReader(registry[_COLUMNS])
    return reader.read(request.dbsession)


def add_state_column(config: Any, name: str, column: sa.ScalarSelect[Any]) -> None:
    """Have a value that most requests need read along with the state of the database."""
    config.registry[_COLUMNS][name] = column


def includeme(config: Any) -> None:
    config.registry.setdefault(_COLUMNS, {})
    config.add_request_method(_database_state, "database_state", reify=True)
