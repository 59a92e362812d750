"""Uses of API tokens are noted without waiting and written by somebody else."""

import datetime
import threading
import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf.db import make_engine
from eoscperf.testing.factories import Make
from eoscperf.tokens.models import ApiToken
from eoscperf.tokens.uses import TokenUses, network_of

NOW = datetime.datetime(2024, 5, 1, 12, 0, tzinfo=datetime.UTC)
SECOND = datetime.timedelta(seconds=1)


def never():
    raise AssertionError("nobody may ask for the database")


@pytest.fixture
def uses():
    uses = TokenUses(never)
    uses.background = False
    return uses


@pytest.fixture
def stored(session):
    make = Make(session)
    token, _ = make.api_token(make.user("ann"))
    identifier = token.id

    def stored():
        columns = sa.select(ApiToken.last_used_datetime, ApiToken.last_used_network)
        return tuple(session.execute(columns.where(ApiToken.id == identifier)).one())

    stored.id = identifier
    return stored


def test_a_use_is_written_down(connection, uses, stored):
    uses.note(stored.id, "192.0.2.0/24", NOW, None)
    assert stored() == (None, None)
    assert uses.write(connection) == 1
    assert stored() == (NOW, "192.0.2.0/24")
    assert uses.write(connection) == 0


def test_at_most_one_use_in_a_minute_is_written(connection, uses, stored):
    for seconds in (0, 1, 59):
        uses.note(stored.id, "192.0.2.0/24", NOW + seconds * SECOND, None)
    uses.write(connection)
    assert stored()[0] == NOW
    uses.note(stored.id, "192.0.2.0/24", NOW + 59 * SECOND, None)
    assert uses.write(connection) == 0
    uses.note(stored.id, "198.51.100.0/24", NOW + 60 * SECOND, None)
    uses.write(connection)
    assert stored() == (NOW + 60 * SECOND, "198.51.100.0/24")


def test_what_another_process_has_written_lately_counts_as_well(connection, uses, stored):
    uses.note(stored.id, None, NOW, NOW - 59 * SECOND)
    assert uses.write(connection) == 0
    uses.note(stored.id, None, NOW, NOW - 60 * SECOND)
    assert uses.write(connection) == 1


def test_an_older_use_never_replaces_a_newer_one(connection, uses, stored):
    uses.note(stored.id, None, NOW, None)
    uses.write(connection)
    late = TokenUses(never)
    late.background = False
    late.note(stored.id, "192.0.2.0/24", NOW - 5 * SECOND, None)
    late.write(connection)
    assert stored() == (NOW, None)


def test_a_token_that_was_revoked_meanwhile_is_no_trouble(connection, uses):
    uses.note(uuid.uuid4(), None, NOW, None)
    assert uses.write(connection) == 1


def test_tokens_beyond_those_that_are_remembered_are_noted_once_more(uses, monkeypatch):
    monkeypatch.setattr("eoscperf.tokens.uses.MOST_REMEMBERED", 2)
    for identifier in (uuid.uuid4(), uuid.uuid4(), uuid.uuid4()):
        uses.note(identifier, None, NOW, None)
    assert len(uses._noted) == 1


def test_a_database_that_is_away_costs_the_note_and_is_said_in_the_log(tmp_path, caplog):
    engine = make_engine(f"sqlite:///{tmp_path}/empty.sqlite")
    uses = TokenUses(lambda: engine)
    uses.background = False
    uses.note(uuid.uuid4(), None, NOW, None)
    assert uses.write() == 0
    engine.dispose()
    assert "the last use of 1 API tokens could not be written down" in caplog.text


def test_a_thread_writes_and_ends(fresh_database_url):
    engine = make_engine(fresh_database_url)
    with orm.Session(engine) as session:
        make = Make(session)
        token, _ = make.api_token(make.user("ann"))
        identifier = token.id
    uses = TokenUses(lambda: engine, delay=60.0)
    uses.note(identifier, "192.0.2.0/24", NOW, None)
    assert "token-uses" in {thread.name for thread in threading.enumerate()}
    uses.close()
    assert uses._thread is None
    with engine.connect() as connection:
        assert connection.scalar(sa.select(ApiToken.last_used_datetime)) == NOW
    uses.close()
    engine.dispose()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("::1", "::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("unknown", None),
        ("", None),
    ],
)
def test_of_an_address_the_network_is_kept(address, network):
    assert network_of(address) == network
