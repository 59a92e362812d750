"""Submissions: what waits for a moderator."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from eoscperf.earlier.run import Run, Taken
from eoscperf.moderation.models import Submission

_TABLE = Submission.__table__
_COMPARED = {"upload_datetime": "upload_datetime"}


def take_submits(run: Run, kind: str, taken: Sequence[Taken], here: Mapping[Any, Any]) -> None:
    """Add the submissions of rows of one kind, some of which were `here` before.

    What is on review without a submission gets one, dated as itself.
    """
    linked = {one.source.submit_id for one in taken if one.source.submit_id is not None}
    stored = run.target.rows(_TABLE, _COMPARED, linked)
    counts = run.report.count("submit")
    new = []
    for one in taken:
        known = one.source.submit_id is not None and one.source.submit_id not in run.submits
        if known:
            run.submits.add(one.source.submit_id)
            counts.read += 1
            submit = _submission(run, kind, one, one.source.submit_id)
            run.app_time(submit, "upload_datetime", one.source.submitted)
            if submit.id in stored:
                run.skip("submit", stored[submit.id], submit, _COMPARED)
                continue
            if one.id in here:
                counts.skipped += 1
                run.report.note("submits_left", id=str(submit.id), **{kind: str(one.id)})
                continue
            new.append(submit)
        elif one.id not in here and one.values["status"] == "on_review":
            made = _submission(run, kind, one, uuid.uuid4())
            made.values["upload_datetime"] = one.values["upload_datetime"]
            run.target.insert(_TABLE, [made.values])
            run.report.count(kind).repaired += 1
            run.report.note("submits_made", id=str(one.id), table=kind)
    run.add("submit", _TABLE, new)


def skip_unlinked(run: Run) -> None:
    """Report the submissions that belong to nothing."""
    counts = run.report.count("submit")
    for chunk in run.source.unlinked_submits():
        for row in chunk:
            counts.read += 1
            counts.skipped += 1
            counts.orphaned += 1
            run.report.note("unlinked_submits", id=str(row.id), resource_type=row.resource_type)
        run.progress.advance(len(chunk))


def _submission(run: Run, kind: str, one: Taken, identifier: uuid.UUID) -> Taken:
    columns: dict[str, Any] = dict.fromkeys(("benchmark_id", "site_id", "flavor_id", "claim_id"))
    is_open = one.values["status"] == "on_review"
    values = columns | {
        "id": identifier,
        "resource_type": kind,
        "closed_datetime": None if is_open else run.now,
        f"{kind}_id": one.id,
    }
    notes = [] if is_open else [("submits_closed", {kind: str(one.id)})]
    return Taken(one.source, values, notes, repaired=not is_open)
