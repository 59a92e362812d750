"""Taking decisions back."""

from __future__ import annotations

import datetime

import pytest

from eoscperf.review.models import LogEntry

TEXT = {"message": "Looks wrong."}


@pytest.fixture
def last(api):
    """The newest log entry, or the newest of an action."""
    return lambda **query: api.items("/reports/log", {"per_page": 1, **query}, as_="admin")[0]


@pytest.fixture
def undo(api):
    return lambda entry, status=204, **options: api.post(
        f"/reports/log/{entry['id']}:undo", **({"as_": "admin", "status": status} | options)
    )


@pytest.fixture
def status_of(api):
    return lambda path: api.get(path, as_="admin").json["status"]


class TestItems:
    @pytest.mark.parametrize("kind", ["site", "benchmark", "flavor"])
    @pytest.mark.parametrize("verb", ["approve", "reject", "delete"])
    def test_a_decision_is_taken_back(self, api, make, kind, verb, last, undo, status_of):
        item = getattr(make, kind)(status="on_review")
        path = f"/{kind}s/{item.id}"
        if verb == "delete":
            api.delete(path, as_="admin")
        else:
            api.post(f"{path}:{verb}", as_="admin")
        assert api.items("/reports/submits", as_="admin") == []
        decision = last()
        undo(decision, body=b'{"message": "Too fast."}')
        assert status_of(path) == "on_review"
        assert len(api.items("/reports/submits", as_="admin")) == 1
        entry = last()
        assert (entry["action"], entry["caused_by"]) == ("undo", decision["id"])
        assert entry["message"] == "Too fast."

    def test_results_come_back_with_their_benchmark(self, api, make, last, undo, status_of):
        result = make.result()
        api.delete(f"/benchmarks/{result.benchmark_id}", as_="admin")
        assert status_of(f"/results/{result.id}") == "removed"
        undo(last())
        assert status_of(f"/results/{result.id}") == "visible"

    def test_what_rests_on_a_decision_holds_it(self, api, make, last, undo):
        site = make.site(status="on_review")
        api.post(f"/sites/{site.id}:approve", as_="admin")
        decision = last()
        api.post(f"/sites/{site.id}/flavors", {"name": "big"}, as_="user", status=201)
        undo(decision, 409)


