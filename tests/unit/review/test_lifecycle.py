from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa

from eoscperf import errors, jsontext
from eoscperf.review.events import DependentsAsked, ItemMoved, ItemRestored, ItemUndone
from eoscperf.review.models import LogEntry
from eoscperf.sites.models import Flavor, Site

DECISIONS = ("approve", "reject", "delete", "restore")

# What an action makes of a state: the new one, the error it raises, or nothing at all.
OUTCOMES = {
    ("approve", "on_review"): "approved",
    ("approve", "approved"): errors.NotOnReview,
    ("approve", "rejected"): errors.NotOnReview,
    ("approve", "deleted"): errors.NotOnReview,
    ("reject", "on_review"): "rejected",
    ("reject", "approved"): errors.NotOnReview,
    ("reject", "rejected"): errors.NotOnReview,
    ("reject", "deleted"): errors.NotOnReview,
    ("delete", "on_review"): "deleted",
    ("delete", "approved"): "deleted",
    ("delete", "rejected"): None,
    ("delete", "deleted"): None,
    ("restore", "on_review"): errors.WrongState,
    ("restore", "approved"): errors.WrongState,
    ("restore", "rejected"): "on_review",
    ("restore", "deleted"): "approved",
}


@pytest.fixture(params=["benchmark", "site", "flavor"])
def build(request, make):
    return getattr(make, request.param)


def entries(session, item):
    query = sa.select(LogEntry).where(LogEntry.resource_id == str(item.id)).order_by(LogEntry.id)
    return list(session.scalars(query))


@pytest.mark.parametrize(("action", "status"), OUTCOMES)
def test_every_action_in_every_state(action, status, build, lifecycle, session, kept):
    item = build(status=status)
    before = len(entries(session, item))
    outcome = OUTCOMES[action, status]
    if isinstance(outcome, type):
        with pytest.raises(outcome) as problem:
            getattr(lifecycle, action)(item, "because")
        assert problem.value.status == (409 if action == "restore" else 422)
        assert item.name in problem.value.detail
    else:
        getattr(lifecycle, action)(item, "because")
    session.flush()
    session.refresh(item)
    if not isinstance(outcome, str):
        assert (item.status, len(entries(session, item)), list(kept)) == (status, before, [])
        return
    assert (item.status, item.status_message) == (outcome, "because")
    entry = entries(session, item)[-1]
    assert (entry.action, entry.from_status, entry.to_status) == (action, status, outcome)
    assert (entry.message, entry.caused_by, item.status_entry_id) == ("because", None, entry.id)
    (event,) = kept
    assert (event.entry_id, event.action_id, event.cascaded) == (entry.id, entry.id, False)
    assert (event.kind, event.id, event.name, event.uploader_id) == (
        item.kind,
        item.id,
        item.name,
        item.uploader_id,
    )
    assert (event.from_status, event.to_status, event.message) == (status, outcome, "because")


def test_a_restored_item_is_in_the_state_it_was_deleted_from(build, lifecycle):
    for status in ("on_review", "approved"):
        item = build(status=status)
        deletion = lifecycle.delete(item)
        lifecycle.restore(item)
        assert (item.status, item.deleted_from) == (status, None)
        assert deletion is not None


def test_submitting_stores_the_item_and_tells_of_it(lifecycle, session, kept, make):
    site = Site(name="KIT", address="kit.example.org", uploader_id=make.user("ann").id)
    lifecycle.submit(site)
    assert session.get(Site, site.id).status == "on_review"
    assert (kept.topics, kept[0].uploader_id) == (["site.submitted"], site.uploader_id)


def test_a_name_is_taken_by_live_items_only(lifecycle, make, kept):
    first = make.site(name="KIT", status="on_review")
    with pytest.raises(errors.Duplicate) as problem:
        lifecycle.submit(Site(name="KIT", address="a"))
    assert problem.value.members == {"existing": str(first.id)}
    lifecycle.reject(first)
    second = Site(name="KIT", address="a")
    lifecycle.submit(second)
    with pytest.raises(errors.Duplicate) as problem:
        lifecycle.restore(first)
    assert problem.value.members == {"existing": str(second.id)}
    lifecycle.submit(Site(name="kit", address="names differ in case"))


