"""Claims over HTTP: filing, looking at them, deciding, and what that does to the result."""

from __future__ import annotations

import datetime
import threading
import uuid

import pytest

from eoscperf.db import utcnow
from eoscperf.moderation.models import Claim, Submission

TEXT = {"message": "The run used two sockets, the result names one."}


@pytest.fixture
def result(api, make):
    return make.result(uploader=api.person("uploader"))


@pytest.fixture
def claim(api, make, result):
    return make.claim(result, uploader=api.person("claimant"))


@pytest.fixture
def status_of(api):
    return lambda result: api.get(f"/results/{result.id}", as_="admin").json["status"]


def submission_is_open(session, claim_id):
    session.expire_all()
    submission = session.query(Submission).filter_by(claim_id=uuid.UUID(str(claim_id))).one()
    return submission.closed_datetime is None


class TestFiling:
    def test_a_claim_hides_the_result_and_waits_for_a_moderator(self, api, result, session, status_of):
        answer = api.post(
            f"/results/{result.id}:claim", TEXT | {"reason": "implausible"}, as_="user", status=201
        )
        shown = answer.json
        assert answer.headers["Location"] == f"https://perf.example.org/api/v1/reports/claims/{shown['id']}"
        assert shown == {
            "id": shown["id"],
            "message": TEXT["message"],
            "reason": "implausible",
            "resource_id": str(result.id),
            "resource_type": "result",
            "status": "on_review",
            "upload_datetime": shown["upload_datetime"],
            "uploader": shown["uploader"],
        }
        assert shown["uploader"]["sub"] == "user"
        assert status_of(result) == "claimed"
        assert api.items("/results") == []
        assert submission_is_open(session, shown["id"])

    def test_the_reason_is_other_when_none_is_given(self, api, result):
        assert api.post(f"/results/{result.id}:claim", TEXT, as_="user").json["reason"] == "other"

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"message": ""},
            {"message": " \n"},
            {"message": None},
            TEXT | {"reason": "rude"},
            TEXT | {"more": 1},
        ],
    )
    def test_a_claim_needs_a_message_and_a_known_reason(self, api, result, body):
        api.post(f"/results/{result.id}:claim", body, as_="user", status=422)

    def test_the_same_user_cannot_have_two_pending_claims_on_a_result(self, api, result):
        first = api.post(f"/results/{result.id}:claim", TEXT, as_="user").json
        problem = api.post(f"/results/{result.id}:claim", TEXT, as_="user", status=409).json
        assert problem["type"] == "urn:eoscperf:problem:duplicate"
        assert problem["existing"] == first["id"]
        api.post(f"/results/{result.id}:claim", TEXT, as_="other", status=201)

    def test_a_user_may_claim_again_after_a_decision(self, api, result):
        first = api.post(f"/results/{result.id}:claim", TEXT, as_="user").json
        api.post(f"/reports/claims/{first['id']}:reject", as_="admin")
        api.post(f"/results/{result.id}:claim", TEXT, as_="user", status=201)

    def test_one_may_claim_ones_own_result(self, api, result):
        api.post(f"/results/{result.id}:claim", TEXT, as_="uploader", status=201)

    @pytest.mark.parametrize(
        ("who", "status"), [(None, 401), ("stranger", 403), ("user", 201), ("admin", 201)]
    )
    def test_claims_are_for_registered_users(self, api, result, who, status):
        api.post(f"/results/{result.id}:claim", TEXT, as_=who, status=status)

    def test_the_result_of_a_hidden_benchmark_is_unknown(self, api, make):
        hidden = make.result(benchmark=make.benchmark(status="on_review"))
        api.post(f"/results/{hidden.id}:claim", TEXT, as_="user", status=404)
        api.post(f"/results/{uuid.uuid4()}:claim", TEXT, as_="user", status=404)

    @pytest.mark.parametrize(("gone", "slug"), [("withdrawn", "withdrawn"), ("removed", "removed")])
    def test_what_is_gone_cannot_be_claimed(self, api, make, gone, slug):
        result = make.result(uploader=api.person("uploader"), **{gone: True})
        path = f"/results/{result.id}:claim"
        assert api.post(path, TEXT, as_="user", status=410).json["type"].endswith(slug)
        for who in ("uploader", "admin"):
            assert api.post(path, TEXT, as_=who, status=409).json["type"].endswith("wrong-state")

    def test_a_day_allows_so_many_claims(self, api, make, set_setting, session):
        set_setting("rates.claims", 2)
        made = [make.result() for _ in range(4)]
        for result in made[:2]:
            api.post(f"/results/{result.id}:claim", TEXT, as_="user", status=201)
        refused = api.post(f"/results/{made[2].id}:claim", TEXT, as_="user", status=429)
        assert 86000 < int(refused.headers["Retry-After"]) <= 86401
        api.post(f"/results/{uuid.uuid4()}:claim", body=b"{", as_="user", status=429)
        api.post(f"/results/{made[2].id}:claim", TEXT, as_="other", status=201)
        oldest = session.query(Claim).filter_by(result_id=made[0].id).one()
        oldest.upload_datetime = utcnow() - datetime.timedelta(hours=24, seconds=1)
        session.commit()
        api.post(f"/results/{made[3].id}:claim", TEXT, as_="user", status=201)

    def test_filing_is_told_and_logged(self, api, result, events):
        filed = api.post(f"/results/{result.id}:claim", TEXT, as_="user").json
        (event,) = [e for e in events if getattr(e, "topic", "") == "result.claimed"]
        assert (str(event.id), event.result_id) == (filed["id"], result.id)
        assert event.claim_message == TEXT["message"]
        assert event.result_uploader_id == api.person("uploader").id
        assert event.result_hidden
        about_result, about_claim = api.items("/reports/log", {"action": "claim"}, as_="admin")
        assert about_claim["resource_id"] == filed["id"]
        assert about_claim["to_status"] == "on_review"
        assert about_result["caused_by"] == about_claim["id"]
        assert (about_result["from_status"], about_result["to_status"]) == ("visible", "claimed")


