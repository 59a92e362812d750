"""The journal: what was done, by whom, when and why. Entries are only ever added."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf import jsontext
from eoscperf.review.models import LogEntry
from eoscperf.security.identity import Viewer


class Journal:
    """Writes log entries in the transaction of what they tell."""

    def __init__(self, session: Session, viewer: Viewer) -> None:
        self._session = session
        self._viewer = viewer

    @classmethod
    def for_request(cls, request: Any) -> Journal:
        return cls(request.dbsession, request.viewer)

    def record(
        self,
        action: str,
        resource_type: str,
        resource_id: uuid.UUID | str,
        *,
        from_status: str | None = None,
        to_status: str | None = None,
        message: str | None = None,
        caused_by: int | None = None,
        details: dict[str, Any] | None = None,
    ) -> LogEntry:
        """Add an entry; it has its id when this returns."""
        entry = LogEntry(
            action=action,
            resource_type=resource_type,
            resource_id=str(resource_id),
            actor_id=self._viewer.user_id,
            from_status=from_status,
            to_status=to_status,
            message=message,
            caused_by=caused_by,
            details=jsontext.dumps(details) if details else None,
        )
        self._session.add(entry)
        self._session.flush()
        return entry

    def count(self, entry_id: int, **counts: int) -> None:
        """Complete the details of an entry of this very transaction with what the action came to."""
        entry = self._session.get_one(LogEntry, entry_id)
        details = jsontext.loads(entry.details) if entry.details else {}
        assert isinstance(details, dict)  # noqa: S101 - `record` wrote an object
        for name, number in counts.items():
            details[name] = details.get(name, 0) + number
        entry.details = jsontext.dumps(details)
        self._session.flush()

    def caused_by(self, entry_id: int) -> list[LogEntry]:
        """The entries that came along with an action."""
        query = sa.select(LogEntry).where(LogEntry.caused_by == entry_id).order_by(LogEntry.id)
        return list(self._session.scalars(query))
