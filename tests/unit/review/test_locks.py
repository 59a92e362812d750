"""Whoever is about to change an item keeps others from changing it, its parent or its children."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf.benchmarks.service import Benchmarks
from eoscperf.db import make_engine
from eoscperf.review.journal import Journal
from eoscperf.review.lifecycle import Lifecycle
from eoscperf.review.models import LogEntry
from eoscperf.security.identity import Viewer
from eoscperf.sites.service import Flavors, Sites
from eoscperf.testing.factories import Make

ADMIN = Viewer(admin=True)


class Silent:
    def emit(self, event):
        pass


class Person:
    """Somebody with a transaction of his own, who gives up soon when he has to wait."""

    def __init__(self, session):
        self.session = session
        self.lifecycle = Lifecycle(session, Journal(session, ADMIN), Silent())
        self.sites = Sites(session, ADMIN, self.lifecycle)
        self.flavors = Flavors(session, ADMIN, self.lifecycle)
        self.benchmarks = Benchmarks(session, ADMIN, self.lifecycle, Silent())

    def undo_last(self, item_id):
        query = sa.select(LogEntry).where(LogEntry.resource_id == str(item_id)).order_by(LogEntry.id.desc())
        self.lifecycle.undo(self.session.scalars(query.limit(1)).one())


@pytest.fixture
def engine(fresh_database_url):
    engine = make_engine(fresh_database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def ids(engine):
    with orm.Session(engine) as session:
        make = Make(session)
        flavor, benchmark = make.flavor(status="deleted"), make.benchmark()
        return {"flavor": flavor.id, "site": flavor.site_id, "benchmark": benchmark.id}


@contextmanager
def person(engine):
    with orm.Session(engine) as session:
        if engine.dialect.name == "sqlite":
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA busy_timeout = 50")
            session.connection(execution_options={"sqlite_immediate": True})
        else:
            session.execute(sa.text("SET LOCAL lock_timeout = '100ms'"))
        yield Person(session)


ACTS = {
    "site": lambda who, ids: who.sites.get(ids["site"], lock=True),
    "flavor": lambda who, ids: who.flavors.get(ids["flavor"], lock=True),
    "benchmark": lambda who, ids: who.benchmarks.get(ids["benchmark"], lock=True),
    "undo": lambda who, ids: who.undo_last(ids["flavor"]),
}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("site", "site"),
        ("site", "flavor"),
        ("site", "undo"),
        ("flavor", "site"),
        ("flavor", "flavor"),
        ("flavor", "undo"),
        ("benchmark", "benchmark"),
        ("undo", "site"),
        ("undo", "flavor"),
    ],
)
def test_the_second_waits_for_the_first(first, second, engine, ids):
    with person(engine) as one:
        ACTS[first](one, ids)
        with pytest.raises(sa.exc.OperationalError, match="lock"), person(engine) as other:
            ACTS[second](other, ids)
    with person(engine) as other:
        ACTS[second](other, ids)


def test_readers_do_not_wait(engine, ids):
    with person(engine) as one, orm.Session(engine) as session:
        ACTS["site"](one, ids)
        assert Person(session).sites.get(ids["site"]).id == ids["site"]
        assert Person(session).flavors.get(ids["flavor"]).id == ids["flavor"]
