"""Idempotency-Key: a retry of an upload repeats the first success instead of uploading twice."""

from __future__ import annotations

import datetime
import hashlib
import re
import uuid
from typing import Any

import sqlalchemy as sa
from pyramid.httpexceptions import HTTPException
from pyramid.response import Response
from sqlalchemy.orm import Mapped, mapped_column

from eoscperf import errors
from eoscperf.db import Base, utcnow
from eoscperf.errors import Issue

KEPT = datetime.timedelta(hours=24)

_KEY = re.compile(r"[\x21-\x7e]{1,128}")


class IdempotencyRecord(Base):
    """The first success under a key."""

    __tablename__ = "idempotency_records"

    id: Mapped[str] = mapped_column(primary_key=True)
    """hash of identity, path and key"""
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    """whose answer it is; the answer may name the user and goes with the account"""
    request_hash: Mapped[str]
    status: Mapped[int]
    location: Mapped[str | None]
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)
    created_datetime: Mapped[datetime.datetime] = mapped_column(index=True)


class Replayed(HTTPException):
    """The stored answer, sent again."""

    def __init__(self, record: IdempotencyRecord) -> None:
        Response.__init__(
            self, body=record.body, status=record.status, content_type="application/json", charset=None
        )
        Exception.__init__(self, "replayed")
        self.headers["Idempotent-Replayed"] = "true"
        if record.location:
            self.headers["Location"] = record.location

    def prepare(self, environ: Any) -> None:
        """The body is complete."""


def begin(request: Any) -> None:
    """Replay the first success of this key, or remember that this request may become it.

    A key belongs to an account; from anybody else it is ignored.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None or request.viewer.user_id is None:
        return
    if not _KEY.fullmatch(key):
        issue = Issue("must be 1 to 128 visible ASCII characters", "header", "Idempotency-Key")
        raise errors.Invalid([issue])
    record_id = _digest(request.identity.key, request.path, key)
    request_hash = _digest(request.environ.get("QUERY_STRING", ""), hashlib.sha256(request.body).hexdigest())
    session = request.dbsession
    _claim(session, record_id)
    session.execute(sa.delete(IdempotencyRecord).where(IdempotencyRecord.created_datetime < utcnow() - KEPT))
    record = session.get(IdempotencyRecord, record_id)
    if record is None:
        request.idempotency = (record_id, request_hash)
    elif record.request_hash != request_hash:
        raise errors.IdempotencyMismatch(
            "This Idempotency-Key was used for a request with another query or body. Use a new key."
        )
    else:
        raise Replayed(record)


def finish(request: Any, answer: Any) -> None:
    """Keep a success under its key, in the transaction that made it."""
    waiting = getattr(request, "idempotency", None)
    if waiting is None or not 200 <= answer.status_int < 300:
        return
    record_id, request_hash = waiting
    request.dbsession.add(
        IdempotencyRecord(
            id=record_id,
            user_id=request.viewer.user_id,
            request_hash=request_hash,
            status=answer.status_int,
            location=answer.headers.get("Location"),
            body=answer.body,
            created_datetime=utcnow(),
        )
    )
    request.dbsession.flush()


def _claim(session: Any, record_id: str) -> None:
    """Nobody else runs a request under this key; SQLite has one writer at a time anyway."""
    if session.get_bind().dialect.name != "postgresql":
        return
    number = int(record_id[:15], 16)
    if not session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(number))):
        raise errors.InProgress(
            "The first request under this Idempotency-Key is still running. Try again in a second.",
            headers=[("Retry-After", "1")],
        )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
