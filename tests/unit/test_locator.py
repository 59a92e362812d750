"""Services are found by class, made once per request."""

import types

import pytest
from pyramid.request import apply_request_extensions
from pyramid.testing import DummyRequest

from eoscperf.extend.configurator import PlatformConfigurator
from eoscperf.locator import find_service


class Greetings:
    def __init__(self, request):
        self.request = request


class Unoffered:
    pass


@pytest.fixture
def registry():
    config = PlatformConfigurator(settings={})
    config.include("eoscperf.locator")
    config.add_service(Greetings, Greetings)
    config.commit()
    return config.registry


def request_of(registry):
    request = DummyRequest()
    request.registry = registry
    apply_request_extensions(request)
    return request


def test_a_service_is_made_by_its_factory_and_kept_for_the_request(registry):
    request = request_of(registry)
    made = request.find_service(Greetings)
    assert made.request is request
    assert request.find_service(Greetings) is made


def test_another_request_has_another_one(registry):
    first = request_of(registry).find_service(Greetings)
    assert request_of(registry).find_service(Greetings) is not first


def test_a_service_that_nobody_offers_is_named(registry):
    request = types.SimpleNamespace(registry=registry)
    with pytest.raises(LookupError, match=r"no service .*\.Unoffered is registered"):
        find_service(request, Unoffered)
