"""HTTP as the API speaks it: paths, methods, bodies, queries, headers, and what is checked first."""

from __future__ import annotations

import gzip
import json
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
import webob
import zstandard

from eoscperf.testing.api import ApiClient
from eoscperf.testing.factories import Make
from eoscperf.testing.issuer import TestIssuer

PORTAL = "https://portal.example.org"

NEW_SITE = {"name": "Somewhere", "address": "somewhere.example.org"}


def deep(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def problem(answer: Any) -> str:
    """The slug of a problem, after a look at its members."""
    assert answer.content_type == "application/problem+json"
    body = answer.json
    assert body["code"] == body["status"] == answer.status_int
    assert body["instance"] == f"urn:uuid:{answer.headers['X-Request-ID']}"
    assert body["detail"]
    assert body["title"]
    return body["type"].removeprefix("urn:eoscperf:problem:")


def sites_in(session: Any) -> int:
    session.expire_all()
    return session.scalar(sa.text("SELECT count(*) FROM sites"))


class TestPaths:
    @pytest.mark.parametrize("path", ["//sites", "/sites", "////sites"])
    def test_runs_of_slashes_are_one(self, api: ApiClient, path: str) -> None:
        answer = api.get(path)
        assert answer.json["items"] == []

    def test_runs_of_slashes_are_one_before_the_prefix_too(self, api: ApiClient) -> None:
        assert api.get("//api///v1//sites", root=True).json["total"] == 0

    @pytest.mark.parametrize("path", ["/sites/", "/sites:search/", "/nothing", "/healthz"])
    def test_other_paths_are_unknown(self, api: ApiClient, path: str) -> None:
        assert problem(api.get(path, status=404)) == "not-found"

    @pytest.mark.parametrize(
        "identifier",
        [
            "1",
            "not-a-uuid",
            "3fa85f6457174562b3fc2c963f66afa6",
            "{3fa85f64-5717-4562-b3fc-2c963f66afa6}",
            "3fa85f64-5717-4562-b3fc-2c963f66afa6x",
            "3fa85f64-5717-4562-b3fc-2c963f66afa6%0A",
            "%00",
            "..",
            "x" * 5000,
        ],
    )
    def test_an_id_that_is_none_is_unknown(self, api: ApiClient, identifier: str) -> None:
        assert problem(api.get(f"/sites/{identifier}", status=404)) == "not-found"

    def test_a_line_feed_at_the_end_is_part_of_the_path(self, api: ApiClient, make: Make) -> None:
        for path in ("/sites", "/sites:search", f"/sites/{make.site().id}"):
            api.get(path, status=200)
            assert problem(api.get(path + "%0A", status=404)) == "not-found"

    def test_ids_are_taken_in_any_case_and_given_in_lower_case(self, api: ApiClient, make: Make) -> None:
        site = str(make.site().id)
        assert api.get(f"/sites/{site.upper()}").json["id"] == site

    def test_a_colon_may_be_escaped(self, api: ApiClient) -> None:
        assert api.get("/sites%3Asearch").json["items"] == []
        assert api.get("/sites%3asearch").json["items"] == []

    def test_a_verb_does_not_swallow_what_follows(self, api: ApiClient) -> None:
        api.get("/sites:searching", status=404)
        api.get("/sites:sear", status=404)
        api.get("/sitessearch", status=404)

    def test_an_unknown_verb_of_an_object_is_unknown(self, api: ApiClient, make: Make) -> None:
        api.post(f"/sites/{make.site().id}:frobnicate", as_="admin", status=404)

    @pytest.mark.parametrize("path", ["/sites/%ff", "/%c3%28", "/sites/%ed%a0%80"])
    def test_a_path_that_is_not_utf8_cannot_be_read(self, api: ApiClient, path: str) -> None:
        assert problem(api.get(path, status=400)) == "malformed-request"

    @pytest.mark.parametrize("path", ["", "/api", "/apiv1", "/api/v1sites", "/api/v2/sites"])
    def test_paths_beside_the_api_get_pages(self, api: ApiClient, path: str) -> None:
        answer = api.get(path or "/", root=True, status="*")
        assert answer.content_type == "text/html"


class TestMethods:
    def test_head_is_get_without_a_body(self, api: ApiClient, make: Make) -> None:
        path = f"/sites/{make.site().id}"
        got, head = api.get(path), api.head(path)
        assert head.body == b""
        for name in ("ETag", "Content-Type", "Content-Length", "Vary", "Cache-Control"):
            assert head.headers[name] == got.headers[name]

    def test_head_of_what_is_missing(self, api: ApiClient) -> None:
        api.head(f"/sites/{uuid.uuid4()}", status=404)

    def test_options_tells_the_methods(self, api: ApiClient) -> None:
        answer = api.request("OPTIONS", "/sites", status=204)
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
        assert answer.body == b""

    @pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
    def test_other_methods_are_told_what_is_possible(self, api: ApiClient, method: str) -> None:
        answer = api.request(method, "/sites", status=405)
        assert problem(answer) == "method-not-allowed"
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"

    def test_options_of_nothing(self, api: ApiClient) -> None:
        api.request("OPTIONS", "/nothing", status=404)

    def test_a_method_override_is_ignored(self, api: ApiClient) -> None:
        api.post("/sites", NEW_SITE, headers={"X-HTTP-Method-Override": "GET"}, status=401)


@pytest.fixture
def portal_api(
    make_app: Callable[..., Any], fresh_database_url: str, issuer: TestIssuer
) -> Iterator[ApiClient]:
    """An application whose API the scripts of a portal may use."""
    from sqlalchemy import orm

    from eoscperf.db import make_engine

    engine = make_engine(fresh_database_url)
    app = make_app(engine, **{"cors.origins": PORTAL})
    with orm.Session(engine) as session:
        yield ApiClient(app, issuer, Make(session, iss=issuer.url))
    app.registry["eoscperf.bearer"].close()
    engine.dispose()


class TestOtherOrigins:
    PREFLIGHT = {"Origin": PORTAL, "Access-Control-Request-Method": "PUT"}

    def test_a_trusted_origin_may_read(self, portal_api: ApiClient) -> None:
        headers = portal_api.get("/sites", headers={"Origin": PORTAL}).headers
        assert headers["Access-Control-Allow-Origin"] == PORTAL
        assert headers["Access-Control-Expose-Headers"] == "ETag, Link, Location, Retry-After, X-Request-ID"
        assert "Access-Control-Allow-Credentials" not in headers

    def test_failures_can_be_read_too(self, portal_api: ApiClient) -> None:
        for path, status in (("/nothing", 404), ("/sites?x=1", 422), ("/sites?a=%zz", 400)):
            answer = portal_api.get(path, headers={"Origin": PORTAL}, status=status)
            assert answer.headers["Access-Control-Allow-Origin"] == PORTAL

    def test_a_preflight_is_answered(self, portal_api: ApiClient) -> None:
        answer = portal_api.request("OPTIONS", "/sites", headers=self.PREFLIGHT, status=204)
        assert answer.headers["Access-Control-Allow-Origin"] == PORTAL
        assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
        allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
        assert allowed == ["Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key"]
        assert "Access-Control-Allow-Credentials" not in answer.headers

    def test_a_preflight_for_what_is_unknown_lets_the_request_find_out(self, portal_api: ApiClient) -> None:
        answer = portal_api.request("OPTIONS", "/nothing", headers=self.PREFLIGHT, status=204)
        assert answer.headers["Access-Control-Allow-Origin"] == PORTAL

    @pytest.mark.parametrize("origin", ["https://evil.example.org", PORTAL + ".evil.org", "null", ""])
    def test_other_origins_are_told_nothing(self, portal_api: ApiClient, origin: str) -> None:
        headers = portal_api.get("/sites", headers={"Origin": origin}).headers
        assert not [name for name in headers if name.startswith("Access-Control")]
        answer = portal_api.request(
            "OPTIONS", "/sites", headers=self.PREFLIGHT | {"Origin": origin}, status=204
        )
        assert not [name for name in answer.headers if name.startswith("Access-Control")]

    def test_nobody_is_trusted_by_default(self, api: ApiClient) -> None:
        headers = api.get("/sites", headers={"Origin": PORTAL}).headers
        assert not [name for name in headers if name.startswith("Access-Control")]


class TestQueryStrings:
    @pytest.mark.parametrize("query", ["%", "a=%", "a=%4", "a=%zz", "%zz=1", "a=%ff", "a=%ed%a0%80", "%c3="])
    def test_broken_escapes_and_utf8_cannot_be_read(self, api: ApiClient, query: str) -> None:
        assert problem(api.get(f"/sites?{query}", status=400)) == "malformed-request"

    def test_bytes_that_are_not_escaped_are_utf8(self, api: ApiClient, make: Make) -> None:
        make.site(name="Zürich")
        answer = api.app.get("/api/v1/sites?name=Z%C3%BCrich")
        assert answer.json["total"] == 1

    def test_every_unknown_key_is_named_with_those_allowed(self, api: ApiClient) -> None:
        answer = api.get("/sites?colour=red&size=1", status=422)
        assert problem(answer) == "validation"
        assert [error["name"] for error in answer.json["errors"]] == ["colour", "size"]
        assert {error["in"] for error in answer.json["errors"]} == {"query"}
        assert "per_page" in answer.json["errors"][0]["detail"]

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
    def test_unknown_keys_are_refused_by_changes_too(self, api: ApiClient, make: Make, method: str) -> None:
        path = "/sites" if method == "POST" else f"/sites/{make.site().id}"
        api.request(method, path, params={"x": "1"}, json=NEW_SITE, as_="admin", status=422)

    @pytest.mark.parametrize("query", ["name=%00", "%00=1", "terms=a%00b"])
    def test_nul_is_refused(self, api: ApiClient, query: str) -> None:
        api.get(f"/sites:search?{query}", status=422)

    def test_equal_repetitions_of_a_scalar_count_once(self, api: ApiClient) -> None:
        assert api.get("/sites?per_page=5&per_page=5").json["per_page"] == 5
        answer = api.get("/sites?per_page=5&per_page=6", status=422)
        assert answer.json["errors"][0]["name"] == "per_page"

    def test_brackets_at_the_end_of_a_key_are_dropped(self, api: ApiClient) -> None:
        assert api.get("/sites?per_page[]=5&per_page%5B%5D=5").json["per_page"] == 5

    @pytest.mark.parametrize("query", ["per_page=", "page=", "total=", "status=", "upload_before="])
    def test_an_empty_value_is_a_value(self, api: ApiClient, query: str) -> None:
        answer = api.get(f"/sites?{query}", status=422)
        assert answer.json["errors"][0]["name"] == query[:-1]

    @pytest.mark.parametrize("query", ["terms=", "sort_by=", "cursor=", "", "&", "&&"])
    def test_empty_values_that_stand_for_nothing(self, api: ApiClient, query: str) -> None:
        api.get(f"/sites:search?{query}")

    @pytest.mark.parametrize("value", ["1", "True", "TRUE", "yes", "0"])
    def test_booleans_are_true_and_false(self, api: ApiClient, value: str) -> None:
        api.get("/sites", {"total": value}, status=422)

    @pytest.mark.parametrize(
        "value", ["0", "101", "-1", "1.0", "1e1", " 1", "１", "x", "9" * 30, "0x10", "1_0"]
    )
    def test_numbers_are_whole_and_in_range(self, api: ApiClient, value: str) -> None:
        answer = api.get("/sites", {"per_page": value}, status=422)
        assert answer.json["errors"] == [{"in": "query", "name": "per_page", "detail": "must be 1..100"}]

    @pytest.mark.parametrize("page", ["9223372036854775807", "9223372036854775808", "99999999999999999999"])
    def test_a_page_too_far_away_is_refused(self, api: ApiClient, page: str) -> None:
        api.get("/sites", {"page": page}, status=422)

    @pytest.mark.parametrize(
        "value", ["2024-02-30", "2024-13-01", "2024-01-01T00:00:00", "0000-01-01", "now"]
    )
    def test_dates_are_dates(self, api: ApiClient, value: str) -> None:
        api.get("/sites", {"upload_after": value}, status=422)

    @pytest.mark.parametrize(
        "value",
        ["2024-02-29", "2024-01-01T00:00:00Z", "2024-01-01 00:00:00+02:00", "2024-01-01T00:00:00.123456789Z"],
    )
    def test_dates_and_datetimes_are_taken(self, api: ApiClient, value: str) -> None:
        api.get("/sites", {"upload_after": value})

    def test_a_plus_that_was_not_escaped_is_an_offset(self, api: ApiClient) -> None:
        api.get("/sites?upload_after=2024-01-01T00:00:00+02:00")

    def test_a_cursor_is_good_for_every_way_to_write_its_query(self, api: ApiClient, make: Make) -> None:
        for name in ("A", "B"):
            make.site(name=name)
        start = {"terms": "e", "status": "approved", "per_page": 1, "cursor": ""}
        cursor = api.get("/sites:search", start).json["next_cursor"]
        again = f"status[]=approved&terms=e&terms=&terms=e&sort_by=&per_page=1&cursor={cursor}"
        assert [site["name"] for site in api.items("/sites:search?" + again)] == ["B"]
        for other in ("terms=E", "status=approved", "sort_by=name"):
            answer = api.get(f"/sites:search?{other}&cursor={cursor}", status=422)
            assert [error["name"] for error in answer.json["errors"]] == ["cursor"]

    def test_a_place_that_cannot_be_is_reported_with_the_rest(self, api: ApiClient) -> None:
        answer = api.get("/sites?page=2&cursor=&sort_by=colour&total=yes", status=422)
        assert {error["name"] for error in answer.json["errors"]} == {"page", "sort_by", "total"}

    def test_a_long_query_is_no_failure(self, api: ApiClient) -> None:
        api.get("/sites", {"name": "x" * 60000})


class TestBodies:
    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(b"{", id="unfinished"),
            pytest.param(b"{} {}", id="two values"),
            pytest.param(b"{'name': 1}", id="single quotes"),
            pytest.param(b'{"name": NaN}', id="NaN"),
            pytest.param(b'{"name": Infinity}', id="Infinity"),
            pytest.param(b'{"name": -Infinity}', id="-Infinity"),
            pytest.param(b'{"name": 1e400}', id="beyond a double"),
            pytest.param(b'{"name": -1e400}', id="beyond a double, negative"),
            pytest.param(b'{"name": ' + b"9" * 1001 + b"}", id="1001 digits"),
            pytest.param(b'{"name": 1' + b"0" * 400 + b"}", id="401 digits, beyond a double"),
            pytest.param(b'{"name": "\xff"}', id="not UTF-8"),
            pytest.param(b"\xff\xfe{\x00}\x00", id="UTF-16"),
            pytest.param(b'{"name": "\xed\xa0\x80"}', id="a surrogate as UTF-8"),
            pytest.param(deep(65), id="65 deep"),
            pytest.param(deep(10_000), id="10,000 deep"),
            pytest.param(b'{"a":' * 10_000 + b"1" + b"}" * 10_000, id="10,000 objects deep"),
            pytest.param(b"[" * 200_000, id="200,000 deep, unfinished"),
            pytest.param(b"01", id="leading zero"),
            pytest.param(b'{"name": "a\nb"}', id="raw line break in a text"),
            pytest.param(b" \n ", id="blanks"),
        ],
    )
    def test_what_is_no_json_cannot_be_read(self, api: ApiClient, body: bytes) -> None:
        assert problem(api.post("/sites", body=body, as_="user", status=400)) == "malformed-request"

    @pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null", b"true", deep(64)])
    def test_what_is_no_object_is_refused(self, api: ApiClient, body: bytes) -> None:
        assert problem(api.post("/sites", body=body, as_="user", status=422)) == "validation"

    def test_the_last_of_duplicate_members_wins(self, api: ApiClient) -> None:
        body = b'{"name": 1, "address": "a.example.org", "name": "Twice"}'
        assert api.post("/sites", body=body, as_="user", status=201).json["name"] == "Twice"

    def test_unknown_members_are_refused_with_pointers(self, api: ApiClient) -> None:
        answer = api.post("/sites", NEW_SITE | {"a/b": 1, "colour": 2}, as_="user", status=422)
        assert [error["pointer"] for error in answer.json["errors"]] == ["/a~1b", "/colour"]

    def test_half_a_surrogate_pair_in_the_name_of_a_member_is_shown_escaped(self, api: ApiClient) -> None:
        body = json.dumps(NEW_SITE | {"a\ud800b": 1}).encode()
        answer = api.post("/sites", body=body, as_="user", status=422)
        assert problem(answer) == "validation"
        assert [error["pointer"] for error in answer.json["errors"]] == ["/a\\ud800b"]

    @pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x\udfffy", "a\x07b", "a\x7fb", "a\tb", "a\nb"])
    def test_names_hold_no_control_characters(self, api: ApiClient, text: str) -> None:
        body = json.dumps(NEW_SITE | {"name": text}).encode()
        answer = api.post("/sites", body=body, as_="user", status=422)
        assert answer.json["errors"][0]["pointer"] == "/name"

    def test_free_text_may_have_tabs_and_lines(self, api: ApiClient) -> None:
        answer = api.post("/sites", NEW_SITE | {"description": "a\tb\nc"}, as_="user", status=201)
        assert answer.json["description"] == "a\tb\nc"

    @pytest.mark.parametrize("text", ["a\x00b", "\ud83d", "a\x1bb"])
    def test_free_text_holds_no_other_control_characters(self, api: ApiClient, text: str) -> None:
        body = json.dumps(NEW_SITE | {"description": text}).encode()
        api.post("/sites", body=body, as_="user", status=422)

    def test_names_are_trimmed_and_not_blank(self, api: ApiClient) -> None:
        assert (
            api.post("/sites", NEW_SITE | {"name": "  A  B "}, as_="user", status=201).json["name"] == "A  B"
        )
        api.post("/sites", NEW_SITE | {"name": " \u3000 "}, as_="user", status=422)

    def test_null_is_an_omitted_text_and_no_required_one(self, api: ApiClient) -> None:
        answer = api.post("/sites", NEW_SITE | {"description": None}, as_="user", status=201)
        assert "description" not in answer.json
        answer = api.post("/sites", {"name": None, "address": "x"}, as_="user", status=422)
        assert [error["pointer"] for error in answer.json["errors"]] == ["/name"]

    def test_an_empty_body_is_an_empty_object(self, api: ApiClient, make: Make) -> None:
        answer = api.post("/sites", as_="user", status=422)
        assert [error["name"] for error in answer.json["errors"]] == ["name", "address"]
        api.post(f"/sites/{make.site(status='on_review').id}:approve", as_="admin", status=204)

    def test_operations_without_a_body_ignore_one(self, api: ApiClient) -> None:
        options = {"body": b"{not json", "content_type": "text/plain"}
        api.request("POST", "/users:register", as_="stranger", status=201, **options)
        api.request("DELETE", f"/sites/{uuid.uuid4()}", as_="admin", status=404, **options)

    def test_a_body_over_the_limit_is_refused(self, api: ApiClient) -> None:
        answer = api.post("/sites", NEW_SITE | {"description": "x" * 600_000}, as_="user", status=413)
        assert problem(answer) == "too-large"
        assert answer.json["max_bytes"] == 512 * 1024

    def test_a_body_of_ten_mebibytes_is_refused_unread(self, api: ApiClient) -> None:
        answer = api.post("/sites", body=b"[" * (10 * 1024 * 1024), as_="user", status=413)
        assert answer.json["max_bytes"] == 512 * 1024

    def test_query_and_body_are_reported_together(self, api: ApiClient) -> None:
        answer = api.post("/sites?x=1", {"name": 1}, as_="user", status=422)
        assert [(error["in"], error["name"]) for error in answer.json["errors"]] == [
            ("query", "x"),
            ("body", "name"),
            ("body", "address"),
        ]
        assert answer.json["detail"].startswith("3 errors in the request")

    def test_more_than_a_hundred_errors_are_cut(self, api: ApiClient) -> None:
        body = NEW_SITE | {f"x{number}": 1 for number in range(150)}
        answer = api.post("/sites", body, as_="user", status=422)
        assert len(answer.json["errors"]) == 100
        assert answer.json["errors_truncated"] is True


