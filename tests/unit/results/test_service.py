"""The rules about results that moderation builds on."""

from __future__ import annotations

import uuid

import pytest

from eoscperf import errors
from eoscperf.results.events import ResultRemoved, ResultUndone
from eoscperf.results.models import Result
from eoscperf.results.service import Results
from eoscperf.review.journal import Journal
from eoscperf.review.models import LogEntry
from eoscperf.security.identity import ANONYMOUS, Viewer
from eoscperf.testing.factories import Make


class Seen(list):
    """Events that would have been delivered."""

    def emit(self, event):
        self.append(event)


@pytest.fixture
def make(session):
    return Make(session)


@pytest.fixture
def events():
    return Seen()


@pytest.fixture
def results(session, make, events):
    """The service as an administrator uses it."""
    return as_viewer(session, Viewer(make.user("admin", role="admin").id, admin=True), events)


def as_viewer(session, viewer, events=None):
    return Results(session, viewer, Journal(session, viewer), Seen() if events is None else events)


@pytest.mark.parametrize(
    ("pending", "hiding", "status"), [(2, 1, "claimed"), (1, 0, "visible"), (0, 0, "visible")]
)
def test_claims_decide_whether_a_result_is_visible(results, make, pending, hiding, status):
    result = make.result()
    assert results.claims_changed(result, pending=pending, hiding=hiding) == status
    assert (result.status, result.disputed) == (status, pending > 0)


def test_claims_do_not_show_what_is_withdrawn_or_removed(results, make):
    for result in (make.result(withdrawn=True), make.result(removed=True)):
        status = result.status
        assert results.claims_changed(result, pending=1, hiding=1) == status
        assert results.claims_changed(result, pending=0, hiding=0) == status


def test_a_removal_is_logged_as_the_action_that_made_it(results, make, events):
    result = make.result()
    entry = results.remove(result, "implausible", action="claim_approve")
    assert (entry.action, entry.resource_type, entry.resource_id) == (
        "claim_approve",
        "result",
        str(result.id),
    )
    assert (entry.from_status, entry.to_status, entry.message) == ("visible", "removed", "implausible")
    (told,) = events
    assert isinstance(told, ResultRemoved)
    assert (told.id, told.entry_id, told.action) == (result.id, entry.id, "claim_approve")
    assert results.remove(result) is None
    assert len(events) == 1


def test_a_removal_can_be_undone(results, make, events, session):
    result = make.result()
    entry = results.remove(result, "oops")
    undo = results.undo(entry, "as it was")
    assert (undo.action, undo.caused_by) == ("undo", entry.id)
    assert (undo.from_status, undo.to_status) == ("removed", "visible")
    assert result.status == "visible"
    told = events[-1]
    assert isinstance(told, ResultUndone)
    assert (told.undone_id, told.undone_action) == (entry.id, "delete")
    with pytest.raises(errors.Conflict):
        results.undo(entry)


def test_a_restore_can_be_undone(results, make):
    result = make.result()
    removal = results.remove(result)
    restore = results.restore(result)
    assert result.status == "visible"
    results.undo(restore)
    assert (result.status, result.removed_entry_id) == ("removed", removal.id)
    with pytest.raises(errors.Conflict):
        results.undo(restore)


def test_what_changed_since_is_not_undone(results, make):
    result = make.result()
    removal = results.remove(result)
    restore = results.restore(result)
    with pytest.raises(errors.Conflict):
        results.undo(removal)
    results.remove(result)
    with pytest.raises(errors.Conflict):
        results.undo(restore)


def test_only_removals_and_restores_of_results_are_undone(results, make, session):
    user = make.user("ann")
    result = make.result(uploader=user)
    entry = as_viewer(session, Viewer(user.id)).withdraw(result)
    with pytest.raises(errors.Conflict):
        results.undo(entry)
    with pytest.raises(errors.Conflict):
        results.undo(LogEntry(action="delete", resource_type="site", resource_id=str(uuid.uuid4())))
    lost = LogEntry(
        action="delete", resource_type="result", resource_id=str(uuid.uuid4()), to_status="removed"
    )
    with pytest.raises(errors.Conflict):
        results.undo(lost)


def test_a_withdrawn_and_removed_result_is_removed_until_both_are_taken_back(results, make, session):
    user = make.user("ann")
    own = as_viewer(session, Viewer(user.id))
    result = make.result(uploader=user)
    own.withdraw(result)
    results.remove(result)
    assert result.status == "removed"
    results.restore(result)
    assert result.status == "withdrawn"
    own.restore(result)
    assert result.status == "visible"


def test_the_tombstone_says_since_when(results, make, session):
    removed, withdrawn = make.result(removed=True), make.result(withdrawn=True)
    outside = as_viewer(session, ANONYMOUS)
    with pytest.raises(errors.Removed) as told:
        outside.get(removed.id)
    assert told.value.members["since"] == removed.status_datetime
    with pytest.raises(errors.Withdrawn) as told:
        outside.get(withdrawn.id)
    assert told.value.members["since"] == withdrawn.withdrawn_datetime
    with pytest.raises(errors.NotFound):
        outside.get(uuid.uuid4())


def test_links_to_deleted_tags_outlive_a_change_of_tags(results, make, session):
    deleted, live = make.tag("deleted"), make.tag("live")
    result = make.result(tags=[deleted, live])
    deleted.status = "deleted"
    session.commit()
    results.set_tags(result, [])
    deleted.status = "live"
    session.commit()
    session.expire_all()
    assert [tag.name for tag in results.get(result.id).tags] == ["deleted"]


def test_the_state_follows_from_the_facts():
    facts = {"removed_entry_id": None, "withdrawn_datetime": None, "hiding_claims": 0, "pending_claims": 0}
    assert Result(**facts).derive_status() == "visible"
