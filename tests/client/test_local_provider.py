"""Logging in at the platform's own provider, as a person with a terminal and a browser does."""

from __future__ import annotations

import httpx
import pytest

from eoscperf.client import Client, NotLoggedIn
from eoscperf.client.oauth import Provider as OpenIDProvider
from tests.client.conftest import SERVER, Terminal
from tests.plugins.accounts.provider.conftest import ann as ann
from tests.plugins.accounts.provider.conftest import app as app
from tests.plugins.accounts.provider.conftest import browser as browser
from tests.plugins.accounts.provider.conftest import clock as clock
from tests.plugins.accounts.provider.conftest import provider as provider
from tests.plugins.accounts.provider.conftest import provider_app as provider_app
from tests.plugins.accounts.provider.test_devices import confirm

API = f"{SERVER}/api/v1"


@pytest.fixture
def platform(app):
    return httpx.WSGITransport(app=app)


@pytest.fixture
def decision():
    """What the person presses."""
    return ["allow"]


@pytest.fixture
def terminal(platform, retries, browser, clock, decision, monkeypatch):
    """A terminal whose owner opens the browser while the command waits."""

    class Attended(OpenIDProvider):
        def __init__(self, **options):
            super().__init__(**options | {"sleep": self.attend})
            self.code = None

        def begin(self, *asked):
            self.code = super().begin(*asked)
            return self.code

        def attend(self, seconds):
            clock.pass_time(seconds=seconds)
            if decision:
                confirm(browser, self.code.user_code, decision.pop())

    monkeypatch.setattr("eoscperf.client.client.Provider", Attended)
    return Terminal({"transport": platform, "retries": retries}, lambda who: pytest.fail("no other tokens"))


def test_somebody_logs_in_works_and_logs_out(terminal, sessions, platform):
    done = terminal("login", "--register")
    assert f"Logged in at {SERVER} as ann@example.org" in done.stderr
    assert terminal.json("whoami")["scope"].split() == ["openid", "email", "offline_access", "read", "upload"]
    terminal("tags", "submit", "--name", "nightly")
    begun = sessions.find(API, "default")

    with sessions.locked():
        sessions.replace_tokens(begun, expires_at=0.0)
    assert terminal.json("whoami")["email"] == "ann@example.org"
    renewed = sessions.find(API, "default")
    assert renewed.refresh_token != begun.refresh_token
    assert renewed.access_token != begun.access_token

    assert terminal("logout").stderr == f"Logged out at {SERVER}\n"
    sessions.keep(renewed)
    with sessions.locked():
        sessions.replace_tokens(renewed, expires_at=0.0)
    with pytest.raises(NotLoggedIn):
        Client(SERVER, transport=platform, sessions=sessions).users.self()


def test_a_session_does_what_it_was_made_for(terminal):
    terminal("login", "--register")
    refused = terminal("tokens", "create", "nightly", code=1).stderr
    assert "eoscperf login --scope +admin" in refused


def test_a_session_may_be_asked_to_make_tokens(terminal):
    terminal("login", "--register", "--scope", "+admin")
    token = terminal("tokens", "create", "nightly", "--scope", "read").stdout.strip()
    assert terminal.json("whoami", env={"EOSCPERF_TOKEN": token})["email"] == "ann@example.org"
    terminal("tags", "submit", "--name", "x", env={"EOSCPERF_TOKEN": token}, code=1)


def test_somebody_refuses_in_the_browser(terminal, decision, sessions):
    decision[:] = ["deny"]
    assert "refused in the browser" in terminal("login", code=3).stderr
    assert sessions.all() == []
