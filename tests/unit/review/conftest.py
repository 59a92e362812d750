"""A life cycle on a real session whose events are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import orm

from eoscperf.review.journal import Journal
from eoscperf.review.lifecycle import Lifecycle
from eoscperf.security.identity import Viewer
from eoscperf.testing.factories import Make


class KeptEvents(list[Any]):
    """Keeps what is emitted; functions in `subscribers` are called as in a transaction."""

    def __init__(self) -> None:
        self.subscribers: list[Callable[[Any], None]] = []

    def emit(self, event: Any) -> None:
        self.append(event)
        for function in self.subscribers:
            function(event)

    @property
    def topics(self) -> list[str]:
        return [event.topic for event in self if hasattr(event, "topic")]


@pytest.fixture
def make(session: orm.Session) -> Make:
    return Make(session)


@pytest.fixture
def kept() -> KeptEvents:
    return KeptEvents()


@pytest.fixture
def admin(make: Make) -> Viewer:
    return Viewer(make.user("admin", role="admin").id, admin=True)


@pytest.fixture
def lifecycle(session: orm.Session, admin: Viewer, kept: KeptEvents) -> Lifecycle:
    return Lifecycle(session, Journal(session, admin), kept)