def test_flavors_need_a_name_of_their_own_at_their_site_only(lifecycle, make):
    flavor = make.flavor(name="small")
    lifecycle.submit(Flavor(name="small", site_id=make.site().id))
    with pytest.raises(errors.Duplicate, match="The flavor name small is in use at this site"):
        lifecycle.submit(Flavor(name="small", site_id=flavor.site_id))


def test_a_refused_name_leaves_the_session_usable(lifecycle, make, session):
    make.benchmark(docker_image="a", docker_tag="1")
    other = make.benchmark(docker_image="a", docker_tag="2")
    with pytest.raises(errors.Duplicate, match="a:1 is in use"):
        lifecycle.update(other, {"docker_tag": "1"})
    session.refresh(other)
    assert other.docker_tag == "2"


class TestUpdate:
    def test_changes_are_logged_as_pairs(self, lifecycle, make, session, kept):
        site = make.site(name="Old", address="a", description="words")
        assert lifecycle.update(site, {"name": "New", "address": "a", "description": None}) is True
        entry = entries(session, site)[-1]
        assert (entry.action, entry.from_status, entry.to_status) == ("update", None, None)
        assert jsontext.loads(entry.details) == {
            "changed": {"name": ["Old", "New"], "description": ["words", None]}
        }
        assert (kept[0].topic, kept[0].changed) == ("site.updated", ("description", "name"))
        assert site.search_text == "new\x1fa"

    def test_nothing_happens_without_a_change(self, lifecycle, make, session, kept):
        site = make.site(name="Same")
        before = len(entries(session, site))
        assert lifecycle.update(site, {"name": "Same"}) is False
        assert (list(kept), len(entries(session, site))) == ([], before)

    @pytest.mark.parametrize("status", ["rejected", "deleted"])
    def test_what_is_gone_cannot_be_changed(self, status, lifecycle, build):
        item = build(status=status)
        with pytest.raises(errors.WrongState, match="Restore it first"):
            lifecycle.update(item, {"description": "new"})


class TestCascade:
    def test_deleting_a_site_deletes_its_live_flavors(self, lifecycle, make, session, kept):
        site = make.site()
        live = [make.flavor(site=site, status=status) for status in ("approved", "on_review")]
        rejected = make.flavor(site=site, status="rejected")
        elsewhere = make.flavor()
        entry = lifecycle.delete(site, "closed")
        assert [flavor.status for flavor in live] == ["deleted", "deleted"]
        assert (rejected.status, elsewhere.status) == ("rejected", "approved")
        for flavor in live:
            part = entries(session, flavor)[-1]
            assert (part.action, part.caused_by, part.message) == ("delete", entry.id, "closed")
            assert flavor.status_entry_id == entry.id
        assert kept.topics == ["site.deleted", "flavor.deleted", "flavor.deleted"]
        assert {event.action_id for event in kept} == {entry.id}
        assert [event.cascaded for event in kept] == [False, True, True]

    def test_rejecting_a_site_rejects_or_deletes_its_flavors(self, lifecycle, make, kept):
        site = make.site(status="on_review")
        approved, on_review = make.flavor(site=site), make.flavor(site=site, status="on_review")
        lifecycle.reject(site)
        assert (approved.status, on_review.status) == ("deleted", "rejected")
        assert sorted(kept.topics) == ["flavor.deleted", "flavor.rejected", "site.rejected"]

    def test_subscribers_hear_of_a_cascade_when_all_of_it_is_done(self, lifecycle, make, kept, session):
        site = make.site()
        flavors = [make.flavor(site=site) for _ in range(2)]
        seen = []
        kept.subscribers.append(lambda event: seen.append({flavor.status for flavor in flavors}))
        lifecycle.delete(site)
        lifecycle.restore(site)
        assert seen == [{"deleted"}] * 3 + [{"approved"}] * 3

    def test_a_restore_brings_back_what_went_with_it_and_nothing_else(self, lifecycle, make, kept, session):
        site = make.site()
        before = make.flavor(site=site)
        lifecycle.delete(before)
        along = [make.flavor(site=site, status=status) for status in ("approved", "on_review")]
        deletion = lifecycle.delete(site)
        kept.clear()
        restoration = lifecycle.restore(site, "sorry")
        assert (site.status, [flavor.status for flavor in along]) == ("approved", ["approved", "on_review"])
        assert before.status == "deleted"
        assert {type(event) for event in kept} == {ItemRestored}
        assert {event.previous_action_id for event in kept} == {deletion.id}
        assert {event.action_id for event in kept} == {restoration.id}
        assert [entries(session, flavor)[-1].caused_by for flavor in along] == [restoration.id] * 2

    def test_a_flavor_comes_back_only_where_its_site_is(self, lifecycle, make):
        site = make.site()
        flavor = make.flavor(site=site)
        lifecycle.delete(site)
        with pytest.raises(errors.WrongState, match="is deleted"):
            lifecycle.restore(flavor)

    def test_the_children_of_an_unlogged_deletion_stay_deleted(self, lifecycle, make, session):
        site = make.site(status="deleted")
        flavor = make.flavor(site=site, status="deleted")
        site.status_entry_id = flavor.status_entry_id = None
        session.flush()
        lifecycle.restore(site)
        assert (site.status, flavor.status) == ("approved", "deleted")


