"""What everything that is moderated has in common, and the journal of what was done to it."""

from __future__ import annotations

import datetime
import uuid
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from eoscperf.db import Base, text_enum, utcnow
from eoscperf.listing import search_text

if TYPE_CHECKING:
    from eoscperf.users.models import User

STATES = ("on_review", "approved", "rejected", "deleted")
LIVE = ("on_review", "approved")
"""The states in which a name is taken."""


class LogEntry(Base):
    """One thing that was done, by whom and why; entries are only ever added."""

    __tablename__ = "log_entries"
    __table_args__ = (sa.Index("ix_log_entries_resource", "resource_type", "resource_id"),)

    id: Mapped[int] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow, index=True)
    action: Mapped[str]
    resource_type: Mapped[str]
    resource_id: Mapped[str]
    actor_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    from_status: Mapped[str | None]
    to_status: Mapped[str | None]
    message: Mapped[str | None]
    caused_by: Mapped[int | None] = mapped_column(sa.ForeignKey("log_entries.id"), index=True)
    details: Mapped[str | None]
    """a JSON object as text: field diff, counts"""

    actor: Mapped[User | None] = relationship(lazy="raise")


class Reviewed:
    """Mixin of benchmarks, sites and flavors: uploaded by somebody, visible to all once approved."""

    kind: ClassVar[str]
    """what it is called in the journal, in events and in sentences"""
    name_fields: ClassVar[tuple[str, ...]] = ("name",)
    """the attributes that together are taken by at most one live item"""
    parent_name: ClassVar[str | None] = None
    """the relationship to the item that this one lives and dies with"""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    upload_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)
    status: Mapped[str] = mapped_column(text_enum(*STATES, name="status"), default="on_review")
    status_message: Mapped[str | None]
    """what the moderator said with the last decision"""
    deleted_from: Mapped[str | None]
    """the state before the last deletion, which a restore brings back"""
    search_text: Mapped[str] = mapped_column(default="")

    @declared_attr
    def status_entry_id(cls) -> Mapped[int | None]:  # noqa: N805
        """The log entry that made the present state. Everything one action changed carries its entry,
        so that undoing or restoring finds just that."""
        return mapped_column(sa.ForeignKey("log_entries.id"), index=True)

    @declared_attr
    def uploader_id(cls) -> Mapped[uuid.UUID | None]:  # noqa: N805
        return mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)

    @declared_attr
    def uploader(cls) -> Mapped[User | None]:  # noqa: N805
        return relationship("User", lazy="raise")

    @property
    def live(self) -> bool:
        return self.status in LIVE

    def searched(self) -> tuple[str | None, ...]:
        """The texts that a search looks into; every kind says its own."""
        raise TypeError(f"{type(self).__name__} does not say what a search looks into")


@sa.event.listens_for(Reviewed, "before_insert", propagate=True)
@sa.event.listens_for(Reviewed, "before_update", propagate=True)
def _keep_search_text(mapper: Any, connection: Any, item: Reviewed) -> None:
    item.search_text = search_text(*item.searched())


def reviewed_kinds() -> dict[str, type[Any]]:
    """The reviewed models by kind."""
    return {model.kind: model for model in Reviewed.__subclasses__()}


def child_kinds(kind: str) -> list[type[Any]]:
    """The models whose items live and die with an item of this kind."""
    return [model for model in reviewed_kinds().values() if _parent_kind(model) == kind]


def parent_column(model: type[Any]) -> Any:
    """The column of a child model that names its parent."""
    return getattr(model, f"{model.parent_name}_id")


def _parent_kind(model: type[Any]) -> str | None:
    if model.parent_name is None:
        return None
    return sa.inspect(model).relationships[model.parent_name].mapper.class_.kind
