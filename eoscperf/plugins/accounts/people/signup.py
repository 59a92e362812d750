"""Becoming somebody here, and getting back in: signing up, invitations, forgotten passwords, new addresses.

What is asked without being logged in is answered alike whoever asks: the answer, the work behind it and
the rows that it leaves do not tell whether an address has an account. Only its owner learns that, by mail.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf import errors, listing
from eoscperf.db import utcnow
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people import throttle
from eoscperf.plugins.accounts.people.digests import digest, new_secret
from eoscperf.plugins.accounts.people.identities import LOCAL, Identities, refuse_kept_elsewhere
from eoscperf.plugins.accounts.people.letters import Letters
from eoscperf.plugins.accounts.people.links import UNDO, OneTimeLinks
from eoscperf.plugins.accounts.people.login import Transactions
from eoscperf.plugins.accounts.people.models import Invitation, OneTimeLink
from eoscperf.plugins.accounts.people.session import AccountSessions
from eoscperf.plugins.accounts.people.throttle import Count, Throttle
from eoscperf.plugins.accounts.people.transactions import clock, own_transaction

PER_NETWORK = 30
"""Mails that one network may ask for in an hour."""

PER_ADDRESS = 4
"""Mails of one kind to one address in an hour; more are not sent, and nobody is told."""

SHOWN = 200
"""Invitations on the page."""

INVITATION_SORT = listing.SortFields(
    {
        "created_datetime": listing.column_field("created_datetime", Invitation.created_datetime),
        "id": listing.column_field("id", Invitation.id),
    },
    default="-created_datetime",
    last=("id",),
)


class MailMeter:
    """Counts the mails that strangers ask for, outside of the request's transaction."""

    def __init__(
        self, transactions: Transactions, secret: bytes, *, now: Callable[[], datetime.datetime] = utcnow
    ) -> None:
        self._transactions = transactions
        self._secret = secret
        self._now = now

    @classmethod
    def for_request(cls, request: Any) -> MailMeter:
        return cls(lambda: own_transaction(request), request.registry.settings["secret"], now=clock(request))

    def spend(self, kind: str, email: str, network: str) -> bool:
        """Count a mail; False when this address has had enough. RateLimited when the network has."""
        of_address = f"{kind} mail\n{email.lower()}"
        with self._transactions() as session:
            meter = Throttle(session, self._secret, now=self._now)
            meter.tidy()
            reached = meter.spend(
                Count(f"mails\n{network}", throttle.HOUR, PER_NETWORK),
                Count(of_address, throttle.HOUR),
                what="mails were asked for",
            )
        return reached[of_address] <= PER_ADDRESS


