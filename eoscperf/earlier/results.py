"""Results and their tags."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from eoscperf.earlier.documents import Unacceptable, result_document
from eoscperf.earlier.problems import SourceUnusable
from eoscperf.earlier.run import Run, Taken
from eoscperf.moderation.models import Claim
from eoscperf.results.models import Result, result_tags
from eoscperf.results.submit import duplicate_key

HIDDEN = "hidden in the earlier service"
"""What a removed result says of its removal."""

_TABLE = Result.__table__

_COMPARED = {
    "content_hash": "json",
    "execution_datetime": "execution_datetime",
    "upload_datetime": "upload_datetime",
    "benchmark_id": "benchmark",
    "flavor_id": "flavor",
    "uploader_id": "uploader",
    "status": "status",
}


def take_results(run: Run) -> None:
    """Add the results that are missing, each in the state that it had."""
    known = _Known()
    for chunk in run.source.results():
        claims = {row.claim_id: row.id for row in chunk if row.first}
        here = run.target.rows(Claim.__table__, ("result_id",), claims)
        # A claim that is here already, without its result, has nothing to do with one that comes only now.
        astray = {claim for claim, row in here.items() if row.result_id != claims[claim]}
        taken = [_result(run, row, row.first and row.claim_id not in astray) for row in chunk]
        new, _ = run.sort_out("result", _TABLE, taken, _COMPARED)
        _mark_equal(run, new, known)
        for one in new:
            if one.values["status"] == "removed":
                one.values["removed_entry_id"] = run.entry_id
        run.add("result", _TABLE, new)
        for one in new:
            run.report.statuses[one.values["status"]] += 1
            run.benchmarks.add(one.values["benchmark_id"])
        run.progress.advance(len(chunk))


def take_links(run: Run) -> None:
    """Add the tags that are missing at results."""
    counts = run.report.count("result_tags")
    # Looking in a table that only this transaction fills, PostgreSQL would read all of it every time.
    any_here = run.target.connection.execute(sa.select(result_tags).limit(1)).first() is not None
    for chunk in run.source.links():
        counts.read += len(chunk)
        here = _links_of(run, {row.result_id for row in chunk}) if any_here else set()
        new = [row for row in chunk if (row.result_id, row.tag_id) not in here]
        run.target.insert(result_tags, [{"result_id": row.result_id, "tag_id": row.tag_id} for row in new])
        counts.inserted += len(new)
        counts.skipped += len(chunk) - len(new)
        note_results(run, {row.result_id for row in new})
        run.progress.advance(len(chunk))


def note_results(run: Run, ids: Collection[Any]) -> None:
    """Remember which benchmarks these results belong to: what is known about those has to be renewed."""
    for row in run.target.rows(_TABLE, ("benchmark_id",), ids).values():
        run.benchmarks.add(row.benchmark_id)


def _links_of(run: Run, ids: Collection[Any]) -> set[tuple[Any, Any]]:
    stored = sa.select(result_tags).where(run.target.among(result_tags.c.result_id, ids))
    return {(row.result_id, row.tag_id) for row in run.target.connection.execute(stored)}


def _result(run: Run, row: Any, claimed: bool) -> Taken:
    try:
        document = result_document(row.json)
    except Unacceptable as problem:
        raise SourceUnusable(
            f"The result {row.id} cannot be taken over: {problem}. "
            "Correct or delete it in the earlier database first."
        ) from problem
    values = {
        "id": row.id,
        "json": document.text,
        "content_hash": document.content_hash,
        "benchmark_id": row.benchmark_id,
        "flavor_id": row.flavor_id,
        "site_id": run.site_of[row.flavor_id],
        "uploader_id": run.uploader(row),
        "supersedes_id": None,
        "superseded_by_id": None,
        "duplicate_key": None,
        "restored_entry_id": None,
        "withdrawn_datetime": None,
    }
    one = Taken(row, values)
    run.app_time(one, "upload_datetime", row.upload_datetime)
    run.db_time(one, "execution_datetime", row.execution_datetime)
    _set_state(run, one, claimed)
    if row.site_id != values["site_id"]:
        one.repaired = True
        site_ids = {"named": str(row.site_id), "taken": str(values["site_id"])}
        one.notes.append(("site_from_flavor", site_ids))
    if document.unusual is not None:
        one.notes.append(("unusual_json", {"reason": document.unusual}))
    return one


def _set_state(run: Run, one: Taken, claimed: bool) -> None:
    """The facts that make the state. A claim hides while it is pending; approved it removed the result."""
    row, values = one.source, one.values
    claim = (row.claim_status or "on_review") if claimed else None
    pending = int(claim == "on_review")
    values |= {"pending_claims": pending, "hiding_claims": pending, "removed_entry_id": None}
    values |= {"status": "visible", "status_datetime": None, "status_message": None}
    if pending:
        values["status"] = "claimed"
        values["status_datetime"] = run.shown_time(row.claimed)
    elif row.deleted:
        values |= {"status": "removed", "status_datetime": run.now, "status_message": HIDDEN}
        one.notes.append(("hidden_results", {"claim": claim or "none"}))


class _Known:
    """The duplicate keys of the results that came so far, as far as an equal one can still come.

    Results come by execution time, and equal ones have the same. Only where the clock was put forward may
    two times stand for one instant: keys of those are kept until the end.
    """

    def __init__(self) -> None:
        self._executed: Any = None
        self._keys: set[bytes] = set()
        self._kept: set[bytes] = set()

    def is_first(self, one: Taken, key: bytes) -> bool:
        if one.source.execution_datetime != self._executed:
            self._executed = one.source.execution_datetime
            self._keys.clear()
        if key in self._keys or key in self._kept:
            return False
        self._keys.add(key)
        if any(finding == "missing_times" for finding, _ in one.notes):
            self._kept.add(key)
        return True


def _mark_equal(run: Run, new: Sequence[Taken], known: _Known) -> None:
    """Give the oldest of equal results the key that keeps another one from being uploaded."""
    keys = {}
    for one in new:
        values = one.values
        if values["uploader_id"] is not None:
            keys[one.id] = duplicate_key(
                values["uploader_id"],
                values["benchmark_id"],
                values["flavor_id"],
                values["execution_datetime"],
                values["content_hash"],
            )
    here = run.target.rows(_TABLE, (), list(keys.values()), by="duplicate_key")
    for one in new:
        key = keys.get(one.id)
        if key is None:
            continue
        if key in here or not known.is_first(one, key):
            one.notes.append(("equal_results", {}))
        else:
            one.values["duplicate_key"] = key
