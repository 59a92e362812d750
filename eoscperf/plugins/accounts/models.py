"""Whom the local issuer knows."""

from __future__ import annotations

import datetime
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from eoscperf import jsontext
from eoscperf.db import Base, utcnow


class LocalIdentity(Base):
    """A person who logs in here or has tokens of the local issuer, registered with the platform or not."""

    __tablename__ = "accounts_identities"
    __table_args__ = (sa.UniqueConstraint("email_key"), sa.UniqueConstraint("backend", "external_id"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    """the `sub` of the person's tokens"""
    email: Mapped[str]
    email_key: Mapped[str]
    """the address in lower case: two spellings are one person"""
    email_verified: Mapped[bool] = mapped_column(default=True)
    name: Mapped[str] = mapped_column(default="")
    backend: Mapped[str] = mapped_column(default="local")
    """who checks the password: this installation, or the name of another password backend"""
    external_id: Mapped[str | None]
    """the person's name at that backend; None for those of this installation"""
    entitlements_text: Mapped[str] = mapped_column(default="[]", info={"json_text": True})
    """what the backend said at the last log-in, as JSON"""
    password_hash: Mapped[str | None]
    password_datetime: Mapped[datetime.datetime | None]
    totp_secret: Mapped[str | None]
    """encrypted; without `totp_datetime` it waits to be confirmed with a first code"""
    totp_datetime: Mapped[datetime.datetime | None]
    totp_step: Mapped[int | None] = mapped_column(sa.BigInteger())
    """the period of the code used last: no code is good twice"""
    disabled_datetime: Mapped[datetime.datetime | None]
    created_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)
    used_datetime: Mapped[datetime.datetime | None]
    """the last log-in"""

    @property
    def entitlements(self) -> tuple[str, ...]:
        found = jsontext.loads(self.entitlements_text)
        return tuple(str(value) for value in found) if isinstance(found, list) else ()

    @property
    def disabled(self) -> bool:
        return self.disabled_datetime is not None

    @property
    def has_totp(self) -> bool:
        return self.totp_datetime is not None


# The tables of the sub-packages belong to the plug-in's metadata, too.
from eoscperf.plugins.accounts.people import models as people_models  # noqa: E402, F401
from eoscperf.plugins.accounts.provider import models as provider_models  # noqa: E402, F401
