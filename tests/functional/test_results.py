"""Results over REST: uploading, showing, tagging, withdrawing, removing, restoring."""

from __future__ import annotations

import datetime
import re
import uuid

import pytest
import sqlalchemy as sa

from eoscperf.errors import Issue
from eoscperf.extend.directives import ResultCheck, result_checks
from eoscperf.results.catalogue import Catalogue
from eoscperf.results.models import Result
from eoscperf.results.query import Criteria
from eoscperf.results.search.search import Search
from eoscperf.review.models import LogEntry
from eoscperf.security.identity import Viewer

WHEN = "2024-06-01T08:00:00Z"


@pytest.fixture
def parents(make):
    return {"benchmark_id": make.benchmark().id, "flavor_id": make.flavor().id}


def upload(api, parents, json=None, *, as_="user", status=201, headers=None, **query):
    given = {"execution_datetime": WHEN, **parents, **query}
    return api.post(
        "/results",
        json={"time": 1} if json is None else json,
        params=given,
        as_=as_,
        status=status,
        headers=headers,
    )


def the_errors(answer):
    return {(error["name"], error.get("pointer")) for error in answer.json["errors"]}


# Uploading


def test_an_upload_answers_with_the_whole_result(api, make):
    site = make.site(name="KIT")
    flavor, benchmark = make.flavor(site=site, name="c8"), make.benchmark(docker_image="org/bench")
    beta, alpha = make.tag("beta"), make.tag("alpha")
    answer = upload(
        api,
        {"benchmark_id": benchmark.id, "flavor_id": flavor.id},
        {"time": 11.5, "machine": {"cpus": 4}},
        tags_ids=[beta.id, alpha.id, beta.id],
    )
    result = answer.json
    assert answer.headers["Location"] == f"https://perf.example.org/api/v1/results/{result['id']}"
    assert result["json"] == {"time": 11.5, "machine": {"cpus": 4}}
    assert result["execution_datetime"] == WHEN
    assert result["benchmark"]["id"] == str(benchmark.id)
    assert result["benchmark"]["json_schema"] == {"type": "object"}
    assert (result["site"]["name"], result["flavor"]["name"]) == ("KIT", "c8")
    assert [tag["name"] for tag in result["tags"]] == ["alpha", "beta"]
    assert (result["status"], result["disputed"]) == ("visible", False)
    assert result["uploader"]["sub"] == "user"
    assert api.get(f"/results/{result['id']}").json.get("uploader") is None


def test_the_json_comes_back_as_it_was_sent(api, parents):
    sent = b'{"b":11.0,"a":[1e2,-0,1.10,12345678901234567890123],"\\u00e9":"\\ud83d\\ude00"}'
    answer = api.post(
        "/results", body=sent, params={"execution_datetime": WHEN, **parents}, as_="user", status=201
    )
    for shown in (answer, api.get(f"/results/{answer.json['id']}")):
        assert '"json":{"a":[1e2,-0,1.10,12345678901234567890123],"b":11.0,"é":"😀"}' in shown.text


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b'"text"', b"null"])
def test_a_result_is_a_json_object(api, parents, body):
    query = {"execution_datetime": WHEN, **parents}
    answer = api.post("/results", body=body, params=query, as_="user", status=422)
    assert answer.json["errors"][0]["in"] == "body"


def test_nul_and_lone_surrogates_are_refused_where_they_are(api, parents):
    query = {"execution_datetime": WHEN, **parents}
    for body, name, pointer in (
        (b'{"a/b":["x","\\u0000"]}', "a/b.1", "/a~1b/1"),
        (b'{"k":{"\\ud800":1}}', "k.\ufffd", "/k/\ufffd"),
    ):
        answer = api.post("/results", body=body, params=query, as_="user", status=422)
        (error,) = answer.json["errors"]
        assert (error["name"], error["pointer"]) == (name, pointer)


def test_every_wrong_parameter_is_named(api):
    query = {"execution_datetime": "yesterday", "benchmark_id": "x", "color": "red"}
    answer = api.post("/results", json={"a": 1}, params=query, as_="user", status=422)
    assert {error["name"] for error in answer.json["errors"]} == {
        "execution_datetime",
        "benchmark_id",
        "flavor_id",
        "color",
    }


