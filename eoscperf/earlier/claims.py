"""Claims, and what the new ones mean for results that were here before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from eoscperf.earlier.results import note_results
from eoscperf.earlier.run import Run, Taken
from eoscperf.earlier.submits import take_submits
from eoscperf.moderation.models import Claim
from eoscperf.results.models import Result

_TABLE = Claim.__table__

_COMPARED = {
    "message": "message",
    "status": "status",
    "upload_datetime": "upload_datetime",
    "uploader_id": "uploader",
    "result_id": "result",
}


def take_claims(run: Run) -> None:
    """Add the claims that are missing; those without a result stay so and are reported."""
    for chunk in run.source.claims():
        taken = [_claim(run, row) for row in chunk]
        new, here = run.sort_out("claim", _TABLE, taken, _COMPARED)
        left = _second_claims(run, new)
        new = [one for one in new if one.id not in left]
        _claim_known_results(run, new)
        run.add("claim", _TABLE, new)
        run.report.count("claim").orphaned += sum(one.values["result_id"] is None for one in new)
        take_submits(run, "claim", taken, here | left)
        run.progress.advance(len(chunk))


def _claim(run: Run, row: Any) -> Taken:
    values = {
        "id": row.id,
        "message": row.message,
        "reason": "other",
        "status": row.status or "on_review",
        "hides": True,
        "result_id": row.result_id,
        "uploader_id": run.uploader(row),
        "decision_datetime": None,
        "decision_message": None,
        "status_entry_id": None,
    }
    one = Taken(row, values)
    run.app_time(one, "upload_datetime", row.upload_datetime)
    if row.result_id is None:
        one.notes.append(("orphan_claims", {"status": values["status"]}))
    if row.sharing > 1:
        one.repaired = True
        one.notes.append(("shared_claims", {"result": str(row.result_id), "results": row.sharing}))
    return one


def _pending(claims: Sequence[Taken]) -> list[Taken]:
    return [
        one for one in claims if one.values["status"] == "on_review" and one.values["result_id"] is not None
    ]


def _second_claims(run: Run, new: Sequence[Taken]) -> dict[Any, Any]:
    """Those by people whose own claim on the result is pending here; nobody can have two."""
    pending = _pending(new)
    if not pending:
        return {}
    stored = sa.select(_TABLE.c.result_id, _TABLE.c.uploader_id).where(
        _TABLE.c.status == "on_review", _TABLE.c.result_id.in_([one.values["result_id"] for one in pending])
    )
    taken = {tuple(row) for row in run.target.connection.execute(stored)}
    left = {}
    for one in pending:
        result_id, claimant = one.values["result_id"], one.values["uploader_id"]
        if claimant is not None and (result_id, claimant) in taken:
            left[one.id] = one
            run.report.count("claim").skipped += 1
            run.report.note("claims_left", id=str(one.id), result=str(result_id))
    return left


def _claim_known_results(run: Run, new: Sequence[Taken]) -> None:
    """Count pending claims at results that do not know of them: those that were here before this run."""
    pending = {one.values["result_id"]: one for one in _pending(new)}
    if not pending:
        return
    session = run.target.session
    counted = sa.select(sa.func.count()).where(
        _TABLE.c.status == "on_review", _TABLE.c.result_id == Result.id
    )
    unaware = sa.select(Result).where(
        Result.id.in_(pending), Result.pending_claims == counted.correlate(Result).scalar_subquery()
    )
    for result in session.scalars(unaware).all():
        run.report.note("claimed_here", id=str(result.id), claim=str(pending[result.id].id))
        if run.target.writing:
            result.pending_claims += 1
            result.hiding_claims += 1
            status = result.derive_status()
            if status != result.status:
                result.status = status
                result.status_datetime = pending[result.id].values["upload_datetime"]
                result.status_message = None
            session.flush()
        session.expunge(result)
    note_results(run, list(pending))
