"""What was odd in the earlier database is mended or kept, and reported either way."""

from __future__ import annotations

import datetime
from typing import Any

import sqlalchemy as sa

from eoscperf.testing.api import ApiClient
from eoscperf.testing.earlier import MOMENT, EarlierDatabase
from tests.functional.earlier.conftest import TakeOver, ids

DAY = datetime.timedelta(days=1)


def test_the_site_of_a_result_is_that_of_its_flavor(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    right, wrong = earlier.site("Right"), earlier.site("Wrong")
    result = earlier.result(flavor=earlier.flavor(site=right), site_id=wrong["id"])
    report = take_over()
    assert api.get(f"/results/{result['id']}").json["site"]["name"] == "Right"
    assert api.get(f"/results?site_id={wrong['id']}").json["total"] == 0
    assert report["findings"]["site_from_flavor"]["entries"] == [
        {"id": str(result["id"]), "table": "result", "named": str(wrong["id"]), "taken": str(right["id"])}
    ]
    assert report["tables"]["result"]["repaired"] == 1


def test_the_oldest_of_equal_results_counts_as_the_upload(
    earlier: EarlierDatabase, take_over: TakeOver, connection: sa.Connection
) -> None:
    benchmark, flavor = earlier.benchmark(), earlier.flavor()
    same: dict[str, Any] = {"benchmark": benchmark, "flavor": flavor}
    second = earlier.result(**same, json='{"a": 1, "b": 2.0}', upload_datetime=MOMENT + DAY)
    first = earlier.result(**same, json='{"b": 2, "a": 1.0}', deleted=True)
    third = earlier.result(**same, json='{"b": 2, "a": 1e0}', upload_datetime=MOMENT + 2 * DAY)
    others = [
        earlier.result(**same, json='{"b": 2, "a": 1}', uploader=earlier.user("other")),
        earlier.result(**same, json='{"b": 2, "a": 1}', execution_datetime=MOMENT - DAY),
        earlier.result(**same, json='{"b": 2, "a": "1"}'),
    ]
    report = take_over()
    assert sorted(ids(report, "equal_results")) == sorted([str(second["id"]), str(third["id"])])
    rows = connection.execute(sa.text("SELECT id FROM results WHERE duplicate_key IS NOT NULL"))
    holders = {str(identifier).replace("-", "") for (identifier,) in rows}
    assert holders == {row["id"].hex for row in (first, *others)}


def test_times_that_the_clock_showed_twice_or_never_are_reported(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    twice = datetime.datetime(2021, 10, 31, 2, 30)
    never = datetime.datetime(2022, 3, 27, 2, 30)
    result = earlier.result(execution_datetime=twice, upload_datetime=never)
    site = earlier.site("KIT", upload_datetime=twice)
    zones = {"db_timezone": "Europe/Berlin", "app_timezone": "Europe/Berlin"}
    report = take_over(**zones)
    shown = api.get(f"/results/{result['id']}").json
    assert shown["execution_datetime"] == "2021-10-31T00:30:00Z"
    assert shown["upload_datetime"] == "2022-03-27T01:30:00Z"
    assert report["findings"]["ambiguous_times"]["entries"] == [
        {"id": str(site["id"]), "table": "site", "column": "upload_datetime"},
        {"id": str(result["id"]), "table": "result", "column": "execution_datetime"},
    ]
    assert report["findings"]["missing_times"]["entries"] == [
        {"id": str(result["id"]), "table": "result", "column": "upload_datetime"}
    ]
    assert "ambiguous_times" not in take_over(**zones)["findings"]


def test_equal_results_at_an_instant_with_two_names_are_found(
    earlier: EarlierDatabase, take_over: TakeOver
) -> None:
    same: dict[str, Any] = {"benchmark": earlier.benchmark(), "flavor": earlier.flavor(), "json": {"a": 1}}
    earlier.result(**same, execution_datetime=datetime.datetime(2022, 3, 27, 2, 30))
    other = earlier.result(**same, execution_datetime=datetime.datetime(2022, 3, 27, 3, 30))
    report = take_over(db_timezone="Europe/Berlin")
    assert ids(report, "equal_results") == [str(other["id"])]


def test_numbers_stay_as_postgresql_wrote_them(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    result = earlier.result(json='{"a": 1.10, "b": 1e3, "c": -0.0, "d": 123456789012345678901234567890}')
    report = take_over()
    shown = api.get(f"/results/{result['id']}")
    assert b'"json":{"a":1.10,"b":1000,"c":0.0,"d":123456789012345678901234567890}' in shown.body
    assert report["findings"] == {}


def test_json_that_no_upload_could_bring_is_kept_and_can_be_searched(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    schema = {"type": "object", "properties": {"big": {"type": "number"}, "n": {"type": "integer"}}}
    benchmark = earlier.benchmark(json_schema=schema)
    odd = {
        "large": '{"big": 1e400, "n": 1}',
        "small": '{"big": 1e-400, "n": 2}',
        "long": '{"big": ' + "7" * 4000 + ', "n": 3}',
        "deep": '{"n": 4, "deep": ' + "[" * 400 + "]" * 400 + "}",
    }
    ids = {name: earlier.result(benchmark=benchmark, json=text)["id"] for name, text in odd.items()}
    report = take_over()
    reasons = {entry["id"]: entry["reason"] for entry in report["findings"]["unusual_json"]["entries"]}
    assert set(reasons) == {str(identifier) for identifier in ids.values()}
    assert "beyond the range" in reasons[str(ids["large"])]
    assert f'"big":1{"0" * 400}' in api.get(f"/results/{ids['large']}", status=200).text
    page = api.get(f"/results?benchmark_id={benchmark['id']}&sort_by=json.n", status=200).json
    assert [item["id"] for item in page["items"]] == [str(identifier) for identifier in ids.values()]
    query = f"/results?benchmark_id={benchmark['id']}&filters="
    assert api.get(f"{query}n%20>%201", status=200).json["total"] == 3
    assert api.get(f"{query}big%20exists", status=200).json["total"] == 3
    # What no double holds has no place among the numbers.
    assert api.get(f"{query}big%20>%200", status=200).json["total"] == 0
    api.get(f"/results?benchmark_id={benchmark['id']}&sort_by=json.big", status=200)
    api.get(f"/results?format=csv&columns=n&benchmark_id={benchmark['id']}", status=200)
    exported = api.get(
        f"/results?format=csv&columns=big&columns=n&benchmark_id={benchmark['id']}", status=200
    )
    assert f",1{'0' * 400},1\r\n" in exported.text
    change = {"docker_image": benchmark["docker_image"], "docker_tag": "1.0"}
    for wanted, status in (({"multipleOf": 0.5, "minimum": 0}, 409), ({"type": "number"}, 204)):
        narrower = {"type": "object", "properties": {"big": wanted, "n": {"type": "integer"}}}
        put = change | {"json_schema": narrower}
        api.put(f"/benchmarks/{benchmark['id']}", put, as_="admin", status=status)


def test_an_integer_of_any_length_is_no_hindrance(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}, "other": {"type": "integer"}}}
    benchmark = earlier.benchmark(json_schema=schema)
    same: dict[str, Any] = {"benchmark": benchmark, "flavor": earlier.flavor()}
    earlier.result(**same, json='{"n": ' + "7" * 5000 + "}")
    earlier.result(**same, json='{"n": 1, "other": 1}')
    take_over()
    narrow = f"/results?benchmark_id={benchmark['id']}&per_page=1&sort_by=json.other&filters="
    for query, total in (("n > 0", 1), ("n exists", 2), ("other > 0", 1), ("undeclared > 0", 0)):
        page = api.get(narrow + query.replace(" ", "%20"), status=200).json
        assert page["total"] == total, query


def test_a_schema_that_cannot_be_used_is_kept_and_reported(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient, person_of: Any
) -> None:
    person = earlier.user("ann", iss=person_of.iss)
    schema = {"type": "object", "properties": {"a": {"type": "whatever"}}}
    benchmark = earlier.benchmark("acme/odd", json_schema=schema)
    flavor = earlier.flavor()
    result = earlier.result(benchmark=benchmark, flavor=flavor, uploader=person)
    report = take_over()
    (entry,) = report["findings"]["unusable_schemas"]["entries"]
    assert (entry["id"], entry["table"]) == (str(benchmark["id"]), "benchmark")
    assert "whatever" in entry["reason"]
    path = f"/benchmarks/{benchmark['id']}"
    assert api.get(path, status=200).json["json_schema"] == schema
    api.get(f"/results/{result['id']}", status=200)
    place = f"benchmark_id={benchmark['id']}&flavor_id={flavor['id']}"
    upload = f"/results?{place}&execution_datetime=2022-01-01T00:00:00Z"
    ann = person_of("ann")
    problem = api.post(upload, {"a": 1}, as_=ann, status=422).json
    assert problem["type"] == "urn:eoscperf:problem:schema-invalid"
    change = {"docker_image": "acme/odd", "docker_tag": "1.0", "json_schema": {"type": "object"}}
    api.put(path, change, as_="admin", status=204)
    api.post(upload, {"a": 1}, as_=ann, status=201)


def test_text_in_a_schema_that_cannot_be_stored_is_mended(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    benchmark = earlier.benchmark(
        json_schema='{"type": "object", "title": "a\\u0000b", "description": "\\ud800"}'
    )
    report = take_over()
    assert ids(report, "mended_schemas") == [str(benchmark["id"])]
    shown = api.get(f"/benchmarks/{benchmark['id']}", status=200).json["json_schema"]
    assert shown == {"type": "object", "title": "a\ufffdb", "description": "\ufffd"}
    assert "mended_schemas" not in take_over()["findings"]