def test_results_are_not_from_the_future(api, parents):
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=30)
    late = soon + datetime.timedelta(seconds=60)
    upload(api, parents, execution_datetime=soon.isoformat())
    answer = upload(api, parents, execution_datetime=late.isoformat(), status=422)
    assert the_errors(answer) == {("execution_datetime", None)}
    (error,) = answer.json["errors"]
    said, told = error["detail"].rsplit(" ", 1)
    assert said == "lies in the future; the time of this server is"
    assert soon - datetime.timedelta(seconds=31) <= datetime.datetime.fromisoformat(told) < late


def test_every_unknown_reference_is_named_at_once(api):
    unknown = {key: str(uuid.uuid4()) for key in ("benchmark_id", "flavor_id", "supersedes")}
    tags = [str(uuid.uuid4()), str(uuid.uuid4())]
    answer = upload(api, unknown, tags_ids=tags, status=404)
    assert answer.json["type"].endswith(":unknown-reference")
    told = " ".join(error["detail"] for error in answer.json["errors"])
    assert len(answer.json["errors"]) == 5
    assert all(identifier in told for identifier in [*unknown.values(), *tags])


@pytest.mark.parametrize("status", ["rejected", "deleted"])
def test_rejected_and_deleted_parents_are_unknown_even_to_their_uploader(api, make, status):
    user = api.person("user")
    benchmark = make.benchmark(status=status, uploader=user)
    flavor = make.flavor(site=make.site(status=status, uploader=user))
    answer = upload(api, {"benchmark_id": benchmark.id, "flavor_id": flavor.id}, status=404)
    assert {error["name"] for error in answer.json["errors"]} == {"benchmark_id", "flavor_id"}


@pytest.mark.parametrize("what", ["benchmark", "flavor", "site"])
@pytest.mark.parametrize("caller", ["user", "other", "admin"])
def test_parents_on_review_are_not_approved_for_anybody(api, make, what, caller):
    user = api.person("user")
    status = {"benchmark": "approved", "flavor": "approved", "site": "approved", what: "on_review"}
    benchmark = make.benchmark(status=status["benchmark"], uploader=user)
    site = make.site(status=status["site"], uploader=user)
    flavor = make.flavor(status=status["flavor"], site=site, uploader=user)
    answer = upload(api, {"benchmark_id": benchmark.id, "flavor_id": flavor.id}, as_=caller, status=422)
    assert answer.json["type"].endswith(":not-approved")
    waiting = {"benchmark": benchmark, "flavor": flavor, "site": site}[what]
    assert str(waiting.id) in answer.json["detail"]


def test_the_json_has_to_fit_the_schema_of_the_benchmark(api, make):
    schema = {
        "type": "object",
        "required": ["time"],
        "properties": {"time": {"type": "number"}, "cpu": {"properties": {"count": {"minimum": 1}}}},
    }
    parents = {"benchmark_id": make.benchmark(json_schema=schema).id, "flavor_id": make.flavor().id}
    upload(api, parents, {"time": 1.0, "cpu": {"count": 2}})
    answer = upload(api, parents, {"time": "x", "cpu": {"count": 0}}, status=422)
    assert [(e["in"], e["name"], e["pointer"], e["keyword"]) for e in answer.json["errors"]] == [
        ("body", "cpu.count", "/cpu/count", "minimum"),
        ("body", "time", "/time", "type"),
    ]
    answer = upload(api, parents, {}, status=422)
    assert answer.json["errors"][0]["keyword"] == "required"


def test_more_than_a_hundred_faults_are_cut_off(api, make):
    schema = {"additionalProperties": {"type": "string"}}
    parents = {"benchmark_id": make.benchmark(json_schema=schema).id, "flavor_id": make.flavor().id}
    answer = upload(api, parents, {f"key{number}": number for number in range(150)}, status=422)
    assert len(answer.json["errors"]) == 100
    assert answer.json["errors_truncated"] is True


