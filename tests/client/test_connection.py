"""Requests: what is repeated, how errors are told, and where a token goes."""

from __future__ import annotations

import datetime
import json

import httpx
import pytest

from eoscperf.client import (
    Changed,
    Client,
    Conflict,
    Duplicate,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    NotLoggedIn,
    Problem,
    RateLimited,
    ServerUnreachable,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
    Usage,
)
from tests.client.conftest import SERVER

SITE = {
    "id": "1",
    "name": "Hillside",
    "address": "x",
    "status": "approved",
    "upload_datetime": "2024-05-01T12:30:00Z",
}


class Server:
    """Answers in turn what it is told to; a callable is called with the request, an exception raised."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer


def ok(body=SITE, **options):
    # Made anew for each request, as its body can be read once.
    return lambda request: httpx.Response(200, json=body, **options)


def problem(status, slug="", headers=None, **members):
    body = {
        "type": f"urn:eoscperf:problem:{slug}",
        "title": "T",
        "detail": "Told why",
        "status": status,
        **members,
    }
    return lambda request: httpx.Response(status, json=body, headers=headers or {})


@pytest.fixture
def asking(retries):
    def asking(*answers, token="secret-token", server=SERVER, **options):
        told = Server(*answers)
        client = Client(server, token, transport=httpx.MockTransport(told), retries=retries, **options)
        client.heard = told.requests
        return client

    return asking


def test_a_token_is_sent_in_the_header_only(asking):
    client = asking(ok())
    client.sites.get("1")
    (request,) = client.heard
    assert request.headers["Authorization"] == "Bearer secret-token"
    assert "secret" not in str(request.url)
    assert "secret" not in repr(client)
    assert request.headers["User-Agent"].startswith("eoscperf-client/")


def test_nothing_is_sent_without_a_token(asking):
    client = asking(ok(), token=None)
    client.sites.get("1")
    assert "Authorization" not in client.heard[0].headers


def test_a_token_may_come_from_a_function_that_is_asked_again_when_it_ran_out(asking):
    tokens = iter(["old", "new"])
    client = asking(problem(401, "invalid-token"), ok(), token=lambda: next(tokens))
    assert client.sites.get("1") == SITE
    assert [one.headers["Authorization"] for one in client.heard] == ["Bearer old", "Bearer new"]


@pytest.mark.parametrize("token", ["a b", "naïve", "a\nb", ""])
def test_what_cannot_be_a_token_is_not_sent(asking, token):
    with pytest.raises(NotLoggedIn):
        asking(ok(), token=token).sites.get("1")


def test_a_token_does_not_travel_readable_for_all(asking):
    with pytest.raises(Usage, match="use https"):
        asking(ok(), server="http://perf.example.org").sites.get("1")
    for server in ("http://localhost:6543", "http://127.0.0.1:1", "http://[::1]:1"):
        assert asking(ok(), server=server).sites.get("1") == SITE
    assert asking(ok(), server="http://perf.example.org", insecure_http=True).sites.get("1") == SITE
    assert asking(ok(), server="http://perf.example.org", token=None).sites.get("1") == SITE


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example.org/",
        "http://perf.example.org/api/v1/sites/1",
        "https://perf.example.org:8443/",
        "//evil.example.org/",
    ],
)
def test_a_redirect_to_another_origin_is_not_followed(asking, elsewhere):
    for status in (301, 302, 307, 308):
        client = asking(httpx.Response(status, headers={"Location": elsewhere}))
        with pytest.raises(UnexpectedAnswer, match="another origin"):
            client.sites.get("1")
        assert len(client.heard) == 1


def test_a_redirect_within_the_origin_is_followed_when_reading(asking):
    moved = httpx.Response(308, headers={"Location": "/api/v1/sites/2"})
    client = asking(moved, ok())
    assert client.sites.get("1") == SITE
    assert client.heard[1].url.path == "/api/v1/sites/2"
    assert client.heard[1].headers["Authorization"] == "Bearer secret-token"


def test_endless_redirects_and_redirects_of_changes_are_errors(asking):
    with pytest.raises(UnexpectedAnswer):
        asking(httpx.Response(302, headers={"Location": "/api/v1/x"})).sites.get("1")
    with pytest.raises(UnexpectedAnswer):
        asking(httpx.Response(307, headers={"Location": "/api/v1/x"})).sites.submit("a", "b")


@pytest.mark.parametrize("status", [502, 503, 504, 429])
def test_reading_is_repeated_while_the_server_cannot(asking, waits, status):
    client = asking(problem(status), problem(status), ok())
    assert client.sites.get("1") == SITE
    assert waits.seconds == [0.5, 1.0]


def test_the_server_says_how_long_to_wait(asking, waits):
    client = asking(problem(429, headers={"Retry-After": "7"}), ok())
    assert client.sites.get("1") == SITE
    assert waits.seconds == [7.5]


def test_it_gives_up_after_some_attempts(asking, waits):
    client = asking(problem(503, "database-unavailable"))
    with pytest.raises(Unavailable):
        client.sites.get("1")
    assert len(client.heard) == 5
    with pytest.raises(RateLimited):
        asking(problem(429)).sites.get("1")


def test_it_does_not_wait_for_a_server_that_asks_for_an_hour(asking, waits):
    client = asking(problem(429, headers={"Retry-After": "3600"}))
    with pytest.raises(RateLimited) as error:
        client.sites.get("1")
    assert error.value.retry_after == 3600
    assert waits.seconds == []


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), httpx.ReadError("reset"), httpx.ReadTimeout("slow")]
)
def test_lost_connections_are_tried_again_when_reading(asking, error):
    client = asking(error, ok())
    assert client.sites.get("1") == SITE


def test_a_change_is_not_repeated_when_nobody_knows_whether_it_was_made(asking):
    for failure in (httpx.ReadError("reset"), problem(503)):
        client = asking(failure, ok())
        with pytest.raises((ServerUnreachable, Unavailable)):
            client.sites.submit("a", "b")
        assert len(client.heard) == 1


def test_a_change_is_repeated_when_it_cannot_have_been_made(asking):
    for failure in (httpx.ConnectError("refused"), problem(429)):
        client = asking(failure, ok())
        assert client.sites.submit("a", "b") == SITE


def test_a_change_on_a_condition_is_not_repeated_blindly(asking):
    client = asking(httpx.ReadError("reset"), ok())
    with pytest.raises(ServerUnreachable):
        client.sites.delete("1", if_match='"a"')
    assert len(client.heard) == 1
    client = asking(httpx.ReadError("reset"), ok())
    client.sites.delete("1")
    assert len(client.heard) == 2


def test_an_upload_is_repeated_under_the_same_key(asking):
    client = asking(
        httpx.ReadError("reset"), problem(409, "in-progress", {"Retry-After": "1"}), ok({"id": "r"})
    )
    client.results.submit(
        {"time": 1}, benchmark_id="b", flavor_id="f", execution_datetime="2024-05-01T00:00:00Z"
    )
    keys = {request.headers["Idempotency-Key"] for request in client.heard}
    assert len(client.heard) == 3
    assert len(keys) == 1


def test_an_unreachable_server_is_told_in_one_sentence(asking):
    with pytest.raises(ServerUnreachable) as error:
        asking(httpx.ConnectError("[Errno 111] Connection refused")).sites.get("1")
    assert str(error.value) == "https://perf.example.org cannot be reached: [Errno 111] Connection refused"
    with pytest.raises(ServerUnreachable, match="did not answer in time"):
        asking(httpx.ReadTimeout("")).sites.get("1")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Invalid),
        (401, Unauthenticated),
        (403, Forbidden),
        (404, NotFound),
        (409, Conflict),
        (410, Gone),
        (412, Changed),
        (413, TooLarge),
        (418, Problem),
        (422, Invalid),
        (500, Problem),
    ],
)
def test_each_kind_of_problem_has_its_exception(asking, status, kind):
    with pytest.raises(kind) as error:
        asking(problem(status, "slug", instance="urn:uuid:7")).sites.get("1")
    found = error.value
    assert type(found) is kind
    assert (found.status, found.type, found.detail, found.request_id) == (
        status,
        "slug",
        "Told why",
        "urn:uuid:7",
    )
    assert str(found) == "Told why"


def test_a_duplicate_names_what_exists(asking):
    with pytest.raises(Duplicate) as error:
        asking(problem(409, "duplicate", existing="r7")).sites.submit("a", "b")
    assert error.value.existing == "r7"


def test_the_sentence_of_a_validation_lists_its_errors(asking):
    errors = [
        {"in": "query", "name": "per_page", "detail": "must be 1..100"},
        {"in": "body", "name": "time", "pointer": "/time", "detail": "'x' is not of type 'integer'"},
    ]
    with pytest.raises(Invalid) as error:
        asking(problem(422, "validation", detail="2 errors", errors=errors)).sites.get("1")
    assert str(error.value) == "2 errors: per_page must be 1..100; /time 'x' is not of type 'integer'"
    with pytest.raises(Invalid) as error:
        asking(problem(422, errors=errors * 10)).sites.get("1")
    assert str(error.value).endswith("; and 10 more")


@pytest.mark.parametrize("content", [b"<html>", b"[1]", b"\xff", b"[" * 100_000, b""])
def test_an_error_that_is_no_problem_is_told_all_the_same(asking, content):
    with pytest.raises(NotFound, match=r"https://perf\.example\.org answered 404 Not Found"):
        asking(httpx.Response(404, content=content)).sites.get("1")


def test_an_answer_that_is_no_json_is_not_taken_for_one(asking):
    for content in (b"<html>Hello</html>", b"[" * 100_000):
        with pytest.raises(UnexpectedAnswer, match="is it the address of eoscperf"):
            asking(httpx.Response(200, content=content)).sites.get("1")
    with pytest.raises(UnexpectedAnswer):
        asking(ok({"items": []})).sites.list()


def test_a_token_that_a_public_operation_ignores_is_an_error(asking):
    ignored = ok(headers={"WWW-Authenticate": 'Bearer realm="eoscperf", error="invalid_token"'})
    with pytest.raises(Unauthenticated, match="does not accept the token"):
        asking(ignored).sites.get("1")
    assert asking(ignored, token=None).sites.get("1") == SITE


def test_queries_are_encoded_as_the_api_reads_them(asking):
    client = asking(
        ok(
            {
                "items": [],
                **dict.fromkeys(
                    ("total", "page", "pages", "per_page", "has_next", "has_prev", "next_num", "prev_num")
                ),
            }
        )
    )
    client.results.list(
        filters=["cpu.count > 4", "a == b&c"],
        benchmark_id="b",
        execution_after=datetime.datetime(2024, 5, 1, tzinfo=datetime.UTC),
        execution_before=datetime.date(2024, 6, 1),
        status=None,
    )
    assert client.heard[0].url.params.multi_items() == [
        ("page", "1"),
        ("filters", "cpu.count > 4"),
        ("filters", "a == b&c"),
        ("benchmark_id", "b"),
        ("execution_after", "2024-05-01T00:00:00+00:00"),
        ("execution_before", "2024-06-01"),
    ]
    with pytest.raises(Usage, match="offset"):
        client.results.list(execution_after=datetime.datetime(2024, 5, 1))


def test_ids_cannot_leave_their_place_in_the_path(asking):
    client = asking(ok())
    client.sites.get("../users?x=1#y")
    assert client.heard[0].url.raw_path == b"/api/v1/sites/..%2Fusers%3Fx%3D1%23y"


def test_members_of_an_answer_that_nobody_knows_yet_are_no_error(asking):
    page = {
        "items": [SITE],
        "total": 1,
        "page": 1,
        "pages": 1,
        "per_page": 100,
        "has_next": False,
        "has_prev": False,
        "next_num": None,
        "prev_num": None,
        "later": {"x": 1},
    }
    assert list(asking(ok(page)).sites.list()) == [SITE]


def test_changes_keep_what_somebody_else_changed_meanwhile(asking):
    newer = SITE | {"description": "new"}
    client = asking(
        ok(headers={"ETag": '"1"'}),
        problem(412, "precondition-failed"),
        ok(newer, headers={"ETag": '"2"'}),
        httpx.Response(204),
    )
    client.sites.update("1", address="y")
    first, second = (request for request in client.heard if request.method == "PUT")
    assert (first.headers["If-Match"], second.headers["If-Match"]) == ('"1"', '"2"')
    assert json.loads(second.content) == {"name": "Hillside", "address": "y", "description": "new"}


def test_a_change_on_an_etag_of_ones_own_is_not_made_anew(asking):
    client = asking(ok(headers={"ETag": '"2"'}), problem(412))
    with pytest.raises(Changed):
        client.sites.update("1", if_match='"1"', address="y")
    client = asking(ok(headers={"ETag": '"2"'}), problem(412))
    with pytest.raises(Changed), client.sites.edit("1") as site:
        site["address"] = "y"


def test_everything_is_read_by_cursor(asking):
    def page(items, cursor):
        return ok(
            {
                "items": items,
                "next_cursor": cursor,
                "per_page": 100,
                "has_next": bool(cursor),
                "has_prev": False,
            }
            | dict.fromkeys(("total", "page", "pages", "next_num", "prev_num"))
        )

    client = asking(page([1, 2], "c2"), page([3], None))
    found = client.sites.iter(name="x")
    assert next(found) == 1
    assert len(client.heard) == 1
    assert list(found) == [2, 3]
    assert [dict(request.url.params) for request in client.heard] == [
        {"per_page": "100", "total": "false", "name": "x", "cursor": ""},
        {"per_page": "100", "total": "false", "name": "x", "cursor": "c2"},
    ]
