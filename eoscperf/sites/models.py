"""Sites and their flavors."""

from __future__ import annotations

import uuid
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eoscperf.db import Base
from eoscperf.review.models import Reviewed

_LIVE = sa.text("status IN ('on_review', 'approved')")


class Site(Reviewed, Base):
    """A place that offers computing."""

    __tablename__ = "sites"
    __table_args__ = (
        sa.Index("uq_sites_live_name", "name", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
    )

    kind: ClassVar[str] = "site"

    name: Mapped[str]
    address: Mapped[str]
    description: Mapped[str | None]

    def searched(self) -> tuple[str | None, ...]:
        return self.name, self.address, self.description


class Flavor(Reviewed, Base):
    """A kind of machine that a site offers."""

    __tablename__ = "flavors"
    __table_args__ = (
        sa.Index(
            "uq_flavors_live_name", "site_id", "name", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE
        ),
    )

    kind: ClassVar[str] = "flavor"
    name_fields: ClassVar[tuple[str, ...]] = ("site_id", "name")
    parent_name: ClassVar[str | None] = "site"

    site_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    name: Mapped[str]
    description: Mapped[str | None]

    site: Mapped[Site] = relationship(lazy="raise")

    def searched(self) -> tuple[str | None, ...]:
        return self.name, self.description