def test_a_stored_schema_that_cannot_be_used_is_said_to_be_so(api, make):
    benchmark = make.benchmark(json_schema={"$ref": "https://elsewhere.example.org/schema"})
    answer = upload(api, {"benchmark_id": benchmark.id, "flavor_id": make.flavor().id}, status=422)
    assert answer.json["type"].endswith(":schema-invalid")


def test_a_validation_without_end_is_cut_off(api, make, set_setting):
    set_setting("limits.schema_seconds", 0.2)
    hostile = {"$ref": "#/$defs/a", "$defs": {}}
    # Each level asks the next one twice: 2**40 steps.
    for level in range(40):
        name, following = chr(97) + (str(level) if level else ""), f"#/$defs/a{level + 1}"
        hostile["$defs"][name] = {"allOf": [{"$ref": following}, {"$ref": following}]}
    hostile["$defs"]["a40"] = {"minProperties": 1}
    benchmark = make.benchmark(json_schema=hostile)
    answer = upload(api, {"benchmark_id": benchmark.id, "flavor_id": make.flavor().id}, status=422)
    assert answer.json["type"].endswith((":validation-timeout", ":schema-invalid"))


def test_the_same_result_is_taken_once(api, parents):
    first = upload(api, parents, {"a": 1, "b": [1, 2]}).json["id"]
    body = b'{ "b": [1.0, 2e0], "a": 1.00 }'
    query = {"execution_datetime": "2024-06-01T10:00:00+02:00", **parents}
    answer = api.post("/results", body=body, params=query, as_="user", status=409)
    assert answer.json["type"].endswith(":duplicate")
    assert answer.json["existing"] == first
    upload(api, parents, {"a": 1, "b": [2, 1]})
    upload(api, parents, {"a": True, "b": [1, 2]})
    upload(api, parents, {"a": 1, "b": [1, 2]}, as_="other")


def test_hidden_results_count_as_duplicates(api, parents):
    first = upload(api, parents).json["id"]
    api.delete(f"/results/{first}", as_="admin", status=204)
    assert upload(api, parents, status=409).json["existing"] == first


def test_a_result_can_supersede_an_own_one_once(api, parents, make):
    old = upload(api, parents).json["id"]
    new = upload(api, parents, {"time": 2}, supersedes=old).json
    assert new["supersedes"] == old
    assert api.get(f"/results/{old}").json["superseded_by"] == new["id"]
    assert upload(api, parents, {"time": 3}, supersedes=old, status=409)
    others = make.result()
    answer = upload(api, parents, {"time": 3}, supersedes=others.id, status=404)
    assert the_errors(answer) == {("supersedes", None)}
    api.delete(f"/results/{new['id']}", as_="admin", status=204)
    upload(api, parents, {"time": 3}, supersedes=new["id"], status=409)


def test_uploading_is_for_registered_users(api, parents):
    upload(api, parents, as_=None, status=401)
    assert upload(api, parents, as_="stranger", status=403).json["type"].endswith(":not-registered")


def test_an_upload_is_told_to_subscribers(api, parents, events):
    upload(api, parents)
    (created,) = [event for event in events if getattr(event, "topic", "") == "result.created"]
    assert created.benchmark_id == parents["benchmark_id"]


def test_validate_answers_as_the_upload_would_and_stores_nothing(api, parents, make, session):
    def both(**options):
        given = {"execution_datetime": WHEN, **parents, **options.pop("query", {})}
        status = options.pop("status")
        answers = [
            api.post(path, params=given, as_="user", status=status, **options)
            for path in ("/results:validate", "/results")
        ]
        # Both tell the time of the server, which goes on between them.
        told = [
            re.sub(r'"instance":"[^"]*"|time of this server is [-0-9T:]+Z', "", answer.text)
            for answer in answers
        ]
        assert told[0] == told[1]

    answer = api.post(
        "/results:validate", json={"a": 1}, params={"execution_datetime": WHEN, **parents}, as_="user"
    )
    assert (answer.status_int, answer.json) == (200, {"valid": True})
    assert session.query(Result).count() == 0
    both(json={"a": 1}, query={"benchmark_id": str(uuid.uuid4())}, status=404)
    both(json={"a": 1}, query={"flavor_id": make.flavor(status="on_review").id}, status=422)
    both(json={"a": 1}, query={"execution_datetime": "2999-01-01T00:00:00Z"}, status=422)
    both(body=b"", status=422)
    both(body=b"{", status=400)
    upload(api, parents, {"a": 1})
    both(json={"a": 1}, status=409)