class TestLookingAtClaims:
    def test_the_claimant_and_administrators_see_a_claim(self, api, claim):
        for who in ("claimant", "admin"):
            shown = api.get(f"/reports/claims/{claim.id}", as_=who, status=200).json
            assert shown["uploader"]["sub"] == "claimant"

    def test_others_learn_nothing_about_ids(self, api, claim):
        for who in ("uploader", "other"):
            for some in (claim.id, uuid.uuid4()):
                problem = api.get(f"/reports/claims/{some}", as_=who, status=403).json
                assert problem["type"].endswith("owner-required")
        api.get(f"/reports/claims/{claim.id}", status=401)
        api.get(f"/reports/claims/{claim.id}", as_="stranger", status=403)
        api.get(f"/reports/claims/{uuid.uuid4()}", as_="admin", status=404)

    def test_the_owner_of_the_result_sees_claims_without_the_claimant(self, api, result, claim):
        (shown,) = api.items(f"/results/{result.id}/claims", as_="uploader")
        assert shown["uploader"] == {
            "sub": "hidden",
            "iss": "urn:eoscperf:hidden",
            "email": "",
            "registration_datetime": "1970-01-01T00:00:00Z",
        }
        (shown,) = api.items(f"/results/{result.id}/claims", as_="admin")
        assert shown["uploader"]["sub"] == "claimant"

    def test_the_claims_of_a_result_are_for_its_owner(self, api, make, result, claim):
        api.get(f"/results/{result.id}/claims", status=401)
        api.get(f"/results/{result.id}/claims", as_="claimant", status=403)
        api.get(f"/results/{uuid.uuid4()}/claims", as_="other", status=404)
        gone = make.result(withdrawn=True)
        api.get(f"/results/{gone.id}/claims", as_="other", status=410)

    def test_the_claims_of_somebody_removed_stand(self, api, result, claim):
        api.post("/users:remove?sub=claimant", as_="admin", status=204)
        for who in ("uploader", "admin"):
            (shown,) = api.items(f"/results/{result.id}/claims", as_=who)
            assert (shown["uploader"]["sub"], shown["status"]) == ("removed", "on_review")
        api.post(f"/reports/claims/{claim.id}:reject", as_="admin", status=204)

    def test_a_claim_from_elsewhere_may_have_no_result(self, api, make, session):
        orphan = Claim(message="old", uploader_id=api.person("claimant").id)
        session.add(orphan)
        session.commit()
        shown = api.get(f"/reports/claims/{orphan.id}", as_="claimant").json
        assert "resource_id" not in shown
        api.post(f"/reports/claims/{orphan.id}:approve", as_="admin", status=204)
        assert api.get(f"/reports/claims/{orphan.id}", as_="claimant").json["status"] == "approved"

    def test_lists_show_pending_claims_first_then_by_age(self, api, make):
        start = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
        wanted = []
        for day, status in ((4, "on_review"), (2, "rejected"), (1, "withdrawn"), (3, "on_review")):
            claim = make.claim(
                make.result(),
                uploader=api.person("claimant"),
                status=status,
                upload_datetime=start + datetime.timedelta(days=day),
            )
            wanted.append(str(claim.id))
        late, second, first, early = wanted
        for path, who in (("/reports/claims", "admin"), ("/users/self/claims", "claimant")):
            assert [c["id"] for c in api.items(path, as_=who)] == [early, late, first, second]
            by_time = api.items(path, {"sort_by": "+upload_datetime"}, as_=who)
            assert [c["id"] for c in by_time] == [first, second, early, late]
            assert len(api.items(path, {"sort_by": "-status,+resource_type,id"}, as_=who)) == 4
            assert [c["id"] for c in api.items(path, {"status": "rejected"}, as_=who)] == [second]
            assert [c["id"] for c in api.items(path, {"upload_after": "2024-01-04"}, as_=who)] == [late]
            assert [c["id"] for c in api.items(path, {"upload_before": "2024-01-03"}, as_=who)] == [first]
            page = api.get(path, {"per_page": 3, "cursor": ""}, as_=who).json
            rest = api.items(path, {"per_page": 3, "cursor": page["next_cursor"]}, as_=who)
            assert [c["id"] for c in page["items"] + rest] == [early, late, first, second]

    @pytest.mark.parametrize("query", [{"status": "visible"}, {"sort_by": "message"}, {"terms": "x"}])
    def test_what_lists_do_not_know_is_refused(self, api, query):
        api.get("/reports/claims", query, as_="admin", status=422)

    def test_who_may_list_claims(self, api, claim):
        api.get("/reports/claims", status=401)
        api.get("/reports/claims", as_="claimant", status=403)
        assert len(api.items("/reports/claims", as_="admin")) == 1
        assert len(api.items("/users/self/claims", as_="claimant")) == 1
        assert api.items("/users/self/claims", as_="other") == []
        api.get("/users/self/claims", status=401)

    def test_lists_take_few_statements(self, api, make, claim, statements):
        for _ in range(5):
            make.claim(make.result())
        token = api.token("admin")
        statements.clear()
        api.get("/reports/claims", {"per_page": 2}, token=token)
        assert len(statements) <= 4


