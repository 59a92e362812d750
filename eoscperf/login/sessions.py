"""Log-ins that browsers remember: begun, found by their secret, ended."""

from __future__ import annotations

import datetime
import hashlib
import secrets
from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.db import utcnow
from eoscperf.login.models import WebSession
from eoscperf.login.relying import Person
from eoscperf.users.models import User

LIFETIME = datetime.timedelta(hours=12)
"""How long a log-in lasts, whatever is done with it."""


class WebSessions:
    """The log-ins of one installation. `now` tells the time."""

    def __init__(self, session: Session, *, now: Callable[[], datetime.datetime] = utcnow) -> None:
        self._session = session
        self._now = now

    @classmethod
    def for_request(cls, request: Any) -> WebSessions:
        return cls(request.dbsession, now=clock(request))

    def begin(self, person: Person) -> tuple[WebSession, str]:
        """A log-in and the secret that its cookie holds."""
        now = self._now()
        # Nobody ends those that have expired; whoever logs in tidies up.
        self._session.execute(sa.delete(WebSession).where(WebSession.expires_datetime <= now))
        secret = secrets.token_urlsafe(32)
        begun = WebSession(
            secret_digest=_digest(secret),
            provider=person.provider,
            iss=person.iss,
            sub=person.sub,
            email=person.email,
            email_verified=person.email_verified,
            entitlements=_kept(person.entitlements),
            provider_session=person.provider_session,
            id_token=person.id_token,
            created_datetime=now,
            expires_datetime=now + LIFETIME,
        )
        self._session.add(begun)
        self._session.flush()
        return begun, secret

    def find(self, secret: str) -> tuple[WebSession, User | None] | None:
        """The log-in that a cookie's secret stands for and who it is, if registered; None when it is over."""
        query = (
            sa.select(WebSession, User)
            .outerjoin(
                User, sa.and_(User.iss == WebSession.iss, User.sub == WebSession.sub, User.kind == "person")
            )
            .where(WebSession.secret_digest == _digest(secret), WebSession.expires_datetime > self._now())
        )
        found = self._session.execute(query).first()
        return (found[0], found[1]) if found is not None else None

    def end(self, secret: str) -> WebSession | None:
        """End a log-in; returns what it was, or None when it was over already."""
        found = self._session.scalar(sa.select(WebSession).where(WebSession.secret_digest == _digest(secret)))
        if found is not None:
            self._session.delete(found)
            self._session.flush()
        return found

    def entitle(self, iss: str, sub: str, entitlements: Iterable[str]) -> None:
        """The provider says something else of a person than at the log-in."""
        mine = sa.update(WebSession).where(WebSession.iss == iss, WebSession.sub == sub)
        self._session.execute(mine.values(entitlements=_kept(entitlements)))

    def end_at_provider(self, iss: str, provider_session: str) -> int:
        """End what rests on a session of the provider that is over; returns how many."""
        query = sa.delete(WebSession).where(
            WebSession.iss == iss, WebSession.provider_session == provider_session
        )
        return _changed(self._session.execute(query))

    def end_all_of(self, iss: str, sub: str) -> int:
        """End every log-in of a person; returns how many."""
        query = sa.delete(WebSession).where(WebSession.iss == iss, WebSession.sub == sub)
        return _changed(self._session.execute(query))


def clock(request: Any) -> Callable[[], datetime.datetime]:
    """What tells the time; tests have one of their own."""
    return request.registry.get("eoscperf.clock", utcnow)


def _kept(entitlements: Iterable[str]) -> str:
    return " ".join(sorted(one for one in entitlements if " " not in one))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _changed(done: Any) -> int:
    return int(done.rowcount)
