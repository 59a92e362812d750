"""Mails that wait for the sender, and what became of those before."""

from __future__ import annotations

import datetime
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from eoscperf.db import Base, text_enum, utcnow

STATES = ("waiting", "sending", "sent", "failed", "cancelled")


class OutboxMail(Base):
    """One mail: what it is about; its text is made when it is sent."""

    __tablename__ = "mail_outbox"
    __table_args__ = (sa.Index("ix_mail_outbox_due", "status", "due_datetime"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    kind: Mapped[str]
    """which mail, such as `resource_approved`"""
    facts: Mapped[str] = mapped_column(info={"json_text": True})
    """a JSON object as text: ids, names, what was said"""
    user_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    """the account it is for; not a foreign key, as the mail may outlive it"""
    recipient: Mapped[str | None]
    """None: only the copy is sent"""
    copy_to: Mapped[str | None]
    delivered: Mapped[str | None]
    """recipient or copy_to: the one that has been reached while the other has not"""
    message_id: Mapped[str]
    """the same for every attempt, so that doubles can be told"""
    action_id: Mapped[int | None] = mapped_column(sa.BigInteger(), index=True)
    """the log entry of what it tells of; the mail is dropped when that is undone"""
    status: Mapped[str] = mapped_column(text_enum(*STATES, name="status"), default="waiting")
    created_datetime: Mapped[datetime.datetime] = mapped_column(default=utcnow)
    due_datetime: Mapped[datetime.datetime]
    """when to try, or, while it is being sent, when to think the sender dead"""
    expires_datetime: Mapped[datetime.datetime]
    """no further attempt after this"""
    sent_datetime: Mapped[datetime.datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
