"""The stream of an export: one snapshot of the database, read in a session of its own, a little at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf.results.exports.rows import Rows
from eoscperf.results.exports.slots import Slots

Find = Callable[[orm.Session], Rows]
"""Begins to read the results of an export."""


class ExportStream:
    """The bytes of an export, for a WSGI server to iterate and close.

    The request's own transaction is over by the time a server sends the answer, hence the session
    of its own. It is given back, like the slot, when the stream ends, fails or is closed because the client
    went away.
    """

    def __init__(
        self,
        slots: Slots,
        factory: Callable[[], orm.Session],
        find: Find,
        write: Callable[[Rows], Iterator[bytes]],
    ) -> None:
        """Finds and writes the first bytes, so that what fails at once can still be answered.

        RateLimited while too many others are being written.
        """
        self._rows: Rows | None = None
        self._session: orm.Session | None = None
        self._slots: Slots | None = None
        slots.take()
        self._slots = slots
        try:
            self._session = session = factory()
            _begin_snapshot(session)
            self._rows = find(session)
            self._chunks = write(self._rows)
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
        rows, self._rows = self._rows, None
        session, self._session = self._session, None
        slots, self._slots = self._slots, None
        try:
            if rows is not None:
                rows.close()
        finally:
            try:
                if session is not None:
                    session.close()
            finally:
                if slots is not None:
                    slots.give_back()

    def __del__(self) -> None:
        # A server that never got to the first byte may not close what it was given.
        self.close()


def _begin_snapshot(session: orm.Session) -> None:
    """One transaction that only reads and sees the database as it is now, however long it takes.

    A transaction of SQLite does; PostgreSQL has to be told.
    """
    bind = session.get_bind()
    if bind.dialect.name == "postgresql" and isinstance(bind, sa.Engine):
        session.connection(
            execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        )
