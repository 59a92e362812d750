"""Logging in: the password, then perhaps a second factor, then a session."""

from __future__ import annotations

import datetime
import logging
import uuid
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf import errors
from eoscperf.db import utcnow
from eoscperf.events import Events
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people import throttle
from eoscperf.plugins.accounts.people.backends import (
    BackendUnavailable,
    PasswordBackend,
    Verified,
    password_backends,
)
from eoscperf.plugins.accounts.people.digests import digest, new_secret
from eoscperf.plugins.accounts.people.events import LoggedIn
from eoscperf.plugins.accounts.people.identities import LOCAL, Identities
from eoscperf.plugins.accounts.people.models import AccountSession, KnownDevice, LoginAttempt
from eoscperf.plugins.accounts.people.passwords import Passwords
from eoscperf.plugins.accounts.people.session import AccountSessions
from eoscperf.plugins.accounts.people.throttle import Count, Throttle
from eoscperf.plugins.accounts.people.transactions import clock, own_transaction

log = logging.getLogger(__name__)

DEVICE = datetime.timedelta(days=365)
"""How long a browser is known to an account."""

ATTEMPT = datetime.timedelta(minutes=10)
"""How long the second step of a log-in may take."""

_NOBODY = uuid.UUID(int=0)

Transactions = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a try comes from: the network, the secret of the browser's cookie, what it calls itself."""

    network: str
    address: str
    device_secret: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A password was right. Either an identity of this installation, or what a backend found."""

    identity_id: uuid.UUID | None = None
    stored_hash: str = ""
    better_hash: str = ""
    """the same password, hashed as it is done today"""
    backend: str = LOCAL
    verified: Verified | None = None


class PasswordCheck:
    """Checks passwords outside of the request's transaction, and counts the tries."""

    def __init__(
        self,
        transactions: Transactions,
        passwords: Passwords,
        backends: Sequence[PasswordBackend],
        secret: bytes,
        *,
        now: Callable[[], datetime.datetime] = utcnow,
    ) -> None:
        self._transactions = transactions
        self._passwords = passwords
        self._backends = backends
        self._secret = secret
        self._now = now

    @classmethod
    def for_request(cls, request: Any) -> PasswordCheck:
        registry = request.registry
        return cls(
            lambda: own_transaction(request),
            registry["accounts.passwords"],
            password_backends(registry),
            registry.settings["secret"],
            now=clock(request),
        )

    def check(self, login: str, password: str, caller: Caller) -> Checked | None:
        """Whose password it is; None when it is nobody's. RateLimited, or ProviderUnavailable when it is
        nobody's of those that can be checked now.

        For logins that nobody has the same is done as for others.
        """
        key = login.strip().lower()
        with self._transactions() as session:
            found = session.execute(
                sa.select(LocalIdentity.id, LocalIdentity.password_hash).where(
                    LocalIdentity.email_key == key, LocalIdentity.backend == LOCAL
                )
            ).first()
            identity_id, stored = found or (None, None)
            counts = self._spend(session, key, identity_id, caller)
        if self._passwords.verify(stored, password):
            self._refund(counts)
            better = self._passwords.hash(password) if self._passwords.is_outdated(stored or "") else ""
            return Checked(identity_id, stored or "", better)
        silent = False
        for backend in self._backends:
            try:
                verified = backend.check(login.strip(), password)
            except BackendUnavailable as problem:
                log.error("the password backend %s cannot be asked: %s", backend.name, problem)
                silent = True
                continue
            if verified is not None:
                self._refund(counts)
                return Checked(backend=backend.name, verified=verified)
        if silent:
            # For every login alike: another answer would tell who has an account of this installation.
            raise errors.ProviderUnavailable(
                "Not every password can be checked now, as the directory does not answer. If yours is kept "
                "in your organisation's directory, try again in a few minutes; else it was wrong."
            )
        return None

    def check_own(self, email: str, password: str, caller: Caller) -> bool:
        """Whether it is the password of somebody who is logged in here. RateLimited."""
        with self._transactions() as session:
            query = sa.select(LocalIdentity.id, LocalIdentity.password_hash)
            found = session.execute(query.where(LocalIdentity.email_key == email.lower())).first()
            identity_id, stored = found or (None, None)
            counts = self._spend(session, email.lower(), identity_id, caller)
        if not self._passwords.verify(stored, password):
            return False
        self._refund(counts)
        return True

    def _spend(
        self, session: Session, key: str, identity_id: uuid.UUID | None, caller: Caller
    ) -> list[Count]:
        meter = Throttle(session, self._secret, now=self._now)
        known = _known_browser(session, key, identity_id, caller, self._now())
        if known is not None:
            meter.spend(known, what="wrong passwords")
            return [known]
        counts = throttle.password_counts(key, caller.network)
        reached = meter.spend(*counts, what="wrong passwords")
        if reached[counts[2].key] > throttle.MANY:
            attacked = throttle.under_attack(key, caller.network)
            meter.spend(attacked, what="wrong passwords")
            counts.append(attacked)
        return counts

    def _refund(self, counts: Sequence[Count]) -> None:
        with self._transactions() as session:
            Throttle(session, self._secret, now=self._now).refund(*throttle.keys(counts))


