"""The moderation services on a real session, seen through several pairs of eyes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import orm

from eoscperf.moderation.service import Claims
from eoscperf.results.events import ResultRemoved, ResultUndone
from eoscperf.results.service import Results
from eoscperf.review.journal import Journal
from eoscperf.security.identity import Viewer
from eoscperf.testing.factories import Make


class Desk:
    """The services of one viewer; events reach the claims as they do in the application."""

    def __init__(self, session: orm.Session, viewer: Viewer, per_day: int = 1000) -> None:
        self.events: list[Any] = []
        journal = Journal(session, viewer)
        self.results = Results(session, viewer, journal, self)  # type: ignore[arg-type]
        self.claims = Claims(session, viewer, journal, self, self.results, per_day)  # type: ignore[arg-type]

    def emit(self, event: Any) -> None:
        self.events.append(event)
        if isinstance(event, ResultRemoved):
            self.claims.close_all(event.id, event.entry_id, event.message)
        if isinstance(event, ResultUndone) and event.from_status == "removed":
            self.claims.reopen_all(event.id, event.undone_id, event.message)


@pytest.fixture
def make(session: orm.Session) -> Make:
    return Make(session)


@pytest.fixture
def desk(session: orm.Session, make: Make) -> Callable[..., Desk]:
    """`desk("ann")`: the services as Ann sees them; "admin" is an administrator."""

    def desk(who: str, **options: Any) -> Desk:
        user = make.user(who, role="admin" if who == "admin" else "user")
        return Desk(session, Viewer(user.id, admin=who == "admin"), **options)

    return desk
