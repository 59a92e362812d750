"""`eoscperf-admin user` makes the first administrator."""

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from sqlalchemy import orm

from eoscperf.db import make_engine
from eoscperf.review.models import LogEntry
from eoscperf.scripts.admin import main
from eoscperf.testing.factories import Make
from eoscperf.users.models import User


@pytest.fixture
def installation(tmp_path, fresh_database_url, monkeypatch):
    monkeypatch.setenv("EOSCPERF_SQLALCHEMY_URL", str(fresh_database_url))
    ini = tmp_path / "site.ini"
    ini.write_text("[app:main]\nuse = egg:eoscperf\nsecret = a secret for tests\n")
    engine = make_engine(fresh_database_url)
    with orm.Session(engine) as session:
        make = Make(session)
        for name in ("ann", "bob"):
            make.user(name)
        twin = make.user("twin")
        twin.email = session.scalar(sa.select(User.email).where(User.sub == "bob"))
        session.commit()
    yield ini, engine
    engine.dispose()


def run(ini, *arguments):
    return CliRunner().invoke(main, ["-c", str(ini), "user", "role", *arguments])


def roles(engine):
    with orm.Session(engine) as session:
        return dict(session.execute(sa.select(User.sub, User.role)).all())


def test_somebody_becomes_an_administrator_and_it_is_logged(installation):
    ini, engine = installation
    with orm.Session(engine) as session:
        email = session.scalar(sa.select(User.email).where(User.sub == "ann"))
    done = run(ini, "admin", "--email", email, "--message", "the first one")
    assert done.exit_code == 0, done.output
    assert "is now admin." in done.output
    assert roles(engine) == {"ann": "admin", "bob": "user", "twin": "user"}
    with orm.Session(engine) as session:
        entry = session.scalars(sa.select(LogEntry)).one()
    assert (entry.action, entry.from_status, entry.to_status) == ("user_role", "user", "admin")
    assert (entry.message, entry.actor_id) == ("the first one", None)
    assert "is admin already." in run(ini, "admin", "--sub", "ann").output


def test_the_last_administrator_stays_one(installation):
    ini, engine = installation
    run(ini, "admin", "--sub", "ann")
    refused = run(ini, "user", "--sub", "ann")
    assert refused.exit_code != 0
    assert "Nobody else has the role of administrator" in refused.output
    run(ini, "admin", "--sub", "bob")
    assert "is now reader." in run(ini, "reader", "--sub", "ann").output
    assert roles(engine) == {"ann": "reader", "bob": "admin", "twin": "user"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Say whose account it is"),
        (("--service", "nightly"), "There is no service account nightly."),
        (("--service", "nightly", "--sub", "x"), "A service account has a name only"),
        (("--email", "nobody@example.org"), "Nobody is registered with --email nobody@example.org."),
    ],
)
def test_nobody_is_changed_by_what_names_nobody(installation, arguments, said):
    ini, engine = installation
    done = run(ini, "admin", *arguments)
    assert done.exit_code != 0
    assert said in done.output
    assert set(roles(engine).values()) == {"user"}


def test_an_address_of_several_people_is_not_enough(installation):
    ini, engine = installation
    with orm.Session(engine) as session:
        email = session.scalar(sa.select(User.email).where(User.sub == "bob"))
    done = run(ini, "admin", "--email", email)
    assert done.exit_code != 0
    assert "Several people" in done.output
    assert "--sub bob" in done.output
    assert "--sub twin" in done.output
    assert set(roles(engine).values()) == {"user"}
