from __future__ import annotations

import pytest
from sqlalchemy import orm

from eoscperf.listing import CursorBinding
from tests.unit.listing.listing_entries import Base


@pytest.fixture
def binding() -> CursorBinding:
    return CursorBinding(b"a secret of this test", "/entries?name=x&sort_by=+name")


@pytest.fixture
def entries(session: orm.Session) -> orm.Session:
    """The session, in a transaction that has the table of entries."""
    Base.metadata.create_all(session.connection())
    return session
