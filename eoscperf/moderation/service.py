"""Claims: doubts about results, from filing to the decision."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import IntegrityError

from eoscperf import errors
from eoscperf.db import utcnow
from eoscperf.events import Events
from eoscperf.listing import (
    CursorBinding,
    Page,
    PageRequest,
    SortField,
    SortFields,
    SortKey,
    column_field,
    paginate,
)
from eoscperf.moderation.claim_states import ClaimStates, facts, pending_on
from eoscperf.moderation.events import (
    ClaimApproved,
    ClaimFiled,
    ClaimRejected,
    ClaimShown,
    ClaimWithdrawn,
)
from eoscperf.moderation.models import Claim, Submission
from eoscperf.results.models import Result
from eoscperf.results.service import Results
from eoscperf.review.journal import Journal
from eoscperf.review.models import LogEntry
from eoscperf.security.identity import Viewer
from eoscperf.users.models import User

DAY = datetime.timedelta(hours=24)

STATUSES = ("on_review", "approved", "rejected", "withdrawn")

UNDOABLE = ("claim_approve", "claim_reject", "claim_show")

_PENDING_FIRST = sa.case((Claim.status == "on_review", 0), else_=1)

SORT = SortFields(
    {
        "id": column_field("id", Claim.id),
        "status": column_field("status", Claim.status),
        "upload_datetime": column_field("upload_datetime", Claim.upload_datetime),
        # Every claim is about a result.
        "resource_type": SortField("resource_type", ()),
    },
    default="pending first,+upload_datetime",
    internal={"pending first": column_field("pending first", _PENDING_FIRST)},
)


class Claims:
    """Files claims and decides about them, with what that means for their results."""

    def __init__(
        self,
        session: orm.Session,
        viewer: Viewer,
        journal: Journal,
        events: Events,
        results: Results,
        per_day: int,
    ) -> None:
        self._session = session
        self._viewer = viewer
        self._journal = journal
        self._events = events
        self._results = results
        self._states = ClaimStates(session, journal, events, results)
        self._per_day = per_day

    @classmethod
    def for_request(cls, request: Any) -> Claims:
        return cls(
            request.dbsession,
            request.viewer,
            request.find_service(Journal),
            request.events,
            request.find_service(Results),
            request.registry.settings["rates.claims"],
        )

    # Reading

    def get(self, claim_id: uuid.UUID, *, lock: bool = False) -> Claim:
        """A claim with its claimant.

        Administrators see all of them (NotFound for an unknown id), claimants their own; to everybody
        else an unknown id and somebody else's claim are the same: OwnerRequired.
        """
        claim = self._states.find(claim_id, lock=lock)
        if claim is None and self._viewer.admin:
            raise errors.NotFound(f"No claim {claim_id}.")
        if claim is None or not self._viewer.sees_uploader(claim.uploader_id):
            raise errors.OwnerRequired(_NOT_YOURS)
        return claim

    def search(
        self,
        keys: Sequence[SortKey],
        asked: PageRequest,
        binding: CursorBinding,
        *,
        result_id: uuid.UUID | None = None,
        claimant_id: uuid.UUID | None = None,
        status: str | None = None,
        upload_before: datetime.datetime | None = None,
        upload_after: datetime.datetime | None = None,
    ) -> Page[Claim]:
        """One page of claims: all, those on a result, or those of a claimant; claimants loaded."""
        wanted = [
            condition
            for value, condition in (
                (result_id, Claim.result_id == result_id),
                (claimant_id, Claim.uploader_id == claimant_id),
                (status, Claim.status == status),
            )
            if value is not None
        ]
        if upload_before is not None:
            wanted.append(Claim.upload_datetime < upload_before)
        if upload_after is not None:
            wanted.append(Claim.upload_datetime > upload_after)
        query = sa.select(Claim).where(*wanted).options(orm.joinedload(Claim.uploader))
        count = sa.select(sa.func.count()).select_from(Claim).where(*wanted)
        return paginate(self._session, query, count, keys, asked, bind=binding)

    # Filing and withdrawing

    def file(self, result: Result, message: str, reason: str = "other") -> Claim:
        """The viewer claims that something is wrong with a locked result, which hides it until a decision.

        Raises RateLimited over the claims a user has per day, WrongState for a result that is
        withdrawn or removed, and Duplicate when the viewer has a pending claim on it.
        """
        claimant_id = self._viewer.user_id
        assert claimant_id is not None  # noqa: S101 - the operation asks for a registered user
        self.require_allowance()
        if result.status in ("withdrawn", "removed"):
            raise errors.WrongState(f"The result is {result.status}: there is nothing to claim.")
        claim = Claim(
            id=uuid.uuid4(),
            message=message,
            reason=reason,
            status="on_review",
            hides=True,
            result_id=result.id,
            uploader_id=claimant_id,
            upload_datetime=utcnow(),
        )
        try:
            with self._session.begin_nested():
                self._session.add(claim)
        except IntegrityError:
            existing = self._session.scalar(pending_on(result.id).where(Claim.uploader_id == claimant_id))
            if existing is None:
                raise
            raise errors.Duplicate(
                "You have a claim on this result that is not decided yet.", existing=str(existing.id)
            ) from None
        self._session.add(
            Submission(resource_type="claim", claim_id=claim.id, upload_datetime=claim.upload_datetime)
        )
        entry = self._journal.record(
            "claim",
            "claim",
            claim.id,
            to_status="on_review",
            details={"result_id": str(result.id), "reason": reason},
        )
        claim.status_entry_id = entry.id
        before = result.status
        after = self._states.recount(result, entry)
        self._events.emit(
            ClaimFiled(
                **facts(claim, result),
                entry_id=entry.id,
                action_id=entry.id,
                from_status=None,
                to_status="on_review",
                result_hidden=before == "visible" and after != "visible",
                reason=reason,
                claim_message=message,
            )
        )
        return self.get(claim.id)

    def withdraw(self, claim_id: uuid.UUID, message: str | None = None) -> LogEntry:
        """The claimant takes a pending claim back.

        OwnerRequired for an unknown id and for everybody else, administrators included; WrongState
        when it is decided.
        """
        claim = self._states.find(claim_id, lock=True)
        if claim is None or not self._viewer.owns(claim.uploader_id):
            raise errors.OwnerRequired(_NOT_YOURS)
        if claim.status != "on_review":
            raise errors.WrongState(f"The claim is {claim.status}; only a pending claim can be withdrawn.")
        return self._states.close(claim, "claim_withdraw", "withdrawn", message, ClaimWithdrawn)

    # Deciding

    def approve(self, claim: Claim, message: str | None = None) -> LogEntry:
        """The claim is right: its result is removed, which approves every pending claim on it.

        NotOnReview when the claim has been decided.
        """
        self._require_on_review(claim)
        result = self._states.result_of(claim)
        if result is None:
            return self._states.close(claim, "claim_approve", "approved", message, ClaimApproved)
        entry = self._results.remove(result, message, action="claim_approve")
        if entry is None:
            return self._states.close(claim, "claim_approve", "approved", message, ClaimApproved)
        return entry

    def reject(self, claim: Claim, message: str | None = None) -> LogEntry:
        """The claim is wrong: it does not hide its result any more; NotOnReview when it has been decided."""
        self._require_on_review(claim)
        return self._states.close(claim, "claim_reject", "rejected", message, ClaimRejected)

    def show(self, claim: Claim, message: str | None = None) -> LogEntry | None:
        """Show the result while the claim is looked into; None when this claim does not hide it anyway."""
        self._require_on_review(claim)
        if not claim.hides:
            return None
        entry = self._journal.record(
            "claim_show", "claim", claim.id, from_status="on_review", to_status="on_review", message=message
        )
        claim.hides = False
        self._states.tell(claim, entry, "on_review", message, ClaimShown)
        return entry

    def close_all(self, result_id: uuid.UUID, action_id: int, message: str | None) -> None:
        """Approve every pending claim on a result that an action has removed."""
        result = self._states.lock_result(result_id)
        if result is None:
            return
        claims = list(self._session.scalars(pending_on(result_id).order_by(Claim.upload_datetime, Claim.id)))
        if not claims:
            return
        entries = [
            self._states.enter(c, "claim_approve", "approved", message, caused_by=action_id) for c in claims
        ]
        self._session.flush()
        self._results.claims_changed(result, pending=0, hiding=0)
        for claim, entry in zip(claims, entries, strict=True):
            self._events.emit(
                ClaimApproved(
                    **facts(claim, result),
                    entry_id=entry.id,
                    action_id=action_id,
                    from_status="on_review",
                    to_status="approved",
                    message=message,
                )
            )

    # Undoing

    def undo(self, entry: LogEntry, message: str | None = None) -> LogEntry:
        """Take back a decision about a claim that stands by itself; Conflict when the claim changed since."""
        claim = self._states.find(uuid.UUID(entry.resource_id), lock=True)
        if claim is None or entry.action not in UNDOABLE:
            raise errors.Conflict(f"A log entry of the kind {entry.action} cannot be undone.")
        result = self._states.result_of(claim)
        if result is not None and self._removed_by_itself(result):
            raise errors.Conflict("The result of this claim has been removed since.")
        if entry.action == "claim_show":
            if claim.status != "on_review" or claim.hides:
                raise errors.Conflict("The claim has changed since this decision.")
            claim.hides = True
        elif claim.status_entry_id != entry.id or claim.status != entry.to_status:
            raise errors.Conflict("The claim has changed since this decision, or it has been undone already.")
        return self._states.reopen(claim, entry, entry.id, message)

    def reopen_all(self, result_id: uuid.UUID, undone_id: int, message: str | None) -> None:
        """The removal of a result was undone: the claims that went with it are pending again."""
        if self._states.lock_result(result_id) is None:
            return
        query = (
            sa.select(Claim)
            .where(
                Claim.result_id == result_id, Claim.status_entry_id == undone_id, Claim.status == "approved"
            )
            .order_by(Claim.upload_datetime, Claim.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        parts = {part.resource_id: part for part in self._journal.caused_by(undone_id)}
        for claim in list(self._session.scalars(query)):
            self._states.reopen(claim, parts[str(claim.id)], undone_id, message)

    def require_allowance(self) -> None:
        """RateLimited when the viewer has filed as many claims as a day allows."""
        claimant_id = self._viewer.user_id
        # One claim after the other, else all of a burst would count the same ones.
        self._session.execute(
            sa.select(User.id).where(User.id == claimant_id).with_for_update(key_share=True)
        )
        now = utcnow()
        query = (
            sa.select(Claim.upload_datetime)
            .where(Claim.uploader_id == claimant_id, Claim.upload_datetime > now - DAY)
            .order_by(Claim.upload_datetime.desc())
            .offset(self._per_day - 1)
            .limit(1)
        )
        oldest = self._session.scalar(query)
        if oldest is not None:
            wait = int((oldest + DAY - now).total_seconds()) + 1
            raise errors.RateLimited(
                f"You have filed {self._per_day} claims within a day, which is as many as there may be. "
                f"Try again in {wait} s.",
                wait,
            )

    # Helpers

    def _removed_by_itself(self, result: Result) -> bool:
        """Whether the removal was about this result, so that no claim on it can be pending."""
        removal = self._session.get(LogEntry, result.removed_entry_id) if result.removed_entry_id else None
        return removal is not None and removal.resource_type == "result"

    def _require_on_review(self, claim: Claim) -> None:
        if claim.status != "on_review":
            raise errors.NotOnReview(
                f"The claim is {claim.status} already; only a pending claim can be decided."
            )


_NOT_YOURS = "You have no claim with this id."
