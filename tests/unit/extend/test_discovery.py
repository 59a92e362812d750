"""Plug-ins are found by entry point and enabled by name, in order."""

import pytest
from pyramid.exceptions import ConfigurationError

from eoscperf import extend


def test_installing_is_not_enabling(tiny):
    tiny.add("one", "config.registry['seen'] = True")
    assert "one" in extend.installed()
    assert "seen" not in tiny.start("").registry
    assert tiny.start("one").registry["seen"]


def test_enabled_plugins_are_included_after_the_core_in_the_order_of_the_setting(tiny):
    for name in ("one", "two"):
        tiny.add(
            name,
            f"""
            assert "eoscperf.api_services" in config.registry
            config.registry.setdefault("seen", []).append({name!r})
            """,
        )
    registry = tiny.start("two one").registry
    assert registry["seen"] == ["two", "one"]
    assert list(registry["eoscperf.enabled"]) == ["two", "one"]


def test_an_unknown_plugin_stops_the_start_and_the_message_lists_those_there_are(tiny):
    tiny.add("one")
    with pytest.raises(ConfigurationError, match=r"no plug-in 'ghost' is installed; installed: .*\bone\b"):
        tiny.start("ghost")


def test_a_plugin_that_two_packages_offer_stops_the_start(tiny):
    tiny.add("one")
    tiny.write("tiny_copy/__init__.py", "def includeme(config): pass\n")
    tiny.distribute("one", "tiny_copy")
    with pytest.raises(ConfigurationError) as caught:
        tiny.start("one")
    assert "the plug-in 'one' is installed more than once: " in str(caught.value)
    assert "tiny_one of tiny_one 1.0" in str(caught.value)
    assert "tiny_copy of tiny_copy 1.0" in str(caught.value)


def test_a_plugin_that_cannot_be_imported_stops_the_start_with_the_reason(tiny):
    tiny.add("one", top="import no_such_module_at_all")
    with pytest.raises(ConfigurationError, match=r"'one' cannot be imported: No module named 'no_such_mod"):
        tiny.start("one")


def test_a_package_without_includeme_stops_the_start(tiny):
    tiny.write("tiny_one/__init__.py", "")
    tiny.distribute("one", "tiny_one")
    with pytest.raises(ConfigurationError, match="has no attribute 'includeme'"):
        tiny.start("one")


def test_bad_settings_of_core_and_plugins_are_in_one_message(tiny):
    options = """
        from eoscperf.options import Option, whole
        SETTINGS = (Option("one.size", whole(1), 5, "size of it"),)
    """
    tiny.add("one", top=options)
    with pytest.raises(ConfigurationError) as caught:
        tiny.start("one ghost", **{"one.size": "big", "one.colour": "red", "limits.tags": "few"})
    for line in (
        "no plug-in 'ghost' is installed",
        "one.size: must be a whole number of at least 1 (it is 'big')",
        "one.colour: no such setting",
        "limits.tags: must be a whole number",
    ):
        assert line in str(caught.value)


def test_migrations_of_every_installed_plugin_are_known(tiny):
    tiny.add("one", files={"migrations/a.py": ""})
    tiny.add("two")
    assert str(tiny.folder / "tiny_one" / "migrations") in extend.migration_locations()
    assert not [place for place in extend.migration_locations() if "tiny_two" in place]


def test_models_are_imported_only_of_those_asked_for(tiny):
    import sys

    tiny.add("one", files={"models.py": ""})
    tiny.add("two", files={"models.py": ""})
    extend.import_models(["one"])
    assert "tiny_one.models" in sys.modules
    assert "tiny_two" not in sys.modules
