"""A claim's way from state to state, with its log entry, its submission and what it means for the result."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import IntegrityError

from eoscperf import errors
from eoscperf.db import utcnow
from eoscperf.events import Events
from eoscperf.moderation.events import ClaimEvent, ClaimUndone
from eoscperf.moderation.models import Claim, Submission
from eoscperf.results.models import Result
from eoscperf.results.service import Results
from eoscperf.review.journal import Journal
from eoscperf.review.models import LogEntry


class ClaimStates:
    """Changes claims and keeps their results in step; who may do so is decided elsewhere.

    Whoever changes a claim holds the lock of its result first, so that the counters of the result
    and the states of its claims always agree.
    """

    def __init__(self, session: orm.Session, journal: Journal, events: Events, results: Results) -> None:
        self._session = session
        self._journal = journal
        self._events = events
        self._results = results

    def find(self, claim_id: uuid.UUID, *, lock: bool) -> Claim | None:
        """A claim with its claimant; locked, its result is locked first."""
        query = sa.select(Claim).where(Claim.id == claim_id).options(orm.joinedload(Claim.uploader))
        if lock:
            result_id = self._session.scalar(sa.select(Claim.result_id).where(Claim.id == claim_id))
            if result_id is not None:
                self.lock_result(result_id)
            query = query.with_for_update(of=Claim).execution_options(populate_existing=True)
        return self._session.scalar(query)

    def lock_result(self, result_id: uuid.UUID) -> Result | None:
        """A result that nobody else changes until the transaction ends, in its latest state."""
        query = sa.select(Result).where(Result.id == result_id).with_for_update(of=Result)
        self._session.flush()
        return self._session.scalar(query.execution_options(populate_existing=True))

    def result_of(self, claim: Claim) -> Result | None:
        """The locked result of a claim."""
        return self.lock_result(claim.result_id) if claim.result_id is not None else None

    def enter(
        self, claim: Claim, action: str, status: str, message: str | None, *, caused_by: int | None = None
    ) -> LogEntry:
        """Move a claim to a final state, with its log entry and submission."""
        entry = self._journal.record(
            action,
            "claim",
            claim.id,
            from_status=claim.status,
            to_status=status,
            message=message,
            caused_by=caused_by,
        )
        claim.status = status
        claim.status_entry_id = caused_by or entry.id
        claim.decision_datetime = utcnow()
        claim.decision_message = message
        self._submission(claim, closed=claim.decision_datetime)
        return entry

    def close(
        self, claim: Claim, action: str, status: str, message: str | None, event: type[ClaimEvent]
    ) -> LogEntry:
        """Move a claim to a final state by an action of its own, and tell of it."""
        before = claim.status
        entry = self.enter(claim, action, status, message)
        self.tell(claim, entry, before, message, event)
        return entry

    def reopen(self, claim: Claim, undone: LogEntry, action_id: int, message: str | None) -> LogEntry:
        """Make a claim pending again as it was before a decision."""
        before = claim.status
        try:
            with self._session.begin_nested():
                claim.status, claim.decision_datetime, claim.decision_message = "on_review", None, None
                self._session.flush()
        except IntegrityError:
            raise errors.Conflict("The claimant has filed another claim on this result since.") from None
        entry = self._journal.record(
            "undo",
            "claim",
            claim.id,
            from_status=before,
            to_status="on_review",
            message=message,
            caused_by=undone.id,
        )
        claim.status_entry_id = entry.id
        self._submission(claim, closed=None)
        result = self.tell(
            claim, entry, before, message, ClaimUndone, undone_id=action_id, undone_action=undone.action
        )
        if result is not None:
            for part in self._journal.caused_by(undone.id):
                if part.resource_type == "result" and part.action != "undo":
                    self._results.put_back(result, part)
        return entry

    def tell(
        self,
        claim: Claim,
        entry: LogEntry,
        before: str,
        message: str | None,
        event: type[ClaimEvent],
        **more: Any,
    ) -> Result | None:
        """Bring the result, which is returned, up to date with its claims, then tell of the change."""
        result = self.result_of(claim)
        hidden = restored = False
        if result is not None:
            was = result.status
            now = self.recount(result, entry)
            hidden, restored = was == "visible" != now, was != "visible" == now
        self._events.emit(
            event(
                **facts(claim, result),
                entry_id=entry.id,
                action_id=entry.id,
                from_status=before,
                to_status=claim.status,
                message=message,
                result_hidden=hidden,
                result_restored=restored,
                **more,
            )
        )
        return result

    def recount(self, result: Result, entry: LogEntry) -> str:
        """Tell the result how many claims are pending; its state then; a new one is logged."""
        self._session.flush()
        hiding = sa.func.coalesce(sa.func.sum(sa.case((Claim.hides, 1), else_=0)), 0)
        query = sa.select(sa.func.count(), hiding).where(
            Claim.result_id == result.id, Claim.status == "on_review"
        )
        pending, hiding_now = self._session.execute(query).one()
        before, noted = result.status, self._results.note(result)
        after = self._results.claims_changed(result, pending=pending, hiding=hiding_now)
        if before != after:
            self._journal.record(
                entry.action,
                "result",
                result.id,
                from_status=before,
                to_status=after,
                caused_by=entry.id,
                details=noted,
            )
        return after

    def _submission(self, claim: Claim, *, closed: datetime.datetime | None) -> None:
        self._session.execute(
            sa.update(Submission).where(Submission.claim_id == claim.id).values(closed_datetime=closed)
        )


def pending_on(result_id: uuid.UUID) -> sa.Select[Claim]:
    """The pending claims on a result, locked, in their latest state."""
    return (
        sa.select(Claim)
        .where(Claim.result_id == result_id, Claim.status == "on_review")
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def facts(claim: Claim, result: Result | None) -> dict[str, Any]:
    """What every event about a claim says."""
    return {
        "id": claim.id,
        "claimant_id": claim.uploader_id,
        "result_id": claim.result_id,
        "result_uploader_id": result.uploader_id if result is not None else None,
    }
