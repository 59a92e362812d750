"""Results and their tags."""

from __future__ import annotations

import datetime
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eoscperf.benchmarks.models import Benchmark
from eoscperf.db import Base, CodePointText, UTCDateTime, text_enum, utcnow
from eoscperf.sites.models import Flavor, Site
from eoscperf.users.models import User

_LIVE = sa.text("status = 'live'")

result_tags = sa.Table(
    "result_tags",
    Base.metadata,
    sa.Column("result_id", sa.Uuid(), sa.ForeignKey("results.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("tag_id", sa.Uuid(), sa.ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True),
    *(
        sa.Column(name, type_, info={"derived": True})
        for name, type_ in (
            ("execution_datetime", UTCDateTime()),
            ("upload_datetime", UTCDateTime()),
            ("benchmark_id", sa.Uuid()),
            ("flavor_id", sa.Uuid()),
        )
    ),
    *(
        sa.Index(
            f"ix_result_tags_{name}",
            *("tag_id", f"{name}_datetime", "result_id"),
            *("benchmark_id", "flavor_id"),
        )
        for name in ("execution", "upload")
    ),
)
"""Which results have which tags, and of each result what never changes, so that the results of a tag are
found in order. What an insert leaves out of that, a trigger fills in."""


class Tag(Base):
    """A word that groups results; live at once. The links of a deleted tag are kept for its return."""

    __tablename__ = "tags"
    __table_args__ = (
        sa.Index("uq_tags_live_name", "name", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    name: Mapped[str]
    description: Mapped[str | None]
    upload_datetime: Mapped[datetime.datetime | None] = mapped_column(default=utcnow)
    """None: not known"""
    status: Mapped[str] = mapped_column(text_enum("live", "deleted", name="status"), default="live")
    status_entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey("log_entries.id"), index=True)
    uploader_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    search_text: Mapped[str] = mapped_column(default="")


class Result(Base):
    """One run of a benchmark on a flavor. JSON, dates, parents and provenance never change.

    Four facts make the state: removed (by which log entry), withdrawn (when), and how many claims are
    pending and how many of those hide it. `status` is derived from them, see `derive_status`.
    """

    __tablename__ = "results"
    __table_args__ = (
        sa.Index("ix_results_status_execution", "status", "execution_datetime", "id"),
        sa.Index("ix_results_status_upload", "status", "upload_datetime", "id"),
        sa.Index(
            "ix_results_benchmark_status_execution", "benchmark_id", "status", "execution_datetime", "id"
        ),
        sa.Index("ix_results_benchmark_status_upload", "benchmark_id", "status", "upload_datetime", "id"),
        sa.Index("ix_results_flavor_status_execution", "flavor_id", "status", "execution_datetime", "id"),
        sa.Index("ix_results_uploader_execution", "uploader_id", "execution_datetime", "id"),
        # What few results have is indexed for those few, so that the others do not pay for it.
        *(
            sa.Index(
                f"ix_results_{column}",
                column,
                sqlite_where=sa.text(f"{column} IS NOT NULL"),
                postgresql_where=sa.text(f"{column} IS NOT NULL"),
            )
            for column in ("supersedes_id", "superseded_by_id", "removed_entry_id", "restored_entry_id")
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    json: Mapped[str] = mapped_column(CodePointText)
    """canonical JSON text, numbers as they were sent"""
    execution_datetime: Mapped[datetime.datetime]
    upload_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)
    benchmark_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("benchmarks.id"))
    flavor_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("flavors.id"))
    site_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("sites.id"))
    """the flavor's site"""
    uploader_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    supersedes_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("results.id"))
    superseded_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("results.id"))
    content_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    """SHA-256 of the JSON's meaning: key order and number notation do not count"""
    duplicate_key: Mapped[bytes | None] = mapped_column(sa.LargeBinary, unique=True)
    """SHA-256 of uploader, benchmark, flavor, execution and content: the same result comes once"""
    provenance: Mapped[str | None] = mapped_column(CodePointText)
    """a JSON object as text: the CI run that uploaded it; None for uploads of people"""

    status: Mapped[str] = mapped_column(
        text_enum("visible", "claimed", "withdrawn", "removed", name="status"), default="visible"
    )
    status_datetime: Mapped[datetime.datetime | None]
    status_message: Mapped[str | None]
    removed_entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey("log_entries.id"))
    restored_entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey("log_entries.id"))
    withdrawn_datetime: Mapped[datetime.datetime | None]
    pending_claims: Mapped[int] = mapped_column(default=0)
    hiding_claims: Mapped[int] = mapped_column(default=0)

    benchmark: Mapped[Benchmark] = relationship(lazy="raise")
    flavor: Mapped[Flavor] = relationship(lazy="raise")
    site: Mapped[Site] = relationship(lazy="raise")
    uploader: Mapped[User | None] = relationship(lazy="raise")
    tags: Mapped[list[Tag]] = relationship(secondary=result_tags, lazy="raise", order_by=Tag.name)

    @property
    def disputed(self) -> bool:
        return self.pending_claims > 0

    def derive_status(self) -> str:
        """removed, else withdrawn, else claimed while a pending claim hides it, else visible."""
        if self.removed_entry_id is not None:
            return "removed"
        if self.withdrawn_datetime is not None:
            return "withdrawn"
        return "claimed" if self.hiding_claims > 0 else "visible"
