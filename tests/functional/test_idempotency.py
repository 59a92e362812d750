"""Retries of uploads under an Idempotency-Key."""

from __future__ import annotations

import datetime
import threading

import pytest

from eoscperf.db import utcnow
from eoscperf.rest.idempotency import IdempotencyRecord
from eoscperf.results.models import Result

WHEN = "2024-06-01T08:00:00Z"
KEY = {"Idempotency-Key": "run-17"}


@pytest.fixture
def query(make):
    return {
        "execution_datetime": WHEN,
        "benchmark_id": str(make.benchmark().id),
        "flavor_id": str(make.flavor().id),
    }


def upload(api, query, body=b'{"a":1}', *, status, as_="user", headers=KEY, path="/results"):
    return api.post(path, body=body, params=query, as_=as_, headers=headers, status=status)


def test_a_retry_repeats_the_first_success(api, query, session):
    first = upload(api, query, status=201)
    again = upload(api, query, status=201)
    assert again.body == first.body
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert session.query(Result).count() == 1


def test_a_key_is_for_one_request(api, query):
    upload(api, query, status=201)
    answer = upload(api, query, b'{"a":2}', status=422)
    assert answer.json["type"].endswith(":idempotency-mismatch")
    upload(api, {**query, "execution_datetime": "2024-06-02T08:00:00Z"}, status=422)


def test_a_key_belongs_to_one_identity_and_path(api, query):
    upload(api, query, status=201)
    upload(api, query, status=201, as_="other")
    assert upload(api, {}, b"[]", status=201, path="/results:batch").json["created"] == 0


def test_without_a_key_the_second_is_a_duplicate(api, query):
    upload(api, query, status=201, headers=None)
    upload(api, query, status=409, headers=None)


def test_failures_are_not_kept(api, query):
    upload(api, query, b"[]", status=422)
    upload(api, {**query, "benchmark_id": query["flavor_id"]}, status=404)
    upload(api, query, status=201)


def test_a_batch_is_repeated_with_its_status(api, query):
    import json

    body = json.dumps([{**query, "json": {"a": 1}}]).encode()
    for mode, status in (("atomic", 201), ("each", 200)):
        headers = {"Idempotency-Key": f"batch-{mode}"}
        first = upload(api, {"mode": mode}, body, status=status, headers=headers, path="/results:batch")
        again = upload(api, {"mode": mode}, body, status=status, headers=headers, path="/results:batch")
        assert again.body == first.body
        assert again.headers["Idempotent-Replayed"] == "true"


def test_a_key_is_forgotten_after_a_day(api, query, session):
    upload(api, query, status=201)
    record = session.query(IdempotencyRecord).one()
    record.created_datetime = utcnow() - datetime.timedelta(hours=25)
    session.commit()
    upload(api, query, b'{"a":2}', status=201)


@pytest.mark.parametrize("key", ["", "x" * 129, "two words", "caf\xe9"])
def test_a_key_is_visible_ascii(api, query, key):
    answer = upload(api, query, status=422, headers={"Idempotency-Key": key})
    assert [(e["in"], e["name"]) for e in answer.json["errors"]] == [("header", "Idempotency-Key")]


def test_the_longest_key_is_taken(api, query):
    upload(api, query, status=201, headers={"Idempotency-Key": "~" * 128})


def test_other_operations_ignore_the_header(api):
    for name in ("a", "b"):
        api.post("/tags", {"name": name}, as_="user", headers=KEY, status=201)


def test_a_wrong_caller_does_not_get_the_stored_answer(api, query):
    upload(api, query, status=201)
    upload(api, query, status=401, as_=None)


def test_simultaneous_requests_store_one_result(live_api):
    make = live_api.make
    query = {
        "execution_datetime": WHEN,
        "benchmark_id": str(make.benchmark().id),
        "flavor_id": str(make.flavor().id),
    }
    token = live_api.token("user")
    answers = []

    def send():
        answers.append(
            live_api.post("/results", body=b'{"a":1}', params=query, token=token, headers=KEY, status="*")
        )

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = {answer.json["id"] for answer in answers if answer.status_int == 201}
    running = [answer for answer in answers if answer.status_int != 201]
    assert len(stored) == 1
    # PostgreSQL says at once that the first one is still running; SQLite lets them queue.
    assert all(answer.status_int == 409 and answer.headers["Retry-After"] for answer in running)
    assert all(answer.json["type"].endswith(":in-progress") for answer in running)
    again = live_api.post("/results", body=b'{"a":1}', params=query, token=token, headers=KEY, status=201)
    assert {again.json["id"]} == stored


def test_a_kept_answer_goes_with_the_account(api, query, session):
    upload(api, query, status=201)
    person = api.person("user")
    assert session.query(IdempotencyRecord).count() == 1
    api.post("/users:remove", params={"iss": person.iss, "sub": person.sub}, as_="admin", status=204)
    session.expire_all()
    assert session.query(IdempotencyRecord).count() == 0
    assert session.query(Result).count() == 1
