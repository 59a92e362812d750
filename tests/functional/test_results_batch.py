"""Many results in one request."""

from __future__ import annotations

import json
import uuid

import pytest

from eoscperf.results.models import Result

WHEN = "2024-06-01T08:00:00Z"
NDJSON = "application/x-ndjson"


@pytest.fixture
def item(make):
    schema = {"properties": {"time": {"type": "number"}}}
    fixed = {
        "execution_datetime": WHEN,
        "benchmark_id": str(make.benchmark(json_schema=schema).id),
        "flavor_id": str(make.flavor().id),
    }
    return lambda value=1, **changed: {**fixed, "json": {"time": value}, **changed}


@pytest.fixture
def count(session):
    return lambda: session.query(Result).count()


def batch(api, items, status, *, as_="user", headers=None, **query):
    return api.post("/results:batch", items, params=query, as_=as_, status=status, headers=headers)


def lines(api, items, status, **query):
    body = b"\n".join(i if isinstance(i, bytes) else json.dumps(i).encode() for i in items)
    return api.post("/results:batch", body=body, content_type=NDJSON, params=query, as_="user", status=status)


def kind(answer):
    return answer.json["type"].rpartition(":")[2]


def test_a_batch_is_stored_whole(api, item, make, events):
    tag = make.tag("a")
    report = batch(api, [item(1), item(2.50, tags_ids=[str(tag.id)] * 2)], 201).json
    assert (report["created"], report["failed"]) == (2, 0)
    assert [(each["index"], each["status"]) for each in report["items"]] == [(0, 201), (1, 201)]
    shown = api.get(f"/results/{report['items'][1]['id']}").json
    assert (shown["json"], [each["name"] for each in shown["tags"]]) == ({"time": 2.5}, ["a"])
    assert [getattr(event, "topic", "") for event in events].count("result.created") == 2


def test_ndjson_is_taken_too(api, item, count):
    assert lines(api, [item(1), b"", b"\r", item(2)], 201).json["created"] == 2
    assert count() == 2


def test_numbers_of_a_batch_keep_their_spelling(api, item):
    body = json.dumps([item()]).replace('{"time": 1}', '{"time": 1e2}').encode()
    identifier = api.post("/results:batch", body=body, as_="user").json["items"][0]["id"]
    assert '"json":{"time":1e2}' in api.get(f"/results/{identifier}").text


def test_an_empty_batch_is_no_error(api):
    assert batch(api, [], 201).json == {"created": 0, "failed": 0, "items": []}


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 422), (b"{}", 422), (b"null", 422), (b"[", 400), (b"[NaN]", 400)]
)
def test_a_batch_is_an_array(api, body, status):
    for mode in ("atomic", "each"):
        api.post("/results:batch", body=body, params={"mode": mode}, as_="user", status=status)


def test_other_media_types_are_refused(api):
    answer = api.post("/results:batch", body=b"[]", content_type="text/csv", as_="user", status=415)
    assert NDJSON in answer.headers["Accept-Post"]


def test_malformed_items_are_all_named(api, item, count):
    items = [item(), item(benchmark_id="x", color=1), [], {**item(), "json": []}, {"json": {}}]
    answer = batch(api, items, 422)
    assert kind(answer) == "validation"
    assert {error["pointer"] for error in answer.json["errors"]} == {
        "/1/benchmark_id",
        "/1/color",
        "/2",
        "/3/json",
        "/4/execution_datetime",
        "/4/benchmark_id",
        "/4/flavor_id",
    }
    assert count() == 0


def test_the_first_class_of_errors_comes_alone_and_whole(api, item, make, count):
    unknown = [str(uuid.uuid4()) for _ in range(3)]
    waiting = make.flavor(status="on_review")
    batch(api, [item(77)], 201)
    twice, unfit, unapproved = [item(77), item(5), item(5)], item("x"), item(flavor_id=str(waiting.id))
    lost = [item(benchmark_id=unknown[0]), item(flavor_id=unknown[1], tags_ids=[unknown[2]])]

    answer = batch(api, [*twice, unfit, unapproved, *lost], 404)
    assert kind(answer) == "unknown-reference"
    assert [error["pointer"] for error in answer.json["errors"]] == [
        "/5/benchmark_id",
        "/6/flavor_id",
        "/6/tags_ids",
    ]
    answer = batch(api, [*twice, unfit, unapproved], 422)
    assert kind(answer) == "validation"
    assert [error["pointer"] for error in answer.json["errors"]] == ["/3/json/time", "/4/flavor_id"]
    answer = batch(api, [*twice, unapproved], 422)
    assert kind(answer) == "not-approved"
    assert [error["pointer"] for error in answer.json["errors"]] == ["/3/flavor_id"]
    answer = batch(api, [*twice, unfit, item({})], 422)
    assert [(error["pointer"], error["keyword"]) for error in answer.json["errors"]] == [
        ("/3/json/time", "type"),
        ("/4/json/time", "type"),
    ]
    answer = batch(api, [*twice, item(6)], 409)
    assert kind(answer) == "duplicate"
    assert [error["pointer"] for error in answer.json["errors"]] == ["/0", "/2"]
    assert answer.json["existing"]
    assert count() == 1


