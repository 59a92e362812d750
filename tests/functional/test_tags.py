"""Tags over REST."""

from __future__ import annotations

import uuid

import pytest

from eoscperf.results.models import Tag
from eoscperf.review.models import LogEntry


def names(api, path="/tags", **query):
    return [tag["name"] for tag in api.items(path, query)]


def test_a_tag_can_be_used_at_once(api, events):
    body = {"name": "  gpu ", "description": "with\ngraphics card"}
    answer = api.post("/tags", body, as_="user", status=201)
    tag = answer.json
    assert (tag["name"], tag["description"]) == ("gpu", "with\ngraphics card")
    assert tag.keys() == {"id", "name", "description", "upload_datetime"}
    assert answer.headers["Location"].endswith(f"/api/v1/tags/{tag['id']}")
    shown = api.get(f"/tags/{tag['id']}")
    assert shown.json == tag
    assert shown.headers["ETag"].startswith('"')
    assert names(api) == ["gpu"]
    assert [getattr(event, "topic", "") for event in events][-1] == "tag.created"


def test_an_optional_description_can_be_null(api):
    tag = api.post("/tags", {"name": "a", "description": None}, as_="user", status=201).json
    assert "description" not in tag


@pytest.mark.parametrize(
    "body",
    [{}, {"name": " "}, {"name": None}, {"name": 1}, {"name": "x" * 256}, {"name": "a", "color": 1}, []],
)
def test_wrong_tags_are_refused(api, body):
    api.post("/tags", body, as_="user", status=422)


def test_adding_is_for_users_and_looking_after_for_administrators(api, make):
    tag = make.tag("a")
    path = f"/tags/{tag.id}"
    api.post("/tags", {"name": "b"}, status=401)
    api.post("/tags", {"name": "b"}, as_="stranger", status=403)
    for method, where in (("PUT", path), ("DELETE", path), ("POST", path + ":restore")):
        api.request(method, where, json={"name": "b"} if method == "PUT" else None, status=401)
        answer = api.request(
            method, where, json={"name": "b"} if method == "PUT" else None, as_="user", status=403
        )
        assert answer.json["type"].endswith(":admin-required")


def test_names_are_unique_among_live_tags(api, make):
    tag, other = make.tag("a"), make.tag("b")
    answer = api.post("/tags", {"name": "a"}, as_="user", status=409)
    assert answer.json["detail"] == "The tag name a is in use."
    assert answer.json["existing"] == str(tag.id)
    api.post("/tags", {"name": "A"}, as_="user", status=201)
    answer = api.put(f"/tags/{other.id}", {"name": "a"}, as_="admin", status=409)
    assert answer.json["existing"] == str(tag.id)
    api.delete(f"/tags/{tag.id}", as_="admin", status=204)
    again = api.post("/tags", {"name": "a"}, as_="user", status=201).json
    answer = api.post(f"/tags/{tag.id}:restore", as_="admin", status=409)
    assert answer.json["existing"] == again["id"]
    api.delete(f"/tags/{again['id']}", as_="admin", status=204)
    api.post(f"/tags/{tag.id}:restore", as_="admin", status=204)
    assert set(names(api)) == {"a", "A", "b"}


def test_a_change_is_logged_and_told(api, make, session, events):
    tag = make.tag("a", description="old")
    path = f"/tags/{tag.id}"
    api.put(path, {"name": "b"}, as_="admin", status=204)
    assert api.get(path).json["description"] == "old"
    api.put(path, {"name": "b", "description": None}, as_="admin", status=204)
    assert "description" not in api.get(path).json
    api.put(path, {"name": "b"}, as_="admin", status=204)
    entries = session.query(LogEntry).filter_by(resource_type="tag").order_by(LogEntry.id).all()
    assert [entry.details for entry in entries] == [
        '{"changed":{"name":["a","b"]}}',
        '{"changed":{"description":["old",null]}}',
    ]
    assert [e.changed for e in events if getattr(e, "topic", "") == "tag.updated"] == [
        ("name",),
        ("description",),
    ]
    assert names(api, "/tags:search", terms="b") == ["b"]


