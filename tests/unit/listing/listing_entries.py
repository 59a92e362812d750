"""A small table of entries that have everything a list can be ordered by."""

from __future__ import annotations

import datetime
import uuid

import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf.db import CodePointText, UTCDateTime
from eoscperf.listing import Component, SortField, SortFields, column_field


class Base(orm.DeclarativeBase):
    """Apart from the platform's own tables."""

    type_annotation_map = {str: CodePointText, datetime.datetime: UTCDateTime(), uuid.UUID: sa.Uuid()}


class Entry(Base):
    __tablename__ = "listing_test_entry"
    __table_args__ = (
        sa.Index("ix_listing_test_entry_name_id", "name", "id"),
        sa.Index("ix_listing_test_entry_time_id", "time", "id"),
    )

    id: orm.Mapped[uuid.UUID] = orm.mapped_column(primary_key=True)
    name: orm.Mapped[str]
    time: orm.Mapped[datetime.datetime]
    note: orm.Mapped[str | None]
    seen: orm.Mapped[datetime.datetime | None]
    score: orm.Mapped[float | None]
    done: orm.Mapped[bool | None]
    state: orm.Mapped[str | None] = orm.mapped_column(sa.Enum("new", "Old", "ärgerlich", native_enum=False))
    search: orm.Mapped[str] = orm.mapped_column(default="")


FIELDS = SortFields(
    fields={
        **{name: column_field(name, getattr(Entry, name)) for name in ("id", "name", "time")},
        **{
            name: column_field(name, getattr(Entry, name), nullable=True)
            for name in ("note", "seen", "score", "done", "state")
        },
        # Ranks that stay where they are in both directions, as those of mixed types do.
        "kind": SortField(
            "kind",
            lambda: [
                Component(sa.func.length(Entry.name) % 3, follows_direction=False),
                Component(Entry.name),
            ],
        ),
        "everything": SortField("everything", ()),
    },
    default="+name",
)
