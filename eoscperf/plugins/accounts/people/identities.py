"""Local identities: making, finding, changing and removing them."""

from __future__ import annotations

import datetime
import logging
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf import errors, jsontext, listing
from eoscperf.db import utcnow
from eoscperf.events import Events
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people.backends import Verified
from eoscperf.plugins.accounts.people.events import (
    AccountTakenBack,
    EmailChanged,
    IdentityCreated,
    IdentityDisabled,
    IdentityLeft,
    IdentityRemoved,
    PasswordChanged,
)
from eoscperf.plugins.accounts.people.links import OneTimeLinks
from eoscperf.plugins.accounts.people.models import KnownDevice, LoginAttempt, Passkey, RecoveryCode, Vouched
from eoscperf.plugins.accounts.people.session import AccountSessions
from eoscperf.plugins.accounts.people.transactions import clock

log = logging.getLogger(__name__)

LOCAL = "local"
"""The name of the backend that this installation is itself."""

SORT = listing.SortFields(
    {
        "email": listing.column_field("email", LocalIdentity.email),
        "created_datetime": listing.column_field("created_datetime", LocalIdentity.created_datetime),
    },
    default="+email",
    last=("email",),
)


class Identities:
    """Every rule about identities, whoever asks: pages, the API or a command."""

    def __init__(
        self,
        session: Session,
        events: Events,
        sessions: AccountSessions,
        links: OneTimeLinks,
        *,
        now: Callable[[], datetime.datetime] = utcnow,
    ) -> None:
        self._session = session
        self._events = events
        self._sessions = sessions
        self._links = links
        self._now = now

    @classmethod
    def for_request(cls, request: Any) -> Identities:
        return cls(
            request.dbsession,
            request.events,
            request.find_service(AccountSessions),
            request.find_service(OneTimeLinks),
            now=clock(request),
        )

    def get(self, identity_id: uuid.UUID, *, lock: bool = False) -> LocalIdentity:
        """An identity; NotFound."""
        found = self._session.get(
            LocalIdentity, identity_id, with_for_update=lock or None, populate_existing=lock
        )
        if found is None:
            raise errors.NotFound("There is no local account with this id.")
        return found

    def by_email(self, email: str) -> LocalIdentity | None:
        """The identity with an address, in whatever case it is written."""
        return self._session.scalar(sa.select(LocalIdentity).where(LocalIdentity.email_key == email.lower()))

    def search(
        self,
        sort: Sequence[listing.SortKey],
        page: listing.PageRequest,
        binding: listing.CursorBinding,
        *,
        email: str | None = None,
    ) -> listing.Page[LocalIdentity]:
        """Identities, those with exactly this address if given."""
        wanted = [] if email is None else [LocalIdentity.email_key == email.lower()]
        return listing.paginate(
            self._session,
            sa.select(LocalIdentity).where(*wanted),
            sa.select(sa.func.count()).select_from(LocalIdentity).where(*wanted),
            sort,
            page,
            bind=binding,
        )

    def create(
        self,
        email: str,
        *,
        name: str = "",
        password_hash: str | None = None,
        backend: str = LOCAL,
        external_id: str | None = None,
        entitlements: Sequence[str] = (),
    ) -> LocalIdentity:
        """A new identity, for an address that somebody vouches for; Duplicate when the address has one."""
        now = self._now()
        made = LocalIdentity(
            email=email,
            email_key=email.lower(),
            email_verified=True,
            name=name,
            backend=backend,
            external_id=external_id,
            entitlements_text=jsontext.dumps(list(entitlements)),
            password_hash=password_hash,
            password_datetime=now if password_hash else None,
            created_datetime=now,
        )
        try:
            with self._session.begin_nested():
                self._session.add(made)
        except sa.exc.IntegrityError:
            existing = self.by_email(email)
            if existing is None:
                raise
            raise errors.Duplicate(
                "There is a local account with this address already.", existing=str(existing.id)
            ) from None
        self._events.emit(IdentityCreated(identity_id=made.id, email=email))
        return made

    def of_backend(self, backend: str, verified: Verified) -> LocalIdentity:
        """The identity of somebody whom another backend has found, as the backend describes the person now.

        Duplicate when the address belongs to somebody else here: a directory does not take over accounts.
        """
        query = sa.select(LocalIdentity).where(
            LocalIdentity.backend == backend, LocalIdentity.external_id == verified.external_id
        )
        found = self._session.scalar(query.with_for_update())
        if found is None:
            made = self.create(
                verified.email,
                name=verified.name,
                backend=backend,
                external_id=verified.external_id,
                entitlements=verified.entitlements,
            )
            made.email_verified = verified.email_verified
            self._note_vouched(made, verified.login)
            return made
        found.name = verified.name
        found.entitlements_text = jsontext.dumps(list(verified.entitlements))
        found.email_verified = verified.email_verified
        if found.email != verified.email:
            other = self.by_email(verified.email)
            if other is None or other.id == found.id:
                self._readdress(found, verified.email)
            else:
                log.warning("%s of %s has an address of somebody else now", verified.external_id, backend)
        self._note_vouched(found, verified.login)
        return found

    def leave(self, identity_id: uuid.UUID) -> None:
        """The backend lets somebody in no longer: what rests on earlier log-ins ends. The account stays."""
        identity = self.get(identity_id, lock=True)
        self._note_vouched(identity, None, left=True)
        self._sessions.end_all(identity_id)
        self._events.emit(IdentityLeft(identity_id=identity_id))

    def _note_vouched(self, identity: LocalIdentity, login: str | None, *, left: bool = False) -> None:
        now = self._now()
        row = self._session.get(Vouched, identity.id, populate_existing=True)
        if row is None:
            row = Vouched(identity_id=identity.id, login=login or "")
            self._session.add(row)
        row.login = row.login if login is None else login
        row.asked_datetime, row.left_datetime = now, now if left else None
        self._session.flush()

    def set_password(
        self, identity: LocalIdentity, password_hash: str, *, but_session: uuid.UUID | None = None
    ) -> None:
        """Give a new password; other sessions end and links that were sent before are of no use."""
        refuse_kept_elsewhere(identity)
        identity.password_hash, identity.password_datetime = password_hash, self._now()
        self._session.flush()
        self._password_is_gone(identity, but_session)

    def improve_hash(self, identity: LocalIdentity, checked: str, password_hash: str) -> None:
        """Keep the same password in a better form, unless it was changed meanwhile."""
        if identity.password_hash == checked:
            identity.password_hash = password_hash
            self._session.flush()

    def rename(self, identity: LocalIdentity, name: str) -> None:
        identity.name = name
        self._session.flush()

    def change_email(self, identity: LocalIdentity, email: str) -> None:
        """Take over an address that was found to be the person's; Duplicate when it has an account."""
        try:
            with self._session.begin_nested():
                self._readdress(identity, email)
        except sa.exc.IntegrityError:
            raise errors.Duplicate("This address has an account already.") from None

    def take_back(self, identity: LocalIdentity, email: str, since: datetime.datetime) -> None:
        """Give the address back to whoever had it before, and nothing to whoever has had the account `since`.

        There is no password until one is chosen. Duplicate when the address has an account.
        """
        self.change_email(identity, email)
        # An address from in between must not take the account away again.
        self._links.drop(identity.id, "email_undo")
        identity.password_hash = identity.password_datetime = None
        if identity.totp_datetime is None or identity.totp_datetime >= since:
            identity.totp_secret = identity.totp_datetime = identity.totp_step = None
        self._session.flush()
        mine = {kind: kind.identity_id == identity.id for kind in (Passkey, RecoveryCode, KnownDevice)}
        for gone in (
            sa.delete(Passkey).where(mine[Passkey], Passkey.created_datetime >= since),
            # When these were made is not known.
            sa.delete(RecoveryCode).where(mine[RecoveryCode]),
            sa.delete(KnownDevice).where(mine[KnownDevice]),
        ):
            self._session.execute(gone, execution_options={"synchronize_session": False})
        self._password_is_gone(identity)
        self._events.emit(AccountTakenBack(identity_id=identity.id, since=since))

    def disable(self, identity_id: uuid.UUID) -> LocalIdentity:
        """Let nobody log in as this identity; sessions end at once."""
        identity = self.get(identity_id, lock=True)
        if identity.disabled_datetime is None:
            identity.disabled_datetime = self._now()
            self._session.flush()
            self._sessions.end_all(identity.id)
            self._events.emit(IdentityDisabled(identity_id=identity.id))
        return identity

    def enable(self, identity_id: uuid.UUID) -> LocalIdentity:
        identity = self.get(identity_id, lock=True)
        identity.disabled_datetime = None
        self._session.flush()
        return identity

    def remove(self, identity_id: uuid.UUID) -> None:
        """Remove an identity with all its credentials and sessions; nothing happens when it is gone."""
        identity = self._session.get(LocalIdentity, identity_id)
        if identity is None:
            return
        self._sessions.end_all(identity_id)
        self._events.emit(IdentityRemoved(identity_id=identity_id))
        self._session.execute(
            sa.delete(LocalIdentity)
            .where(LocalIdentity.id == identity_id)
            .execution_options(synchronize_session=False)
        )
        self._session.expunge(identity)

    def remember_device(self, identity: LocalIdentity, secret_digest: str, kept: datetime.timedelta) -> None:
        """From now on a browser is known to have logged in as this identity."""
        now = self._now()
        mine = KnownDevice.identity_id == identity.id
        self._session.execute(
            sa.delete(KnownDevice)
            .where(
                mine, sa.or_(KnownDevice.expires_datetime <= now, KnownDevice.secret_digest == secret_digest)
            )
            .execution_options(synchronize_session=False)
        )
        self._session.add(
            KnownDevice(identity_id=identity.id, secret_digest=secret_digest, expires_datetime=now + kept)
        )
        self._session.flush()

    def _password_is_gone(self, identity: LocalIdentity, but_session: uuid.UUID | None = None) -> None:
        self._links.drop(identity.id, "password")
        # A log-in that has begun with the old one must not be finished.
        self._session.execute(
            sa.delete(LoginAttempt)
            .where(LoginAttempt.identity_id == identity.id)
            .execution_options(synchronize_session=False)
        )
        self._sessions.end_all(identity.id, but=but_session)
        self._events.emit(PasswordChanged(identity_id=identity.id))

    def _readdress(self, identity: LocalIdentity, email: str) -> None:
        old = identity.email
        identity.email, identity.email_key, identity.email_verified = email, email.lower(), True
        self._session.flush()
        # What was sent to the old address must not open the account any more.
        self._links.drop(identity.id, "password", "email")
        self._events.emit(EmailChanged(identity_id=identity.id, old_email=old, email=email))


def refuse_kept_elsewhere(identity: LocalIdentity) -> None:
    """WrongState when the password is not one of this installation."""
    if identity.backend != LOCAL:
        raise errors.WrongState("The password of this account is kept in a directory; change it there.")


def find_identity(session: Session, sub: str) -> LocalIdentity | None:
    """The identity that the `sub` of a token names."""
    try:
        return session.get(LocalIdentity, uuid.UUID(sub))
    except ValueError:
        return None
