"""The whole application over a transaction that is rolled back after each test, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

import eoscperf
from eoscperf.options import rate
from eoscperf.rest.openapi import document
from eoscperf.security.rates import RateLimits
from eoscperf.testing.api import AWAY, ENTITLEMENT, ApiClient
from eoscperf.testing.conformance import Conformance
from eoscperf.testing.factories import Make
from eoscperf.testing.issuer import TestIssuer
from eoscperf.tokens.uses import USES


@pytest.fixture(scope="session")
def issuer() -> Iterator[TestIssuer]:
    with TestIssuer() as issuer:
        # Making keys takes a while, longer than an application waits for an issuer.
        issuer.public_keys()
        yield issuer


@pytest.fixture(scope="session")
def make_app(issuer: TestIssuer, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Makes an application on an engine; settings that are given replace the usual ones."""

    def make_app(engine: sa.Engine, **settings: str) -> Any:
        usual: dict[str, Any] = {
            "sqlalchemy.url": engine.url.render_as_string(hide_password=False),
            "eoscperf.engine": engine,
            "var": str(tmp_path_factory.mktemp("var")),
            "secret": "a secret for tests",
            "public_url": "https://perf.example.org",
            "admin_entitlements": ENTITLEMENT,
            # No test runs into a rate that it does not set itself.
            "rates.writes": "1000000/minute",
            "rates.failed_authentications": "1000000/minute",
            "rates.exports": "1000000/minute",
            # A busy machine counts slowly.
            "limits.facet_seconds": "60",
        }
        trusted = issuer.ini() | {
            "oidc.issuers": "test away",
            "oidc.away.issuer": AWAY,
            "oidc.away.allow_loopback_http": "true",
        }
        return eoscperf.main({}, **(usual | trusted | settings))

    return make_app


@pytest.fixture(scope="session")
def shared_app(make_app: Callable[..., Any], engine: sa.Engine) -> Iterator[Any]:
    app = make_app(engine)
    # Tests have the one connection that there is to themselves.
    app.registry[USES].background = False
    yield app
    app.registry["eoscperf.bearer"].close()


@pytest.fixture
def app(shared_app: Any, connection: sa.Connection) -> Iterator[Any]:
    """The application inside the test's transaction: what it commits goes to a savepoint."""
    registry = shared_app.registry
    factory = registry["dbsession_factory"]
    registry["dbsession_factory"] = orm.sessionmaker(
        bind=connection, join_transaction_mode="create_savepoint"
    )
    yield shared_app
    registry["dbsession_factory"] = factory


@pytest.fixture
def make(session: orm.Session, issuer: TestIssuer) -> Make:
    return Make(session, iss=issuer.url)


@pytest.fixture(scope="session")
def conformance(shared_app: Any) -> Conformance:
    """What every answer is held against."""
    return Conformance(document(shared_app.registry))


@pytest.fixture
def api(app: Any, issuer: TestIssuer, make: Make, conformance: Conformance) -> ApiClient:
    return ApiClient(app, issuer, make, conformance)


@pytest.fixture
def live_api(
    make_app: Callable[..., Any], fresh_database_url: str, issuer: TestIssuer
) -> Iterator[ApiClient]:
    """The same on a database of its own, with real commits: for sessions beside the request's."""
    from eoscperf.db import make_engine

    engine = make_engine(fresh_database_url)
    app = make_app(engine)
    with orm.Session(engine) as session:
        yield ApiClient(app, issuer, Make(session, iss=issuer.url))
    app.registry[USES].close()
    app.registry["eoscperf.bearer"].close()
    engine.dispose()


@pytest.fixture
def set_setting(app: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Any], None]:
    """Changes a setting, as parsed, for this test."""
    return lambda key, value: monkeypatch.setitem(app.registry.settings, key, value)


@pytest.fixture
def set_rate(app: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets rates for this test, counted from now: `set_rate(writes="2/minute")`."""

    def set_rate(**rates: str) -> None:
        plenty = dict.fromkeys(("writes", "failed_authentications", "exports"), "1000000/minute")
        limits = {kind: rate(text) for kind, text in (plenty | rates).items()}
        monkeypatch.setitem(app.registry, "eoscperf.rates", RateLimits(limits))

    return set_rate


@pytest.fixture
def events(app: Any) -> Iterator[list[Any]]:
    """What is emitted inside transactions during the test, in order."""
    seen: list[Any] = []
    subscribers = app.registry["eoscperf.transaction_subscribers"]
    entry = (object, lambda event, request: seen.append(event))
    subscribers.append(entry)
    yield seen
    subscribers.remove(entry)


@pytest.fixture
def statements(connection: sa.Connection) -> Iterator[list[str]]:
    """The SQL statements sent during the test, without those for savepoints; clear it before a request."""
    sent: list[str] = []

    def before(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if "SAVEPOINT" not in statement:
            sent.append(statement)

    sa.event.listen(connection, "before_cursor_execute", before)
    yield sent
    sa.event.remove(connection, "before_cursor_execute", before)