class TestMediaTypes:
    @pytest.mark.parametrize(
        "content_type",
        [
            "application/json",
            "application/json; charset=utf-8",
            'APPLICATION/JSON; Charset="UTF-8"',
            "application/x+json",
        ],
    )
    def test_json_is_taken(self, api: ApiClient, content_type: str) -> None:
        api.post("/sites", NEW_SITE, content_type=content_type, as_="user", status=201)

    @pytest.mark.parametrize(
        "content_type",
        [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json; charset=latin-1",
            "application/x-ndjson",
            "json",
            "+json",
            "",
        ],
    )
    def test_other_bodies_are_refused(self, api: ApiClient, content_type: str) -> None:
        answer = api.post("/sites", NEW_SITE, content_type=content_type, as_="user", status=415)
        assert problem(answer) == "unsupported-media-type"
        assert answer.headers["Accept-Post"] == "application/json"

    @pytest.mark.parametrize("coding", ["", "identity"])
    def test_no_coding_may_be_named(self, api: ApiClient, coding: str) -> None:
        api.post("/sites", NEW_SITE, headers={"Content-Encoding": coding}, as_="user", status=201)

    @pytest.mark.parametrize("coding", ["gzip", "zstd", "br", "x"])
    def test_coded_bodies_are_refused(self, api: ApiClient, coding: str) -> None:
        answer = api.post(
            "/sites",
            body=gzip.compress(json.dumps(NEW_SITE).encode()),
            headers={"Content-Encoding": coding},
            as_="user",
            status=415,
        )
        assert problem(answer) == "unsupported-media-type"

    @pytest.mark.parametrize(
        "accept",
        [
            "*/*",
            "application/*",
            "application/json",
            "application/json; charset=utf-8",
            "application/json;version=1;q=0.5, text/html",
            "text/html, application/json;q=0.1",
            "text/html,*/*;q=0.8",
            "",
        ],
    )
    def test_json_is_answered_to_those_who_take_it(self, api: ApiClient, accept: str) -> None:
        assert api.get("/sites", headers={"Accept": accept}).content_type == "application/json"

    @pytest.mark.parametrize(
        "accept",
        ["text/html", "image/png, text/plain", "application/json;q=0", "application/json;charset=utf-8;q=0"],
    )
    def test_others_are_told_what_there_is(self, api: ApiClient, accept: str) -> None:
        answer = api.get("/sites", headers={"Accept": accept}, status=406)
        assert problem(answer) == "not-acceptable"
        assert answer.json["available"] == ["application/json"]

    def test_changes_without_an_answer_are_negotiated_too(self, api: ApiClient, make: Make) -> None:
        headers = {"Accept": "image/png"}
        site = make.site()
        api.put(f"/sites/{site.id}", NEW_SITE, headers=headers, as_="admin", status=406)
        api.delete(f"/sites/{site.id}", headers=headers, as_="admin", status=406)
        api.get("/users/self:try_admin", headers=headers, as_="admin", status=406)

    @pytest.mark.parametrize("accept", [";;;", "text", "*/json", "application/json;q=9", "\u00ff"])
    def test_an_accept_header_that_makes_no_sense_is_no_failure(self, api: ApiClient, accept: str) -> None:
        assert api.get("/sites", headers={"Accept": accept}, status="*").status_int in (200, 406)

    def test_problems_are_sent_whatever_is_accepted(self, api: ApiClient) -> None:
        problem(api.get("/nothing", headers={"Accept": "text/html"}, status=404))
        problem(api.get("/sites?a=%zz", headers={"Accept": "image/png"}, status=400))


