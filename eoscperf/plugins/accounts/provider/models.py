"""Clients, what people granted to them, and what was given out. Secrets are kept as digests only."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eoscperf import jsontext
from eoscperf.db import Base, text_enum, utcnow

IDENTITY = "accounts_identities.id"

PASSING = {"info": {"archived": False}}
"""Of tables whose rows do not outlive the secrets that people and programs hold."""

DEVICE_STATES = ("pending", "approved", "denied")


class OAuthClient(Base):
    """A program that somebody has registered; its `client_id` is the id."""

    __tablename__ = "accounts_clients"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    owner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey(IDENTITY, ondelete="CASCADE"), index=True)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    redirect_uris_text: Mapped[str] = mapped_column(default="[]", info={"json_text": True})
    post_logout_redirect_uris_text: Mapped[str] = mapped_column(default="[]", info={"json_text": True})
    scope: Mapped[str]
    """what it may ask for, separated by blanks"""
    secret_digest: Mapped[str | None]
    """None: a public client, which cannot keep a secret"""
    secret_datetime: Mapped[datetime.datetime | None]
    created_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)

    owner = relationship("LocalIdentity", lazy="raise")

    @property
    def redirect_uris(self) -> list[str]:
        return [str(uri) for uri in jsontext.loads(self.redirect_uris_text)]

    @property
    def post_logout_redirect_uris(self) -> list[str]:
        return [str(uri) for uri in jsontext.loads(self.post_logout_redirect_uris_text)]


class Grant(Base):
    """What a person lets a client do, remembered so that nobody has to be asked each time."""

    __tablename__ = "accounts_grants"
    __table_args__ = (sa.UniqueConstraint("identity_id", "client_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    identity_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey(IDENTITY, ondelete="CASCADE"))
    client_id: Mapped[str]
    scope: Mapped[str]
    created_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)
    used_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)


class Authorization(Base):
    """One log-in at a client, and the family of all codes and tokens that came of it."""

    __tablename__ = "accounts_authorizations"
    __table_args__ = (sa.Index("ix_accounts_authorizations_person", "identity_id", "client_id"), PASSING)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    identity_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey(IDENTITY, ondelete="CASCADE"))
    """None: the client acts for itself"""
    client_id: Mapped[str] = mapped_column(index=True)
    scope: Mapped[str]
    session_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    """the browser session in which it was granted; no foreign key: it may outlive the session"""
    auth_time: Mapped[datetime.datetime | None]
    amr_text: Mapped[str] = mapped_column(default="")
    created_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)
    expires_datetime: Mapped[datetime.datetime] = mapped_column(index=True)
    revoked_datetime: Mapped[datetime.datetime | None]

    @property
    def scopes(self) -> list[str]:
        return self.scope.split()

    @property
    def is_offline(self) -> bool:
        """Whether it outlives the session it was granted in."""
        return "offline_access" in self.scopes


def _authorization() -> Mapped[uuid.UUID]:
    return mapped_column(sa.ForeignKey("accounts_authorizations.id", ondelete="CASCADE"), index=True)


class AuthorizationCode(Base):
    """A code on its way through a browser. It stays after its use, so that a second one is noticed."""

    __tablename__ = "accounts_codes"
    __table_args__ = (PASSING,)

    digest: Mapped[str] = mapped_column(primary_key=True)
    authorization_id: Mapped[uuid.UUID] = _authorization()
    redirect_uri: Mapped[str]
    code_challenge: Mapped[str]
    nonce: Mapped[str | None]
    expires_datetime: Mapped[datetime.datetime] = mapped_column(index=True)
    used_datetime: Mapped[datetime.datetime | None]

    authorization = relationship("Authorization", lazy="raise")

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.authorization.scope


class RefreshToken(Base):
    """A refresh token. It stays after its use, so that a second one is noticed."""

    __tablename__ = "accounts_refresh_tokens"
    __table_args__ = (PASSING,)

    digest: Mapped[str] = mapped_column(primary_key=True)
    authorization_id: Mapped[uuid.UUID] = _authorization()
    created_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)
    expires_datetime: Mapped[datetime.datetime] = mapped_column(index=True)
    used_datetime: Mapped[datetime.datetime | None]

    authorization = relationship("Authorization", lazy="raise")

    def check_client(self, client: Any) -> bool:
        return self.authorization.client_id == client.get_client_id()

    def get_scope(self) -> str:
        return self.authorization.scope


class AccessToken(Base):
    """That an access token was given out; the token itself is not kept, its `jti` is the id."""

    __tablename__ = "accounts_access_tokens"
    __table_args__ = (PASSING,)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    authorization_id: Mapped[uuid.UUID] = _authorization()
    expires_datetime: Mapped[datetime.datetime] = mapped_column(index=True)
    revoked_datetime: Mapped[datetime.datetime | None]

    authorization = relationship("Authorization", lazy="raise")


class DeviceCode(Base):
    """A program without a browser waits until somebody types its code into one."""

    __tablename__ = "accounts_device_codes"
    __table_args__ = (sa.UniqueConstraint("user_code_digest"), PASSING)

    digest: Mapped[str] = mapped_column(primary_key=True)
    user_code_digest: Mapped[str]
    client_id: Mapped[str]
    scope: Mapped[str]
    status: Mapped[str] = mapped_column(text_enum(*DEVICE_STATES, name="status"), default="pending")
    authorization_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("accounts_authorizations.id", ondelete="CASCADE"), index=True
    )
    seconds: Mapped[int]
    """how long the program has to wait between two questions"""
    asked_datetime: Mapped[datetime.datetime | None]
    expires_datetime: Mapped[datetime.datetime] = mapped_column(index=True)

    authorization = relationship("Authorization", lazy="raise")

    def get_client_id(self) -> str:
        return self.client_id

    def get_scope(self) -> str:
        return self.scope
