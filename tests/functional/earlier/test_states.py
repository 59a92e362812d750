"""Claims, submissions and hidden results: what was pending is pending, what was hidden stays hidden."""

from __future__ import annotations

import datetime
import uuid

import pytest
import sqlalchemy as sa

from eoscperf.testing.api import ApiClient
from eoscperf.testing.earlier import MOMENT, EarlierDatabase
from tests.functional.earlier.conftest import TakeOver, ids

STAMP = "2022-03-04T05:06:07.890123Z"


@pytest.mark.parametrize(
    ("deleted", "claim", "status"),
    [
        (False, None, "visible"),
        (False, "approved", "visible"),
        (False, "on_review", "claimed"),
        (True, "on_review", "claimed"),
        (True, "approved", "removed"),
        (True, None, "removed"),
    ],
)
def test_the_state_of_a_result_follows_from_its_claim(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient, deleted: bool, claim: str, status: str
) -> None:
    about = earlier.claim(status=claim) if claim else None
    result = earlier.result(deleted=deleted, claim=about)
    report = take_over()
    path = f"/results/{result['id']}"
    shown = api.get(path, as_="admin", status=200).json
    assert (shown["status"], shown["disputed"]) == (status, status == "claimed")
    listed = api.get("/results").json["total"]
    assert listed == (status == "visible")
    if status == "removed":
        assert shown["status_message"] == "hidden in the earlier service"
        assert api.get(path, status=410).json["since"] == shown["status_datetime"]
        assert report["findings"]["hidden_results"]["entries"] == [
            {"id": str(result["id"]), "table": "result", "claim": claim or "none"}
        ]
    else:
        assert report["findings"] == {}
        api.get(path, status=200)
    if status == "claimed":
        assert shown["status_datetime"] == STAMP
    assert report["inserted_results_by_status"] == {status: 1}


