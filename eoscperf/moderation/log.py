"""The log of moderation, as administrators read it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf import errors
from eoscperf.listing import CursorBinding, Page, PageRequest, SortFields, SortKey, column_field, paginate
from eoscperf.review.models import LogEntry

SORT = SortFields(
    {"id": column_field("id", LogEntry.id), "datetime": column_field("datetime", LogEntry.datetime)},
    default="-id",
)


class Log:
    """Reads the journal; nothing here changes it."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    @classmethod
    def for_request(cls, request: Any) -> Log:
        return cls(request.dbsession)

    def get(self, entry_id: int) -> LogEntry:
        """One entry, or NotFound."""
        entry = self._session.get(LogEntry, entry_id)
        if entry is None:
            raise errors.NotFound(f"No log entry {entry_id}.")
        return entry

    def search(
        self,
        keys: Sequence[SortKey],
        asked: PageRequest,
        binding: CursorBinding,
        *,
        before: datetime.datetime | None = None,
        after: datetime.datetime | None = None,
        **exactly: str,
    ) -> Page[LogEntry]:
        """One page of entries with their actors.

        `exactly` restricts `resource_type`, `resource_id` and `action`.
        """
        columns = {
            "resource_type": LogEntry.resource_type,
            "resource_id": LogEntry.resource_id,
            "action": LogEntry.action,
        }
        wanted = [columns[name] == value for name, value in exactly.items()]
        if before is not None:
            wanted.append(LogEntry.datetime < before)
        if after is not None:
            wanted.append(LogEntry.datetime > after)
        query = sa.select(LogEntry).where(*wanted).options(orm.joinedload(LogEntry.actor))
        count = sa.select(sa.func.count()).select_from(LogEntry).where(*wanted)
        return paginate(self._session, query, count, keys, asked, bind=binding)
