"""Answers that are remembered: the same bytes for less, never those of yesterday, never somebody else's."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
import webob

from eoscperf.db import make_engine
from eoscperf.rest.remembered import ANSWERS
from eoscperf.testing.api import ApiClient

LISTS = ("/results", "/results:search")


@pytest.fixture
def other_process(
    make_app: Callable[..., Any], live_api: ApiClient, fresh_database_url: str, issuer: Any
) -> Iterator[ApiClient]:
    """Another application on the same database, with a memory of its own."""
    engine = make_engine(fresh_database_url)
    app = make_app(engine)
    yield ApiClient(app, issuer, live_api.make)
    app.registry["eoscperf.bearer"].close()
    engine.dispose()


@pytest.fixture
def sent(live_api: ApiClient) -> Iterator[list[str]]:
    """The statements that the application sends."""
    engine = live_api.app.app.registry["dbengine"]
    statements: list[str] = []

    def before(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            statements.append(statement)

    sa.event.listen(engine, "before_cursor_execute", before)
    yield statements
    sa.event.remove(engine, "before_cursor_execute", before)


@pytest.fixture
def result(live_api: ApiClient) -> Any:
    return live_api.make.result(uploader=live_api.person("user"), tags=[live_api.make.tag()])


def paths(result: Any) -> tuple[str, ...]:
    return (*LISTS, f"/results/{result.id}")


def same(one: Any, other: Any) -> bool:
    told = ("ETag", "Link", "Content-Type", "Content-Length", "Vary", "Cache-Control")
    return one.body == other.body and [one.headers.get(name) for name in told] == [
        other.headers.get(name) for name in told
    ]


def test_asking_again_takes_one_statement_and_answers_the_same(live_api, result, sent):
    for path in paths(result):
        first = live_api.get(path)
        sent.clear()
        again = live_api.get(path)
        assert len(sent) == 1
        assert same(first, again)
        assert first.headers["X-Request-ID"] != again.headers["X-Request-ID"]


def test_a_known_answer_is_told_to_be_so_for_one_statement(live_api, result, sent):
    for path in paths(result):
        tag = live_api.get(path).headers["ETag"]
        for known in (tag, f'"other", {tag}', "*", tag.replace('"', '-gzip"').replace('-gzip"', '"', 1)):
            sent.clear()
            answer = live_api.get(path, headers={"If-None-Match": known}, status=304)
            assert (answer.body, answer.headers["ETag"], len(sent)) == (b"", tag, 1)
            assert "Content-Type" not in answer.headers
        live_api.get(path, headers={"If-None-Match": '"other"'}, status=200)


def test_what_was_asked_for_with_a_tag_first_is_remembered_too(live_api, result, sent):
    path = f"/results/{result.id}"
    tag = live_api.get(path).headers["ETag"]
    live_api.make.session.commit()
    live_api.make.site()
    for _ in range(2):
        sent.clear()
        live_api.get(path, headers={"If-None-Match": tag}, status=304)
    assert len(sent) == 1
    assert live_api.get(path).json["id"] == str(result.id)


def test_head_goes_with_get(live_api, result, sent):
    for path in paths(result):
        answer = live_api.get(path)
        sent.clear()
        head = live_api.head(path)
        assert head.body == b""
        assert head.headers["ETag"] == answer.headers["ETag"]
        assert head.headers["Content-Length"] == str(len(answer.body))
        assert len(sent) == 1


def test_compressed_answers_are_remembered_as_well(live_api, result, sent):
    application = live_api.app.app
    for _ in range(3):
        plain = live_api.get("/results")
        # webtest would undo the compression.
        asked = webob.Request.blank("/api/v1/results", headers={"Accept-Encoding": "gzip"})
        sent.clear()
        answer = asked.get_response(application)
        assert len(sent) == 1
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["ETag"] == plain.headers["ETag"][:-1] + '-gzip"'
        assert gzip.decompress(answer.body) == plain.body
        assert answer.headers["Content-Length"] == str(len(answer.body))


def test_every_change_shows_at_once_in_every_process(live_api, other_process, result):
    make, token = live_api.make, live_api.token("admin")
    result_path, result_id, site_id = f"/results/{result.id}", str(result.id), str(result.site_id)
    tag_id = live_api.post("/tags", {"name": "new"}, token=token).json["id"]
    user = live_api.token("user")
    changes: tuple[Callable[[], Any], ...] = (
        lambda: live_api.put(f"{result_path}/tags", {"tags_ids": [tag_id]}, token=user),
        lambda: other_process.put(f"/tags/{tag_id}", {"name": "renamed"}, token=token),
        lambda: live_api.put(
            f"/sites/{site_id}", {"name": "Elsewhere", "address": "e.example.org"}, token=token
        ),
        lambda: (make.session.rollback(), make.result()),
        lambda: other_process.post(f"{result_path}:claim", {"message": "Wrong."}, as_="other"),
        lambda: live_api.delete(result_path, token=token),
        lambda: other_process.post(f"{result_path}:restore", {}, token=token),
    )
    before: list[bytes] = []
    for change in (lambda: None, *changes):
        change()
        fresh = [_without_memory(live_api, path, token) for path in ("/results?status=visible", result_path)]
        for api in (live_api, other_process):
            for _ in range(2):
                got = [api.get(path, token=token).body for path in ("/results?status=visible", result_path)]
                assert got == fresh
        assert fresh != before
        before = fresh
    assert result_id in live_api.get("/results").text


def _without_memory(api: ApiClient, path: str, token: str) -> bytes:
    registry = api.app.app.registry
    kept = registry[ANSWERS]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept, "find", lambda key, token: None)
        return api.get(path, token=token).body


def test_viewers_do_not_share_what_they_see(live_api, result):
    path, seen = f"/results/{result.id}", {}
    for _ in range(2):
        for who in (None, "other", "user", "admin", "stranger"):
            for asked in (path, "/results"):
                body = live_api.get(asked, as_=who).json
                item = body["items"][0] if "items" in body else body
                assert ("uploader" in item) == (who in ("user", "admin"))
                assert seen.setdefault((asked, who), body) == body


def test_questions_that_differ_get_answers_that_differ(live_api, result):
    for _ in range(2):
        assert live_api.get("/results", {"per_page": 1}).json["per_page"] == 1
        assert live_api.get("/results", {"per_page": 2}).json["per_page"] == 2
        assert live_api.get("/results", headers={"Accept": "text/csv"}).content_type == "text/csv"
        assert (
            live_api.get("/results", headers={"Accept": "application/json"}).content_type
            == "application/json"
        )
        live_api.get("/results", headers={"Accept": "image/png"}, status=406)
        live_api.get("/results", {"nonsense": 1}, status=422)


def test_links_lead_to_the_host_that_was_asked(make_app, fresh_database_url, issuer, live_api, result):
    engine = make_engine(fresh_database_url)
    app = make_app(engine, public_url="")
    api = ApiClient(app, issuer, live_api.make)
    for _ in range(2):
        for host in ("one.example.org", "two.example.org"):
            assert f"//{host}/" in api.get("/results", headers={"Host": host}).headers["Link"]
    app.registry["eoscperf.bearer"].close()
    engine.dispose()


def test_a_refused_token_is_told_of_in_remembered_answers_too(live_api, result):
    live_api.get("/results")
    answer = live_api.get("/results", token="nonsense")
    assert "invalid_token" in answer.headers["WWW-Authenticate"]
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "WWW-Authenticate" not in live_api.get("/results").headers


def test_what_is_gone_is_gone(live_api, result):
    path, token = f"/results/{result.id}", live_api.token("user")
    live_api.get(path)
    live_api.post(f"{path}:withdraw", {}, token=token)
    for _ in range(2):
        live_api.get(path, status=410)
        assert live_api.get(path, token=token).json["status"] == "withdrawn"


def test_memory_is_bounded(make_app, fresh_database_url, issuer, live_api, result):
    engine = make_engine(fresh_database_url)
    app = make_app(engine, **{"answers.remembered_bytes": "20000"})
    api = ApiClient(app, issuer, live_api.make)
    for number in range(1, 50):
        api.get("/results", {"per_page": number}, headers={"Accept-Encoding": "gzip"})
        assert 0 < app.registry[ANSWERS].size <= 20000
    app.registry["eoscperf.bearer"].close()
    engine.dispose()


def test_nothing_is_remembered_where_that_is_switched_off(
    make_app, fresh_database_url, issuer, live_api, result
):
    engine = make_engine(fresh_database_url)
    app = make_app(engine, **{"answers.remembered_bytes": "0"})
    api = ApiClient(app, issuer, live_api.make)
    assert same(api.get("/results"), api.get("/results"))
    assert ANSWERS not in app.registry
    app.registry["eoscperf.bearer"].close()
    engine.dispose()


def test_no_reader_misses_what_was_acknowledged_before_it_asked(live_api, other_process):
    make = live_api.make
    benchmark, flavor = make.benchmark(), make.flavor()
    query = {"benchmark_id": str(benchmark.id), "flavor_id": str(flavor.id)}
    token = live_api.token("user")
    make.session.commit()
    acknowledged: list[str] = []
    problems: list[str] = []
    finished = threading.Event()

    def write() -> None:
        for minute in range(25):
            api = (live_api, other_process)[minute % 2]
            when = {"execution_datetime": f"2024-06-01T08:{minute:02}:00Z"}
            created = api.post("/results", {"minute": minute}, params={**query, **when}, token=token)
            acknowledged.append(created.json["id"])

    def read(api: ApiClient) -> None:
        while not finished.is_set():
            known = len(acknowledged)
            total = api.get("/results", {"per_page": 1}).json["total"]
            if total < known:
                problems.append(f"{known} were acknowledged, {total} shown")
            if known:
                one = api.get(f"/results/{acknowledged[known - 1]}", status="*")
                if one.status_int != 200:
                    problems.append(f"an acknowledged result was answered with {one.status_int}")

    readers = [
        threading.Thread(target=read, args=[api]) for api in (live_api, other_process) for _ in range(2)
    ]
    for thread in readers:
        thread.start()
    try:
        write()
    finally:
        finished.set()
        for thread in readers:
            thread.join()
    assert len(acknowledged) == 25
    assert problems == []
    for api in (live_api, other_process):
        assert api.get("/results", {"per_page": 1}).json["total"] == 25


def test_answers_that_are_not_remembered_take_few_statements(live_api, result, sent):
    make = live_api.make
    token = live_api.token("user")
    for path in (*LISTS, f"/results/{result.id}"):
        for who, signed_in in ((None, 0), (token, 1)):
            make.site()
            for most in (6, 5):
                # The first one finds nothing in memory, the second all but the answer.
                live_api.app.app.registry[ANSWERS]._kept.clear()
                make.session.rollback()
                sent.clear()
                live_api.get(path, token=who)
                assert len(sent) <= most + signed_in, sent
