"""The database of this installation, as far as taking over needs it: looking for rows, adding rows."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from eoscperf.earlier.problems import TargetUnusable
from eoscperf.review.models import LIVE, LogEntry

ONE_AT_A_TIME = 0x656F7363_6561726C
"""The lock that keeps two runs apart; any number nobody else on the server uses."""


class Target:
    """Reads through a session and writes through it, unless it is a dry run: then nothing is ever written."""

    def __init__(self, session: orm.Session, *, dry_run: bool) -> None:
        self.session = session
        self.writing = not dry_run
        """whether rows are added; turned off as soon as it is clear that none will stay"""
        name = session.get_bind().dialect.name
        self._postgresql = name == "postgresql"
        options: dict[str, Any] = {}
        if dry_run and self._postgresql:
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        elif name == "sqlite":
            options = {"sqlite_immediate": not dry_run}
        self.connection = session.connection(execution_options=options)
        if self._postgresql and not dry_run:
            self.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ONE_AT_A_TIME)))

    def insert(self, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows, which all have the same columns."""
        if not rows or not self.writing:
            return
        if self._postgresql:
            self._copy(table, rows)
        else:
            self.connection.execute(sa.insert(table), rows)

    def _copy(self, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        columns = ", ".join(f'"{column}"' for column in rows[0])
        driver: Any = self.connection.connection.dbapi_connection
        try:
            with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(tuple(row.values()))
        except self.connection.dialect.loaded_dbapi.Error as problem:
            raise TargetUnusable(f"Nothing was written: the database refused: {problem}") from problem

    def rows(
        self, table: Any, columns: Iterable[str], ids: Collection[Any], *, by: str = "id"
    ) -> dict[Any, sa.Row[Any]]:
        """What is there of these ids: the columns under their names, by id."""
        if not ids:
            return {}
        key = table.c[by]
        wanted = sa.select(key, *(table.c[column] for column in columns if column != by))
        return {row[0]: row for row in self.connection.execute(wanted.where(self.among(key, ids)))}

    def among(self, column: Any, values: Collection[Any]) -> sa.ColumnElement[bool]:
        """Whether a column has one of these values; always the same statement, however many there are."""
        if self._postgresql:
            return column == sa.any_(sa.literal(list(values), postgresql.ARRAY(column.type)))
        return column.in_(values)

    def names(self, model: Any, fields: Sequence[str], states: Sequence[str] = LIVE) -> dict[Any, uuid.UUID]:
        """Which id each name that is in use belongs to."""
        table = model.__table__
        taken = sa.select(table.c.id, *(table.c[field] for field in fields)).where(table.c.status.in_(states))
        return {tuple(name): identifier for identifier, *name in self.connection.execute(taken)}

    def removed_people(self) -> set[str]:
        """The ids of accounts that were removed here."""
        removed = sa.select(LogEntry.resource_id).where(
            LogEntry.action == "user_remove", LogEntry.resource_type == "user"
        )
        return set(self.connection.scalars(removed))
