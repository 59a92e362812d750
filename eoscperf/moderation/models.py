"""Claims against results, and the submissions that wait for a moderator."""

from __future__ import annotations

import datetime
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eoscperf.benchmarks.models import Benchmark
from eoscperf.db import Base, text_enum, utcnow
from eoscperf.results.models import Result
from eoscperf.sites.models import Flavor, Site
from eoscperf.users.models import User

REASONS = ("wrong_version", "wrong_place", "implausible", "duplicate", "tampered", "personal_data", "other")

_PENDING = sa.text("status = 'on_review'")


class Claim(Base):
    """Somebody's doubt about a result. A claim without a result came from elsewhere without one."""

    __tablename__ = "claims"
    __table_args__ = (
        sa.Index(
            "uq_claims_pending",
            "result_id",
            "uploader_id",
            unique=True,
            sqlite_where=_PENDING,
            postgresql_where=_PENDING,
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    message: Mapped[str]
    reason: Mapped[str] = mapped_column(text_enum(*REASONS, name="reason"), default="other")
    status: Mapped[str] = mapped_column(
        text_enum("on_review", "approved", "rejected", "withdrawn", name="status"), default="on_review"
    )
    hides: Mapped[bool] = mapped_column(default=True)
    """whether the result is hidden while the claim is pending"""
    result_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("results.id"), index=True)
    uploader_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    """the claimant"""
    upload_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)
    decision_datetime: Mapped[datetime.datetime | None]
    decision_message: Mapped[str | None]
    status_entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey("log_entries.id"), index=True)

    result: Mapped[Result | None] = relationship(lazy="raise")
    uploader: Mapped[User | None] = relationship(lazy="raise")


class Submission(Base):
    """Something that waits, or waited, for a moderator; open until `closed_datetime`."""

    __tablename__ = "submissions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    resource_type: Mapped[str] = mapped_column(
        text_enum("benchmark", "claim", "site", "flavor", name="resource_type")
    )
    upload_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)
    closed_datetime: Mapped[datetime.datetime | None] = mapped_column(index=True)
    benchmark_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("benchmarks.id"), index=True)
    site_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    flavor_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("flavors.id"), index=True)
    claim_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("claims.id"), index=True)

    benchmark: Mapped[Benchmark | None] = relationship(lazy="raise")
    site: Mapped[Site | None] = relationship(lazy="raise")
    flavor: Mapped[Flavor | None] = relationship(lazy="raise")
    claim: Mapped[Claim | None] = relationship(lazy="raise")
