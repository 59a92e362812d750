"""`eoscperf-admin plugins` shows what is there and never a secret."""

import json

import pytest
from click.testing import CliRunner

from eoscperf.db import make_engine
from eoscperf.scripts.admin import main
from eoscperf.scripts.migrations import Migrations
from tests.plugins.tiny import tiny_plugins

SETTINGS = """
    '''A tiny plug-in.'''
    from eoscperf.options import Option, text, whole
    SETTINGS = (
        Option("one.size", whole(1), 5, "size of it"),
        Option("one.key", text, "", "key of it", secret=True),
        Option("one.other", text, "", "other key", secret=True),
    )
"""


@pytest.fixture
def installation(tmp_path, monkeypatch):
    with tiny_plugins(tmp_path, monkeypatch) as tiny:
        tiny.add("one", "config.add_capability('tiny', 'is tiny')", top=SETTINGS)
        tiny.add("two", top="'''Another one.'''")
        tiny.add("broken", top="import no_such_module_at_all")
        ini = tmp_path / "site.ini"
        ini.write_text(
            "[app:main]\nuse = egg:eoscperf\nsqlalchemy.url = sqlite:///x.sqlite\n"
            "secret = a secret for tests\neoscperf.plugins = one\none.size = 7\none.key = hunter2\n"
        )
        yield ini


def listed(ini, *options):
    result = CliRunner().invoke(main, ["-c", str(ini), "plugins", *options])
    assert result.exit_code == 0, result.output
    return result.output


def test_lists_enabled_ones_with_what_they_add_and_the_others(installation):
    output = listed(installation)
    assert output.startswith("one: enabled (tiny_one 1.0)\n  A tiny plug-in.\n  capabilities: tiny\n")
    assert "  setting one.size = 7\n" in output
    assert "two: not enabled (tiny_two 1.0)\n  Another one.\n" in output
    assert (
        "broken: not enabled (tiny_broken 1.0)\n  unusable: the plug-in 'broken' cannot be imported" in output
    )


def test_never_shows_a_secret(installation):
    for options in ((), ("--json",)):
        output = listed(installation, *options)
        assert "hunter2" not in output
        assert "(set, not shown)" in output
        assert "(not set)" in output


def test_tells_the_same_to_machines(installation):
    found = {plugin["name"]: plugin for plugin in json.loads(listed(installation, "--json"))}
    assert found["one"]["enabled"]
    assert found["one"]["capabilities"] == ["tiny"]
    assert found["one"]["settings"][0] == {
        "key": "one.size",
        "variable": "EOSCPERF_ONE_SIZE",
        "value": "7",
        "default": False,
        "help": "size of it",
    }
    assert not found["two"]["enabled"]
    assert "accounts" in found


def test_makes_no_database_and_asks_the_one_there_is(installation):
    database = installation.parent / "x.sqlite"
    assert "tables:" not in listed(installation)
    assert not database.exists()
    engine = make_engine(f"sqlite:///{database}")
    Migrations(engine).upgrade()
    engine.dispose()
    output = listed(installation)
    assert "  tables: at base, 1 pending" in output
