"""Whom the local issuer knows."""

from __future__ import annotations

import datetime
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from eoscperf.db import Base, utcnow


class LocalIdentity(Base):
    """A person with tokens of the local issuer, registered or not."""

    __tablename__ = "accounts_identities"
    __table_args__ = (sa.UniqueConstraint("email_key"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    """the `sub` of the person's tokens"""
    email: Mapped[str]
    email_key: Mapped[str]
    """the address in lower case: two spellings are one person"""
    created_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)
