"""What the tests of the provider talk about: a provider, its clients, and the clock they share."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

import webtest

from eoscperf.db import utcnow
from eoscperf.events import Events
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people.session import COOKIE, AccountSessions
from eoscperf.plugins.accounts.provider.clients import DEVICE, OAuthClients

ISSUER = "https://perf.example.org/accounts"
CALLBACK = "https://app.example.org/callback"
VERIFIER = "a-verifier-of-forty-three-characters-or-more-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


class Clock:
    """Tells the time as it is, until the test lets some of it pass."""

    def __init__(self):
        self.ahead = datetime.timedelta()

    def __call__(self):
        return utcnow() + self.ahead

    def pass_time(self, **span):
        self.ahead += datetime.timedelta(**span)


@dataclass
class Registered:
    """A client as its makers know it."""

    row: object
    secret: str | None
    redirect_uri: str

    @property
    def id(self):
        return str(self.row.id)


CLI = Registered(type("Row", (), {"id": "eoscperf-cli"})(), None, "http://127.0.0.1:40001/callback")


class Provider:
    def __init__(self, app, session, clock):
        self.registry = app.registry
        self.session = session
        self.clock = clock
        self.app = app
        self.web = webtest.TestApp(
            app, extra_environ={"wsgi.url_scheme": "https", "HTTP_HOST": "perf.example.org"}
        )

    def person(self, email, **more):
        identity = LocalIdentity(email=email, email_key=email, **more)
        self.session.add(identity)
        self.session.commit()
        return identity

    def browser(self, identity, amr=("pwd",), ago=0):
        """A browser in which somebody has logged in, so many seconds ago."""
        sessions = self.sessions()
        begun, secret = sessions.begin(identity, amr, address="192.0.2.1", device="a browser")
        begun.auth_time -= datetime.timedelta(seconds=ago)
        self.session.commit()
        web = webtest.TestApp(self.app, extra_environ=self.web.extra_environ)
        web.set_cookie(COOKIE, secret)
        web.account_session, web.secret = begun.id, secret
        return web

    def events(self):
        manager = type("Manager", (), {"get": lambda self: self, "addAfterCommitHook": lambda *_: None})()
        request = type("Request", (), {"dbsession": self.session, "registry": self.registry})()
        return Events(self.registry, manager, request)

    def sessions(self):
        return AccountSessions(
            self.session,
            self.events(),
            idle=datetime.timedelta(days=2),
            longest=datetime.timedelta(days=30),
            now=self.clock,
        )

    def client(self, owner, name, **options):
        clients = OAuthClients(self.session, ISSUER, most=20, now=self.clock)
        usual = {
            "redirect_uris": [CALLBACK],
            "post_logout_redirect_uris": ["https://app.example.org/bye"],
            "scopes": ["openid", "email", "profile", "offline_access", "read", "upload"],
        }
        row, secret = clients.register(owner.id, name=name, **(usual | options))
        self.session.commit()
        return Registered(row, secret, row.redirect_uris[0] if row.redirect_uris else "")

    def asked(self, client, **changes):
        """The address of an authorization request; a parameter of None is left out."""
        usual = {
            "response_type": "code",
            "client_id": client.id,
            "redirect_uri": client.redirect_uri,
            "scope": "openid email read",
            "state": "a state",
            "nonce": "a nonce",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        } | changes
        return "/accounts/authorize?" + urlencode({k: v for k, v in usual.items() if v is not None})

    def authorize(self, browser, client, **changes):
        """The parameters that come back to the client, consent given if it is asked for."""
        answer = browser.get(self.asked(client, **changes))
        if answer.status_int == 200:
            answer = decide(answer, "allow")
        assert answer.status_int == 303, answer.text
        return back(answer)

    def code(self, browser, client, **changes):
        return self.authorize(browser, client, **changes)["code"]

    def token(self, client, status=200, headers=None, **form):
        """The token endpoint; a confidential client authenticates with HTTP Basic."""
        sent = dict(headers or {})
        if client is not None and client.secret is not None:
            sent |= basic(client.id, client.secret)
        elif client is not None:
            form.setdefault("client_id", client.id)
        return self.web.post("/accounts/token", form, headers=sent, status=status)

    def redeem(self, client, code, status=200, **changes):
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": client.redirect_uri,
            "code_verifier": VERIFIER,
        } | changes
        return self.token(client, status, **{k: v for k, v in form.items() if v is not None}).json

    def log_in(self, browser, client, **changes):
        """Tokens of a whole authorization code flow."""
        uri = changes.get("redirect_uri", client.redirect_uri)
        return self.redeem(client, self.code(browser, client, **changes), redirect_uri=uri)

    def refresh(self, client, token, status=200, **more):
        return self.token(client, status, grant_type="refresh_token", refresh_token=token, **more).json

    def poll(self, client, device_code, status=200):
        return self.token(client, status, grant_type=DEVICE, device_code=device_code).json

    def userinfo(self, token, status=200):
        return self.web.get("/accounts/userinfo", headers={"Authorization": f"Bearer {token}"}, status=status)

    def works(self, token):
        """Whether the platform's own API accepts a token."""
        answer = self.web.get(
            "/api/v1/users/self", headers={"Authorization": f"Bearer {token}"}, expect_errors=True
        )
        return answer.status_int != 401

    def introspect(self, client, token, status=200, **more):
        return self.web.post(
            "/accounts/introspect",
            {"token": token, **more},
            headers=basic(client.id, client.secret),
            status=status,
        ).json


def basic(identifier, secret):
    return {"Authorization": "Basic " + base64.b64encode(f"{identifier}:{secret}".encode()).decode()}


def decide(page, decision):
    """Press a button of a form that asks."""
    form = next(form for form in page.forms.values() if "decision" in form.fields)
    return form.submit("decision", value=decision)


def back(answer):
    """What a redirect takes to the client, once each."""
    found = parse_qs(urlsplit(answer.location).query, keep_blank_values=True)
    assert all(len(values) == 1 for values in found.values())
    return {name: values[0] for name, values in found.items()}


def claims(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def header(token):
    head = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))


def encoded(content):
    """A segment of a token: bytes as they are, anything else as JSON."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def user_code_in(text):
    return re.search(r"[A-Z]{4}-[A-Z]{4}", text)[0]