# Showing


@pytest.fixture
def hidden(api, make):
    """A result of `user` in each state."""
    user = api.person("user")
    claimed = make.result(uploader=user)
    make.claim(claimed)
    return {
        "visible": make.result(uploader=user),
        "claimed": claimed,
        "withdrawn": make.result(uploader=user, withdrawn=True),
        "removed": make.result(uploader=user, removed=True),
    }


@pytest.mark.parametrize("reader", [None, "stranger", "other", "user", "admin"])
@pytest.mark.parametrize("state", ["visible", "claimed", "withdrawn", "removed"])
def test_who_sees_a_result_by_its_id(api, hidden, reader, state):
    insider = reader in ("user", "admin")
    gone = state in ("withdrawn", "removed") and not insider
    answer = api.get(f"/results/{hidden[state].id}", as_=reader, status=410 if gone else 200)
    if gone:
        assert answer.json["type"] == f"urn:eoscperf:problem:{state}"
        assert answer.json["since"].endswith("Z")
    else:
        assert answer.json["status"] == state
        assert answer.json["disputed"] is (state == "claimed")
        assert ("uploader" in answer.json) is insider


@pytest.mark.parametrize("reader", [None, "stranger", "other", "user", "admin"])
@pytest.mark.parametrize("state", [None, "visible", "claimed", "withdrawn", "removed"])
@pytest.mark.parametrize("path", ["/results", "/results:search"])
def test_who_sees_which_states_in_lists(api, hidden, reader, state, path):
    found = api.items(path, {"status": state} if state else {}, as_=reader)
    shown = state in (None, "visible") or reader in ("user", "admin")
    assert [item["id"] for item in found] == ([str(hidden[state or "visible"].id)] if shown else [])


def test_own_results_are_listed_in_all_states(api, hidden, make):
    make.result()
    found = api.items("/users/self/results", as_="user")
    assert {item["status"] for item in found} == set(hidden)
    assert [i["status"] for i in api.items("/users/self/results", {"status": "removed"}, as_="user")] == [
        "removed"
    ]
    assert api.items("/users/self/results", as_="other") == []
    # An administrator's own results, not everybody's.
    assert api.items("/users/self/results", as_="admin") == []
    api.get("/users/self/results", status=401)
    api.get("/users/self/results", as_="stranger", status=403)


@pytest.mark.parametrize("what", ["benchmark", "flavor", "site"])
@pytest.mark.parametrize("status", ["on_review", "rejected", "deleted"])
def test_results_of_unapproved_parents_are_hidden_from_others(api, make, what, status):
    states = {"benchmark": "approved", "flavor": "approved", "site": "approved", what: status}
    result = make.result(
        benchmark=make.benchmark(status=states["benchmark"]),
        flavor=make.flavor(status=states["flavor"], site=make.site(status=states["site"])),
        uploader=api.person("user"),
    )
    unknown = api.get(f"/results/{uuid.uuid4()}", status=404).json
    for reader in (None, "other"):
        answer = api.get(f"/results/{result.id}", as_=reader, status=404)
        assert answer.json["detail"] == f"No result {result.id}."
        assert answer.json.keys() == unknown.keys()
        assert api.items("/results", as_=reader) == []
    for reader in ("user", "admin"):
        api.get(f"/results/{result.id}", as_=reader, status=200)
        assert len(api.items("/results", as_=reader)) == 1


