"""Accounts known to the platform."""

from __future__ import annotations

import datetime
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from eoscperf.db import Base, text_enum, utcnow

ROLES = ("reader", "user", "admin")
"""From the least to the most: may read only, may contribute, may decide and administer."""

KINDS = ("person", "service")

SERVICE_ISSUER = "urn:eoscperf:service"
"""The `iss` of service accounts; their `sub` is their name."""


class User(Base):
    """A registered identity. What a removed user contributed stays, without a user."""

    __tablename__ = "users"
    __table_args__ = (sa.UniqueConstraint("iss", "sub"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    iss: Mapped[str]
    sub: Mapped[str]
    email: Mapped[str]
    role: Mapped[str] = mapped_column(text_enum(*ROLES, name="role"), default="user")
    kind: Mapped[str] = mapped_column(
        text_enum(*KINDS, name="kind"), default="person", server_default="person"
    )
    """a person, who logs in at `iss`, or a service account, which has API tokens only"""
    description: Mapped[str | None]
    """what a service account is for"""
    disabled_datetime: Mapped[datetime.datetime | None]
    """since when nothing of its tokens is accepted"""
    registration_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)
    search_text: Mapped[str] = mapped_column(default="")

    @property
    def disabled(self) -> bool:
        return self.disabled_datetime is not None