class TestDecisions:
    def test_approving_removes_the_result_and_approves_every_pending_claim_on_it(
        self, api, make, result, claim, session, events, status_of
    ):
        other = make.claim(result, uploader=api.person("other"))
        api.post(f"/reports/claims/{claim.id}:approve", {"message": "Right."}, as_="admin", status=204)
        assert status_of(result) == "removed"
        api.get(f"/results/{result.id}", status=410)
        for who, one in (("claimant", claim), ("other", other)):
            shown = api.get(f"/reports/claims/{one.id}", as_=who).json
            assert (shown["status"], shown["decision_message"]) == ("approved", "Right.")
            assert "decision_datetime" in shown
            assert not submission_is_open(session, one.id)
        approved = [e for e in events if getattr(e, "topic", "") == "claim.approved"]
        assert [e.id for e in approved] == [claim.id, other.id]
        log = api.items("/reports/log", {"action": "claim_approve", "sort_by": "+id"}, as_="admin")
        assert [entry["resource_type"] for entry in log] == ["result", "claim", "claim"]
        assert [entry.get("caused_by") for entry in log] == [None, log[0]["id"], log[0]["id"]]

    def test_deleting_a_result_approves_the_claims_on_it(self, api, result, claim):
        api.delete(f"/results/{result.id}", {"message": "Indeed."}, as_="admin", status=204)
        shown = api.get(f"/reports/claims/{claim.id}", as_="claimant").json
        assert (shown["status"], shown["decision_message"]) == ("approved", "Indeed.")
        assert not api.get(f"/results/{result.id}", as_="admin").json["disputed"]

    def test_a_result_is_visible_again_when_its_last_claim_is_rejected(
        self, api, make, result, claim, events, status_of
    ):
        other = make.claim(result)
        api.post(f"/reports/claims/{claim.id}:reject", as_="admin", status=204)
        assert status_of(result) == "claimed"
        api.post(f"/reports/claims/{other.id}:reject", {"message": "Confirmed."}, as_="admin", status=204)
        assert status_of(result) == "visible"
        rejected = [e for e in events if getattr(e, "topic", "") == "claim.rejected"]
        assert [e.result_restored for e in rejected] == [False, True]

    @pytest.mark.parametrize("verb", ["approve", "reject", "show"])
    def test_what_is_decided_cannot_be_decided_again(self, api, claim, verb):
        api.post(f"/reports/claims/{claim.id}:reject", as_="admin", status=204)
        problem = api.post(f"/reports/claims/{claim.id}:{verb}", as_="admin", status=422).json
        assert problem["type"].endswith("wrong-state")

    @pytest.mark.parametrize("verb", ["approve", "reject", "show"])
    def test_deciding_is_for_administrators(self, api, claim, verb):
        api.post(f"/reports/claims/{claim.id}:{verb}", status=401)
        api.post(f"/reports/claims/{claim.id}:{verb}", as_="claimant", status=403)
        api.post(f"/reports/claims/{uuid.uuid4()}:{verb}", as_="claimant", status=403)
        api.post(f"/reports/claims/{uuid.uuid4()}:{verb}", as_="admin", status=404)

    def test_a_result_can_be_shown_while_a_claim_is_looked_into(self, api, make, result, claim, events):
        api.post(f"/reports/claims/{claim.id}:show", as_="admin", status=204)
        shown = api.get(f"/results/{result.id}").json
        assert (shown["status"], shown["disputed"]) == ("visible", True)
        assert api.get(f"/reports/claims/{claim.id}", as_="admin").json["status"] == "on_review"
        assert events[-1].topic == "claim.shown"
        # Once more changes nothing, and a further claim hides the result again.
        api.post(f"/reports/claims/{claim.id}:show", as_="admin", status=204)
        assert (
            len(api.items("/reports/log", {"action": "claim_show", "resource_type": "claim"}, as_="admin"))
            == 1
        )
        api.post(f"/results/{result.id}:claim", TEXT, as_="other", status=201)
        assert api.get(f"/results/{result.id}").json["status"] == "claimed"

    def test_a_shown_claim_can_still_be_approved(self, api, result, claim, status_of):
        api.post(f"/reports/claims/{claim.id}:show", as_="admin", status=204)
        api.post(f"/reports/claims/{claim.id}:approve", as_="admin", status=204)
        assert status_of(result) == "removed"

    def test_withdrawing_a_result_does_not_dodge_moderation(self, api, result, claim, status_of):
        api.post(f"/results/{result.id}:withdraw", as_="uploader", status=204)
        assert status_of(result) == "withdrawn"
        api.post(f"/reports/claims/{claim.id}:approve", as_="admin", status=204)
        assert status_of(result) == "removed"

    def test_deleting_a_result_that_is_away_with_its_site_is_about_its_claims_too(
        self, api, make, result, claim, status_of
    ):
        path, site = f"/results/{result.id}", f"/sites/{result.site_id}"
        api.delete(site, as_="admin")
        for _ in range(2):
            api.delete(path, {"message": "Right."}, as_="admin")
        decided = api.get(f"/reports/claims/{claim.id}", as_="admin").json
        assert (decided["status"], decided["decision_message"]) == ("approved", "Right.")
        deletions = {"resource_id": str(result.id), "action": "delete"}
        assert len(api.items("/reports/log", deletions, as_="admin")) == 1
        api.post(f"{site}:restore", as_="admin")
        assert status_of(result) == "removed"
        api.post(f"{path}:restore", as_="admin")
        assert status_of(result) == "visible"

    def test_claims_stay_pending_while_a_result_is_away_with_its_site(self, api, make, status_of):
        site = make.site()
        result = make.result(flavor=make.flavor(site=site))
        kept, right = make.claim(result), make.claim(result)
        api.delete(f"/sites/{site.id}", as_="admin", status=204)
        assert status_of(result) == "removed"
        assert api.get(f"/reports/claims/{kept.id}", as_="admin").json["status"] == "on_review"
        api.post(f"/reports/claims/{right.id}:approve", as_="admin", status=204)
        assert api.get(f"/reports/claims/{kept.id}", as_="admin").json["status"] == "approved"
        # What a claim has removed does not come back with its site.
        api.post(f"/sites/{site.id}:restore", as_="admin", status=204)
        assert status_of(result) == "removed"