class TestClaims:
    @pytest.fixture
    def result(self, make):
        return make.result()

    @pytest.fixture
    def claim(self, api, make, result):
        return make.claim(result, uploader=api.person("claimant"))

    @pytest.mark.parametrize("about", ["claim", "result"])
    def test_an_approval_is_taken_back_with_all_it_did(
        self, api, make, result, claim, about, last, undo, status_of, events
    ):
        other = make.claim(result)
        api.post(f"/reports/claims/{claim.id}:approve", as_="admin")
        undo(last(action="claim_approve", resource_type=about))
        assert status_of(f"/results/{result.id}") == "claimed"
        for one in (claim, other):
            shown = api.get(f"/reports/claims/{one.id}", as_="admin").json
            assert shown["status"] == "on_review"
            assert "decision_datetime" not in shown
        assert len(api.items("/reports/submits", as_="admin")) == 2
        assert [e.id for e in events if getattr(e, "topic", "") == "claim.undone"] == [claim.id, other.id]

    def test_a_rejection_is_taken_back(self, api, result, claim, last, undo, status_of):
        api.post(f"/reports/claims/{claim.id}:reject", {"message": "No."}, as_="admin")
        assert status_of(f"/results/{result.id}") == "visible"
        decision = last(action="claim_reject", resource_type="claim")
        undo(decision)
        assert status_of(f"/results/{result.id}") == "claimed"
        assert status_of(f"/reports/claims/{claim.id}") == "on_review"
        undo(decision, 409)

    def test_a_rejection_stands_once_the_claimant_has_claimed_again(self, api, result, claim, last, undo):
        api.post(f"/reports/claims/{claim.id}:reject", as_="admin")
        decision = last(action="claim_reject", resource_type="claim")
        api.post(f"/results/{result.id}:claim", TEXT, as_="claimant", status=201)
        assert "another claim" in undo(decision, 409).json["detail"]

    def test_a_rejection_stands_once_the_result_is_removed(self, api, result, claim, last, undo):
        api.post(f"/reports/claims/{claim.id}:reject", as_="admin")
        decision = last(action="claim_reject", resource_type="claim")
        api.delete(f"/results/{result.id}", as_="admin")
        undo(decision, 409)

    def test_showing_a_result_is_taken_back(self, api, result, claim, last, undo, status_of):
        api.post(f"/reports/claims/{claim.id}:show", as_="admin")
        decision = last(action="claim_show", resource_type="claim")
        undo(decision)
        assert status_of(f"/results/{result.id}") == "claimed"
        api.post(f"/reports/claims/{claim.id}:show", as_="admin")
        undo(decision, 409)
        assert status_of(f"/results/{result.id}") == "visible"

    def test_a_claim_that_went_with_its_result_comes_back_with_it(
        self, api, result, claim, last, undo, status_of
    ):
        api.delete(f"/results/{result.id}", as_="admin")
        came_along = last(action="claim_approve")
        problem = undo(came_along, 409).json
        assert f"entry {came_along['caused_by']}" in problem["detail"]
        undo(last(action="delete"))
        assert status_of(f"/reports/claims/{claim.id}") == "on_review"
        assert status_of(f"/results/{result.id}") == "claimed"

    def test_an_approval_on_a_result_that_is_away_is_taken_back(
        self, api, result, claim, last, undo, status_of
    ):
        benchmark = f"/benchmarks/{result.benchmark_id}"
        api.delete(benchmark, as_="admin")
        api.post(f"/reports/claims/{claim.id}:approve", as_="admin")
        undo(last(action="claim_approve"))
        assert status_of(f"/reports/claims/{claim.id}") == "on_review"
        assert status_of(f"/results/{result.id}") == "removed"
        api.post(f"{benchmark}:restore", as_="admin")
        assert status_of(f"/results/{result.id}") == "claimed"

    def test_a_rejection_is_taken_back_while_the_result_is_away(
        self, api, result, claim, last, undo, status_of
    ):
        benchmark = f"/benchmarks/{result.benchmark_id}"
        api.delete(benchmark, as_="admin")
        api.post(f"/reports/claims/{claim.id}:reject", as_="admin")
        undo(last(action="claim_reject"))
        assert status_of(f"/reports/claims/{claim.id}") == "on_review"
        api.post(f"{benchmark}:restore", as_="admin")
        assert status_of(f"/results/{result.id}") == "claimed"

    def test_what_else_went_away_since_keeps_the_result_and_brings_it_back(
        self, api, result, claim, last, undo, status_of
    ):
        site, benchmark = f"/sites/{result.site_id}", f"/benchmarks/{result.benchmark_id}"
        api.delete(site, as_="admin")
        api.post(f"/reports/claims/{claim.id}:approve", as_="admin")
        decision = last(action="claim_approve")
        api.post(f"{site}:restore", as_="admin")
        api.delete(benchmark, as_="admin")
        undo(decision)
        assert status_of(f"/results/{result.id}") == "removed"
        api.post(f"{benchmark}:restore", as_="admin")
        assert status_of(f"/results/{result.id}") == "claimed"

    def test_so_is_one_whose_benchmark_is_back_by_then(self, api, result, claim, last, undo, status_of):
        benchmark = f"/benchmarks/{result.benchmark_id}"
        api.delete(benchmark, as_="admin")
        api.post(f"/reports/claims/{claim.id}:approve", as_="admin")
        decision = last(action="claim_approve")
        api.post(f"{benchmark}:restore", as_="admin")
        assert status_of(f"/results/{result.id}") == "removed"
        undo(decision)
        assert status_of(f"/results/{result.id}") == "claimed"


