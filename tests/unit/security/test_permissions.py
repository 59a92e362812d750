"""Permissions are declared once, each with a sentence and a level."""

import pytest

from eoscperf.extend.configurator import PlatformConfigurator
from eoscperf.security.permissions import level_of, permissions


@pytest.fixture
def config():
    config = PlatformConfigurator(settings={})
    config.include("eoscperf.security.permissions")
    return config


def test_a_declared_permission_has_its_sentence_and_level(config):
    config.add_permission("thing:read", "read things", default="token")
    config.commit()
    declared = permissions(config.registry)["thing:read"]
    assert (declared.description, declared.level) == ("read things", "token")


def test_without_a_level_a_permission_is_for_administrators(config):
    config.add_permission("thing:drop", "drop things")
    config.commit()
    assert level_of(config.registry, "thing:drop") == "admin"


def test_a_permission_nobody_declared_has_no_level(config):
    config.commit()
    assert level_of(config.registry, "thing:read") is None


def test_a_level_that_does_not_exist_is_refused_with_those_that_do(config):
    with pytest.raises(ValueError, match="level 'all' is none of public, token, user, owner, admin"):
        config.add_permission("thing:read", "read things", default="all")


def test_included_features_can_declare_them(config):
    def feature(config):
        config.add_permission("thing:read", "read things", default="public")

    feature.__module__ = __name__
    config.include(feature)
    config.commit()
    assert level_of(config.registry, "thing:read") == "public"


def test_every_permission_of_the_core_is_described():
    from eoscperf.settings import load

    config = PlatformConfigurator(
        settings=load({"sqlalchemy.url": "sqlite://", "secret": "a secret for tests"}, {})
    )
    config.include("eoscperf.core")
    config.commit()
    config.registry["eoscperf.bearer"].close()
    declared = permissions(config.registry).values()
    assert len(declared) > 20
    assert [one.name for one in declared if len(one.description.split()) < 2] == []
