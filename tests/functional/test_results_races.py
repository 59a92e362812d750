"""Uploads that meet other changes at the same moment, with real commits."""

from __future__ import annotations

import threading

WHEN = "2024-06-01T08:00:00Z"


def together(*calls):
    """The answers of calls made at once."""
    answers = [None] * len(calls)
    barrier = threading.Barrier(len(calls))

    def run(number, call):
        barrier.wait()
        answers[number] = call()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def uploading(api, benchmark, flavor, json):
    token = api.token("user")
    query = {"execution_datetime": WHEN, "benchmark_id": str(benchmark.id), "flavor_id": str(flavor.id)}
    return lambda: api.post("/results", json, params=query, token=token, status="*")


def test_the_same_result_sent_twice_at_once_is_stored_once(live_api):
    benchmark, flavor = live_api.make.benchmark(), live_api.make.flavor()
    answers = together(*[uploading(live_api, benchmark, flavor, {"a": 1}) for _ in range(4)])
    assert sorted(answer.status_int for answer in answers) == [201, 409, 409, 409]
    stored = next(answer.json["id"] for answer in answers if answer.status_int == 201)
    assert {answer.json["existing"] for answer in answers if answer.status_int == 409} == {stored}


def test_no_result_stays_visible_below_a_benchmark_deleted_meanwhile(live_api):
    make = live_api.make
    for number in range(3):
        make.session.rollback()  # SQLite: a snapshot from before other commits cannot be written to
        benchmark, flavor = make.benchmark(), make.flavor()
        admin, path = live_api.token("admin"), f"/benchmarks/{benchmark.id}"
        uploads = [uploading(live_api, benchmark, flavor, {"a": number, "b": copy}) for copy in range(3)]
        delete = lambda path=path, admin=admin: live_api.delete(path, token=admin, status="*")  # noqa: E731
        *answers, deleted = together(*uploads, delete)
        assert deleted.status_int == 204
        assert {answer.status_int for answer in answers} <= {201, 404}
        stored = [answer.json["id"] for answer in answers if answer.status_int == 201]
        states = [live_api.get(f"/results/{each}", token=admin).json["status"] for each in stored]
        assert states == ["removed"] * len(stored)


def test_a_result_is_superseded_by_one_of_two(live_api):
    make = live_api.make
    benchmark, flavor = make.benchmark(), make.flavor()
    old = make.result(uploader=live_api.person("user"), benchmark=benchmark, flavor=flavor)
    query = {
        "execution_datetime": WHEN,
        "benchmark_id": str(benchmark.id),
        "flavor_id": str(flavor.id),
        "supersedes": str(old.id),
    }
    token = live_api.token("user")
    answers = together(
        *(
            lambda copy=copy: live_api.post("/results", {"a": copy}, params=query, token=token, status="*")
            for copy in range(2)
        )
    )
    assert sorted(answer.status_int for answer in answers) == [201, 409]