class TestRepresentation:
    def test_json_is_canonical(self, api: ApiClient, make: Make) -> None:
        make.site(name="Zürich")
        answer = api.get("/sites")
        assert answer.headers["Content-Type"] == "application/json"
        expected = json.dumps(answer.json, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert answer.body == expected.encode() + b"\n"

    def test_every_answer_names_its_request(self, api: ApiClient) -> None:
        answers = [
            api.get("/sites"),
            api.get("/nothing", status=404),
            api.get("/sites?%zz", status=400),
            api.request("OPTIONS", "/sites", status=204),
            api.get("/", root=True),
            api.get("/static/css/page.css", root=True),
        ]
        names = [answer.headers["X-Request-ID"] for answer in answers]
        assert len(set(names)) == len(names)
        for answer, name in zip(answers, names, strict=True):
            uuid.UUID(name)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"

    def test_a_request_id_is_not_taken_from_outside(self, api: ApiClient) -> None:
        answer = api.get("/sites", headers={"X-Request-ID": "mine"})
        assert answer.headers["X-Request-ID"] != "mine"

    def test_caches_are_told_what_an_answer_depends_on(self, api: ApiClient) -> None:
        answer = api.get("/sites")
        assert answer.headers["Vary"] == "Accept, Accept-Encoding, Authorization, Origin"
        assert answer.headers["Cache-Control"] == "no-cache"
        assert api.get("/sites", as_="user").headers["Cache-Control"] == "private, no-cache"

    def test_links_that_no_client_would_read_are_left_out(self, api: ApiClient, make: Make) -> None:
        make.site(name="x" * 255)
        query = {"terms": [""] * 4000, "per_page": 1}
        assert "Link" in api.get("/sites:search", {**query, "terms": [""] * 1000}).headers
        answer = api.get("/sites:search", query)
        assert answer.json["total"] == 1
        assert "Link" not in answer.headers

    def test_cookies_are_neither_read_nor_set(self, api: ApiClient) -> None:
        answer = api.get("/sites", headers={"Cookie": "session=1; x"})
        assert "Set-Cookie" not in answer.headers
        api.get("/users/self", headers={"Cookie": f"token={api.token('user')}"}, status=401)

    def test_forwarding_headers_of_strangers_change_nothing(self, api: ApiClient) -> None:
        forged = {"X-Forwarded-Host": "evil.example.org", "X-Script-Name": "/evil", "X-Scheme": "gopher"}
        answer = api.get("/sites", headers=forged)
        assert "evil" not in answer.headers["Link"]
        assert answer.headers["Link"].startswith("<https://perf.example.org/api/v1/sites?")

    def test_created_objects_have_an_address(self, api: ApiClient) -> None:
        answer = api.post("/sites", NEW_SITE, as_="user", status=201)
        assert answer.headers["Location"] == f"https://perf.example.org/api/v1/sites/{answer.json['id']}"


class TestCodings:
    @pytest.fixture(autouse=True)
    def many(self, make: Make) -> None:
        for _ in range(6):
            make.site(description="The same words again and again. " * 5)

    def decoded(self, answer: Any) -> bytes:
        coding = answer.headers.get("Content-Encoding")
        if coding == "gzip":
            return gzip.decompress(answer.body)
        if coding == "zstd":
            return zstandard.ZstdDecompressor().decompressobj().decompress(answer.body)
        return answer.body

    @pytest.mark.parametrize(
        ("accepted", "coding"),
        [
            ("gzip", "gzip"),
            ("zstd", "zstd"),
            ("gzip, zstd", "gzip"),
            ("gzip;q=0.5, zstd", "zstd"),
            ("br", None),
            ("gzip;q=0", None),
            ("identity", None),
            ("*", "gzip"),
            ("", None),
        ],
    )
    def test_the_favourite_coding_is_used(self, api: ApiClient, accepted: str, coding: str | None) -> None:
        plain = api.get("/sites")
        # Not through webtest, which undoes the codings that it knows.
        request = webob.Request.blank("/api/v1/sites", headers={"Accept-Encoding": accepted})
        answer = request.get_response(api.app.app)
        assert answer.headers.get("Content-Encoding") == coding
        assert self.decoded(answer) == plain.body
        suffix = f'-{coding}"' if coding else '"'
        assert answer.headers["ETag"] == plain.headers["ETag"][:-1] + suffix

    def test_nothing_is_coded_for_a_header_that_makes_no_sense(self, api: ApiClient) -> None:
        assert "Content-Encoding" not in api.get("/sites", headers={"Accept-Encoding": "gzip;q=2"}).headers

    def test_tags_of_all_codings_are_the_same_to_conditions(self, api: ApiClient, make: Make) -> None:
        path = f"/sites/{make.site(description='words ' * 200).id}"
        plain = api.get(path).headers["ETag"]
        coded = api.app.get("/api/v1" + path, headers={"Accept-Encoding": "gzip"}).headers["ETag"]
        assert coded == plain[:-1] + '-gzip"'
        for tag in (plain, coded, "W/" + plain, f'"other", {coded}', "*"):
            answer = api.get(path, headers={"If-None-Match": tag}, status=304)
            assert answer.body == b""
            assert answer.headers["ETag"] == plain
            assert "Content-Type" not in answer.headers
        api.get(path, headers={"If-None-Match": '"other"'}, status=200)

    def test_objects_have_strong_tags_and_lists_weak_ones(self, api: ApiClient, make: Make) -> None:
        assert re.fullmatch(r'"[0-9a-f]{32}"', api.get(f"/sites/{make.site().id}").headers["ETag"])
        assert re.fullmatch(r'W/"[0-9a-f]{32}"', api.get("/sites").headers["ETag"])

    def test_tags_change_with_what_is_shown(self, api: ApiClient, make: Make) -> None:
        path = f"/sites/{make.site().id}"
        shown_to_all, shown_to_admins = api.get(path), api.get(path, as_="admin")
        assert shown_to_all.body != shown_to_admins.body
        assert shown_to_all.headers["ETag"] != shown_to_admins.headers["ETag"]


class TestOrderOfChecks:
    """Each request has the fault that is looked for and all those that are looked for later."""

    def everything(self, method: str = "PUT", **changes: Any) -> dict[str, Any]:
        wrong: dict[str, Any] = {
            "body": b"{",
            "content_type": "text/plain",
            "headers": {"Accept": "image/png", "If-Match": '"other"'},
        }
        return wrong | changes

    def test_the_path_comes_first(self, api: ApiClient) -> None:
        api.request("PATCH", "/sites/none?x=1", status=404, **self.everything())

    def test_then_the_method(self, api: ApiClient) -> None:
        api.request("PATCH", f"/sites/{uuid.uuid4()}?x=1", status=405, **self.everything(body=b"x" * 600_000))

    def test_then_the_declared_length(self, api: ApiClient) -> None:
        path = f"/sites/{uuid.uuid4()}?x=1"
        api.put(path, token="nonsense", status=413, **self.everything(body=b"x" * 600_000))

    def test_then_the_token(self, api: ApiClient) -> None:
        path = f"/sites/{uuid.uuid4()}?x=1"
        api.put(path, status=401, **self.everything())
        api.put(path, token="nonsense", status=401, **self.everything())

    def test_then_the_level(self, api: ApiClient, set_rate: Callable[..., None]) -> None:
        set_rate(writes="1/minute")
        path = f"/sites/{uuid.uuid4()}?x=1"
        for _ in range(3):
            api.put(path, as_="user", status=403, **self.everything())
            api.put(path, as_="stranger", status=403, **self.everything())

    def test_then_the_rate(self, api: ApiClient, set_rate: Callable[..., None]) -> None:
        set_rate(writes="1/minute")
        path = f"/sites/{uuid.uuid4()}?x=1"
        api.post("/tags", {"name": "one"}, as_="admin", status=201)
        answer = api.put(path, as_="admin", status=429, **self.everything())
        assert problem(answer) == "rate-limited"
        assert 1 <= int(answer.headers["Retry-After"]) <= 61

    def test_then_what_is_accepted(self, api: ApiClient) -> None:
        api.post("/sites?x=1", as_="user", status=406, **self.everything())

    def test_then_the_media_type(self, api: ApiClient) -> None:
        api.post("/sites?x=1", as_="user", status=415, **self.everything(headers={}))

    def test_then_the_syntax_of_the_body(self, api: ApiClient) -> None:
        api.post("/sites?x=1", body=b"{", as_="user", status=400)

    def test_then_query_and_body(self, api: ApiClient) -> None:
        path = f"/sites/{uuid.uuid4()}?x=1"
        api.put(path, {"name": 1}, headers={"If-Match": '"other"'}, as_="admin", status=422)

    def test_then_the_target(self, api: ApiClient) -> None:
        path = f"/sites/{uuid.uuid4()}"
        api.put(path, NEW_SITE, headers={"If-Match": '"other"'}, as_="admin", status=404)

    def test_then_the_owner(self, api: ApiClient, make: Make) -> None:
        path = f"/results/{make.result().id}/tags"
        body = {"tags_ids": [str(uuid.uuid4())]}
        api.put(path, body, headers={"If-Match": '"other"'}, as_="other", status=403)

    def test_then_the_precondition(self, api: ApiClient, make: Make) -> None:
        make.site(name="Taken")
        path = f"/sites/{make.site().id}"
        body = NEW_SITE | {"name": "Taken"}
        answer = api.put(path, body, headers={"If-Match": '"other"'}, as_="admin", status=412)
        assert problem(answer) == "precondition-failed"

    def test_then_references(self, api: ApiClient, make: Make) -> None:
        path = f"/results/{make.result().id}/tags"
        answer = api.put(path, {"tags_ids": [str(uuid.uuid4())]}, as_="admin", status=404)
        assert problem(answer) == "unknown-reference"

    def test_then_uniqueness(self, api: ApiClient, make: Make) -> None:
        make.site(name="Taken")
        answer = api.put(f"/sites/{make.site().id}", NEW_SITE | {"name": "Taken"}, as_="admin", status=409)
        assert problem(answer) == "duplicate"

    def test_nothing_is_written_by_a_refused_request(self, api: ApiClient, session: Any) -> None:
        before = sites_in(session)
        for status, options in (
            (401, {}),
            (415, {"content_type": "text/plain", "as_": "user"}),
            (406, {"headers": {"Accept": "text/html"}, "as_": "user"}),
            (422, {"params": {"x": "1"}, "as_": "user"}),
        ):
            api.post("/sites", NEW_SITE, status=status, **options)
        assert sites_in(session) == before


class TestTokens:
    @pytest.mark.parametrize(
        "header", ["Bearer", "Bearer ", "Bearer a b", "Bearer \u00ff", "bearer x", "Bearer " + "x" * 9000]
    )
    def test_tokens_that_are_none_are_no_failure(self, api: ApiClient, header: str) -> None:
        answer = api.get("/users/self", headers={"Authorization": header}, status=401)
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="eoscperf"')

    def test_without_a_token_nothing_is_said_about_one(self, api: ApiClient) -> None:
        answer = api.get("/users/self", status=401)
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="eoscperf"'

    def test_public_operations_say_that_they_ignored_a_token(self, api: ApiClient) -> None:
        answer = api.get("/sites", token="nonsense")
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]

    def test_their_failures_say_it_too(self, api: ApiClient) -> None:
        for path, status in ((f"/sites/{uuid.uuid4()}", 404), ("/sites?x=1", 422)):
            answer = api.get(path, token="nonsense", status=status)
            assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
            assert "WWW-Authenticate" not in api.get(path, as_="user", status=status).headers

    def test_tokens_are_not_taken_from_the_query(self, api: ApiClient) -> None:
        api.get("/users/self", {"access_token": api.token("user")}, status=401)