class TestWithdrawing:
    def test_the_claimant_takes_a_claim_back(self, api, result, claim, session, events, status_of):
        api.post(
            f"/reports/claims/{claim.id}:withdraw", {"message": "My mistake."}, as_="claimant", status=204
        )
        assert status_of(result) == "visible"
        assert api.get(f"/reports/claims/{claim.id}", as_="claimant").json["status"] == "withdrawn"
        assert not submission_is_open(session, claim.id)
        assert (events[-1].topic, events[-1].result_restored) == ("claim.withdrawn", True)

    def test_nobody_else_can(self, api, claim):
        for who in ("uploader", "other", "admin"):
            for some in (claim.id, uuid.uuid4()):
                api.post(f"/reports/claims/{some}:withdraw", as_=who, status=403)
        api.post(f"/reports/claims/{claim.id}:withdraw", status=401)

    def test_only_a_pending_claim_can_be_withdrawn(self, api, claim):
        api.post(f"/reports/claims/{claim.id}:withdraw", as_="claimant", status=204)
        api.post(f"/reports/claims/{claim.id}:withdraw", as_="claimant", status=409)


def together(*calls):
    """The statuses of requests made at once."""
    answers = [None] * len(calls)
    barrier = threading.Barrier(len(calls))

    def run(number, call):
        barrier.wait()
        answers[number] = call().status_int

    threads = [threading.Thread(target=run, args=each) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers)


