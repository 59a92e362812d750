"""A client library that knows nothing of us, requests-oauth2client, against a server on the network.

A person's browser is an HTTP client that keeps cookies and fills in forms.
"""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx
import pytest
import requests
from requests_oauth2client import (
    AuthorizationPending,
    ClientSecretBasic,
    InvalidGrant,
    OAuth2Client,
    PublicApp,
)
from sqlalchemy import orm

import eoscperf
from eoscperf.db import make_engine
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.provider.clients import OAuthClients
from eoscperf.scripts.server import make_server

PASSWORD = "correct horse battery staple 17"
EMAIL = "ann@example.org"


class Forms(HTMLParser):
    """The forms of a page: action, fields, and the buttons by what is written on them."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self._button = None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self.found.append({"action": given.get("action", ""), "fields": {}, "buttons": {}})
        elif tag == "input" and self.found and given.get("type") != "checkbox":
            self.found[-1]["fields"][given["name"]] = given.get("value", "")
        elif tag == "button" and self.found:
            self._button = (given.get("name"), given.get("value", ""))

    def handle_data(self, text):
        if self._button and text.strip():
            self.found[-1]["buttons"][text.strip()] = self._button
            self._button = None


class Browser:
    """Follows redirects within the site, and stops where one leads elsewhere."""

    def __init__(self, origin):
        self._origin = origin
        self._http = httpx.Client(follow_redirects=False, timeout=20)

    def close(self):
        self._http.close()

    def open(self, address):
        return self._followed(self._http.get(address))

    def press(self, page, button, **fields):
        form = next(form for form in Forms(page.text).found if button in form["buttons"])
        name, value = form["buttons"][button]
        sent = form["fields"] | fields | ({name: value} if name else {})
        return self._followed(self._http.post(urljoin(str(page.url), form["action"]), data=sent))

    def log_in(self, page):
        assert page.url.path == "/accounts/login"
        return self.press(page, "Log in", login=EMAIL, password=PASSWORD)

    def _followed(self, answer):
        while answer.has_redirect_location:
            target = urljoin(str(answer.url), answer.headers["Location"])
            if not target.startswith(self._origin):
                return target
            answer = self._http.get(target)
        assert answer.status_code < 500, answer.text
        return answer


@pytest.fixture(scope="module")
def site(databases, database_kind, tmp_path_factory):
    """A running server with a database of its own."""
    url = databases.create(database_kind, migrated=True)
    listening = socket.create_server(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
    app = eoscperf.main(
        {},
        **{
            "sqlalchemy.url": url,
            "var": str(tmp_path_factory.mktemp("var")),
            "eoscperf.plugins": "accounts",
            "accounts.url": f"{origin}/accounts",
            "accounts.password_memory": "8",
        },
    )
    server = make_server(app, sockets=[listening], threads=4)
    connections = server._map
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    engine = make_engine(url)
    factory = orm.sessionmaker(engine)
    with factory.begin() as session:
        hashed = app.registry["accounts.passwords"].hash(PASSWORD)
        session.add(LocalIdentity(email=EMAIL, email_key=EMAIL, name="Ann", password_hash=hashed))
    yield Site(origin, factory)
    # Only the thread that waits for the connections may close them; without any it comes to its end.
    server.trigger.pull_trigger(lambda: [one.close() for one in list(connections.values())])
    thread.join(20)
    server.task_dispatcher.shutdown()
    assert not thread.is_alive()
    app.registry["eoscperf.bearer"].close()
    app.registry["dbengine"].dispose()
    engine.dispose()
    databases.drop(url)


class Site:
    def __init__(self, origin, factory):
        self.origin = origin
        self.issuer = f"{origin}/accounts"
        self._factory = factory

    def register(self, **options):
        with self._factory.begin() as session:
            owner = session.query(LocalIdentity).one()
            clients = OAuthClients(session, self.issuer, most=20)
            row, secret = clients.register(owner.id, name="Portal", **options)
            return str(row.id), secret

    def client(self, auth, http, **options):
        document = http.get(f"{self.issuer}/.well-known/openid-configuration").json()
        return OAuth2Client.from_discovery_endpoint(
            issuer=self.issuer,
            auth=auth,
            session=http,
            device_authorization_endpoint=document["device_authorization_endpoint"],
            testing=True,
            **options,
        )


@pytest.fixture
def http():
    with requests.Session() as session:
        yield session


@pytest.fixture
def browser(site):
    browser = Browser(site.origin)
    yield browser
    browser.close()


def test_logs_people_in_by_code_and_pkce(site, http, browser):
    callback = "https://portal.example.org/callback"
    client_id, secret = site.register(
        redirect_uris=[callback], scopes=["openid", "email", "profile", "offline_access", "read"]
    )
    client = site.client(ClientSecretBasic(client_id, secret), http, redirect_uri=callback)
    asked = client.authorization_request(scope="openid email profile offline_access read", max_age=300)

    page = browser.log_in(browser.open(asked.uri))
    answer = browser.press(page, "Allow")
    tokens = client.authorization_code(asked.validate_callback(answer))

    # The library has checked signature, issuer, audience, nonce and age of the ID token.
    assert tokens.id_token.claims["email"] == EMAIL
    assert client.userinfo(tokens)["name"] == "Ann"
    assert client.introspect_token(tokens)["active"] is True
    fresh = client.refresh_token(tokens)
    assert fresh.access_token != tokens.access_token
    narrower = client.token_exchange(
        subject_token=fresh.access_token, subject_token_type="access_token", scope="read"
    )
    assert narrower.scope == "read"
    assert _whoami(site, http, fresh.access_token) == 404
    assert client.revoke_refresh_token(fresh.refresh_token)
    assert _whoami(site, http, fresh.access_token) == 401
    assert client.introspect_token(fresh)["active"] is False
    with pytest.raises(InvalidGrant):
        client.refresh_token(fresh)


def test_logs_programs_in_by_device(site, http, browser):
    client = site.client(PublicApp("eoscperf-cli"), http)
    begun = client.authorize_device(scope="openid email read upload offline_access")
    with pytest.raises(AuthorizationPending):
        client.device_code(begun)

    page = browser.log_in(browser.open(begun.verification_uri_complete))
    page = browser.press(page, "Continue")
    assert begun.user_code in page.text
    page = browser.press(page, "Connect")
    assert "is connected" in page.text

    tokens = client.device_code(begun)
    assert _whoami(site, http, tokens.access_token) == 404
    registered = http.post(f"{site.origin}/api/v1/users:register", headers=_bearer(tokens.access_token))
    assert registered.json()["iss"] == "urn:eoscperf:local"
    assert client.refresh_token(tokens).access_token


def test_gets_tokens_for_itself(site, http):
    client_id, secret = site.register(scopes=["read", "upload"])
    client = site.client(ClientSecretBasic(client_id, secret), http)
    tokens = client.client_credentials(scope="upload")
    assert client.introspect_token(tokens)["sub"] == client_id
    assert _whoami(site, http, tokens.access_token) in (403, 404)


def test_runs_on_the_machine_of_its_user(site, http, browser):
    """The port is whatever was free; nobody but the person can say that it is this program."""
    client = site.client(PublicApp("eoscperf-cli"), http, redirect_uri="http://127.0.0.1:53871/callback")
    asked = client.authorization_request(scope="openid read")
    page = browser.log_in(browser.open(asked.uri))
    tokens = client.authorization_code(asked.validate_callback(browser.press(page, "Allow")))
    assert tokens.id_token.claims["aud"] == "eoscperf-cli"


def _bearer(token):
    return {"Authorization": f"Bearer {token}"}


def _whoami(site, http, token):
    return http.get(f"{site.origin}/api/v1/users/self", headers=_bearer(token)).status_code


def test_a_code_that_many_redeem_at_once_gives_tokens_at_most_once(site, http, browser):
    callback = "https://portal.example.org/callback"
    client_id, secret = site.register(redirect_uris=[callback], scopes=["read", "offline_access"])
    client = site.client(ClientSecretBasic(client_id, secret), http, redirect_uri=callback)
    asked = client.authorization_request(scope="read offline_access")
    answer = asked.validate_callback(browser.press(browser.log_in(browser.open(asked.uri)), "Allow"))
    form = {
        "grant_type": "authorization_code",
        "code": answer.code,
        "redirect_uri": callback,
        "code_verifier": answer.code_verifier,
    }
    given = _at_once(site, (client_id, secret), form)
    assert len(given) == 1
    # The others looked like thieves, and what was given is taken back.
    assert _whoami(site, http, given[0]["access_token"]) == 401


def test_a_refresh_token_that_many_use_at_once_gives_tokens_at_most_once(site, http, browser):
    callback = "https://portal.example.org/callback"
    client_id, secret = site.register(redirect_uris=[callback], scopes=["read", "offline_access"])
    client = site.client(ClientSecretBasic(client_id, secret), http, redirect_uri=callback)
    asked = client.authorization_request(scope="read offline_access")
    answer = asked.validate_callback(browser.press(browser.log_in(browser.open(asked.uri)), "Allow"))
    tokens = client.authorization_code(answer)
    form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    given = _at_once(site, (client_id, secret), form)
    assert len(given) == 1
    with pytest.raises(InvalidGrant):
        client.refresh_token(given[0]["refresh_token"])


def _at_once(site, credentials, form):
    """What those got who were given tokens; all others must be refused, none by an accident."""
    with httpx.Client(auth=credentials, timeout=60) as http, ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(http.post, f"{site.issuer}/token", data=form) for _ in range(6)]
        answers = [one.result() for one in asked]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert {(answer.status_code, answer.json()["error"]) for answer in refused} == {(400, "invalid_grant")}
    return [answer.json() for answer in answers if answer.status_code == 200]
