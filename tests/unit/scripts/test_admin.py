"""`eoscperf-admin` finds its commands, and one that is broken takes nothing else along."""

from importlib.metadata import EntryPoint

import pytest
from click.testing import CliRunner

from eoscperf.scripts import admin


@pytest.fixture
def commands(monkeypatch):
    """Make these the installed commands, as pairs of name and value."""

    def install(*pairs):
        points = [EntryPoint(name, value, admin.GROUP) for name, value in pairs]
        monkeypatch.setattr(
            admin, "entry_points", lambda group, name=None: [p for p in points if name in (None, p.name)]
        )

    return install


def test_a_command_that_cannot_be_imported_says_why_and_the_others_work(commands):
    commands(("db", "eoscperf.scripts.db:db"), ("broken", "no_such_module:command"))
    listed = CliRunner().invoke(admin.main, ["--help"])
    assert listed.exit_code == 0
    assert "(not available)" in listed.output
    assert "The schema of the database" in listed.output
    used = CliRunner().invoke(admin.main, ["broken", "load", "--if-empty"])
    assert used.exit_code == 1
    assert "The command broken is not available: no_such_module:command cannot be loaded" in used.output


def test_two_commands_of_one_name_are_both_refused(commands):
    commands(("db", "eoscperf.scripts.db:db"), ("db", "eoscperf.scripts.db:status"))
    result = CliRunner().invoke(admin.main, ["db"])
    assert result.exit_code == 1
    assert "offered more than once: eoscperf.scripts.db:db, eoscperf.scripts.db:status" in result.output


def test_what_is_no_command_is_refused(commands):
    commands(("db", "eoscperf.scripts.migrations:CORE"))
    assert "is not a click command" in CliRunner().invoke(admin.main, ["db"]).output


def test_an_unknown_command_is_refused():
    result = CliRunner().invoke(admin.main, ["dance"])
    assert result.exit_code == 2
    assert "No such command 'dance'" in result.output