def _known_browser(
    session: Session, key: str, identity_id: uuid.UUID | None, caller: Caller, now: datetime.datetime
) -> Count | None:
    """What a try is counted as that comes from a browser known to the person.

    Who is behind a login of a directory is not known before the directory has said so. There the tries of
    all browsers of one person are counted together, so that nobody has more of them by trying other logins.
    """
    secret_digest = digest(caller.device_secret)
    query = (
        sa.select(KnownDevice.identity_id, LocalIdentity.backend)
        .join(LocalIdentity, LocalIdentity.id == KnownDevice.identity_id)
        .where(KnownDevice.secret_digest == secret_digest, KnownDevice.expires_datetime > now)
        .order_by(KnownDevice.identity_id)
    )
    known = session.execute(query).all()
    if identity_id is not None:
        mine = any(found == identity_id for found, _ in known)
        return throttle.browser_count(key, secret_digest) if mine else None
    elsewhere = [found for found, backend in known if backend != LOCAL]
    return throttle.person_count(elsewhere[0]) if elsewhere else None


def known_device(
    session: Session, identity_id: uuid.UUID | None, caller: Caller, now: datetime.datetime
) -> str | None:
    """The digest of the browser's secret, if it has logged in as this identity before."""
    secret_digest = digest(caller.device_secret)
    query = sa.select(KnownDevice.secret_digest).where(
        KnownDevice.identity_id == (identity_id or _NOBODY),
        KnownDevice.secret_digest == secret_digest,
        KnownDevice.expires_datetime > now,
    )
    return session.scalar(query)


@dataclass(frozen=True, slots=True)
class Begun:
    """A log-in that is done: the session, and the secrets for the cookies of session and browser."""

    session: AccountSession
    secret: str
    device_secret: str


class LogIns:
    """Turns what was proved into a session, or into an attempt that waits for the second factor."""

    def __init__(
        self,
        session: Session,
        events: Events,
        identities: Identities,
        sessions: AccountSessions,
        *,
        now: Callable[[], datetime.datetime] = utcnow,
    ) -> None:
        self._session = session
        self._events = events
        self._identities = identities
        self._sessions = sessions
        self._now = now

    @classmethod
    def for_request(cls, request: Any) -> LogIns:
        return cls(
            request.dbsession,
            request.events,
            request.find_service(Identities),
            request.find_service(AccountSessions),
            now=clock(request),
        )

    def identity_of(self, checked: Checked) -> LocalIdentity | None:
        """The person behind a password that was right; None when it has been changed since."""
        if checked.verified is not None:
            identity = self._identities.of_backend(checked.backend, checked.verified)
        else:
            assert checked.identity_id is not None  # noqa: S101 - one of the two is there
            identity = self._identities.get(checked.identity_id, lock=True)
            if identity.password_hash != checked.stored_hash:
                return None
            if checked.better_hash:
                self._identities.improve_hash(identity, checked.stored_hash, checked.better_hash)
        refuse_disabled(identity)
        return identity

    def wait_for_factor(self, identity: LocalIdentity) -> str:
        """The secret of an attempt that goes on with a code."""
        return self.attempt(identity_id=identity.id)

    def attempt(self, *, identity_id: uuid.UUID | None = None, challenge: str | None = None) -> str:
        """The secret of a log-in that has begun."""
        now = self._now()
        self._session.execute(
            sa.delete(LoginAttempt)
            .where(LoginAttempt.expires_datetime <= now)
            .execution_options(synchronize_session=False)
        )
        secret = new_secret()
        self._session.add(
            LoginAttempt(
                secret_digest=digest(secret),
                identity_id=identity_id,
                challenge=challenge,
                expires_datetime=now + ATTEMPT,
            )
        )
        self._session.flush()
        return secret

    def take_attempt(self, secret: str) -> LoginAttempt | None:
        """The attempt, which is over with that; None for all but one of several who take it at once."""
        found = find_attempt(self._session, secret, self._now())
        if found is None:
            return None
        self._session.expunge(found)
        gone = self._session.execute(
            sa.delete(LoginAttempt)
            .where(LoginAttempt.id == found.id)
            .returning(LoginAttempt.id)
            .execution_options(synchronize_session=False)
        )
        return found if gone.first() is not None else None

    def begin(
        self, identity: LocalIdentity, amr: Sequence[str], caller: Caller, *, page: str, before: str = ""
    ) -> Begun:
        """A session for who has proved everything. `before` is the secret of the browser's session."""
        refuse_disabled(identity)
        earlier = self._sessions.find(before) if before else None
        if earlier is not None and earlier.identity_id == identity.id:
            session, secret = self._sessions.renew(earlier, amr, page=page)
        else:
            if earlier is not None:
                self._sessions.end(earlier.id)
            session, secret = self._sessions.begin(
                identity, amr, address=caller.address, device=caller.device, page=page
            )
        identity.used_datetime = self._now()
        device_secret = (
            caller.device_secret if len(caller.device_secret) == len(new_secret()) else new_secret()
        )
        self._identities.remember_device(identity, digest(device_secret), DEVICE)
        self._events.emit(LoggedIn(identity_id=identity.id, session_id=session.id))
        return Begun(session, secret, device_secret)


def find_attempt(session: Session, secret: str, now: datetime.datetime) -> LoginAttempt | None:
    """A log-in that has begun, by the secret of its cookie."""
    query = sa.select(LoginAttempt).where(
        LoginAttempt.secret_digest == digest(secret), LoginAttempt.expires_datetime > now
    )
    return session.scalar(query)


def refuse_disabled(identity: LocalIdentity) -> None:
    """WrongState when nobody may log in as this identity."""
    if identity.disabled:
        raise errors.WrongState("This account is disabled. Ask those who run the platform.")
