"""`eoscperf-admin user add` and `user invite`."""

from __future__ import annotations

import functools
from importlib.metadata import EntryPoint

import pytest
import sqlalchemy as sa
import webtest
from click.testing import CliRunner
from pyramid import paster

from eoscperf.db import make_engine
from eoscperf.plugins.accounts.people.commands import add, invite
from eoscperf.scripts import admin
from eoscperf.scripts.context import Context
from eoscperf.scripts.user import user
from tests.interfering import interfering

EMAIL = "first@example.org"


class Machine:
    """An installation as its operator sees it."""

    def __init__(self, directory, url, **settings):
        self.url = url
        self.ini = directory / "site.ini"
        given = {
            "sqlalchemy.url": url,
            "var": str(directory / "var"),
            "eoscperf.plugins": "accounts",
            "accounts.url": "http://localhost/accounts",
            "accounts.password_memory": "8",
        } | settings
        lines = [f"{key} = {value}".replace("%", "%%") for key, value in given.items()]
        self.ini.write_text("\n".join(["[app:main]", "use = egg:eoscperf", *lines, ""]))

    def run(self, command, *arguments, input=None):
        return CliRunner().invoke(command, arguments, obj=Context(str(self.ini)), input=input)

    def users(self):
        engine = make_engine(self.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            rows = connection.execute(sa.text("SELECT email, role, iss FROM users ORDER BY email")).all()
        engine.dispose()
        return [tuple(row) for row in rows]

    @functools.cached_property
    def server(self):
        return webtest.TestApp(paster.get_app(str(self.ini)))

    def log_in(self, password, status=303):
        self.server.get("/accounts/login")
        token = "0" * 32 + self.server.cookies["csrf_token"]
        fields = {"csrf_token": token, "login": EMAIL, "password": password}
        return self.server.post("/accounts/login", fields, status=status)

    def close(self):
        if "server" in vars(self):
            registry = self.server.app.registry
            registry["eoscperf.bearer"].close()
            registry["dbengine"].dispose()


@pytest.fixture
def machine(tmp_path, fresh_database_url):
    machine = Machine(tmp_path, fresh_database_url)
    yield machine
    machine.close()


class TestAddingSomebody:
    def test_makes_a_registered_administrator_who_logs_in(self, machine):
        result = machine.run(add, "--email", EMAIL, "--admin", "--generate")
        assert result.exit_code == 0, result.output
        assert "http://localhost/accounts/login" in result.stdout
        password = result.stdout.partition("Password: ")[2].split()[0]
        assert len(password) >= 16
        assert machine.users() == [(EMAIL, "admin", "urn:eoscperf:local")]
        machine.log_in(password)
        assert "administrator" in machine.server.get("/accounts")

    def test_makes_an_ordinary_user_unless_asked_otherwise(self, machine):
        assert machine.run(add, "--email", EMAIL, "--generate").exit_code == 0
        assert machine.users() == [(EMAIL, "user", "urn:eoscperf:local")]

    def test_reads_a_password(self, machine):
        result = machine.run(add, "--email", EMAIL, "--password-stdin", input="some quite ordinary words\n")
        assert result.exit_code == 0, result.output
        assert "ordinary" not in result.output
        machine.log_in("some quite ordinary words")

    def test_prints_a_link_without_a_password(self, machine):
        result = machine.run(add, "--email", EMAIL, "--admin")
        assert result.exit_code == 0, result.output
        link = next(line for line in result.stdout.splitlines() if "/accounts/verify?link=" in line)
        assert "Choose a new password" in machine.server.get(link)

    def test_refuses_who_is_there_and_changes_nothing(self, machine):
        assert machine.run(add, "--email", EMAIL, "--generate").exit_code == 0
        result = machine.run(add, "--email", EMAIL.upper(), "--admin", "--generate")
        assert result.exit_code == 1
        assert "already" in result.stderr
        assert machine.users() == [(EMAIL, "user", "urn:eoscperf:local")]

    @pytest.mark.parametrize("password", ["short", "password123", "first@example.org"])
    def test_refuses_a_bad_password_and_makes_nobody(self, machine, password):
        result = machine.run(add, "--email", EMAIL, "--password-stdin", input=f"{password}\n")
        assert result.exit_code == 2
        assert machine.users() == []

    @pytest.mark.parametrize(
        "arguments", [(), ("--email", "nobody"), ("--email", EMAIL, "--generate", "--password-stdin")]
    )
    def test_refuses_what_makes_no_sense(self, machine, arguments):
        assert machine.run(add, *arguments).exit_code == 2

    def test_does_not_fail_when_others_write_meanwhile(self, machine):
        with interfering(machine.url) as tries:
            assert machine.run(add, "--email", EMAIL, "--admin", "--generate").exit_code == 0
            assert machine.run(invite, "--email", "guest@example.org").exit_code == 0
        assert not any(tries)

    def test_works_where_there_are_no_new_accounts(self, tmp_path, fresh_database_url):
        machine = Machine(tmp_path, fresh_database_url, **{"accounts.signup": "off"})
        assert machine.run(add, "--email", EMAIL, "--admin", "--generate").exit_code == 0

    def test_needs_the_plug_in(self, tmp_path, fresh_database_url):
        machine = Machine(tmp_path, fresh_database_url)
        kept = [line for line in machine.ini.read_text().splitlines() if "accounts" not in line]
        machine.ini.write_text("\n".join(kept))
        result = machine.run(add, "--email", EMAIL, "--generate")
        assert result.exit_code == 2
        assert "eoscperf.plugins" in result.stderr

    def test_says_so_when_the_schema_is_missing(self, tmp_path, empty_database_url):
        result = Machine(tmp_path, empty_database_url).run(add, "--email", EMAIL, "--generate")
        assert result.exit_code == 2
        assert "db upgrade" in result.stderr


class TestTheFirstAdministrator:
    def test_is_made_once(self, machine):
        first = machine.run(add, "--if-no-admin", "--admin", "--generate", "--email", EMAIL)
        assert "Password: " in first.stdout
        again = machine.run(add, "--if-no-admin", "--admin", "--generate", "--email", EMAIL)
        other = machine.run(add, "--if-no-admin", "--admin", "--generate", "--email", "other@example.org")
        assert (again.exit_code, again.output) == (other.exit_code, other.output) == (0, "")
        assert machine.users() == [(EMAIL, "admin", "urn:eoscperf:local")]


class TestInviting:
    def test_prints_the_link_alone(self, machine):
        result = machine.run(invite, "--email", "guest@example.org")
        assert result.exit_code == 0, result.output
        [link] = result.stdout.splitlines()
        assert "guest@example.org" in machine.server.get(link)

    def test_is_refused_where_nobody_may_be_invited(self, tmp_path, fresh_database_url):
        machine = Machine(tmp_path, fresh_database_url, **{"accounts.signup": "administrator"})
        result = machine.run(invite)
        assert result.exit_code == 1
        assert "administrators" in result.stderr


def test_the_group_user_takes_commands_of_plug_ins_beside_its_own(monkeypatch):
    offered = [
        EntryPoint(
            command.name,
            f"eoscperf.plugins.accounts.people.commands:{command.name}",
            "eoscperf.commands.user",
        )
        for command in (add, invite)
    ]

    def found(group, name=None):
        return [point for point in offered if point.group == group and name in (None, point.name)]

    monkeypatch.setattr(admin, "entry_points", found)
    shown = CliRunner().invoke(user, ["--help"]).output
    assert all(f"\n  {name} " in shown for name in ("add", "invite", "role"))
    assert "--if-no-admin" in CliRunner().invoke(user, ["add", "--help"]).output
    assert "reader" in CliRunner().invoke(user, ["role", "--help"]).output
