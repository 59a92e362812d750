"""Who is logged in with this browser.

Views that need somebody call `require_login(request)`; it returns the session or sends the browser to
the log-in page and back again.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from pyramid.httpexceptions import HTTPSeeOther
from sqlalchemy import orm

from eoscperf import errors
from eoscperf.db import reading, utcnow, waits_for_writers
from eoscperf.events import Events
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people.digests import digest, new_secret
from eoscperf.plugins.accounts.people.events import SessionEnded
from eoscperf.plugins.accounts.people.models import AccountSession
from eoscperf.plugins.accounts.people.transactions import clock, own_transaction

COOKIE = "eoscperf_accounts"

TOUCHED = datetime.timedelta(minutes=5)
"""How exactly the last use of a session is known."""

PROVED = datetime.timedelta(minutes=5)
"""How long a log-in that a page has asked for counts as done for that page."""


class AccountSessions:
    """Begins, finds, lists and ends sessions. `now` tells the time; `idle` and `longest` bound a session."""

    def __init__(
        self,
        session: orm.Session,
        events: Events,
        *,
        idle: datetime.timedelta,
        longest: datetime.timedelta,
        now: Callable[[], datetime.datetime] = utcnow,
    ) -> None:
        self._session = session
        self._events = events
        self._idle = idle
        self._longest = longest
        self._now = now

    @classmethod
    def for_request(cls, request: Any, session: orm.Session | None = None) -> AccountSessions:
        settings = request.registry.settings
        return cls(
            request.dbsession if session is None else session,
            request.events,
            idle=datetime.timedelta(minutes=settings["accounts.session_idle_minutes"]),
            longest=datetime.timedelta(days=settings["accounts.session_days"]),
            now=clock(request),
        )

    @property
    def longest(self) -> datetime.timedelta:
        return self._longest

    def begin(
        self, identity: LocalIdentity, amr: Sequence[str], *, address: str, device: str, page: str = ""
    ) -> tuple[AccountSession, str]:
        """A new session and the secret for its cookie; `page` is the one that asked for the log-in."""
        now = self._now()
        self._forget_expired(identity.id)
        secret = new_secret()
        begun = AccountSession(
            identity_id=identity.id,
            identity=identity,
            secret_digest=digest(secret),
            auth_time=now,
            amr_text=" ".join(amr),
            proved_for=digest(page) if page else None,
            address=address,
            device=device[:200],
            created_datetime=now,
            used_datetime=now,
            expires_datetime=now + self._longest,
        )
        self._session.add(begun)
        self._session.flush()
        return begun, secret

    def renew(
        self, begun: AccountSession, amr: Sequence[str], *, page: str = ""
    ) -> tuple[AccountSession, str]:
        """The same session after the person has logged in again, with another secret for its cookie."""
        secret, now = new_secret(), self._now()
        begun.secret_digest, begun.challenge = digest(secret), None
        begun.auth_time, begun.used_datetime, begun.amr_text = now, now, " ".join(amr)
        begun.proved_for = digest(page) if page else None
        begun.expires_datetime = now + self._longest
        self._session.flush()
        return begun, secret

    def change_secret(self, session_id: uuid.UUID) -> str:
        """Another secret for the cookie of a session that goes on."""
        secret = new_secret()
        self.get(session_id).secret_digest = digest(secret)
        self._session.flush()
        return secret

    def get(self, session_id: uuid.UUID) -> AccountSession:
        """A session, to be changed; NotFound when it has ended meanwhile."""
        found = self._session.get(AccountSession, session_id, populate_existing=True)
        if found is None:
            raise errors.NotFound("Your session has ended. Log in again.")
        return found

    def find(self, secret: str) -> AccountSession | None:
        """The session of a cookie; None when it is over or its identity may not log in."""
        query = (
            sa.select(AccountSession)
            .join(AccountSession.identity)
            .options(orm.contains_eager(AccountSession.identity))
            .where(
                AccountSession.secret_digest == digest(secret),
                LocalIdentity.disabled_datetime.is_(None),
                *self._alive(),
            )
        )
        return self._session.scalar(query)

    def of_identity(self, identity_id: uuid.UUID) -> list[AccountSession]:
        """The sessions of a person, the one used last first."""
        query = (
            sa.select(AccountSession)
            .where(AccountSession.identity_id == identity_id, *self._alive())
            .order_by(AccountSession.used_datetime.desc(), AccountSession.id)
        )
        return list(self._session.scalars(query))

    def end(self, session_id: uuid.UUID, *, identity_id: uuid.UUID | None = None) -> bool:
        """End one session, of that person if given; False when there is none."""
        wanted = [AccountSession.id == session_id]
        if identity_id is not None:
            wanted.append(AccountSession.identity_id == identity_id)
        return self._end(wanted) > 0

    def end_all(self, identity_id: uuid.UUID, *, but: uuid.UUID | None = None) -> int:
        """End the sessions of a person, except one; how many they were."""
        wanted = [AccountSession.identity_id == identity_id]
        if but is not None:
            wanted.append(AccountSession.id != but)
        return self._end(wanted)

    def _end(self, wanted: list[Any]) -> int:
        found = self._session.execute(
            sa.delete(AccountSession)
            .where(*wanted)
            .returning(AccountSession.id, AccountSession.identity_id)
            .execution_options(synchronize_session=False)
        ).all()
        for session_id, identity_id in found:
            self._events.emit(SessionEnded(identity_id=identity_id, session_id=session_id))
        return len(found)

    def _alive(self) -> list[Any]:
        now = self._now()
        return [AccountSession.expires_datetime > now, AccountSession.used_datetime > now - self._idle]

    def _forget_expired(self, identity_id: uuid.UUID) -> None:
        # Ended as others are: what rests on them would never be ended otherwise.
        self._end([AccountSession.identity_id == identity_id, sa.not_(sa.and_(*self._alive()))])


def current_session(request: Any) -> AccountSession | None:
    """The session of this browser, with its `identity`; None when nobody is logged in."""
    if "accounts_session" not in request.__dict__:
        request.__dict__["accounts_session"] = _found(request)
    return request.__dict__["accounts_session"]


def require_login(request: Any, *, max_age: int | None = None, prompt: str | None = None) -> AccountSession:
    """The session of this browser; raises HTTPSeeOther to the log-in page, which comes back to this one.

    `max_age` is how many seconds ago the person may have logged in at most. `prompt="login"` asks everybody
    to log in again for this very page; `prompt="none"` is for the caller to decide with `current_session`.
    """
    found = current_session(request)
    if found is None:
        raise HTTPSeeOther(login_path(request))
    age = clock(request)() - found.auth_time
    is_proved = found.proved_for == digest(request.path_qs) and age <= PROVED
    wants_again = prompt == "login" or (max_age is not None and age > datetime.timedelta(seconds=max_age))
    if wants_again and not is_proved:
        raise HTTPSeeOther(login_path(request, again=True))
    return found


def login_path(request: Any, *, again: bool = False) -> str:
    """Where to log in and then come back to this page."""
    query = {"next": request.path_qs if request.method in ("GET", "HEAD") else request.path}
    if again:
        query["again"] = "1"
    return request.route_path("accounts.login", _query=query)


def is_local_page(address: str) -> bool:
    """Whether a browser that is sent to this address stays on this installation."""
    return (
        address.startswith("/")
        and not address.startswith("//")
        and "\\" not in address
        and address.isprintable()
        and address.isascii()
    )


def set_cookie(request: Any, response: Any, name: str, value: str, max_age: datetime.timedelta) -> None:
    """A cookie that only these pages get and no script reads."""
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path=_path(request),
        secure=_is_secure(request),
        httponly=True,
        samesite="Lax",
    )


def drop_cookie(request: Any, response: Any, name: str) -> None:
    set_cookie(request, response, name, "", datetime.timedelta(0))


def _path(request: Any) -> str:
    return f"{request.script_name}/accounts"


def _is_secure(request: Any) -> bool:
    return request.scheme == "https" or request.registry.settings["public_url"].startswith("https:")


def _found(request: Any) -> AccountSession | None:
    secret = request.cookies.get(COOKIE, "")
    if not secret:
        return None
    with reading(request) as session:
        found = AccountSessions.for_request(request, session).find(secret)
    if found is None or not _still_vouched(request, found.identity):
        return None
    _touch(request, found)
    return found


def _still_vouched(request: Any, identity: LocalIdentity) -> bool:
    # Not above: that one rests on identities, which rest on sessions.
    from eoscperf.plugins.accounts.people.vouching import still_vouched

    return bool(still_vouched(request, identity))


def _touch(request: Any, found: AccountSession) -> None:
    """Note that a session is used, now and then."""
    now = clock(request)()
    if now - found.used_datetime < TOUCHED:
        return
    change = (
        sa.update(AccountSession)
        .where(AccountSession.id == found.id)
        .values(used_datetime=now)
        .execution_options(synchronize_session=False)
    )
    if request.method in ("GET", "HEAD") or waits_for_writers(request):
        # Requests that have only read so far cannot become writers on every database.
        with own_transaction(request) as session:
            session.execute(change)
    else:
        request.dbsession.execute(change)
