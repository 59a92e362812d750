"""Edited catalogues: every change is a whole new version, so that an old link still means what it meant."""

from __future__ import annotations

import datetime
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eoscperf.db import Base, CodePointText, text_enum, utcnow
from eoscperf.users.models import User


class CatalogueVersion(Base):
    """What somebody said of the metrics of a benchmark. The newest accepted version is in force."""

    __tablename__ = "metric_catalogues"

    benchmark_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("benchmarks.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    status: Mapped[str] = mapped_column(text_enum("proposed", "accepted", "declined", name="status"))
    metrics: Mapped[str] = mapped_column(CodePointText)
    """JSON text of `eoscperf.metrics.catalogue.to_plain`"""
    author_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    created_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)
    message: Mapped[str | None] = mapped_column(CodePointText)
    decision: Mapped[str | None] = mapped_column(CodePointText)
    """what an administrator said when deciding about a proposal"""

    author: Mapped[User | None] = relationship(lazy="raise")
