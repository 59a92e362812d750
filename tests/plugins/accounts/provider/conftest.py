"""The platform with its OpenID provider over a transaction that is rolled back, and a small cast."""

from __future__ import annotations

import pytest
from sqlalchemy import orm

import eoscperf
from eoscperf.options import rate
from eoscperf.security.rates import RateLimits
from tests.plugins.accounts.provider.cast import ISSUER, Clock, Provider

PLENTY = "1000000/minute"


@pytest.fixture(scope="session")
def provider_app(engine, tmp_path_factory):
    app = eoscperf.main(
        {},
        **{
            "sqlalchemy.url": engine.url.render_as_string(hide_password=False),
            "eoscperf.engine": engine,
            "var": str(tmp_path_factory.mktemp("var")),
            "secret": "a secret for tests",
            "public_url": "https://perf.example.org",
            "eoscperf.plugins": "accounts",
            "accounts.url": ISSUER,
            "accounts.password_memory": "8",
            "rates.writes": PLENTY,
            "rates.failed_authentications": PLENTY,
        },
    )
    yield app
    app.registry["eoscperf.bearer"].close()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def app(provider_app, connection, clock, monkeypatch):
    registry = provider_app.registry
    factory = orm.sessionmaker(bind=connection, join_transaction_mode="create_savepoint")
    monkeypatch.setitem(registry, "dbsession_factory", factory)
    monkeypatch.setitem(registry, "accounts.clock", clock)
    return provider_app


@pytest.fixture
def set_rate(app, monkeypatch):
    def set_rate(**rates):
        kinds = dict.fromkeys(app.registry["eoscperf.rates"]._rates, PLENTY) | rates
        limits = RateLimits({kind: rate(text) for kind, text in kinds.items()})
        monkeypatch.setitem(app.registry, "eoscperf.rates", limits)

    return set_rate


@pytest.fixture
def signed_with_es256(app, monkeypatch):
    """Access tokens are, as the setting accounts.access_token_algorithm has it."""
    keys = app.registry["accounts.keys"]
    monkeypatch.setattr(keys, "access", next(store for store in keys.all if store.algorithm == "ES256"))


@pytest.fixture
def provider(app, session, clock):
    return Provider(app, session, clock)


@pytest.fixture
def ann(provider):
    return provider.person("ann@example.org", name="Ann")


@pytest.fixture
def bob(provider):
    return provider.person("bob@example.org")


@pytest.fixture
def browser(provider, ann):
    """Ann is logged in."""
    return provider.browser(ann)


@pytest.fixture
def shop(provider, bob):
    """A confidential client that bob has registered."""
    return provider.client(bob, "Shop")


@pytest.fixture
def phone(provider, bob):
    """A public client."""
    return provider.client(
        bob, "Phone", confidential=False, redirect_uris=["http://127.0.0.1/back", "org.example.phone:/back"]
    )
