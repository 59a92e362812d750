"""`eoscperf-admin user service` and `user token`: accounts of machines and what they hold."""

import re

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from sqlalchemy import orm

from eoscperf.db import make_engine
from eoscperf.review.models import LogEntry
from eoscperf.scripts.admin import main
from eoscperf.security.token_text import PATTERN, digest
from eoscperf.testing.factories import Make
from eoscperf.tokens.models import ApiToken
from eoscperf.users.models import User
from tests.interfering import interfering


@pytest.fixture
def installation(tmp_path, fresh_database_url, monkeypatch):
    monkeypatch.setenv("EOSCPERF_SQLALCHEMY_URL", str(fresh_database_url))
    ini = tmp_path / "site.ini"
    ini.write_text("[app:main]\nuse = egg:eoscperf\nsecret = a secret for tests\n")
    engine = make_engine(fresh_database_url)
    with orm.Session(engine) as session:
        Make(session).user("ann")
    yield ini, engine
    engine.dispose()


@pytest.fixture
def run(installation):
    def run(*arguments, fails=False):
        done = CliRunner().invoke(main, ["-c", str(installation[0]), "user", *arguments])
        assert (done.exit_code != 0) is fails, done.output
        return done

    return run


def all_of(engine, column):
    with orm.Session(engine) as session:
        return list(session.scalars(sa.select(column).order_by(column)))


def test_a_service_account_is_made_listed_and_removed(installation, run):
    _, engine = installation
    run("service", "add", "nightly", "--email", "team@example.org", "--description", "Runs at night")
    assert run("service", "list").stdout == "nightly\tuser\tteam@example.org\tRuns at night\n"
    assert "Removed" in run("service", "remove", "nightly", "--message", "not needed").output
    assert all_of(engine, User.sub) == ["ann"]
    assert all_of(engine, LogEntry.action) == ["service_create", "service_remove"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("service", "add", "Nightly Job", "--email", "team@example.org"), "name must be 1 to 64"),
        (("service", "add", "nightly", "--email", "team"), "email must be an email address"),
        (("service", "remove", "nightly"), "There is no service account nightly."),
        (
            ("token", "add", "--name", "x"),
            "Say whose account it is: --email, or --iss with --sub, or --service.",
        ),
        (("token", "add", "--sub", "ann", "--name", "x", "--scope", "moderate"), "role of administrator"),
        (("token", "revoke", "--sub", "ann"), "Say which"),
        (("token", "revoke", "--sub", "ann", "0d1f6a6e-5f1e-4c8a-9a57-1f2d0a3b4c5d"), "No API token"),
        (("disable",), "Say whose account it is"),
    ],
)
def test_what_cannot_be_done_is_said(run, arguments, said):
    assert said in run(*arguments, fails=True).output


def test_a_name_is_taken_once(run):
    run("service", "add", "nightly", "--email", "team@example.org")
    refused = run("service", "add", "nightly", "--email", "team@example.org", fails=True)
    assert "There is a service account nightly already." in refused.output


def test_the_token_alone_goes_to_standard_output(installation, run):
    _, engine = installation
    run("service", "add", "nightly", "--email", "team@example.org")
    made = run(
        "token", "add", "--service", "nightly", "--name", "at night", "--scope", "upload", "--days", "7"
    )
    assert re.fullmatch(PATTERN, made.stdout.strip())
    assert "API token of nightly for upload, valid until " in made.stderr
    assert all_of(engine, ApiToken.digest) == [digest(made.stdout.strip())]
    assert all_of(engine, ApiToken.scope) == ["upload"]


def test_tokens_are_listed_and_revoked(installation, run):
    _, engine = installation
    for name in ("one", "two", "three"):
        run("token", "add", "--sub", "ann", "--name", name)
    lines = run("token", "list", "--sub", "ann").stdout.splitlines()
    assert [line.split("\t")[2:4] for line in lines] == [
        [name, "read,upload"] for name in ("one", "two", "three")
    ]
    assert all(line.endswith("never used") for line in lines)
    run("token", "revoke", "--sub", "ann", lines[0].split("\t")[0])
    assert all_of(engine, ApiToken.name) == ["three", "two"]
    assert "Revoked 2" in run("token", "revoke", "--sub", "ann", "--all").output
    assert all_of(engine, ApiToken.name) == []


def test_an_account_is_disabled_and_enabled(installation, run):
    _, engine = installation
    assert "is now disabled." in run("disable", "--sub", "ann", "--message", "left").output
    assert all_of(engine, User.disabled_datetime) != [None]
    assert "is now enabled." in run("enable", "--sub", "ann").output
    assert all_of(engine, User.disabled_datetime) == [None]
    assert all_of(engine, LogEntry.action) == ["user_disable", "user_enable"]


def test_others_who_write_meanwhile_make_no_command_fail(installation, run):
    _, engine = installation
    commands = [
        ("service", "add", "nightly", "--email", "team@example.org"),
        ("token", "add", "--sub", "ann", "--name", "one"),
        ("token", "revoke", "--sub", "ann", "--all"),
        ("role", "reader", "--sub", "ann"),
        ("disable", "--sub", "ann"),
        ("enable", "--sub", "ann"),
        ("service", "remove", "nightly"),
    ]
    with interfering(engine.url) as tries:
        for command in commands:
            run(*command)
    # Whatever a command goes by is as it was read until the command has written.
    assert not any(tries)
    assert len(all_of(engine, LogEntry.action)) == len(commands)


def test_lists_wait_for_nobody(installation, run):
    _, engine = installation
    with engine.connect().execution_options(sqlite_immediate=True) as writer, writer.begin():
        assert run("service", "list").stdout == run("token", "list", "--sub", "ann").stdout == ""
