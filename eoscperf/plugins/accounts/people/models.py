"""Sessions, one-time links, invitations and the credentials beside the password."""

from __future__ import annotations

import datetime
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eoscperf.db import Base, text_enum, utcnow

IDENTITY = "accounts_identities.id"

PASSING = {"info": {"archived": False}}
"""What is of no use elsewhere, or must not be."""

LINK_KINDS = ("signup", "password", "email", "email_undo", "nothing")
"""signup: go on with signing up; password: choose a new one; email: the new address is read by its
owner; email_undo: the change was not wanted; nothing: stands where there is no account."""


def _identity() -> Mapped[uuid.UUID]:
    return mapped_column(sa.ForeignKey(IDENTITY, ondelete="CASCADE"), index=True)


class AccountSession(Base):
    """Somebody is logged in with a browser. The secret in the cookie is stored as a digest only."""

    __tablename__ = "accounts_sessions"
    __table_args__ = (sa.UniqueConstraint("secret_digest"), PASSING)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    identity_id: Mapped[uuid.UUID] = _identity()
    secret_digest: Mapped[str]
    auth_time: Mapped[datetime.datetime]
    """when the person last proved to be who it is"""
    amr_text: Mapped[str]
    """how, RFC 8176: pwd, otp, hwk ...; separated by blanks"""
    proved_for: Mapped[str | None]
    """digest of the page that the person was last asked to log in for"""
    challenge: Mapped[str | None]
    """of a passkey that is being added"""
    address: Mapped[str]
    device: Mapped[str]
    """browser and system, as the browser says"""
    created_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)
    used_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)
    expires_datetime: Mapped[datetime.datetime]
    """the latest end, however often it is used"""

    identity = relationship("LocalIdentity", lazy="raise")

    @property
    def amr(self) -> tuple[str, ...]:
        return tuple(self.amr_text.split())


class LoginAttempt(Base):
    """A log-in that has begun: a second factor is to follow the password, or a passkey is asked for."""

    __tablename__ = "accounts_login_attempts"
    __table_args__ = (sa.UniqueConstraint("secret_digest"), PASSING)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    secret_digest: Mapped[str]
    identity_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey(IDENTITY, ondelete="CASCADE"), index=True
    )
    challenge: Mapped[str | None]
    expires_datetime: Mapped[datetime.datetime] = mapped_column(index=True)


class OneTimeLink(Base):
    """A link in a mail; gone once it was used."""

    __tablename__ = "accounts_links"
    __table_args__ = (sa.UniqueConstraint("secret_digest"), PASSING)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    kind: Mapped[str] = mapped_column(text_enum(*LINK_KINDS, name="kind"))
    secret_digest: Mapped[str]
    identity_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey(IDENTITY, ondelete="CASCADE"), index=True
    )
    email: Mapped[str]
    """the address the link was made for, or that it brings back"""
    invitation_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("accounts_invitations.id", ondelete="CASCADE"), index=True
    )
    created_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)
    expires_datetime: Mapped[datetime.datetime] = mapped_column(index=True)


class Invitation(Base):
    """An administrator lets somebody sign up, once."""

    __tablename__ = "accounts_invitations"
    __table_args__ = (sa.UniqueConstraint("secret_digest"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    secret_digest: Mapped[str]
    email: Mapped[str | None]
    """None: whoever has the link"""
    invited_by: Mapped[uuid.UUID | None]
    """the user of the platform; None: a command. Not a foreign key: the invitation outlives the account."""
    created_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)
    expires_datetime: Mapped[datetime.datetime]
    accepted_datetime: Mapped[datetime.datetime | None]
    identity_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey(IDENTITY, ondelete="SET NULL"), index=True
    )
    """who came of it"""


class Passkey(Base):
    """A public key of WebAuthn, whose private one never leaves a device of the person."""

    __tablename__ = "accounts_passkeys"
    __table_args__ = (sa.UniqueConstraint("credential_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    identity_id: Mapped[uuid.UUID] = _identity()
    credential_id: Mapped[str]
    """base64url without padding"""
    public_key: Mapped[str]
    """COSE, as base64url without padding"""
    sign_count: Mapped[int] = mapped_column(sa.BigInteger())
    name: Mapped[str]
    created_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)
    used_datetime: Mapped[datetime.datetime | None]


class RecoveryCode(Base):
    """Stands in for the second factor once; stored as a digest, gone once it was used."""

    __tablename__ = "accounts_recovery_codes"
    __table_args__ = (sa.UniqueConstraint("identity_id", "digest"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    identity_id: Mapped[uuid.UUID] = _identity()
    digest: Mapped[str]


class Vouched(Base):
    """When another backend has last said that somebody is there and may come in, or that they may not."""

    __tablename__ = "accounts_vouched"
    __table_args__ = (PASSING,)

    identity_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey(IDENTITY, ondelete="CASCADE"), primary_key=True
    )
    login: Mapped[str]
    """what the person has typed, which groups may be found by"""
    asked_datetime: Mapped[datetime.datetime]
    left_datetime: Mapped[datetime.datetime | None]
    """None: the person may come in"""


class KnownDevice(Base):
    """A browser that has logged in as somebody before: what others try does not slow it down."""

    __tablename__ = "accounts_devices"
    __table_args__ = (sa.UniqueConstraint("identity_id", "secret_digest"), PASSING)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    identity_id: Mapped[uuid.UUID] = _identity()
    secret_digest: Mapped[str]
    expires_datetime: Mapped[datetime.datetime]


class Tries(Base):
    """How often something was tried within a window of time, counted for all processes."""

    __tablename__ = "accounts_tries"
    __table_args__ = PASSING

    key_digest: Mapped[str] = mapped_column(primary_key=True)
    """of what is counted: nobody can read from it who was tried, or from where"""
    count: Mapped[int]
    ends_datetime: Mapped[datetime.datetime] = mapped_column(index=True)
    """when the window is over"""