class TestAtTheSameTime:
    @pytest.fixture
    def post(self, live_api):
        """A request that can be made later, its token made now."""
        # Before anything is read: SQLite writes nothing on a snapshot that is older than other commits.
        live_api.person("admin")

        def post(who, path, body=None):
            token = live_api.token(who)
            return lambda: live_api.post(path, body, token=token, status="*")

        return post

    def test_a_claim_sent_twice_is_filed_once(self, live_api, post):
        result = live_api.make.result()
        path = f"/results/{result.id}:claim"
        assert together(*[post("user", path, TEXT) for _ in range(3)]) == [201, 409, 409]

    def test_of_two_moderators_the_second_is_told(self, live_api, post):
        result = live_api.make.result()
        claim = live_api.make.claim(result)
        live_api.make.user("moderator", role="admin")
        path = f"/reports/claims/{claim.id}"
        calls = [post("admin", f"{path}:approve"), post("moderator", f"{path}:reject")]
        assert together(*calls) == [204, 422]
        # Whoever it was: claim and result agree.
        decided = live_api.get(path, as_="admin").json["status"]
        status = live_api.get(f"/results/{result.id}", as_="admin").json["status"]
        assert (decided, status) in {("approved", "removed"), ("rejected", "visible")}

    def test_claims_of_several_people_are_all_counted(self, live_api, post):
        result = live_api.make.result()
        people = ("ann", "bob", "eve")
        calls = [post(who, f"/results/{result.id}:claim", TEXT) for who in people]
        assert together(*calls) == [201, 201, 201]
        claims = [claim["id"] for claim in live_api.items("/reports/claims", as_="admin")]
        decisions = [post("admin", f"/reports/claims/{claim}:reject") for claim in claims]
        assert together(*decisions) == [204, 204, 204]
        shown = live_api.get(f"/results/{result.id}").json
        assert (shown["status"], shown["disputed"]) == ("visible", False)

    def test_deleting_a_result_and_deciding_about_its_claim_agree(self, live_api, post):
        result = live_api.make.result()
        claim = live_api.make.claim(result)
        token = live_api.token("admin")
        delete = lambda: live_api.delete(f"/results/{result.id}", token=token, status="*")  # noqa: E731
        answers = together(delete, post("admin", f"/reports/claims/{claim.id}:approve"))
        assert answers in ([204, 204], [204, 422])
        assert live_api.get(f"/reports/claims/{claim.id}", as_="admin").json["status"] == "approved"
        assert live_api.get(f"/results/{result.id}", as_="admin").json["status"] == "removed"

    def test_a_burst_of_claims_stays_within_the_day(self, live_api, post):
        live_api.app.app.registry.settings["rates.claims"] = 2
        results = [live_api.make.result() for _ in range(4)]
        calls = [post("user", f"/results/{result.id}:claim", TEXT) for result in results]
        assert together(*calls) == [201, 201, 429, 429]

    def test_no_result_comes_back_below_a_site_deleted_meanwhile(self, live_api, post):
        make = live_api.make
        for _ in range(4):
            make.session.rollback()  # SQLite: a snapshot from before other commits cannot be written to
            result = make.result(removed=True)
            path, token = f"/sites/{result.site_id}", live_api.token("admin")
            restore = post("admin", f"/results/{result.id}:restore")
            delete = lambda path=path, token=token: live_api.delete(path, token=token, status="*")  # noqa: E731
            assert together(restore, delete) in ([204, 204], [204, 409])
            assert live_api.get(f"/results/{result.id}", token=token).json["status"] == "removed"

    def test_of_two_moderators_of_a_site_the_second_is_told_too(self, live_api, post):
        site = live_api.make.site(status="on_review")
        path = f"/sites/{site.id}"
        live_api.make.user("moderator", role="admin")
        assert together(post("admin", f"{path}:approve"), post("moderator", f"{path}:reject")) == [204, 422]
        (entry,) = live_api.items("/reports/log", {"resource_id": str(site.id)}, as_="admin")
        assert live_api.get(path, as_="admin").json["status"] == entry["to_status"]
        assert live_api.items("/reports/submits", as_="admin") == []

    @pytest.mark.parametrize("verb", ["approve", "reject", "show"])
    def test_a_decision_is_undone_by_one_of_two(self, live_api, post, verb):
        result = live_api.make.result()
        claim = live_api.make.claim(result)
        live_api.make.user("moderator", role="admin")
        live_api.post(f"/reports/claims/{claim.id}:{verb}", as_="admin")
        (entry,) = live_api.items("/reports/log", {"resource_type": "claim"}, as_="admin")
        path = f"/reports/log/{entry['id']}:undo"
        assert together(post("admin", path), post("moderator", path)) == [204, 409]
        shown = live_api.get(f"/results/{result.id}", as_="admin").json
        assert (shown["status"], shown["disputed"]) == ("claimed", True)