def test_lists_take_at_most_six_statements(api, make, statements):
    tags = [make.tag(), make.tag()]
    for _ in range(5):
        make.result(uploader=api.person("user"), tags=tags)
    for reader in (None, "user", "other", "admin"):
        for path in ("/results", "/results:search", "/users/self/results"):
            if path == "/users/self/results" and reader is None:
                continue
            token = api.token(reader) if reader else None
            statements.clear()
            api.get(path, {"per_page": 2, "sort_by": "benchmark_name,-site_name,json.time"}, token=token)
            assert len(statements) <= 6, (reader, path, statements)


def test_counting_joins_nothing(session, database_kind):
    view = Catalogue().view(session)
    for viewer in (Viewer(), Viewer(user_id=uuid.uuid4())):
        count = (
            Search(session, Criteria(), viewer, view)
            .counting()
            .compile(session.connection(), compile_kwargs={"literal_binds": True})
        )
        explain = "EXPLAIN QUERY PLAN " if database_kind == "sqlite" else "EXPLAIN "
        plan = "\n".join(" ".join(map(str, row)) for row in session.execute(sa.text(explain + str(count))))
        if database_kind == "sqlite":
            assert "COVERING INDEX ix_results_" in plan
        else:
            # Which index is read depends on how much there is.
            assert "Join" not in plan, plan
            assert "Nested Loop" not in plan, plan
            assert "SubPlan" not in plan, plan


def test_objects_have_strong_tags_and_lists_weak_ones(api, make):
    result = make.result()
    answer = api.get(f"/results/{result.id}")
    assert answer.headers["ETag"].startswith('"')
    api.get(f"/results/{result.id}", headers={"If-None-Match": answer.headers["ETag"]}, status=304)
    assert api.get("/results").headers["ETag"].startswith("W/")


def test_the_uploader_is_shown_to_administrators(api, make, session):
    result = make.result(uploader=make.user("ann"))
    path = f"/results/{result.id}/uploader"
    assert api.get(path, as_="admin").json["sub"] == "ann"
    api.get(path, status=401)
    api.get(path, as_="ann", status=403)
    api.get(f"/results/{uuid.uuid4()}/uploader", as_="admin", status=404)
    result.uploader_id = None
    session.commit()
    assert api.get(path, as_="admin").json["sub"] == "removed"
    assert api.get(f"/results/{result.id}", as_="admin").json["uploader"]["sub"] == "removed"


# Tagging


def test_owners_and_administrators_replace_the_tags(api, make, events):
    a, b, c = (make.tag(name) for name in "abc")
    result = make.result(uploader=api.person("user"), tags=[a, b])
    path = f"/results/{result.id}/tags"

    def names():
        return [tag["name"] for tag in api.get(f"/results/{result.id}").json["tags"]]

    api.put(path, {"tags_ids": [str(b.id), str(c.id), str(c.id)]}, as_="user", status=204)
    assert names() == ["b", "c"]
    changed = [event for event in events if getattr(event, "topic", "") == "result.tags_updated"]
    assert [(e.added, e.removed) for e in changed] == [((c.id,), (a.id,))]
    api.put(path, {}, as_="user", status=204)
    api.put(path, {"tags_ids": [str(b.id), str(c.id)]}, as_="admin", status=204)
    assert names() == ["b", "c"]
    assert len([e for e in events if getattr(e, "topic", "") == "result.tags_updated"]) == 1
    api.put(path, {"tags_ids": []}, as_="admin", status=204)
    assert names() == []


def test_wrong_tags_change_nothing(api, make):
    tag = make.tag()
    result = make.result(uploader=api.person("user"), tags=[tag])
    path = f"/results/{result.id}/tags"
    unknown = [str(uuid.uuid4()), str(uuid.uuid4())]
    answer = api.put(path, {"tags_ids": [*unknown, str(tag.id)]}, as_="user", status=404)
    assert len(answer.json["errors"]) == 2
    for body in ({"tags_ids": None}, {"tags_ids": ["x"]}, {"tags_ids": "x"}, {"tags": []}, [1]):
        api.put(path, body, as_="user", status=422)
    api.put(path, {"tags_ids": [str(uuid.uuid4()) for _ in range(51)]}, as_="user", status=422)
    assert len(api.get(f"/results/{result.id}").json["tags"]) == 1