class SignUp:
    """Signing up and coming back. `mode` is the setting `accounts.signup`."""

    def __init__(
        self,
        session: Session,
        identities: Identities,
        sessions: AccountSessions,
        links: OneTimeLinks,
        letters: Letters,
        *,
        mode: str,
        invitations_kept: datetime.timedelta,
        now: Callable[[], datetime.datetime] = utcnow,
    ) -> None:
        self._session = session
        self._identities = identities
        self._sessions = sessions
        self._links = links
        self._letters = letters
        self._mode = mode
        self._invitations_kept = invitations_kept
        self._now = now

    @classmethod
    def for_request(cls, request: Any) -> SignUp:
        settings = request.registry.settings
        return cls(
            request.dbsession,
            request.find_service(Identities),
            request.find_service(AccountSessions),
            request.find_service(OneTimeLinks),
            Letters.for_request(request),
            mode=settings["accounts.signup"],
            invitations_kept=datetime.timedelta(days=settings["accounts.invitation_days"]),
            now=clock(request),
        )

    def ask(self, email: str, *, invitation: str = "", deliver: bool = True) -> None:
        """Somebody gives an address to sign up with; what follows is in a mail to it.

        WrongState when nobody, or not just anybody, may sign up.
        """
        invited = self.invitation(invitation) if invitation else None
        if invited is None and self._mode != "open":
            raise _closed(self._mode)
        if self._identities.by_email(email) is None:
            secret = self._links.make(
                "signup", email, invitation_id=invited.id if invited is not None else None
            )
            self._letters.sign_up(email, secret, deliver=deliver)
        else:
            self._links.make("nothing", email)
            self._letters.has_account(email, deliver=deliver)

    def finish(self, secret: str, *, name: str, password_hash: str) -> LocalIdentity:
        """The new identity of whoever has read the mail; NotFound for a link that is of no use."""
        link = self._links.use(secret)
        if link.kind != "signup":
            raise errors.NotFound("This link is for something else.")
        if self._mode not in (("open",) if link.invitation_id is None else ("open", "invited")):
            raise _closed(self._mode)
        identity = self._identities.create(link.email, name=name, password_hash=password_hash)
        if link.invitation_id is not None:
            self._accept(link.invitation_id, identity)
        return identity

    def accept(self, invitation: str, *, name: str, password_hash: str) -> LocalIdentity:
        """The new identity of somebody whom an administrator has invited by address."""
        invited = self.invitation(invitation)
        if invited.email is None:
            raise errors.WrongState("This invitation is for no address in particular; say yours first.")
        identity = self._identities.create(invited.email, name=name, password_hash=password_hash)
        self._accept(invited.id, identity)
        return identity

    def add(
        self, email: str, *, name: str = "", password_hash: str | None = None, anyway: bool = False
    ) -> LocalIdentity:
        """An administrator makes an account; Duplicate, and WrongState when off, unless `anyway`."""
        if self._mode == "off" and not anyway:
            raise _closed(self._mode)
        return self._identities.create(email, name=name, password_hash=password_hash)

    def invite(self, email: str | None, *, by: uuid.UUID | None = None) -> tuple[Invitation, str]:
        """An invitation and the secret of its link, which is mailed when there is an address."""
        if self._mode not in ("open", "invited"):
            raise _closed(self._mode)
        if email is not None:
            existing = self._identities.by_email(email)
            if existing is not None:
                raise errors.Duplicate(
                    "There is a local account with this address already.", existing=str(existing.id)
                )
        now, secret = self._now(), new_secret()
        made = Invitation(
            secret_digest=digest(secret),
            email=email,
            invited_by=by,
            created_datetime=now,
            expires_datetime=now + self._invitations_kept,
        )
        self._session.add(made)
        self._session.flush()
        if email is not None:
            self._letters.invited(email, secret, made.expires_datetime)
        return made, secret

    def invitation(self, secret: str) -> Invitation:
        """An invitation that can be accepted; NotFound, WrongState."""
        return find_invitation(self._session, secret, mode=self._mode, now=self._now())

    def invitations(
        self, sort: Sequence[listing.SortKey], page: listing.PageRequest, binding: listing.CursorBinding
    ) -> listing.Page[Invitation]:
        return listing.paginate(
            self._session,
            sa.select(Invitation),
            sa.select(sa.func.count()).select_from(Invitation),
            sort,
            page,
            bind=binding,
        )

    def open_invitations(self) -> list[Invitation]:
        """Those that can still be accepted, the latest first."""
        query = sa.select(Invitation).where(
            Invitation.accepted_datetime.is_(None), Invitation.expires_datetime > self._now()
        )
        latest = query.order_by(Invitation.created_datetime.desc(), Invitation.id).limit(SHOWN)
        return list(self._session.scalars(latest))

    def withdraw(self, invitation_id: uuid.UUID) -> None:
        """Take an invitation back; NotFound when there is none."""
        gone = self._session.execute(
            sa.delete(Invitation)
            .where(Invitation.id == invitation_id)
            .returning(Invitation.id)
            .execution_options(synchronize_session=False)
        )
        if gone.first() is None:
            raise errors.NotFound("There is no invitation with this id.")

    def forgot(self, email: str, *, deliver: bool = True) -> None:
        """Somebody has forgotten the password of the account with this address, if there is one."""
        identity = self._identities.by_email(email)
        if identity is None or identity.disabled:
            secret = self._links.make("nothing", email)
            self._letters.new_password(email, secret, deliver=False)
        elif identity.backend != LOCAL:
            self._links.make("nothing", email)
            self._letters.password_elsewhere(identity.email, deliver=deliver)
        else:
            secret = self._links.make("password", identity.email, identity_id=identity.id)
            self._letters.new_password(identity.email, secret, deliver=deliver)

    def password_link(
        self, identity: LocalIdentity, *, mail: bool, lifetime: datetime.timedelta | None = None
    ) -> str:
        """The secret of a link to choose a password with, made by an administrator."""
        refuse_kept_elsewhere(identity)
        secret = self._links.make("password", identity.email, identity_id=identity.id, lifetime=lifetime)
        if mail:
            self._letters.new_password(identity.email, secret)
        return secret

    def choose_password(self, secret: str, password_hash: str) -> LocalIdentity:
        """Give the password that was chosen with a link; every session ends."""
        link = self._of_identity(secret, "password")
        assert link.identity_id is not None  # noqa: S101 - looked at there
        identity = self._identities.get(link.identity_id, lock=True)
        if identity.disabled:
            raise errors.WrongState("This account is disabled. Ask those who run the platform.")
        self._identities.set_password(identity, password_hash)
        self._letters.password_changed(identity.email)
        return identity

    def ask_email(self, identity: LocalIdentity, email: str, *, deliver: bool = True) -> None:
        """Somebody who is logged in wants another address; it counts once a mail to it was read."""
        if identity.backend != LOCAL:
            raise errors.WrongState("The address of this account comes from a directory; change it there.")
        self._links.drop(identity.id, "email")
        other = self._identities.by_email(email)
        if other is None or other.id == identity.id:
            secret = self._links.make("email", email, identity_id=identity.id)
            self._letters.confirm_email(email, secret, deliver=deliver)
        else:
            self._links.make("nothing", email)
            self._letters.address_taken(email, deliver=deliver)

    def confirm_email(self, secret: str) -> LocalIdentity:
        """The new address was read; the old one is told, and can take it back for a while."""
        link = self._of_identity(secret, "email")
        assert link.identity_id is not None  # noqa: S101 - looked at there
        identity = self._identities.get(link.identity_id, lock=True)
        old = identity.email
        self._identities.change_email(identity, link.email)
        undo = self._links.make("email_undo", old, identity_id=identity.id, lifetime=UNDO)
        self._letters.email_changed(old, link.email, undo, UNDO)
        return identity

    def undo_email(self, secret: str) -> tuple[LocalIdentity, str]:
        """The old address takes the account back, with what was added since then; nobody else stays in it.

        Also the secret of a link with which a password is chosen.
        """
        link = self._of_identity(secret, "email_undo")
        assert link.identity_id is not None  # noqa: S101 - looked at there
        identity = self._identities.get(link.identity_id, lock=True)
        self._identities.take_back(identity, link.email, link.created_datetime)
        self._letters.taken_back(identity.email)
        return identity, self.password_link(identity, mail=False)

    def _of_identity(self, secret: str, kind: str) -> OneTimeLink:
        link = self._links.use(secret)
        if link.kind != kind or link.identity_id is None:
            raise errors.NotFound("This link is for something else.")
        return link

    def _accept(self, invitation_id: uuid.UUID, identity: LocalIdentity) -> None:
        accepted = self._session.execute(
            sa.update(Invitation)
            .where(Invitation.id == invitation_id, Invitation.accepted_datetime.is_(None))
            .values(accepted_datetime=self._now(), identity_id=identity.id)
            .returning(Invitation.id)
            .execution_options(synchronize_session=False)
        )
        if accepted.first() is None:
            raise errors.NotFound("This invitation was accepted already.")


def find_invitation(session: Session, secret: str, *, mode: str, now: datetime.datetime) -> Invitation:
    """An invitation that can be accepted, by the secret of its link; NotFound, WrongState."""
    query = sa.select(Invitation).where(
        Invitation.secret_digest == digest(secret),
        Invitation.accepted_datetime.is_(None),
        Invitation.expires_datetime > now,
    )
    found = session.scalar(query)
    if found is None:
        raise errors.NotFound("This invitation was accepted already, is too old, or is not complete.")
    if mode not in ("open", "invited"):
        raise _closed(mode)
    return found


def _closed(mode: str) -> errors.WrongState:
    if mode == "invited":
        return errors.WrongState("Signing up takes an invitation. Ask those who run the platform for one.")
    if mode == "off":
        return errors.WrongState("There are no new accounts here.")
    return errors.WrongState("Accounts are made by administrators here. Ask those who run the platform.")
