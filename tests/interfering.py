"""Another process that writes at the worst moment."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa


@contextlib.contextmanager
def interfering(url: str | sa.URL) -> Iterator[list[bool]]:
    """After each statement that reads, another connection tries to write to the SQLite database.

    What is yielded tells of every try whether it could. On PostgreSQL none is made: nobody is in the way.
    """
    database = sa.make_url(url)
    tries: list[bool] = []

    def write(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT") and connection.engine.url == database:
            tries.append(_write(str(database.database), len(tries) + 1))

    if database.get_backend_name() != "sqlite":
        yield tries
        return
    sa.event.listen(sa.Engine, "after_cursor_execute", write)
    try:
        yield tries
        assert tries, "nothing was read from this database"
    finally:
        sa.event.remove(sa.Engine, "after_cursor_execute", write)


def _write(file: str, number: int) -> bool:
    """Change something that nobody looks at; False when somebody else writes, who is not waited for."""
    with contextlib.closing(sqlite3.connect(file, timeout=0)) as connection:
        try:
            connection.execute(f"PRAGMA user_version = {number}")
        except sqlite3.OperationalError:
            return False
        return True