def test_a_tag_named_again_counts_once(api, make, parents):
    tag = make.tag()
    query = {"execution_datetime": WHEN, **parents, "tags_ids": [str(tag.id)] * 51}
    created = api.post("/results", json={"a": 1}, params=query, as_="user", status=201).json
    assert [one["id"] for one in created["tags"]] == [str(tag.id)]
    body = {"tags_ids": [str(tag.id)] * 51}
    api.put(f"/results/{created['id']}/tags", body, as_="user", status=204)


def test_others_may_not_tag(api, make, hidden):
    path = f"/results/{make.result().id}/tags"
    api.put(path, {}, status=401)
    api.put(path, {}, as_="stranger", status=403)
    refused = api.put(path, {}, as_="other", status=403).json
    assert refused["type"].endswith(":owner-required")
    assert refused["detail"] == "Only the uploader or an administrator may do this."
    for state in ("withdrawn", "removed"):
        path = f"/results/{hidden[state].id}/tags"
        api.put(path, {}, as_="other", status=410)
        api.put(path, {"tags_ids": [str(make.tag().id)]}, as_="user", status=204)
    api.put(f"/results/{uuid.uuid4()}/tags", {}, as_="user", status=404)


def test_tags_change_only_if_the_result_is_as_fetched(api, make):
    result = make.result(uploader=api.person("user"))
    path, tags = f"/results/{result.id}", {"tags_ids": [str(make.tag().id)]}
    fetched = api.get(path, as_="user").headers["ETag"]
    for_others = api.get(path).headers["ETag"]
    api.put(path + "/tags", tags, as_="user", headers={"If-Match": for_others}, status=412)
    api.put(path + "/tags", tags, as_="user", headers={"If-Match": fetched}, status=204)
    api.put(path + "/tags", tags, as_="user", headers={"If-Match": fetched}, status=412)
    api.delete(path, as_="admin", headers={"If-Match": fetched}, status=412)


# Withdrawing, removing, restoring


def test_only_the_uploader_withdraws(api, make, session, events):
    result = make.result(uploader=api.person("user"))
    path = f"/results/{result.id}"
    api.post(path + ":withdraw", status=401)
    for who in ("other", "admin"):
        refused = api.post(path + ":withdraw", as_=who, status=403).json
        assert refused["detail"] == "Only the uploader may do this."
    api.post(path + ":withdraw", {"message": "wrong input"}, as_="user", status=204)
    shown = api.get(path, as_="user").json
    assert (shown["status"], shown["status_message"]) == ("withdrawn", "wrong input")
    api.get(path, status=410)
    api.post(path + ":withdraw", as_="user", status=409)
    api.post(path + ":withdraw", as_="other", status=410)
    entry = session.query(LogEntry).filter_by(action="withdraw").one()
    assert (entry.from_status, entry.to_status, entry.message) == ("visible", "withdrawn", "wrong input")
    assert "result.withdrawn" in [getattr(event, "topic", "") for event in events]
    api.post(path + ":restore", as_="other", status=410)
    api.post(path + ":restore", as_="admin", status=409)
    api.post(path + ":restore", as_="user", status=204)
    assert api.get(path).json["status"] == "visible"
    api.post(path + ":restore", as_="user", status=409)


def test_an_administrator_withdraws_his_own(api, make):
    result = make.result(uploader=api.person("admin"))
    api.post(f"/results/{result.id}:withdraw", as_="admin", status=204)
    api.post(f"/results/{result.id}:restore", as_="admin", status=204)


def test_a_removal_is_logged_once_and_taken_back(api, make, session, events):
    result = make.result(uploader=api.person("user"))
    path = f"/results/{result.id}"
    for who, status in ((None, 401), ("user", 403), ("admin", 204), ("admin", 204)):
        api.delete(path, {"message": "wrong machine"}, as_=who, status=status)
    assert session.query(LogEntry).filter_by(action="delete").count() == 1
    assert [getattr(event, "topic", "") for event in events].count("result.removed") == 1
    assert api.get(path, as_="user").json["status_message"] == "wrong machine"
    assert api.get(path, status=410).json["detail"] == "Removed by a moderator."
    api.post(path + ":withdraw", as_="user", status=409)
    api.post(path + ":restore", as_="user", status=409)
    api.post(path + ":restore", {"message": "sorry"}, as_="admin", status=204)
    assert api.get(path).json["status"] == "visible"
    api.delete(f"/results/{uuid.uuid4()}", as_="admin", status=404)


