from __future__ import annotations

import json

import pytest

from eoscperf import errors
from eoscperf.benchmarks.events import SchemaChanging

SCHEMA = {"type": "object", "properties": {"time": {"type": "number", "minimum": 0}}}


def body(**fields):
    return {"docker_image": "example/matrix", "docker_tag": "1", "json_schema": SCHEMA} | fields


def test_a_benchmark_as_it_is_sent(api):
    sent = body(url=" https://example.org/b ", description="words")
    benchmark = api.post("/benchmarks", sent, as_="ann", status=201).json
    assert set(benchmark) == {*sent, "id", "status", "upload_datetime", "uploader"}
    assert benchmark["json_schema"] == SCHEMA
    assert benchmark["url"] == "https://example.org/b"
    without = api.post("/benchmarks", body(docker_tag="2", url=None), as_="ann", status=201).json
    assert "url" not in without


def test_numbers_in_a_schema_come_back_as_they_were_sent(api):
    text = (
        '{"docker_image":"a","docker_tag":"1","json_schema":{"multipleOf":1.10,"maximum":1e2,"minimum":11.0}}'
    )
    created = api.post("/benchmarks", body=text.encode(), as_="ann", status=201)
    assert '"json_schema":{"maximum":1e2,"minimum":11.0,"multipleOf":1.10}' in created.text


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org",
        "example.org",
        "javascript:alert(1)",
        "https://",
        "http://a b",
        "http://example.org:99999/",
        "http://example.org:port/",
        "",
    ],
)
def test_the_url_is_a_web_address(url, api):
    problem = api.post("/benchmarks", body(url=url), as_="ann", status=422).json
    assert [issue["name"] for issue in problem["errors"]] == ["url"]


def test_image_and_tag_are_the_name(api):
    first = api.post("/benchmarks", body(), as_="ann", status=201).json
    problem = api.post("/benchmarks", body(), as_="bob", status=409).json
    assert (problem["existing"], "example/matrix:1" in problem["detail"]) == (first["id"], True)
    api.post("/benchmarks", body(docker_tag="2"), as_="bob", status=201)


def test_lists_match_exactly(api, make):
    first = make.benchmark(docker_image="a", docker_tag="1")
    make.benchmark(docker_image="a", docker_tag="2")
    assert len(api.items("/benchmarks", {"docker_image": "a"})) == 2
    items = api.items("/benchmarks", {"docker_image": "a", "docker_tag": "1"})
    assert [item["id"] for item in items] == [str(first.id)]


def test_the_search_looks_into_image_and_tag_together(api, make):
    benchmark = make.benchmark(docker_image="Example/Ray", docker_tag="Beta")
    make.benchmark(docker_image="example/ray2", docker_tag="beta")
    for terms in (["ray:beta"], ["example/ray:b"]):
        items = api.items("/benchmarks:search", {"terms": terms})
        assert [item["id"] for item in items] == [str(benchmark.id)]
    assert len(api.items("/benchmarks:search", {"terms": ["ray", "beta"]})) == 2


def test_sorting_by_tag(api, make):
    for tag in ("2", "1", "3"):
        make.benchmark(docker_tag=tag)
    assert [item["docker_tag"] for item in api.items("/benchmarks", {"sort_by": "-docker_tag"})] == [
        "3",
        "2",
        "1",
    ]


class TestSchemas:
    @pytest.mark.parametrize(
        ("schema", "pointer"),
        [
            ({"type": "integr"}, "/json_schema/type"),
            ({"properties": {"a/b": {"minimum": "1"}}}, "/json_schema/properties/a~1b/minimum"),
            ({"$schema": "https://example.org/my-own"}, "/json_schema/$schema"),
            ({"$ref": "https://example.org/schema.json"}, "/json_schema/$ref"),
            ({"$ref": "#/$defs/missing"}, "/json_schema/$ref"),
            ({"pattern": "("}, "/json_schema/pattern"),
            ({"title": "\ud800"}, "/json_schema/title"),
        ],
    )
    @pytest.mark.parametrize("method", ["post", "put"])
    def test_one_that_cannot_be_used_is_refused(self, method, schema, pointer, api, make):
        text = json.dumps(body(json_schema=schema)).encode()
        if method == "post":
            problem = api.post("/benchmarks", body=text, as_="ann", status=422).json
        else:
            path = f"/benchmarks/{make.benchmark().id}"
            problem = api.put(path, body=text, as_="admin", status=422).json
        assert problem["type"] == "urn:eoscperf:problem:validation"
        assert pointer in [issue["pointer"] for issue in problem["errors"]]
        assert {issue["name"] for issue in problem["errors"]} == {"json_schema"}

    @pytest.mark.parametrize(
        "draft",
        [
            "http://json-schema.org/draft-04/schema#",
            "http://json-schema.org/draft-06/schema#",
            "http://json-schema.org/draft-07/schema",
            "https://json-schema.org/draft/2019-09/schema",
            "https://json-schema.org/draft/2020-12/schema",
        ],
    )
    def test_all_drafts_are_taken(self, draft, api):
        schema = {"$schema": draft, "type": "object", "x-unit": "s", "format": "unheard-of"}
        created = api.post("/benchmarks", body(json_schema=schema), as_="ann", status=201).json
        assert created["json_schema"] == schema

    @pytest.mark.parametrize("schema", [True, [], "object", None, 1])
    def test_one_is_an_object(self, schema, api):
        problem = api.post("/benchmarks", body(json_schema=schema), as_="ann", status=422).json
        assert [issue["pointer"] for issue in problem["errors"]] == ["/json_schema"]

    def test_the_size_is_bounded(self, api, set_setting):
        set_setting("limits.json_schema_bytes", 100)
        api.post("/benchmarks", body(json_schema={"title": "ä" * 44}), as_="ann", status=201)
        problem = api.post("/benchmarks", body(json_schema={"title": "ä" * 50}), as_="ann", status=422).json
        assert "at most 100 bytes" in problem["errors"][0]["detail"]

    def test_many_errors_are_cut_off(self, api):
        schema = {"properties": {str(number): {"type": "wrong"} for number in range(150)}}
        problem = api.post("/benchmarks", body(json_schema=schema), as_="ann", status=422).json
        assert (len(problem["errors"]), problem["errors_truncated"]) == (100, True)

    def test_a_check_that_takes_too_long_is_given_up(self, api, set_setting):
        set_setting("limits.schema_seconds", 1e-9)
        problem = api.post("/benchmarks", body(), as_="ann", status=422).json
        assert problem["type"] == "urn:eoscperf:problem:validation-timeout"