def test_a_fetched_tag_can_be_sent_back(api, make):
    path = f"/tags/{make.tag('a').id}"
    fetched = api.get(path, as_="admin")
    match = {"If-Match": fetched.headers["ETag"]}
    api.put(path, fetched.json | {"name": "b"}, as_="admin", headers=match, status=204)
    api.put(path, fetched.json | {"name": "c"}, as_="admin", headers=match, status=412)
    api.put(path, fetched.json | {"id": str(uuid.uuid4())}, as_="admin", status=422)
    api.delete(path, as_="admin", headers=match, status=412)


def test_a_deleted_tag_leaves_all_results_until_it_returns(api, make, session, events):
    tag, other = make.tag("a"), make.tag("b")
    result = make.result(tags=[tag, other], uploader=api.person("user"))
    path = f"/tags/{tag.id}"

    def on_result():
        return [each["name"] for each in api.get(f"/results/{result.id}").json["tags"]]

    api.delete(path, {"message": "misleading"}, as_="admin", status=204)
    api.delete(path, as_="admin", status=204)
    assert on_result() == ["b"]
    assert names(api) == ["b"]
    assert api.items("/tags", as_="admin") == api.items("/tags")
    api.get(path, status=404)
    api.get(path, as_="user", status=404)
    assert api.get(path, as_="admin").json["status"] == "deleted"
    api.put(path, {"name": "c"}, as_="admin", status=409)
    api.put(f"/results/{result.id}/tags", {"tags_ids": [str(tag.id)]}, as_="user", status=404)
    api.put(f"/results/{result.id}/tags", {"tags_ids": []}, as_="user", status=204)
    api.post(path + ":restore", {"message": "useful"}, as_="admin", status=204)
    assert on_result() == ["a"]
    api.post(path + ":restore", as_="admin", status=409)
    entries = session.query(LogEntry).filter_by(resource_type="tag").order_by(LogEntry.id).all()
    assert [(entry.action, entry.message) for entry in entries] == [
        ("delete", "misleading"),
        ("restore", "useful"),
    ]
    topics = [getattr(event, "topic", "") for event in events]
    assert (topics.count("tag.deleted"), topics.count("tag.restored")) == (1, 1)


def test_tags_are_listed_searched_and_sorted(api, make, session):
    make.tag("beta", description="Second 50%")
    make.tag("Alpha", description=None)
    make.tag("gamma", description="First")
    assert names(api) == ["Alpha", "beta", "gamma"]
    assert names(api, sort_by="-description") == ["beta", "gamma", "Alpha"]
    assert names(api, sort_by="description") == ["gamma", "beta", "Alpha"]
    assert names(api, name="beta") == ["beta"]
    assert names(api, name="BETA") == []
    assert names(api, "/tags:search", terms=["A", "FIRST"]) == ["gamma"]
    assert names(api, "/tags:search", terms="0%") == ["beta"]
    assert names(api, "/tags:search", terms="") == ["Alpha", "beta", "gamma"]
    api.get("/tags", {"terms": "a"}, status=422)
    api.get("/tags:search", {"name": "a"}, status=422)
    api.get("/tags", {"sort_by": "color"}, status=422)
    session.query(Tag).filter_by(name="Alpha").one().upload_datetime = None
    session.commit()
    assert names(api, sort_by="upload_datetime")[-1] == names(api, sort_by="-upload_datetime")[-1] == "Alpha"
    assert "upload_datetime" not in api.items("/tags", {"name": "Alpha"})[0]


def test_unknown_tags_are_not_found(api):
    path = f"/tags/{uuid.uuid4()}"
    api.get(path, status=404)
    api.put(path, {"name": "a"}, as_="admin", status=404)
    api.delete(path, as_="admin", status=404)
    api.get("/tags/1", status=404)


def test_lists_take_at_most_six_statements(api, make, statements):
    make.tag()
    token = api.token("admin")
    statements.clear()
    api.get("/tags", {"per_page": 1}, token=token)
    assert len(statements) <= 6