def test_a_removed_result_comes_back_as_the_other_facts_have_it(api, make):
    withdrawn = make.result(uploader=api.person("user"), withdrawn=True)
    claimed = make.result()
    make.claim(claimed)
    for result, state in ((withdrawn, "withdrawn"), (claimed, "claimed")):
        path = f"/results/{result.id}"
        if state == "claimed":
            api.post(path + ":restore", as_="admin", status=409)
            continue
        api.delete(path, as_="admin", status=204)
        assert api.get(path, as_="admin").json["status"] == "removed"
        api.post(path + ":restore", as_="admin", status=204)
        assert api.get(path, as_="admin").json["status"] == state


def test_nothing_comes_back_below_parents_that_are_gone(api, make):
    benchmark = make.benchmark()
    result = make.result(benchmark=benchmark)
    api.delete(f"/results/{result.id}", as_="admin", status=204)
    api.delete(f"/benchmarks/{benchmark.id}", as_="admin", status=204)
    answer = api.post(f"/results/{result.id}:restore", as_="admin", status=409)
    assert answer.json["type"].endswith(":wrong-state")
    assert benchmark.name in answer.json["detail"]


# Parents


@pytest.fixture
def family(api, make):
    site = make.site()
    flavors = [make.flavor(site=site), make.flavor(site=site)]
    benchmark = make.benchmark()
    user = api.person("user")
    results = [make.result(benchmark=benchmark, flavor=flavor, uploader=user) for flavor in flavors]
    return {"site": site, "flavor": flavors[0], "benchmark": benchmark, "results": results}


def states(api, family):
    return [api.get(f"/results/{result.id}", as_="admin").json["status"] for result in family["results"]]


@pytest.mark.parametrize(
    ("kind", "gone"),
    [("benchmark", ["removed"] * 2), ("site", ["removed"] * 2), ("flavor", ["removed", "visible"])],
)
def test_results_go_and_come_back_with_their_parents(api, family, kind, gone, events, session):
    path = f"/{kind}s/{family[kind].id}"
    api.delete(path, {"message": "closed"}, as_="admin", status=204)
    assert states(api, family) == gone
    (told,) = [event for event in events if getattr(event, "topic", "") == "results.removed"]
    assert [len(ids) for ids in told.by_uploader.values()] == [gone.count("removed")]
    assert (told.kind, told.message) == (kind, "closed")
    entry = session.get(LogEntry, told.action_id)
    assert entry.resource_id == str(family[kind].id)
    assert f'"removed_results":{gone.count("removed")}' in entry.details
    api.post(path + ":restore", as_="admin", status=204)
    assert states(api, family) == ["visible", "visible"]


def test_a_restore_brings_back_only_what_its_action_removed(api, family):
    first, _ = family["results"]
    api.delete(f"/results/{first.id}", as_="admin", status=204)
    path = f"/benchmarks/{family['benchmark'].id}"
    api.delete(path, as_="admin", status=204)
    api.post(path + ":restore", as_="admin", status=204)
    assert states(api, family) == ["removed", "visible"]


def test_a_result_waits_for_all_of_its_parents(api, family):
    benchmark, flavor = f"/benchmarks/{family['benchmark'].id}", f"/flavors/{family['flavor'].id}"
    api.delete(benchmark, as_="admin", status=204)
    api.delete(flavor, as_="admin", status=204)
    api.post(benchmark + ":restore", as_="admin", status=204)
    assert states(api, family) == ["removed", "visible"]
    api.post(flavor + ":restore", as_="admin", status=204)
    assert states(api, family) == ["visible", "visible"]


