"""API tokens as they are stored: everything but the token itself."""

from __future__ import annotations

import datetime
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eoscperf.db import Base, utcnow
from eoscperf.users.models import User


class ApiToken(Base):
    """A token that an account made for a script; gone as soon as it is revoked."""

    __tablename__ = "api_tokens"
    __table_args__ = (sa.UniqueConstraint("digest"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    digest: Mapped[str]
    """SHA-256 of the token, in hexadecimal"""
    hint: Mapped[str]
    """how the token begins, so that its owner recognises it"""
    scope: Mapped[str]
    """names of scopes, separated by blanks"""
    created_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)
    expires_datetime: Mapped[datetime.datetime]
    last_used_datetime: Mapped[datetime.datetime | None]
    last_used_network: Mapped[str | None]

    user: Mapped[User] = relationship(lazy="raise")

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(self.scope.split())
