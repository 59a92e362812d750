"""Who is logged in to the pages, and who has accepted which terms."""

from __future__ import annotations

import datetime
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from eoscperf.db import Base, utcnow


class WebSession(Base):
    """A log-in at a provider, which a browser's cookie names by a secret that is only known by its digest."""

    __tablename__ = "web_sessions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    secret_digest: Mapped[str] = mapped_column(unique=True)
    provider: Mapped[str]
    """the name of the identity provider in the settings"""
    iss: Mapped[str] = mapped_column(index=True)
    """the issuer that the person is stored under"""
    sub: Mapped[str]
    email: Mapped[str | None]
    email_verified: Mapped[bool | None]
    entitlements: Mapped[str] = mapped_column(default="")
    """those the provider told of, separated by blanks"""
    provider_session: Mapped[str | None]
    """what the provider calls this session (`sid`)"""
    id_token: Mapped[str]
    """proves to the provider at log-out whose session it is"""
    created_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)
    expires_datetime: Mapped[datetime.datetime] = mapped_column(index=True)


class TermsAcceptance(Base):
    """That a user has accepted a version of the terms of service."""

    __tablename__ = "terms_acceptances"

    user_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[str] = mapped_column(primary_key=True)
    accepted_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)
