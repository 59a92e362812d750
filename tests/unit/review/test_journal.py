from __future__ import annotations

import uuid

from eoscperf import jsontext
from eoscperf.review.journal import Journal


def test_an_entry_knows_who_did_what_to_what(session, admin):
    thing = uuid.uuid4()
    entry = Journal(session, admin).record(
        "reject", "site", thing, from_status="on_review", to_status="rejected", message="no", details={"n": 1}
    )
    assert (entry.actor_id, entry.resource_id, entry.details) == (admin.user_id, str(thing), '{"n":1}')
    assert entry.id is not None
    assert entry.datetime.tzinfo is not None


def test_ids_rise(session, admin):
    journal = Journal(session, admin)
    ids = [journal.record("update", "site", uuid.uuid4()).id for _ in range(3)]
    assert ids == sorted(set(ids))


def test_counts_add_up(session, admin):
    journal = Journal(session, admin)
    entry = journal.record("delete", "site", uuid.uuid4(), details={"kept": True})
    journal.count(entry.id, removed_results=2)
    journal.count(entry.id, removed_results=3, other=1)
    assert jsontext.loads(entry.details) == {"kept": True, "removed_results": 5, "other": 1}


def test_what_came_along_is_found(session, admin):
    journal = Journal(session, admin)
    root = journal.record("delete", "site", uuid.uuid4())
    parts = [journal.record("delete", "flavor", uuid.uuid4(), caused_by=root.id) for _ in range(2)]
    assert journal.caused_by(root.id) == parts
