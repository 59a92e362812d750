"""Who is logged in with this browser: the cookie, and what it makes of a request."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session
from webob.cookies import SignedSerializer

from eoscperf.db import reading
from eoscperf.login.sessions import LIFETIME, WebSessions, clock
from eoscperf.rest.tween import is_api_path
from eoscperf.security.bearer import Profile
from eoscperf.security.identity import Identity
from eoscperf.users.authentication import own_entitlements, refuse_disabled

_FOUND = "eoscperf.web_session"


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """What pages say of whoever is logged in; `role` is none while not registered."""

    email: str | None
    provider: str
    role: str | None


def session_identity(request: Any) -> Identity | None:
    """The person of the log-in that the request's cookie names; never for the REST API.

    There a cookie would let any page that somebody visits act in their name.
    """
    if is_api_path(request):
        return None
    secret = sent_secret(request)
    if secret is None:
        return None
    with _apart(request) as session:
        found = WebSessions(session, now=clock(request)).find(secret)
        if found is None:
            return None
        begun, user = found
        refuse_disabled(user.disabled_datetime if user is not None else None)
        is_admin = user is not None and (
            user.role == "admin"
            or not _wanted(request.registry, begun.iss).isdisjoint(begun.entitlements.split())
        )
        role = ("admin" if is_admin else user.role) if user is not None else None
        request.environ[_FOUND] = LoggedIn(begun.email, begun.provider, role)
        # What the provider said at the log-in: there is no token that it could be asked with later.
        request.told = Profile(begun.email, begun.email_verified, frozenset(begun.entitlements.split()))
        return Identity(
            iss=begun.iss,
            sub=begun.sub,
            user_id=user.id if user is not None else None,
            admin=is_admin,
            method="session",
            by_role=user is not None and user.role == "admin",
            reader=user is not None and user.role == "reader",
        )


def web_session(request: Any) -> LoggedIn | None:
    """`request.web_session`: what pages say of whoever is logged in with this browser."""
    identity = request.identity
    return request.environ.get(_FOUND) if identity is not None and identity.method == "session" else None


def cookie_name(request: Any) -> str:
    # With this prefix browsers take it from this very host over https only, and for no other path.
    return "__Host-session" if is_secure(request) else "session"


def is_secure(request: Any) -> bool:
    """Whether browsers come over https, be it that a proxy passes their requests on without."""
    return request.scheme == "https" or request.registry.settings["public_url"].startswith("https:")


def sent_secret(request: Any) -> str | None:
    """The secret in the request's cookie; None for no cookie, or one that we have not signed."""
    cookie = request.cookies.get(cookie_name(request))
    if not cookie:
        return None
    try:
        secret = signer(request, "session").loads(cookie.encode("latin-1", "replace"))
    except ValueError:
        return None
    return secret if isinstance(secret, str) else None


def keep(request: Any, response: Any, secret: str) -> None:
    """Have the browser remember a log-in."""
    response.set_cookie(
        cookie_name(request),
        signer(request, "session").dumps(secret).decode("ascii"),
        max_age=int(LIFETIME.total_seconds()),
        path="/",
        httponly=True,
        samesite="Lax",
        secure=is_secure(request),
    )


def forget(request: Any, response: Any) -> None:
    # As it was set: browsers let nothing else replace a cookie with that prefix.
    response.set_cookie(cookie_name(request), None, path="/", httponly=True, secure=is_secure(request))


def signer(request: Any, purpose: str) -> SignedSerializer:
    """Signs what a browser keeps for us, for one purpose."""
    key = hashlib.sha256(b"eoscperf login 1\0" + request.registry.settings["secret"]).hexdigest()
    return SignedSerializer(key, purpose)


@contextlib.contextmanager
def _apart(request: Any) -> Iterator[Session]:
    """A session to read with, which leaves the request's alone on SQLite: a transaction that has begun with
    reading cannot go on to write there once somebody else has written, and to log in and out is to write."""
    factory = request.registry["dbsession_factory"]
    if "eoscperf.dbsession" in request.environ or factory.kw["bind"].dialect.name != "sqlite":
        with reading(request) as session:
            yield session
    else:
        with factory() as session:
            yield session


def _wanted(registry: Any, iss: str) -> set[str]:
    """The entitlements that make an administrator."""
    return {*registry.settings["admin_entitlements"], *own_entitlements(registry, iss)}
