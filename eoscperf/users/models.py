"""Accounts known to the platform."""

from __future__ import annotations

import datetime
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from eoscperf.db import Base, text_enum, utcnow


class User(Base):
    """A registered identity. What a removed user contributed stays, without a user."""

    __tablename__ = "users"
    __table_args__ = (sa.UniqueConstraint("iss", "sub"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    iss: Mapped[str]
    sub: Mapped[str]
    email: Mapped[str]
    role: Mapped[str] = mapped_column(text_enum("user", "admin", name="role"), default="user")
    registration_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)
    search_text: Mapped[str] = mapped_column(default="")
