"""Short transactions of their own, beside that of the request."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy.orm import Session

from eoscperf.db import utcnow


@contextlib.contextmanager
def own_transaction(request: Any) -> Iterator[Session]:
    """A session committed at the end, whatever becomes of the request: what was tried counts anyway.

    To be used before the request's own session has written anything: SQLite has one writer at a time.
    """
    given = request.environ.get("eoscperf.dbsession")
    if given is not None:
        yield given
        given.flush()
        return
    with request.registry["dbsession_factory"]() as session:
        if session.get_bind().dialect.name == "sqlite":
            session.connection(execution_options={"sqlite_immediate": True})
        yield session
        session.commit()


def clock(request: Any) -> Callable[[], datetime.datetime]:
    """What tells the time; tests have one of their own."""
    return request.registry.get("accounts.clock", utcnow)
