"""Giving up on a statement that takes too long, without harm to the transaction it runs in."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session


class TooSlow(Exception):
    """What was asked would have taken longer than somebody is willing to wait."""


@contextlib.contextmanager
def patience(session: Session, seconds: float) -> Iterator[None]:
    """Statements inside that only read are stopped after so long; raises TooSlow then."""
    connection = session.connection()
    limited = _on_sqlite if connection.dialect.name == "sqlite" else _on_postgresql
    with limited(connection, seconds):
        yield


STEPS = 20_000
"""Steps of SQLite's machine between two looks at the clock: about a millisecond."""

_CANCELLED = "57014"


@contextlib.contextmanager
def _on_sqlite(connection: sa.Connection, seconds: float) -> Iterator[None]:
    raw: Any = connection.connection.driver_connection
    end = time.monotonic() + seconds
    over = False

    def look() -> bool:
        nonlocal over
        over = time.monotonic() >= end
        return over

    raw.set_progress_handler(look, STEPS)
    try:
        yield
    except sa.exc.OperationalError:
        if not over:
            raise
        raise TooSlow from None
    finally:
        raw.set_progress_handler(None, 0)


@contextlib.contextmanager
def _on_postgresql(connection: sa.Connection, seconds: float) -> Iterator[None]:
    # Nothing is written in between, so it can be rolled back in any case, which brings the usual limit back.
    savepoint = connection.begin_nested()
    try:
        connection.execute(sa.text(f"SET LOCAL statement_timeout = {max(1, round(seconds * 1000))}"))
        yield
    except sa.exc.DBAPIError as problem:
        if getattr(problem.orig, "sqlstate", None) != _CANCELLED:
            raise
        raise TooSlow from None
    finally:
        savepoint.rollback()
