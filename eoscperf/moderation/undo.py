"""Undo: a decision is taken back shortly after it was made, before anybody was told of it."""

from __future__ import annotations

import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf import errors
from eoscperf.db import utcnow
from eoscperf.moderation.service import UNDOABLE as CLAIM_ACTIONS
from eoscperf.moderation.service import Claims
from eoscperf.results.service import Results
from eoscperf.review.lifecycle import UNDOABLE as ITEM_ACTIONS
from eoscperf.review.lifecycle import Lifecycle
from eoscperf.review.models import LogEntry, reviewed_kinds

RESULT_ACTIONS = ("delete", "restore", "claim_approve")


class Undo:
    """Finds out what a log entry stands for and has it taken back; `minutes` is how long that is possible."""

    def __init__(
        self, session: orm.Session, lifecycle: Lifecycle, results: Results, claims: Claims, minutes: int
    ) -> None:
        self._session = session
        self._lifecycle = lifecycle
        self._results = results
        self._claims = claims
        self._minutes = minutes

    @classmethod
    def for_request(cls, request: Any) -> Undo:
        return cls(
            request.dbsession,
            request.find_service(Lifecycle),
            request.find_service(Results),
            request.find_service(Claims),
            request.registry.settings["moderation.undo_minutes"],
        )

    def undo(self, entry: LogEntry, message: str | None = None) -> LogEntry:
        """Everything is as before the decision; the returned entry has `caused_by` = the undone one.

        Raises Conflict when the entry is no decision that can be undone, it is too late, it has been
        undone already, or something has happened since that rests on it.
        """
        entry = self._decision(entry)
        self._require_new(entry)
        self._require_in_time(entry)
        if entry.resource_type == "claim":
            return self._claims.undo(entry, message)
        if entry.resource_type == "result":
            return self._results.undo(entry, message)
        return self._lifecycle.undo(entry, message)

    def _decision(self, entry: LogEntry) -> LogEntry:
        """The entry that the decision behind an entry is undone by."""
        actions = {"claim": CLAIM_ACTIONS, "result": RESULT_ACTIONS} | dict.fromkeys(
            reviewed_kinds(), ITEM_ACTIONS
        )
        if entry.action not in actions.get(entry.resource_type, ()):
            raise errors.Conflict(
                f"Entry {entry.id} ({entry.action} of a {entry.resource_type}) is no decision "
                "that can be undone."
            )
        if entry.caused_by is None:
            return entry
        cause = self._session.get_one(LogEntry, entry.caused_by)
        # The decision about a claim removes its result, and that takes the claim along.
        if entry.resource_type == "claim" and cause.action == "claim_approve":
            return cause
        raise errors.Conflict(f"Entry {entry.id} came along with entry {cause.id}; undo that one.")

    def _require_new(self, entry: LogEntry) -> None:
        undone = sa.select(LogEntry.id).where(LogEntry.caused_by == entry.id, LogEntry.action == "undo")
        if self._session.scalar(undone.limit(1)) is not None:
            raise errors.Conflict(f"Entry {entry.id} has been undone already.")

    def _require_in_time(self, entry: LogEntry) -> None:
        if utcnow() > entry.datetime + datetime.timedelta(minutes=self._minutes):
            raise errors.Conflict(
                f"It is too late: a decision can be undone for {self._minutes} minutes. "
                "Make the opposite decision, or restore what was removed."
            )
