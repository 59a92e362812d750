"""The body of a batch, item by item."""

from __future__ import annotations

import json

import pytest

from eoscperf import errors
from eoscperf.results import batch_input
from eoscperf.results.batch_input import NDJSON, read_batch

SETTINGS = {"limits.batch_items": 3, "limits.tags": 2, "limits.result_bytes": 30}
JSON = "application/json"
ITEM = {
    "execution_datetime": "2024-06-01T08:00:00Z",
    "benchmark_id": "00000000-0000-0000-0000-000000000001",
    "flavor_id": "00000000-0000-0000-0000-000000000002",
    "json": {"time": 1},
}


def test_an_array_and_lines_give_the_same_uploads():
    items = [{**ITEM, "json": {"time": number}} for number in (1, 2)]
    body = b"\r\n\n".join(json.dumps(item).encode() for item in items)
    of_array = read_batch(items, JSON, SETTINGS)
    assert [outcome.upload.json for outcome in of_array] == [{"time": 1}, {"time": 2}]
    assert read_batch(body, NDJSON, SETTINGS) == of_array


@pytest.mark.parametrize(("body", "media_type"), [({}, JSON), (None, JSON), ("[]", JSON), (b"", NDJSON)])
def test_anything_else_is_no_batch(body, media_type):
    with pytest.raises(errors.Invalid) as told:
        read_batch(body, media_type, SETTINGS)
    assert told.value.issues[0].detail == "A batch must be a JSON array, or NDJSON."


@pytest.mark.parametrize(("body", "media_type"), [([ITEM] * 4, JSON), (b"{}\n" * 4, NDJSON)])
def test_a_batch_of_too_many_items_is_refused(body, media_type):
    with pytest.raises(errors.Invalid, match="1 error") as told:
        read_batch(body, media_type, SETTINGS)
    assert told.value.issues[0].detail == "A batch has at most 3 items."


def test_a_broken_line_is_the_error_of_its_item_alone():
    good = json.dumps(ITEM).encode()
    first, second, third = read_batch(b"\n".join([good, b'{"json":', good]), NDJSON, SETTINGS)
    assert first.upload is not None
    assert third.upload is not None
    assert isinstance(second.error, errors.MalformedRequest)
    assert second.error.detail == "Item 1: Line is not JSON: column 9"


@pytest.mark.parametrize(
    ("value", "pointer", "detail"),
    [
        ({"a": "\x00"}, "/1/json/a", "must not hold NUL or half of a surrogate pair"),
        ({"a": "\ud800"}, "/1/json/a", "must not hold NUL or half of a surrogate pair"),
        ({"a": "x" * 30}, "/1/json", "may have at most 30 bytes"),
    ],
)
def test_json_that_cannot_be_stored_or_is_too_large_is_pointed_at(value, pointer, detail):
    good, bad = read_batch([ITEM, {**ITEM, "json": value}], JSON, SETTINGS)
    assert good.error is None
    (issue,) = bad.error.issues
    assert (issue.pointer, issue.detail) == (pointer, detail)


def test_size_counts_without_blanks():
    body = json.dumps({**ITEM, "json": {"a": "x" * 20}}, indent=None, separators=("  ,  ", "  :  ")).encode()
    (only,) = read_batch(body, NDJSON, SETTINGS)
    assert only.error is None


def test_a_malformed_item_names_its_place():
    (only,) = read_batch([{**ITEM, "benchmark_id": "x"}], JSON, SETTINGS)
    assert [issue.pointer for issue in only.error.issues] == ["/0/benchmark_id"]


IDS = [f"00000000-0000-0000-0000-00000000000{digit}" for digit in "abc"]


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"execution_datetime": "2024-06-01 10:00:00.123456789+02:00"},
        {"execution_datetime": "2024-06-01"},
        {"execution_datetime": 1717228800},
        {"benchmark_id": ITEM["benchmark_id"].upper()},
        {"benchmark_id": ITEM["benchmark_id"].replace("-", "")},
        {"flavor_id": None},
        {"flavor_id": [ITEM["flavor_id"]]},
        {"json": [1]},
        {"json": None},
        {"tags_ids": []},
        {"tags_ids": IDS[:2]},
        {"tags_ids": [IDS[0], IDS[0].upper(), IDS[1], IDS[0]]},
        {"tags_ids": IDS},
        {"tags_ids": IDS[0]},
        {"tags_ids": None},
        {"tags_ids": [1]},
        {"tags_ids": [{}]},
        {"more": 1},
    ],
)
def test_items_are_read_quickly_as_their_schema_would(changed, monkeypatch):
    item = {**ITEM, **changed}
    (quickly,) = read_batch([item], JSON, SETTINGS)
    monkeypatch.setattr(batch_input, "_usual", lambda item, most_tags: None)
    (by_schema,) = read_batch([item], JSON, SETTINGS)
    assert quickly.upload == by_schema.upload
    assert getattr(quickly.error, "issues", None) == getattr(by_schema.error, "issues", None)


@pytest.mark.parametrize("key", sorted(ITEM))
def test_what_is_missing_is_said_by_the_schema(key):
    (only,) = read_batch([{name: value for name, value in ITEM.items() if name != key}], JSON, SETTINGS)
    assert [(issue.pointer, issue.detail) for issue in only.error.issues] == [(f"/0/{key}", "is required")]