def test_a_schema_changes_only_if_all_stored_results_fit(api, make):
    benchmark = make.benchmark(docker_image="a/b", docker_tag="1")
    fitting = make.result(benchmark=benchmark, json={"time": 1})
    hidden = make.result(benchmark=benchmark, json={"time": "x"}, removed=True)
    body = {
        "docker_image": "a/b",
        "docker_tag": "1",
        "json_schema": {"properties": {"time": {"type": "number"}}},
    }
    path = f"/benchmarks/{benchmark.id}"
    answer = api.put(path, body, as_="admin", status=409)
    assert "1 of 2 stored results" in answer.json["detail"]
    assert f"{hidden.id} at /time" in answer.json["detail"]
    assert str(fitting.id) not in answer.json["detail"]
    assert api.get(path).json["json_schema"] == {"type": "object"}
    body["json_schema"] = {"required": ["time"]}
    api.put(path, body, as_="admin", status=204)


def test_a_recheck_that_takes_too_long_changes_nothing(api, make, set_setting):
    benchmark = make.benchmark(docker_image="a/b", docker_tag="1")
    make.result(benchmark=benchmark)
    set_setting("limits.recheck_seconds", 1e-9)
    body = {"docker_image": "a/b", "docker_tag": "1", "json_schema": {"required": ["time"]}}
    answer = api.put(f"/benchmarks/{benchmark.id}", body, as_="admin", status=409)
    assert "could not be checked" in answer.json["detail"]


def latest_entry(api):
    """The log entry of the last action that came from nobody else's."""
    entries = api.items("/reports/log", as_="admin")
    return next(entry["id"] for entry in entries if "caused_by" not in entry or entry["action"] == "undo")


@pytest.mark.parametrize("kind", ["benchmark", "site", "flavor"])
def test_undoing_a_deletion_or_its_restore_takes_the_results_along(api, family, kind):
    path = f"/{kind}s/{family[kind].id}"
    before = states(api, family)
    api.delete(path, as_="admin", status=204)
    gone = states(api, family)
    assert gone != before
    api.post(f"/reports/log/{latest_entry(api)}:undo", as_="admin", status=204)
    assert states(api, family) == before
    api.delete(path, as_="admin", status=204)
    api.post(path + ":restore", as_="admin", status=204)
    api.post(f"/reports/log/{latest_entry(api)}:undo", as_="admin", status=204)
    assert states(api, family) == gone
    api.post(path + ":restore", as_="admin", status=204)
    assert states(api, family) == before


def test_an_approval_that_results_rest_on_is_not_undone(api, make):
    benchmark = make.benchmark(status="on_review")
    api.post(f"/benchmarks/{benchmark.id}:approve", as_="admin", status=204)
    entry = latest_entry(api)
    upload(api, {"benchmark_id": benchmark.id, "flavor_id": make.flavor().id})
    answer = api.post(f"/reports/log/{entry}:undo", as_="admin", status=409)
    assert "1 result " in answer.json["detail"]


def test_the_undo_of_a_removal_brings_the_result_back(api, make):
    result = make.result()
    api.delete(f"/results/{result.id}", as_="admin", status=204)
    api.post(f"/reports/log/{latest_entry(api)}:undo", as_="admin", status=204)
    assert api.get(f"/results/{result.id}").json["status"] == "visible"


def test_registered_checks_have_their_say(api, app, parents, monkeypatch):
    def prime(submission, request):
        if submission.json.get("time") != 7:
            yield Issue("is not 7", "body", "time", "/time")

    checks = result_checks(app.registry)
    assert next(iter(checks)) == "json_schema"
    monkeypatch.setitem(checks, "prime", ResultCheck("prime", prime))
    answer = upload(api, parents, {"time": 8}, status=422)
    assert the_errors(answer) == {("time", "/time")}
    upload(api, parents, {"time": 7})


def test_large_bodies_are_refused(api, parents, set_setting):
    set_setting("limits.result_bytes", 30)
    answer = upload(api, parents, {"x": "y" * 30}, status=413)
    assert answer.json["max_bytes"] == 30