class TestChangingTheSchema:
    @pytest.fixture
    def asked(self, app):
        """What subscribers are asked about new schemas; they refuse those with a title."""
        seen = []
        subscribers = app.registry["eoscperf.transaction_subscribers"]

        def answer(event, request):
            seen.append(event)
            if "title" in event.new_schema:
                raise errors.Conflict("3 stored results do not fit the new schema.")

        subscribers.append((SchemaChanging, answer))
        yield seen
        subscribers.remove((SchemaChanging, answer))

    def test_whoever_holds_results_is_asked_first(self, api, make, asked):
        benchmark = make.benchmark(json_schema={"type": "object"})
        path = f"/benchmarks/{benchmark.id}"
        api.put(path, body(), as_="admin", status=204)
        (event,) = asked
        assert event.benchmark_id == benchmark.id
        assert json.loads(event.old_schema) == {"type": "object"}
        assert json.loads(event.new_schema) == SCHEMA

    def test_a_refusal_changes_nothing(self, api, make, asked, session):
        path = f"/benchmarks/{make.benchmark().id}"
        before = api.get(path).json
        api.put(path, body(json_schema={"title": "x"}), as_="admin", status=409)
        assert api.get(path).json == before

    def test_nobody_is_asked_about_the_same_schema_or_about_what_is_gone(self, api, make, asked):
        benchmark = make.benchmark(json_schema={"b": 1, "a": 2})
        api.put(f"/benchmarks/{benchmark.id}", body(json_schema={"a": 2, "b": 1}), as_="admin", status=204)
        gone = make.benchmark(status="deleted")
        api.put(f"/benchmarks/{gone.id}", body(docker_tag="3"), as_="admin", status=409)
        assert asked == []

    def test_the_log_holds_digests_instead_of_schemas(self, api, make, session):
        import sqlalchemy as sa

        from eoscperf import jsontext
        from eoscperf.review.models import LogEntry

        benchmark = make.benchmark(docker_image="example/matrix", docker_tag="1")
        api.put(f"/benchmarks/{benchmark.id}", body(), as_="admin", status=204)
        entry = session.scalars(sa.select(LogEntry).order_by(LogEntry.id.desc()).limit(1)).one()
        changed = jsontext.loads(entry.details)["changed"]
        assert list(changed) == ["json_schema"]
        assert all(digest.startswith("sha256:") for digest in changed["json_schema"])
        assert len(set(changed["json_schema"])) == 2


class TestImageCheck:
    CHECK = '{"checked_datetime":"2024-05-01T12:00:00Z","digest":"sha256:00","status":"ok"}'

    def test_it_is_for_administrators(self, api, make):
        benchmark = make.benchmark(uploader=api.person("ann"), image_check=self.CHECK)
        path = f"/benchmarks/{benchmark.id}"
        assert api.get(path, as_="admin").json["image_check"] == json.loads(self.CHECK)
        for who in (None, "ann", "other"):
            assert "image_check" not in api.get(path, as_=who).json
        api.put(path, api.get(path, as_="admin").json, as_="admin", status=204)

    def test_it_belongs_to_the_image(self, api, make, events):
        benchmark = make.benchmark(docker_image="example/matrix", docker_tag="1", image_check=self.CHECK)
        path = f"/benchmarks/{benchmark.id}"
        api.put(path, body(description="new"), as_="admin", status=204)
        assert "image_check" in api.get(path, as_="admin").json
        api.put(path, body(docker_tag="2"), as_="admin", status=204)
        assert "image_check" not in api.get(path, as_="admin").json
        assert events[-1].changed == ("docker_tag",)

    def test_a_plug_in_can_mark_a_new_image_as_pending(self, api, app, make):
        from eoscperf.benchmarks.models import Benchmark
        from eoscperf.review.events import ItemUpdated

        def mark(event, request):
            request.dbsession.get(Benchmark, event.id).image_check = '{"status":"pending"}'

        subscribers = app.registry["eoscperf.transaction_subscribers"]
        subscribers.append((ItemUpdated, mark))
        try:
            path = f"/benchmarks/{make.benchmark(image_check=self.CHECK).id}"
            api.put(path, body(), as_="admin", status=204)
            assert api.get(path, as_="admin").json["image_check"] == {"status": "pending"}
        finally:
            subscribers.remove((ItemUpdated, mark))


def test_a_subscriber_can_veto_an_approval(api, app, make):
    from eoscperf.review.events import ItemApproved

    def veto(event, request):
        raise errors.NotApproved("The image was not found in its registry.")

    subscribers = app.registry["eoscperf.transaction_subscribers"]
    subscribers.append((ItemApproved, veto))
    try:
        path = f"/benchmarks/{make.benchmark(status='on_review').id}"
        api.post(path + ":approve", as_="admin", status=422)
        assert api.get(path, as_="admin").json["status"] == "on_review"
    finally:
        subscribers.remove((ItemApproved, veto))
