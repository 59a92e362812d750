"""An installation with people, on both databases, with real commits; its clock is set by the tests."""

from __future__ import annotations

import datetime
import itertools
import re
import uuid
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
import webtest
from sqlalchemy import orm

import eoscperf
from eoscperf import jsontext
from eoscperf.db import make_engine, utcnow
from eoscperf.plugins.accounts.keys import KeyStore
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people.session import AccountSession
from eoscperf.plugins.mail.models import OutboxMail
from eoscperf.users.models import User

PASSWORD = "some quite ordinary words"

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

_numbers = itertools.count(1)


class Installation:
    """The application, its database, its clock and the mails it has made."""

    def __init__(self, url: str, var: str) -> None:
        self.url = url
        self.app = eoscperf.main(
            {},
            **{
                "sqlalchemy.url": url,
                "var": var,
                "secret": "a secret for tests",
                "eoscperf.plugins": "accounts mail",
                "accounts.url": "http://localhost/accounts",
                "accounts.signup": "open",
                "accounts.password_memory": "8",
                "rates.writes": "1000000/minute",
                "rates.failed_authentications": "1000000/minute",
            },
        )
        self.registry = self.app.registry
        self.settings = self.registry.settings
        self.engine = make_engine(url, poolclass=sa.NullPool)
        self.now = utcnow()
        self.registry["accounts.clock"] = lambda: self.now

    def close(self) -> None:
        self.registry["eoscperf.bearer"].close()
        self.registry["eoscperf.relying_party"].close()
        self.registry["dbengine"].dispose()
        self.engine.dispose()

    def wait(self, **duration: float) -> None:
        self.now += datetime.timedelta(**duration)

    def session(self) -> orm.Session:
        return orm.Session(self.engine, expire_on_commit=False)

    def browser(self, network: str | None = None) -> Browser:
        return Browser(
            self, network or f"10.{next(_numbers) % 250}.{next(_numbers) % 250}.{next(_numbers) % 250}"
        )

    def someone(self, *, admin: bool = False, registered: bool = False, **values: Any) -> LocalIdentity:
        """A person with a password, straight into the database."""
        email = values.pop("email", f"person-{next(_numbers)}@example.org")
        password = values.pop("password", PASSWORD)
        with self.session() as session:
            person = LocalIdentity(
                email=email,
                email_key=email.lower(),
                password_hash=self.registry["accounts.passwords"].hash(password) if password else None,
                password_datetime=self.now if password else None,
                **values,
            )
            session.add(person)
            session.flush()
            if admin or registered:
                role = "admin" if admin else "user"
                issuer = self.settings["accounts.issuer"]
                session.add(User(iss=issuer, sub=str(person.id), email=email, role=role))
            session.commit()
            return person

    def identity(self, email: str) -> LocalIdentity | None:
        with self.session() as session:
            return session.scalar(sa.select(LocalIdentity).where(LocalIdentity.email_key == email.lower()))

    def sessions(self, identity_id: uuid.UUID) -> list[AccountSession]:
        with self.session() as session:
            query = sa.select(AccountSession).where(AccountSession.identity_id == identity_id)
            return list(session.scalars(query))

    def mails(self, to: str) -> list[dict[str, Any]]:
        """What was written to an address, the first mail first."""
        with self.session() as session:
            query = sa.select(OutboxMail).where(OutboxMail.recipient == to, OutboxMail.kind == "account")
            mails = session.scalars(query.order_by(OutboxMail.created_datetime))
            return [jsontext.loads(mail.facts) for mail in mails]

    def link(self, to: str) -> str:
        """Path and query of the link in the last mail to an address."""
        parts = urlsplit(self.mails(to)[-1]["link"])
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def token(self, email: str, **options: Any) -> dict[str, str]:
        """A header with a token of the person's."""
        from eoscperf.plugins.accounts.tokens import LocalTokens

        with self.session() as session:
            tokens = LocalTokens(session, KeyStore.of(self.settings), self.settings["accounts.url"])
            text = tokens.issue(email, lifetime=datetime.timedelta(hours=1), **options)
            session.commit()
        return {"Authorization": f"Bearer {text}"}


class Browser:
    """A browser with its cookies, in a network."""

    def __init__(self, installation: Installation, network: str) -> None:
        self.installation = installation
        self.app = webtest.TestApp(
            installation.app, extra_environ={"REMOTE_ADDR": network, "HTTP_USER_AGENT": AGENT}
        )

    def get(self, path: str, **options: Any) -> Any:
        return self.app.get(path, **options)

    @property
    def token(self) -> str:
        """The token that forms carry."""
        if "csrf_token" not in self.app.cookies:
            self.app.get("/accounts/login", expect_errors=True)
        # Pages hold it under a mask; this one changes nothing.
        return "0" * 32 + self.app.cookies["csrf_token"].strip('"')

    def post(self, path: str, *, status: int | None = 303, **fields: str) -> Any:
        return self.app.post(path, {"csrf_token": self.token, **fields}, status=status)

    def log_in(self, email: str, password: str = PASSWORD, *, status: int = 303, **fields: str) -> Any:
        return self.post("/accounts/login", login=email, password=password, status=status, **fields)

    @property
    def is_logged_in(self) -> bool:
        return self.app.get("/accounts", status="*").status_int == 200

    @property
    def cookies(self) -> dict[str, str]:
        return dict(self.app.cookies)


@pytest.fixture(scope="module")
def shared_installation(databases, database_kind, tmp_path_factory):
    url = databases.create(database_kind, migrated=True)
    installation = Installation(url, str(tmp_path_factory.mktemp("var")))
    yield installation
    installation.close()
    databases.drop(url)


@pytest.fixture
def installation(shared_installation):
    """One for all tests of a module: each makes people and networks of its own."""
    shared_installation.now = utcnow()
    return shared_installation


@pytest.fixture
def browser(installation):
    return installation.browser()


@pytest.fixture
def set_mode(installation, monkeypatch):
    return lambda mode: monkeypatch.setitem(installation.settings, "accounts.signup", mode)


def fault_of(answer: Any) -> str:
    """The sentences of the summary of what is wrong."""
    found = re.search(r'id="error-summary".*?</div>', answer.text, re.S)
    return re.sub(r"<[^>]+>|\s+", " ", found.group(0)) if found else ""