def test_a_claim_without_a_status_is_pending(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    claim = earlier.claim(status=None)
    result = earlier.result(deleted=True, claim=claim)
    take_over()
    assert api.get(f"/results/{result['id']}", as_="admin").json["status"] == "claimed"
    shown = api.get(f"/reports/claims/{claim['id']}", as_="admin", status=200).json
    assert (shown["status"], shown["resource_id"]) == ("on_review", str(result["id"]))


def test_a_claim_is_shown_as_it_was_made(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    claim = earlier.claim(message="Negative time", uploader=earlier.user("bob"))
    result = earlier.result(deleted=True, claim=claim)
    take_over()
    (shown,) = api.items("/reports/claims", as_="admin")
    assert shown["uploader"]["sub"] == "bob"
    del shown["uploader"]
    assert shown == {
        "id": str(claim["id"]),
        "message": "Negative time",
        "reason": "other",
        "resource_type": "result",
        "resource_id": str(result["id"]),
        "status": "on_review",
        "upload_datetime": STAMP,
    }


def test_moderation_goes_on_with_what_was_pending(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    claims = [earlier.claim(), earlier.claim()]
    results = [earlier.result(deleted=True, claim=claim) for claim in claims]
    site = earlier.site("Waiting", status="on_review")
    take_over()
    waiting = api.items("/reports/submits?sort_by=resource_type", as_="admin")
    assert [entry["resource_type"] for entry in waiting] == ["claim", "claim", "site"]
    api.post(f"/reports/claims/{claims[0]['id']}:reject", as_="admin", status=204)
    api.post(f"/reports/claims/{claims[1]['id']}:approve", as_="admin", status=204)
    api.post(f"/sites/{site['id']}:approve", as_="admin", status=204)
    assert api.items("/reports/submits", as_="admin") == []
    assert api.get(f"/results/{results[0]['id']}", status=200).json["status"] == "visible"
    api.get(f"/results/{results[1]['id']}", status=410)
    assert api.get("/results").json["total"] == 1


def test_a_hidden_result_can_be_brought_back(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    result = earlier.result(deleted=True)
    report = take_over()
    (identifier,) = ids(report, "hidden_results")
    api.post(f"/results/{identifier}:restore", as_="admin", status=204)
    assert api.get(f"/results/{result['id']}", status=200).json["status"] == "visible"
    assert api.get("/results").json["total"] == 1


@pytest.mark.parametrize("status", ["on_review", "approved", None])
def test_items_keep_their_status(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient, status: str | None
) -> None:
    site = earlier.site("KIT", status=status)
    flavor = earlier.flavor(site=earlier.site("Other"), status=status)
    benchmark = earlier.benchmark(status=status)
    take_over()
    expected = status or "on_review"
    public = 200 if expected == "approved" else 404
    for path in (f"/sites/{site['id']}", f"/flavors/{flavor['id']}", f"/benchmarks/{benchmark['id']}"):
        assert api.get(path, as_="admin", status=200).json["status"] == expected
        api.get(path, status=public)
    waiting = api.items("/reports/submits", as_="admin")
    assert [entry["resource_type"] for entry in waiting] == (
        [] if expected == "approved" else ["benchmark", "flavor", "site"]
    )


def test_submissions_keep_id_and_time(earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient) -> None:
    later = MOMENT + datetime.timedelta(seconds=1)
    submit = earlier.submit("site", upload_datetime=later)
    site = earlier.site("KIT", status="on_review", _submit_report_id=submit["id"])
    claim = earlier.claim()
    earlier.result(claim=claim)
    take_over()
    shown = {entry["resource_id"]: entry for entry in api.items("/reports/submits", as_="admin")}
    of_site, of_claim = shown[str(site["id"])], shown[str(claim["id"])]
    assert (of_site["id"], of_site["upload_datetime"]) == (str(submit["id"]), "2022-03-04T05:06:08.890123Z")
    assert of_claim["resource_type"] == "claim"
    assert of_claim["id"] == str(claim["_submit_report_id"])


def test_what_is_on_review_without_a_submission_gets_one(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    when = datetime.datetime(2020, 1, 2)
    site = earlier.site("KIT", status=None, _submit_report_id=None, upload_datetime=when)
    claim = earlier.claim(_submit_report_id=None, upload_datetime=when)
    report = take_over()
    waiting = {entry["resource_id"]: entry for entry in api.items("/reports/submits", as_="admin")}
    assert set(waiting) == {str(site["id"]), str(claim["id"])}
    assert {entry["upload_datetime"] for entry in waiting.values()} == {"2020-01-02T00:00:00Z"}
    assert sorted(ids(report, "submits_made")) == sorted(waiting)
    assert report["tables"]["site"]["repaired"] == report["tables"]["claim"]["repaired"] == 1
    assert "submits_made" not in take_over()["findings"]


def test_submissions_that_belong_to_nothing_are_left_out(
    earlier: EarlierDatabase, take_over: TakeOver, connection: sa.Connection
) -> None:
    lost = earlier.submit("flavor")
    report = take_over()
    assert report["findings"]["unlinked_submits"]["entries"] == [
        {"id": str(lost["id"]), "resource_type": "flavor"}
    ]
    counts = report["tables"]["submit"]
    assert (counts["read"], counts["skipped"], counts["orphaned"], counts["inserted"]) == (1, 1, 1, 0)
    assert connection.scalar(sa.text("SELECT count(*) FROM submissions")) == 0
    assert report["log_entry"] is None


def test_the_submission_of_something_approved_is_closed(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    submit = earlier.submit("site")
    site = earlier.site("KIT", _submit_report_id=submit["id"])
    report = take_over()
    assert api.items("/reports/submits", as_="admin") == []
    assert report["findings"]["submits_closed"]["entries"] == [
        {"id": str(submit["id"]), "table": "submit", "site": str(site["id"])}
    ]


def test_a_submission_shared_by_two_is_that_of_the_first(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    submit = earlier.submit("site")
    sites = [
        earlier.site(name, status="on_review", _submit_report_id=submit["id"], id=uuid.UUID(int=number))
        for number, name in ((1, "A"), (2, "B"))
    ]
    report = take_over()
    waiting = {entry["resource_id"]: entry["id"] for entry in api.items("/reports/submits", as_="admin")}
    assert waiting[str(sites[0]["id"])] == str(submit["id"])
    assert waiting[str(sites[1]["id"])] != str(submit["id"])
    assert ids(report, "submits_made") == [str(sites[1]["id"])]
    assert report["tables"]["submit"]["read"] == 1


def test_claims_without_a_result_are_kept_and_reported(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    orphans = [earlier.claim(), earlier.claim(status="approved")]
    report = take_over()
    entries = {entry["id"]: entry["status"] for entry in report["findings"]["orphan_claims"]["entries"]}
    assert entries == {str(orphans[0]["id"]): "on_review", str(orphans[1]["id"]): "approved"}
    assert report["tables"]["claim"]["orphaned"] == 2
    shown = api.get(f"/reports/claims/{orphans[0]['id']}", as_="admin", status=200).json
    assert "resource_id" not in shown
    api.post(f"/reports/claims/{orphans[0]['id']}:reject", as_="admin", status=204)
    assert api.items("/reports/claims?status=on_review", as_="admin") == []


def test_a_claim_on_two_results_is_about_the_older(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    claim = earlier.claim()
    newer = earlier.result(deleted=True, claim=claim)
    older = earlier.result(deleted=True, claim=claim, upload_datetime=MOMENT - datetime.timedelta(days=1))
    report = take_over()
    assert api.get(f"/results/{older['id']}", as_="admin").json["status"] == "claimed"
    assert api.get(f"/results/{newer['id']}", as_="admin").json["status"] == "removed"
    assert ids(report, "hidden_results") == [str(newer["id"])]
    assert report["findings"]["shared_claims"]["entries"] == [
        {"id": str(claim["id"]), "table": "claim", "result": str(older["id"]), "results": 2}
    ]
    api.post(f"/reports/claims/{claim['id']}:reject", as_="admin", status=204)
    assert api.get(f"/results/{older['id']}", status=200).json["status"] == "visible"


def test_results_of_what_is_on_review_wait_with_it(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    site = earlier.site("KIT", status="on_review")
    result = earlier.result(flavor=earlier.flavor(site=site))
    take_over()
    api.get(f"/results/{result['id']}", status=404)
    assert api.get("/results").json["total"] == 0
    api.post(f"/sites/{site['id']}:approve", as_="admin", status=204)
    assert api.get("/results").json["total"] == 1
