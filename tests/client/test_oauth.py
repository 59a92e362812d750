"""The device flow, and the life of a session."""

from __future__ import annotations

import httpx
import pytest

from eoscperf.client import NotLoggedIn, ServerUnreachable, Session, UnexpectedAnswer
from eoscperf.client.credentials import SessionTokens
from eoscperf.client.oauth import Provider
from tests.client.provider import ISSUER, FakeProvider

API = "https://perf.example.org/api/v1"


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def log_in(clock):
    def log_in(fake):
        provider = Provider(transport=fake, clock=clock, sleep=clock.sleep)
        endpoints = provider.discover(ISSUER)
        code = provider.begin(endpoints, "eoscperf-cli", "openid read")
        return provider.wait(endpoints, "eoscperf-cli", code)

    return log_in


def test_the_device_flow_ends_with_tokens(log_in, clock):
    fake = FakeProvider(device=["authorization_pending", "authorization_pending", "ok"])
    tokens = log_in(fake)
    assert (tokens.access_token, tokens.refresh_token, tokens.scope) == (
        "access-1",
        "refresh-1",
        "read upload",
    )
    assert tokens.expires_at == clock.now + 600
    assert clock.slept == [5, 5, 5]
    assert fake.forms[0]["scope"] == "openid read"
    assert "access-1" not in repr(tokens)


def test_it_asks_more_rarely_when_told_to_slow_down(log_in, clock):
    log_in(FakeProvider(device=["slow_down", "slow_down", "ok"]))
    assert clock.slept == [5, 10, 15]


def test_it_asks_more_rarely_when_the_provider_cannot_be_reached(log_in, clock):
    log_in(FakeProvider(device=[httpx.ConnectTimeout("slow"), "ok"]))
    assert clock.slept == [5, 10]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("access_denied", "refused in the browser"),
        ("expired_token", "in time"),
        ("authorization_pending", "in time"),
        ("invalid_client", "invalid_client"),
    ],
)
def test_a_login_that_fails_says_why(log_in, answer, sentence):
    with pytest.raises(NotLoggedIn, match=sentence):
        log_in(FakeProvider(device=[answer]))


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://evil.example.org"},
        {"token_endpoint": "http://perf.example.org/token"},
        {"revocation_endpoint": "ftp://perf.example.org"},
        {"token_endpoint": None},
        {"token_endpoint": "http://["},
    ],
)
def test_a_discovery_document_that_cannot_be_trusted_is_refused(log_in, change):
    fake = FakeProvider()
    fake.discovery |= change
    with pytest.raises(UnexpectedAnswer):
        log_in(fake)


def test_an_issuer_without_tls_is_not_asked():
    with pytest.raises(UnexpectedAnswer, match="no https address"):
        Provider(transport=FakeProvider()).discover("http://perf.example.org/accounts")


def test_a_provider_that_redirects_is_not_followed():
    away = httpx.MockTransport(
        lambda request: httpx.Response(307, headers={"Location": "https://evil.example.org"})
    )
    with pytest.raises(UnexpectedAnswer, match="redirects"):
        Provider(transport=away).discover(ISSUER)


def test_an_address_for_the_browser_that_is_none_is_refused(log_in):
    for uri in ("javascript:alert(1)", "file:///etc/passwd", "http://["):
        fake = FakeProvider()
        fake.begun |= {"verification_uri": uri}
        with pytest.raises(UnexpectedAnswer):
            log_in(fake)


def test_a_provider_without_device_flow_says_so(log_in):
    fake = FakeProvider()
    del fake.discovery["device_authorization_endpoint"]
    with pytest.raises(NotLoggedIn, match="with a token instead"):
        log_in(fake)


@pytest.fixture
def kept(sessions, clock, log_in):
    """A session that has just begun, its provider, and credentials of it in as many processes as wanted."""
    fake = FakeProvider()
    tokens = log_in(fake)
    session = Session(
        API,
        "default",
        "oauth",
        tokens.access_token,
        tokens.expires_at,
        tokens.refresh_token,
        "eoscperf-cli",
        tokens.scope,
        ISSUER,
        f"{ISSUER}/token",
        f"{ISSUER}/revoke",
    )
    sessions.keep(session)

    def credentials():
        found = sessions.find(API, "default")
        return SessionTokens(sessions, found, lambda: Provider(transport=fake, clock=clock), clock=clock)

    return fake, credentials


def test_a_session_is_renewed_shortly_before_it_ends_and_stored(kept, clock, sessions):
    _, credentials = kept
    tokens = credentials()
    assert tokens.bearer() == "access-1"
    clock.now += 600 - 31
    assert tokens.bearer() == "access-1"
    clock.now += 2
    assert tokens.bearer() == "access-2"
    stored = sessions.find(API, "default")
    assert (stored.access_token, stored.refresh_token) == ("access-2", "refresh-2")
    assert stored.expires_at == clock.now + 600


def test_a_refresh_token_is_used_once_by_all_processes(kept, clock):
    fake, credentials = kept
    one, other = credentials(), credentials()
    clock.now += 700
    assert one.bearer() == other.bearer() == "access-2"
    assert fake.used == ["refresh-1"]


def test_a_refused_access_token_is_renewed_once(kept):
    _, credentials = kept
    tokens = credentials()
    assert tokens.renew()
    assert tokens.bearer() == "access-2"


def test_a_session_that_cannot_be_renewed_has_ended(kept, clock):
    fake, credentials = kept
    fake.used.append("refresh-1")
    clock.now += 700
    with pytest.raises(NotLoggedIn, match="eoscperf login"):
        credentials().bearer()


def test_a_session_that_was_ended_elsewhere_has_ended(kept, clock, sessions):
    _, credentials = kept
    tokens = credentials()
    sessions.forget(API, "default")
    with pytest.raises(NotLoggedIn):
        tokens.renew()


def test_a_session_without_refresh_token_lasts_as_long_as_its_token(sessions, clock):
    sessions.keep(Session(API, "default", "token", "a", clock.now + 60))
    tokens = SessionTokens(sessions, sessions.find(API, "default"), lambda: pytest.fail("asked"), clock=clock)
    clock.now += 40
    assert tokens.bearer() == "a"
    assert not tokens.renew()
    clock.now += 30
    with pytest.raises(NotLoggedIn):
        tokens.bearer()


def test_a_provider_that_is_down_does_not_end_the_session(kept, clock, sessions):
    _, credentials = kept
    clock.now += 700
    tokens = SessionTokens(
        sessions,
        sessions.find(API, "default"),
        lambda: Provider(transport=httpx.MockTransport(lambda request: httpx.Response(503))),
        clock=clock,
    )
    with pytest.raises(ServerUnreachable):
        tokens.bearer()
    assert credentials().bearer() == "access-2"
