"""Connections to PostgreSQL that end while nobody uses them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from eoscperf import db
from eoscperf.db import make_engine

pytestmark = pytest.mark.parametrize("idle", [0.0, 1000.0])


@pytest.fixture
def server(databases):
    """The address of a database of its own on PostgreSQL."""
    url = databases.create("postgresql", migrated=False)
    yield url
    databases.drop(url)


def ended(engine: sa.Engine, other: sa.Engine) -> None:
    """Have the server end all connections of an engine."""
    with engine.connect() as connection:
        process = connection.scalar(sa.text("SELECT pg_backend_pid()"))
    with other.connect() as connection:
        assert connection.scalar(sa.text(f"SELECT pg_terminate_backend({process}, 5000)"))


def test_one_that_the_server_ended_is_replaced_without_an_error(server, idle, monkeypatch):
    monkeypatch.setattr(db, "IDLE", idle)
    engine, other = make_engine(server), make_engine(server)
    for _ in range(2):
        ended(engine, other)
        with engine.connect() as connection:
            assert connection.scalar(sa.text("SELECT 1")) == 1
    engine.dispose()
    other.dispose()


def test_one_that_lives_is_used_again(server, idle, monkeypatch):
    monkeypatch.setattr(db, "IDLE", idle)
    engine = make_engine(server)
    seen = set()
    for _ in range(3):
        with engine.connect() as connection:
            seen.add(connection.scalar(sa.text("SELECT pg_backend_pid()")))
    assert len(seen) == 1
    engine.dispose()
