"""Trust rules in the database."""

from __future__ import annotations

import datetime
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eoscperf.benchmarks.models import Benchmark
from eoscperf.db import Base, utcnow
from eoscperf.sites.models import Flavor, Site
from eoscperf.users.models import User

trust_rule_flavors = sa.Table(
    "trust_rule_flavors",
    Base.metadata,
    sa.Column("rule_id", sa.Uuid(), sa.ForeignKey("trust_rules.id", ondelete="CASCADE"), primary_key=True),
    sa.Column(
        "flavor_id", sa.Uuid(), sa.ForeignKey("flavors.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)


class TrustRule(Base):
    """Runs of one workflow of one repository upload for its owner, within what is named.

    What is None is not restricted. A rule goes with its owner, and with the benchmark or site it names:
    it must never come to allow more than it did.
    """

    __tablename__ = "trust_rules"
    __table_args__ = (sa.Index("ix_trust_rules_repository", "issuer", "repository_key"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    owner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    issuer: Mapped[str]
    repository: Mapped[str]
    repository_key: Mapped[str]
    """the repository in lower case: CI systems do not tell spellings apart"""
    repository_id: Mapped[str | None]
    """the number of the repository, which a later one of the same name does not get"""
    repository_owner_id: Mapped[str | None]
    """the number of the account or group that the repository belongs to"""
    workflow: Mapped[str]
    """path of the file in the repository"""
    ref: Mapped[str | None]
    """branch or tag such as refs/heads/main; `*` stands for any text"""
    benchmark_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("benchmarks.id", ondelete="CASCADE"), index=True
    )
    site_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("sites.id", ondelete="CASCADE"), index=True
    )
    by_flavor: Mapped[bool] = mapped_column(default=False)
    """only the flavors that are named; without any left, none"""
    created_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)
    used_datetime: Mapped[datetime.datetime | None]
    """when a result was last uploaded by it"""

    owner: Mapped[User] = relationship(lazy="raise")
    benchmark: Mapped[Benchmark | None] = relationship(lazy="raise")
    site: Mapped[Site | None] = relationship(lazy="raise")
    flavors: Mapped[list[Flavor]] = relationship(
        secondary=trust_rule_flavors, lazy="raise", order_by=Flavor.id
    )
