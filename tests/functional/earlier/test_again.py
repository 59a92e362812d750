"""Taking over a second time adds what is new, and leaves alone and reports what differs."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf.earlier.problems import NamesTaken
from eoscperf.testing.api import ApiClient
from eoscperf.testing.earlier import MOMENT, EarlierDatabase
from eoscperf.testing.factories import Make
from eoscperf.users.models import User
from tests.functional.earlier.conftest import People, TakeOver, ids

STEADY = ("user", "tag", "site", "flavor", "benchmark", "result", "result_tags", "claim", "submit")


@pytest.fixture
def full(earlier: EarlierDatabase) -> dict[str, Any]:
    """One of everything."""
    tag, site = earlier.tag("cloud"), earlier.site("KIT")
    flavor, benchmark = earlier.flavor("m1", site=site), earlier.benchmark("acme/io")
    claim = earlier.claim()
    return {
        "tag": tag,
        "site": site,
        "flavor": flavor,
        "benchmark": benchmark,
        "claim": claim,
        "waiting": earlier.site("Waiting", status="on_review"),
        "result": earlier.result(flavor=flavor, benchmark=benchmark, tags=[tag]),
        "claimed": earlier.result(flavor=flavor, benchmark=benchmark, deleted=True, claim=claim),
        "hidden": earlier.result(flavor=flavor, benchmark=benchmark, deleted=True),
        "orphan": earlier.claim(status="approved"),
    }


def test_a_second_run_changes_nothing(
    full: dict[str, Any], take_over: TakeOver, connection: sa.Connection
) -> None:
    def contents() -> dict[str, Any]:
        names = sa.inspect(connection).get_table_names()
        return {
            name: sorted(map(repr, connection.exec_driver_sql(f'SELECT * FROM "{name}"')))
            for name in names
            # Another stamp with the same contents would do no harm.
            if name != "catalogue_stamps"
        }

    first = take_over()
    before = contents()
    second = take_over()
    assert contents() == before
    for name in STEADY:
        one, other = first["tables"][name], second["tables"][name]
        assert one["read"] == one["inserted"] == other["read"] == other["skipped"] > 0, name
        assert other["inserted"] == other["differing"] == 0, name
    assert second["findings"] == {}
    assert (second["log_entry"], second["inserted_results_by_status"]) == (None, {})


def test_a_later_run_adds_what_is_new(
    full: dict[str, Any], earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    take_over()
    tag, person = earlier.tag("late"), earlier.user("late")
    flavor = earlier.flavor("m2", site=full["site"], uploader=person)
    new = earlier.result(flavor=flavor, benchmark=full["benchmark"], tags=[tag], uploader=person)
    earlier.link(full["result"], tag)
    report = take_over()
    assert {name: counts["inserted"] for name, counts in report["tables"].items() if counts["inserted"]} == {
        "user": 1,
        "tag": 1,
        "flavor": 1,
        "result": 1,
        "result_tags": 2,
    }
    found = {item["id"] for item in api.items(f"/results?tags_ids={tag['id']}")}
    assert found == {str(new["id"]), str(full["result"]["id"])}
    assert api.get(f"/results?tags_ids={tag['id']}").json["total"] == 2
    assert len(api.items("/reports/log?action=import", as_="admin")) == 2


def test_what_was_changed_here_is_left_alone_and_reported(
    full: dict[str, Any], earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    take_over()
    site = {"name": "KIT", "address": "elsewhere", "description": "new"}
    api.put(f"/sites/{full['site']['id']}", site, as_="admin", status=204)
    api.post(f"/sites/{full['waiting']['id']}:approve", as_="admin", status=204)
    api.post(f"/results/{full['hidden']['id']}:restore", as_="admin", status=204)
    api.post(f"/reports/claims/{full['claim']['id']}:reject", as_="admin", status=204)
    api.delete(f"/tags/{full['tag']['id']}", as_="admin", status=204)
    report = take_over()
    differing = {
        (entry["table"], entry["id"]): entry["fields"] for entry in report["findings"]["differing"]["entries"]
    }
    assert differing == {
        ("site", str(full["site"]["id"])): ["description", "address"],
        ("site", str(full["waiting"]["id"])): ["status"],
        ("result", str(full["hidden"]["id"])): ["status"],
        ("result", str(full["claimed"]["id"])): ["status"],
        ("claim", str(full["claim"]["id"])): ["status"],
        ("tag", str(full["tag"]["id"])): ["status"],
    }
    assert report["tables"]["site"]["differing"] == 2
    assert report["log_entry"] is None
    assert api.get(f"/sites/{full['site']['id']}").json["address"] == "elsewhere"
    assert api.get(f"/results/{full['hidden']['id']}").json["status"] == "visible"


def test_what_was_changed_there_is_left_alone_and_reported(
    full: dict[str, Any], earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    take_over()
    earlier.execute(
        """UPDATE result SET json = '{"x": 1}', execution_datetime = now() WHERE NOT deleted""",
        """UPDATE "user" SET email = 'new@example.org'""",
        "UPDATE claim SET message = 'x'",
    )
    report = take_over()
    fields = {(entry["table"], *entry["fields"]) for entry in report["findings"]["differing"]["entries"]}
    assert fields == {
        ("result", "json", "execution_datetime"),
        ("user", "email"),
        ("claim", "message"),
    }
    assert api.get(f"/results/{full['result']['id']}").json["json"] != {"x": 1}


def test_who_registered_here_keeps_the_account(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient, make: Make, session: orm.Session
) -> None:
    admin = make.user("boss", role="admin")
    earlier.user("boss", iss=admin.iss)
    site = earlier.site("KIT", uploader=earlier.user("boss"))
    report = take_over()
    assert report["tables"]["user"]["inserted"] == 0
    assert report["tables"]["user"]["differing"] == 1
    assert api.get(f"/sites/{site['id']}", as_="admin").json["uploader"]["role"] == "admin"
    assert session.scalar(sa.select(sa.func.count()).where(User.sub == "boss")) == 1


def test_who_was_removed_here_stays_removed(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    ann = earlier.user("ann")
    old = earlier.result(uploader=ann)
    take_over()
    api.post("/users:remove?sub=ann", as_="admin", status=204)
    new = earlier.result(uploader=ann)
    report = take_over()
    assert len(ids(report, "removed_people")) == 1
    assert report["tables"]["user"]["inserted"] == 0
    assert api.get("/users?sub=ann", as_="admin").json["total"] == 0
    for result in (old, new):
        uploader = api.get(f"/results/{result['id']}", as_="admin", status=200).json["uploader"]
        assert uploader["sub"] == "removed"
    assert "differing" not in report["findings"]


def test_a_new_claim_hides_a_result_that_was_here(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    result = earlier.result()
    take_over()
    assert api.get("/results").json["total"] == 1
    claim = earlier.claim()
    earlier.execute(
        f"UPDATE result SET deleted = true, _claim_report_id = '{claim['id']}' WHERE id = '{result['id']}'"
    )
    report = take_over()
    assert report["findings"]["claimed_here"]["entries"] == [
        {"id": str(result["id"]), "claim": str(claim["id"])}
    ]
    assert api.get(f"/results/{result['id']}", as_="admin").json["status"] == "claimed"
    assert api.get("/results").json["total"] == 0
    assert len(api.items("/reports/submits", as_="admin")) == 1
    api.post(f"/reports/claims/{claim['id']}:reject", as_="admin", status=204)
    assert api.get(f"/results/{result['id']}").json["status"] == "visible"
    assert api.get("/results").json["total"] == 1


def test_a_second_pending_claim_of_one_person_is_left_out(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient, person_of: People
) -> None:
    bob = earlier.user("bob", iss=person_of.iss)
    result = earlier.result()
    take_over()
    mine = api.post(f"/results/{result['id']}:claim", {"message": "no"}, as_=person_of("bob"), status=201)
    claim = earlier.claim(uploader=bob)
    earlier.execute(f"UPDATE result SET _claim_report_id = '{claim['id']}'")
    report = take_over()
    assert report["findings"]["claims_left"]["entries"] == [
        {"id": str(claim["id"]), "result": str(result["id"])}
    ]
    assert ids(report, "submits_left") == [str(claim["_submit_report_id"])]
    assert [one["id"] for one in api.items("/reports/claims", as_="admin")] == [mine.json["id"]]


def test_a_claim_that_came_alone_has_nothing_to_do_with_a_later_result(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    claim = earlier.claim()
    take_over()
    result = earlier.result(deleted=True, claim=claim)
    report = take_over()
    assert api.get(f"/results/{result['id']}", as_="admin").json["status"] == "removed"
    assert ids(report, "differing") == [str(claim["id"])]


def test_a_result_that_was_uploaded_here_again_keeps_its_place(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient, person_of: People
) -> None:
    benchmark, flavor = earlier.benchmark(), earlier.flavor()
    ann = earlier.user("ann", iss=person_of.iss)
    take_over()
    place = f"benchmark_id={benchmark['id']}&flavor_id={flavor['id']}"
    upload = f"/results?{place}&execution_datetime={MOMENT.isoformat()}Z"
    mine = api.post(upload, {"a": 1}, as_=person_of("ann"), status=201).json["id"]
    again = earlier.result(
        benchmark=benchmark, flavor=flavor, json={"a": 1}, uploader=ann, execution_datetime=MOMENT
    )
    report = take_over()
    assert ids(report, "equal_results") == [str(again["id"])]
    assert api.post(upload, {"a": 1}, as_=person_of("ann"), status=409).json["existing"] == mine


@pytest.mark.parametrize(
    ("there", "here"),
    [
        (lambda earlier: earlier.site("KIT"), lambda make: make.site(name="KIT")),
        (lambda earlier: earlier.tag("gpu"), lambda make: make.tag("gpu")),
        (
            lambda earlier: earlier.benchmark("a/b", docker_tag="1"),
            lambda make: make.benchmark(docker_image="a/b", docker_tag="1", status="on_review"),
        ),
    ],
    ids=["site", "tag", "benchmark"],
)
def test_a_name_that_is_in_use_here_stops_everything(
    earlier: EarlierDatabase,
    take_over: TakeOver,
    make: Make,
    there: Callable[[EarlierDatabase], Any],
    here: Callable[[Make], Any],
) -> None:
    theirs, ours = there(earlier), here(make)
    with pytest.raises(NamesTaken, match=f"{theirs['id']} there, {ours.id} here"):
        take_over()


def test_a_flavor_added_here_under_the_same_name_stops_everything(
    full: dict[str, Any], earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    take_over()
    api.post(f"/sites/{full['site']['id']}/flavors", {"name": "m9"}, as_="somebody", status=201)
    flavor = earlier.flavor("m9", site=full["site"])
    with pytest.raises(NamesTaken, match=f"flavor m9 at site {full['site']['id']}: {flavor['id']} there"):
        take_over()


def test_names_that_are_free_again_are_no_hindrance(
    earlier: EarlierDatabase, take_over: TakeOver, make: Make, api: ApiClient
) -> None:
    make.site(name="KIT", status="deleted")
    make.site(name="kit")
    site = earlier.site("KIT")
    take_over()
    assert api.get(f"/sites/{site['id']}", status=200).json["name"] == "KIT"


def test_other_time_zones_than_before_show_in_the_report(
    earlier: EarlierDatabase, take_over: TakeOver
) -> None:
    earlier.result(execution_datetime=MOMENT + datetime.timedelta(days=1))
    take_over()
    report = take_over(app_timezone="Asia/Tokyo")
    assert {name for name, counts in report["tables"].items() if counts["differing"]} == {
        "user",
        "site",
        "flavor",
        "benchmark",
        "result",
    }