def test_each_item_can_stand_for_itself(api, item, count):
    items = [
        item(1),
        item("x"),
        item(1.0),
        item(benchmark_id=str(uuid.uuid4())),
        {"json": 1},
        item(2, execution_datetime="2999-01-01T00:00:00Z"),
        item(2),
    ]
    report = batch(api, items, 200, mode="each").json
    assert [each["status"] for each in report["items"]] == [201, 422, 409, 404, 422, 422, 201]
    assert (report["created"], report["failed"], count()) == (2, 5, 2)
    assert report["items"][2]["problem"]["existing"] == report["items"][0]["id"]
    assert report["items"][1]["problem"]["errors"][0]["pointer"] == "/1/json/time"
    assert report["items"][5]["problem"]["errors"][0]["pointer"] == "/5/execution_datetime"


def test_a_broken_line_fails_alone_or_the_whole_batch(api, item, count):
    items = [item(1), b'{"json": ', item(2)]
    answer = lines(api, items, 400)
    assert "Item 1: Line is not JSON: column 10" in answer.json["detail"]
    assert count() == 0
    report = lines(api, items, 200, mode="each").json
    assert [each["status"] for each in report["items"]] == [201, 400, 201]
    assert report["items"][1]["problem"]["type"].endswith(":malformed-request")
    assert count() == 2


def test_a_dry_run_stores_nothing(api, item, count):
    report = batch(api, [item(1), item("x"), item(1)], 200, mode="each", dry_run="true").json
    assert [each["status"] for each in report["items"]] == [200, 422, 409]
    assert (report["created"], report["failed"]) == (0, 2)
    assert batch(api, [item(1)], 200, dry_run="true").json["items"] == [{"index": 0, "status": 200}]
    batch(api, [item("x")], 422, dry_run="true")
    assert count() == 0


def test_a_batch_has_its_limits(api, item, set_setting, count):
    set_setting("limits.batch_items", 2)
    batch(api, [item(1), item(2)], 201)
    batch(api, [item(n) for n in (3, 4, 5)], 422)
    lines(api, [item(n) for n in (3, 4, 5)], 422, mode="each")
    set_setting("limits.result_bytes", 20)
    answer = batch(api, [{**item(), "json": {"x": "y" * 20}}], 422)
    assert answer.json["errors"][0]["pointer"] == "/0/json"
    set_setting("limits.batch_bytes", 100)
    answer = batch(api, [item(3)], 413)
    assert answer.json["max_bytes"] == 100
    assert count() == 2


def test_json_that_cannot_be_stored_is_pointed_at(api, item):
    answer = batch(api, [item(), item({"a": "\x00"})], 422)
    assert answer.json["errors"][0]["pointer"] == "/1/json/time/a"


def test_results_of_a_batch_may_be_as_deep_as_any(api, make, item):
    benchmark = str(make.benchmark().id)

    def nested(depth):
        return json.loads('{"a":' * depth + "1" + "}" * depth)

    batch(api, [item(benchmark_id=benchmark, json=nested(64))], 201)
    lines(api, [item(benchmark_id=benchmark, json=nested(64), flavor_id=str(make.flavor().id))], 201)
    batch(api, [item(benchmark_id=benchmark, json=nested(65))], 400)


def test_a_batch_takes_few_statements(api, item, statements):
    token = api.token("user")
    statements.clear()
    answer = api.post("/results:batch", [item(number) for number in range(100)], token=token)
    assert answer.json["created"] == 100
    assert len(statements) <= 20


def test_batches_are_for_users(api, item):
    batch(api, [item()], 401, as_=None)
    batch(api, [item()], 403, as_="stranger")