class TestResults:
    def test_a_removal_and_its_restore_are_taken_back(self, api, make, last, undo, status_of):
        path = f"/results/{make.result().id}"
        api.delete(path, as_="admin")
        undo(last(action="delete"), body=b'{"message": "Not this one."}')
        assert status_of(path) == "visible"
        assert last()["message"] == "Not this one."
        api.delete(path, as_="admin")
        api.post(f"{path}:restore", as_="admin")
        undo(last(action="restore"))
        assert status_of(path) == "removed"

    def test_a_removal_is_taken_back_although_the_site_is_gone_by_then(
        self, api, make, last, undo, status_of
    ):
        result = make.result()
        path, site = f"/results/{result.id}", f"/sites/{result.site_id}"
        api.delete(path, as_="admin")
        removal = last(action="delete")
        api.delete(site, as_="admin")
        undo(removal)
        assert status_of(path) == "removed"
        api.post(f"{site}:restore", as_="admin")
        assert status_of(path) == "visible"

    def test_a_restore_stands_once_the_result_is_claimed(self, api, make, last, undo, status_of):
        path = f"/results/{make.result().id}"
        api.delete(path, as_="admin")
        api.post(f"{path}:restore", as_="admin")
        restore = last(action="restore")
        api.post(f"{path}:claim", TEXT, as_="user", status=201)
        assert "claimed since" in undo(restore, 409).json["detail"]
        assert status_of(path) == "claimed"

    @pytest.mark.parametrize("state", ["visible", "withdrawn", "claimed"])
    def test_since_when_and_why_is_as_before_too(self, api, make, last, undo, state):
        path = f"/results/{make.result(uploader=api.person('ann')).id}"
        if state == "withdrawn":
            api.post(f"{path}:withdraw", {"message": "Wrong machine."}, as_="ann")
        if state == "claimed":
            claim = api.post(f"{path}:claim", TEXT, as_="user").json["id"]
        before = api.get(path, as_="ann").json
        api.delete(path, {"message": "No."}, as_="admin")
        undo(last(action="delete"), body=b'{"message": "Yes."}')
        assert api.get(path, as_="ann").json == before
        if state == "claimed":
            api.post(f"/reports/claims/{claim}:reject", as_="admin")
            undo(last(action="claim_reject", resource_type="claim"))
            assert api.get(path, as_="ann").json == before
            return
        api.delete(path, {"message": "No."}, as_="admin")
        removed = api.get(path, as_="ann").json
        api.post(f"{path}:restore", as_="admin")
        undo(last(action="restore"))
        assert api.get(path, as_="ann").json == removed


class TestRefusals:
    @pytest.fixture
    def decision(self, api, make, last):
        api.post(f"/sites/{make.site(status='on_review').id}:approve", as_="admin")
        return last()

    def test_it_can_be_too_late(self, api, session, decision, undo):
        entry = session.get(LogEntry, decision["id"])
        entry.datetime -= datetime.timedelta(minutes=10, seconds=1)
        session.commit()
        assert "10 minutes" in undo(decision, 409).json["detail"]

    def test_the_setting_says_how_long(self, api, session, decision, undo, set_setting):
        set_setting("moderation.undo_minutes", 60)
        entry = session.get(LogEntry, decision["id"])
        entry.datetime -= datetime.timedelta(minutes=59)
        session.commit()
        undo(decision)

    def test_a_decision_is_undone_once(self, decision, undo, last):
        undo(decision)
        assert "already" in undo(decision, 409).json["detail"]
        undo(last(), 409)

    def test_not_everything_in_the_log_is_a_decision(self, api, make, undo, last):
        site, result = make.site(), make.result(uploader=api.person("ann"))
        api.put(f"/sites/{site.id}", {"name": "Other", "address": "other.example.org"}, as_="admin")
        undo(last(), 409)
        api.post(f"/results/{result.id}:withdraw", as_="ann")
        undo(last(), 409)
        filed = api.post(f"/results/{make.result().id}:claim", TEXT, as_="ann").json
        undo(last(action="claim", resource_type="claim"), 409)
        api.post(f"/reports/claims/{filed['id']}:withdraw", as_="ann")
        undo(last(action="claim_withdraw", resource_type="claim"), 409)

    def test_it_is_for_administrators(self, decision, undo):
        undo(decision, 401, as_=None)
        undo(decision, 403, as_="user")

    def test_an_unknown_entry_is_not_found(self, undo):
        undo({"id": 10**17}, 404)
        undo({"id": "7b7c3a52-0f3e-4a5e-8d25-1f6f2f1a9c31"}, 404)
        undo({"id": 10**18}, 404)
