"""The rows of an export: one snapshot of the database, read in a session of its own, a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf.results import query
from eoscperf.results.exports.rows import Row
from eoscperf.results.models import Result
from eoscperf.results.schemas import ResultPresenter
from eoscperf.results.search.search import Search
from eoscperf.security.identity import Viewer

AT_A_TIME = 100
"""Results in memory; each may have a megabyte."""


class ExportStream:
    """The bytes of an export, for a WSGI server to iterate and close.

    The request's own transaction is over by the time a server sends the answer, hence the session
    of its own. It is given back when the stream ends, fails or is closed because the client went away.
    """

    def __init__(
        self,
        factory: Callable[[], orm.Session],
        statement: sa.Select[Result],
        viewer: Viewer,
        write: Callable[[Iterator[Row]], Iterator[bytes]],
    ) -> None:
        """Runs the statement and writes the first bytes, so that what fails at once can still be answered."""
        self._found: sa.Result[Any] | None = None
        self._session: orm.Session | None = None
        try:
            self._session = session = factory()
            _begin_snapshot(session)
            self._found = session.execute(statement, execution_options={"yield_per": AT_A_TIME})
            presenter = ResultPresenter(viewer)
            self._chunks = write(Row(result, presenter) for result in self._found.scalars())
            self._first = next(self._chunks, b"")
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        first, self._first = self._first, b""
        if first:
            return first
        try:
            return next(self._chunks)
        except BaseException:
            # The end of the stream among them.
            self.close()
            raise

    def close(self) -> None:
        """Give the database connection back; may be called more than once."""
        session, self._session = self._session, None
        if session is not None:
            if self._found is not None:
                self._found.close()
            session.close()

    def __del__(self) -> None:
        # A server that never got to the first byte may not close what it was given.
        self.close()


def select_export(search: Search, viewer: Viewer, keys: Any, most: int | None) -> sa.Select[Result]:
    """Everything asked for in the order of the keys, with all that is nested; at most so many."""
    return search.select(sa.select(Result).options(*query.nested(viewer)), keys).limit(most)


def _begin_snapshot(session: orm.Session) -> None:
    """One transaction that only reads and sees the database as it is now, however long it takes.

    A transaction of SQLite does; PostgreSQL has to be told.
    """
    bind = session.get_bind()
    if bind.dialect.name == "postgresql" and isinstance(bind, sa.Engine):
        session.connection(
            execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        )