class TestUndo:
    @pytest.mark.parametrize(
        ("action", "status"), [pair for pair, outcome in OUTCOMES.items() if isinstance(outcome, str)]
    )
    def test_everything_is_as_before(self, action, status, build, lifecycle, session, kept):
        item = build(status="on_review")
        if status == "approved":
            lifecycle.approve(item, "said before")
        elif status == "rejected":
            lifecycle.reject(item, "said before")
        elif status == "deleted":
            lifecycle.approve(item)
            lifecycle.delete(item, "said before")
        said, deleted_from = item.status_message, item.deleted_from
        entry = getattr(lifecycle, action)(item, "hasty")
        kept.clear()
        undo = lifecycle.undo(entry, "my mistake")
        assert (item.status, item.status_message) == (status, said)
        assert item.deleted_from in (deleted_from, "on_review" if status == "rejected" else deleted_from)
        assert (undo.action, undo.caused_by, undo.message) == ("undo", entry.id, "my mistake")
        assert (undo.from_status, undo.to_status) == (entry.to_status, status)
        (event,) = (event for event in kept if isinstance(event, ItemMoved))
        assert isinstance(event, ItemUndone)
        assert (event.undone_id, event.undone_entry_id, event.undone_action) == (entry.id, entry.id, action)
        assert (event.action_id, event.entry_id, event.message) == (undo.id, undo.id, "my mistake")

    def test_a_cascade_comes_back_each_to_its_own_state(self, lifecycle, make, kept, session):
        site = make.site(status="on_review")
        approved, on_review = make.flavor(site=site), make.flavor(site=site, status="on_review")
        entry = lifecycle.reject(site)
        kept.clear()
        undo = lifecycle.undo(entry)
        assert (site.status, approved.status, on_review.status) == ("on_review", "approved", "on_review")
        assert kept.topics == ["site.undone", "flavor.undone", "flavor.undone"]
        assert {event.undone_id for event in kept} == {entry.id}
        assert {event.undone_action for event in kept if event.id == approved.id} == {"delete"}
        assert entries(session, approved)[-1].caused_by == undo.id

    def test_a_restore_that_is_undone_can_be_done_again(self, lifecycle, make):
        site = make.site()
        flavor = make.flavor(site=site)
        lifecycle.delete(site)
        restoration = lifecycle.restore(site)
        lifecycle.undo(restoration)
        assert (site.status, flavor.status) == ("deleted", "deleted")
        lifecycle.restore(site)
        assert (site.status, flavor.status) == ("approved", "approved")

    def test_the_message_of_an_undone_decision_is_forgotten(self, lifecycle, make):
        site = make.site(status="on_review")
        lifecycle.undo(lifecycle.approve(site, "first try"))
        lifecycle.approve(site, "second try")
        lifecycle.undo(lifecycle.delete(site, "third"))
        assert (site.status, site.status_message) == ("approved", "second try")

    def test_it_is_done_once(self, lifecycle, make):
        site = make.site()
        entry = lifecycle.delete(site)
        undo = lifecycle.undo(entry)
        for again in (entry, undo):
            with pytest.raises(errors.Conflict):
                lifecycle.undo(again)

    def test_a_later_decision_stands(self, lifecycle, make):
        site = make.site(status="on_review")
        entry = lifecycle.approve(site)
        lifecycle.delete(site)
        with pytest.raises(errors.Conflict, match="changed since"):
            lifecycle.undo(entry)

    def test_a_part_of_a_cascade_is_undone_with_the_whole(self, lifecycle, make, session):
        site = make.site()
        flavor = make.flavor(site=site)
        entry = lifecycle.delete(site)
        with pytest.raises(errors.Conflict, match=f"entry {entry.id}"):
            lifecycle.undo(entries(session, flavor)[-1])

    @pytest.mark.parametrize(
        ("action", "kind"), [("update", "site"), ("delete", "result"), ("import", "site")]
    )
    def test_only_decisions_about_reviewed_items_are_undone(self, action, kind, lifecycle, session):
        entry = LogEntry(action=action, resource_type=kind, resource_id=str(uuid.uuid4()))
        session.add(entry)
        session.flush()
        with pytest.raises(errors.Conflict, match="cannot be undone"):
            lifecycle.undo(entry)

    def test_the_name_must_still_be_free(self, lifecycle, make):
        site = make.site(name="KIT")
        entry = lifecycle.delete(site)
        other = make.site(name="KIT")
        with pytest.raises(errors.Duplicate) as problem:
            lifecycle.undo(entry)
        assert problem.value.members == {"existing": str(other.id)}

    def test_a_flavor_does_not_come_back_below_a_site_that_went_later(self, lifecycle, make):
        site = make.site()
        flavor = make.flavor(site=site)
        entry = lifecycle.delete(flavor)
        lifecycle.delete(site)
        with pytest.raises(errors.WrongState, match="is deleted"):
            lifecycle.undo(entry)

    def test_an_approval_with_dependents_stands(self, lifecycle, build, kept):
        item = build(status="on_review")
        entry = lifecycle.approve(item)
        asked = []

        def answer(event):
            if isinstance(event, DependentsAsked):
                asked.append(event)
                event.found.append("12 results")

        kept.subscribers.append(answer)
        with pytest.raises(errors.Conflict, match="12 results came to rest on"):
            lifecycle.undo(entry)
        assert (asked[0].kind, asked[0].id, asked[0].since) == (item.kind, item.id, entry.datetime)
        assert item.status == "approved"

    def test_nobody_is_asked_when_something_comes_back(self, lifecycle, build, kept):
        item = build()
        entry = lifecycle.delete(item)
        lifecycle.undo(entry)
        assert not [event for event in kept if isinstance(event, DependentsAsked)]

    def test_an_approval_of_a_site_stands_once_flavors_were_submitted(self, lifecycle, make):
        site = make.site(status="on_review")
        make.flavor(site=site)
        entry = lifecycle.approve(site)
        lifecycle.undo(entry)
        entry = lifecycle.approve(site)
        make.flavor(site=site, status="on_review")
        with pytest.raises(errors.Conflict, match="1 flavor came"):
            lifecycle.undo(entry)

    def test_the_restoration_of_a_site_stands_once_a_flavor_was_decided_about(self, lifecycle, make):
        site = make.site()
        flavor = make.flavor(site=site, status="on_review")
        lifecycle.delete(site)
        entry = lifecycle.restore(site)
        lifecycle.approve(flavor)
        with pytest.raises(errors.Conflict, match="1 flavor came"):
            lifecycle.undo(entry)
