"""Giving up on counting that takes too long, without harm to the transaction it runs in."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

Answer = TypeVar("Answer")

STEPS = 20_000
"""Steps of SQLite's machine between two looks at the clock: about a millisecond."""

_CANCELLED = "57014"


class Patience:
    """Stops work that only reads after so many seconds; to be used in a `with` statement."""

    def __init__(self, session: Session, seconds: float) -> None:
        self._connection = session.connection()
        self._seconds = seconds
        self._savepoint: sa.NestedTransaction | None = None

    def __enter__(self) -> Patience:
        return self

    def __exit__(self, *problem: object) -> None:
        self._roll_back()

    def spend(self, work: Callable[[], Answer]) -> Answer | None:
        """What the work answers, or None where a statement of it was stopped."""
        on_sqlite = self._connection.dialect.name == "sqlite"
        return self._on_sqlite(work) if on_sqlite else self._on_postgresql(work)

    def _on_sqlite(self, work: Callable[[], Answer]) -> Answer | None:
        raw: Any = self._connection.connection.driver_connection
        end = time.monotonic() + self._seconds
        over = False

        def look() -> bool:
            nonlocal over
            over = time.monotonic() >= end
            return over

        raw.set_progress_handler(look, STEPS)
        try:
            return work()
        except sa.exc.OperationalError:
            if not over:
                raise
            return None
        finally:
            raw.set_progress_handler(None, 0)

    def _on_postgresql(self, work: Callable[[], Answer]) -> Answer | None:
        if self._savepoint is None:
            self._savepoint = self._connection.begin_nested()
            limit = max(1, round(self._seconds * 1000))
            self._connection.execute(sa.text(f"SET LOCAL statement_timeout = {limit}"))
        try:
            return work()
        except sa.exc.DBAPIError as problem:
            if getattr(problem.orig, "sqlstate", None) != _CANCELLED:
                raise
            self._roll_back()
            return None

    def _roll_back(self) -> None:
        """Nothing is written in between, and this brings the usual limit back."""
        if self._savepoint is not None:
            self._savepoint.rollback()
            self._savepoint = None
