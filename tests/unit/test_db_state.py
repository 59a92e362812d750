"""The state of the database: the same token for the same content, and none where that cannot be said."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf.db import make_engine
from eoscperf.db_state import StateReader
from eoscperf.results.models import Tag
from eoscperf.testing.factories import Make


@pytest.fixture
def own_engine(fresh_database_url: str) -> Any:
    engine = make_engine(fresh_database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def reader(fresh_database_url: str) -> Any:
    """Reads the state with one connection of its own, anew each time."""
    engine = make_engine(fresh_database_url, pool_size=1, max_overflow=0)

    def read() -> Any:
        with orm.Session(engine) as session:
            return StateReader({}).read(session)

    yield read
    engine.dispose()


def rename(engine: sa.Engine, name: str) -> None:
    with orm.Session(engine) as session:
        session.execute(sa.update(Tag).values(name=name))
        session.commit()


@pytest.fixture
def tag(own_engine: sa.Engine) -> None:
    with orm.Session(own_engine) as session:
        Make(session).tag("one")


def test_it_stays_while_nothing_is_written(reader, tag):
    first = reader()
    assert first.token is not None
    assert (reader().token, reader().place) == (first.token, first.place)


def test_a_commit_changes_it_for_good(reader, own_engine, tag):
    seen = [reader().token]
    for name in ("two", "one", "two"):
        rename(own_engine, name)
        seen.append(reader().token)
    assert len(set(seen)) == 4, "what was written back to what it was counts as well"


def test_what_is_not_committed_does_not_count(reader, own_engine, tag):
    before = reader()
    with orm.Session(own_engine) as session:
        session.execute(sa.update(Tag).values(name="three"))
        assert reader().token == before.token
        session.commit()
    assert reader().token != before.token


def test_a_transaction_that_wrote_has_none(own_engine, tag):
    with orm.Session(own_engine) as session:
        assert StateReader({}).read(session).token is not None
        session.execute(sa.update(Tag).values(name="four"))
        assert StateReader({}).read(session).token is None
        session.rollback()
        assert StateReader({}).read(session).token is not None


def test_a_transaction_that_was_lent_has_none(own_engine, tag):
    with own_engine.begin() as connection, orm.Session(connection) as session:
        assert StateReader({}).read(session).token is None


def test_tokens_of_one_connection_to_sqlite_are_not_those_of_another(own_engine, tag, database_kind):
    with orm.Session(own_engine) as one, orm.Session(own_engine) as other:
        places = StateReader({}).read(one).place, StateReader({}).read(other).place
    assert (places[0] is places[1]) == (database_kind == "postgresql")


def test_further_columns_are_read_along(own_engine, tag):
    with orm.Session(own_engine) as session:
        state = StateReader({"name": sa.select(Tag.name).scalar_subquery()}).read(session)
    assert state.columns == {"name": "one"}
