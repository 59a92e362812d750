from __future__ import annotations

import uuid


def test_a_site_as_it_is_sent(api):
    sent = {"name": "  KIT ", "address": " kit.example.org\t", "description": "Two\nlines "}
    site = api.post("/sites", sent, as_="ann", status=201).json
    assert set(site) == {"id", "name", "address", "description", "status", "upload_datetime", "uploader"}
    assert (site["name"], site["address"], site["description"]) == ("KIT", "kit.example.org", "Two\nlines ")
    assert site["upload_datetime"].endswith("Z")
    assert uuid.UUID(site["id"]).version == 4


def test_lists_match_exactly(api, make):
    kit, other = make.site(name="KIT", address="a"), make.site(name="kit", address="a")
    assert [item["id"] for item in api.items("/sites", {"name": "KIT"})] == [str(kit.id)]
    assert len(api.items("/sites", {"address": "a"})) == 2
    assert [item["id"] for item in api.items("/sites", {"address": "a", "name": "kit"})] == [str(other.id)]
    assert api.items("/sites", {"name": ""}) == []


def test_the_search_looks_into_address_too(api, make):
    site = make.site(address="Grid.Example.org")
    make.site(address="elsewhere")
    assert [item["id"] for item in api.items("/sites:search", {"terms": ["grid.e"]})] == [str(site.id)]


def test_sorting_by_address(api, make):
    for address in ("b", "a", "c"):
        make.site(address=address)
    assert [item["address"] for item in api.items("/sites", {"sort_by": "-address"})] == ["c", "b", "a"]


def test_lengths_are_bounded(api):
    body = {"name": "x" * 256, "address": "x" * 2049, "description": "x" * 10001}
    problem = api.post("/sites", body, as_="ann", status=422).json
    assert {issue["name"] for issue in problem["errors"]} == set(body)
    body = {"name": "x" * 255, "address": "x" * 2048, "description": "x" * 10000}
    assert api.post("/sites", body, as_="ann", status=201).json["description"] == "x" * 10000


def test_the_name_of_a_rejected_site_is_free(api):
    body = {"name": "KIT", "address": "a"}
    first = api.post("/sites", body, as_="ann", status=201).json
    problem = api.post("/sites", body, as_="bob", status=409).json
    assert (problem["type"], problem["existing"]) == ("urn:eoscperf:problem:duplicate", first["id"])
    api.post(f"/sites/{first['id']}:reject", as_="admin", status=204)
    api.post("/sites", body, as_="bob", status=201)


def test_deleting_a_site_takes_its_flavors_along_and_back(api, make):
    site = make.site()
    flavors = [make.flavor(site=site, status=status) for status in ("approved", "on_review")]
    api.delete(f"/sites/{site.id}", as_="admin", status=204)
    for flavor in flavors:
        api.get(f"/flavors/{flavor.id}", status=404)
        assert api.get(f"/flavors/{flavor.id}", as_="admin").json["status"] == "deleted"
    api.post(f"/sites/{site.id}:restore", as_="admin", status=204)
    shown = [api.get(f"/flavors/{flavor.id}", as_="admin").json["status"] for flavor in flavors]
    assert shown == ["approved", "on_review"]


def test_a_change_is_logged_with_the_old_and_the_new(api, make, session):
    import sqlalchemy as sa

    from eoscperf import jsontext
    from eoscperf.review.models import LogEntry

    site = make.site(name="Old", address="a")
    api.put(f"/sites/{site.id}", {"name": "New", "address": "a"}, as_="admin", status=204)
    session.expire_all()
    entry = session.scalars(sa.select(LogEntry).order_by(LogEntry.id.desc()).limit(1)).one()
    assert (entry.action, entry.resource_type, entry.resource_id) == ("update", "site", str(site.id))
    assert entry.actor_id == api.person("admin").id
    assert jsontext.loads(entry.details) == {"changed": {"name": ["Old", "New"]}}


def test_two_at_once_cannot_have_the_same_name(live_api):
    import threading

    answers = []
    tokens = [live_api.token(name) for name in ("ann", "bob", "cid", "dan")]

    def submit(token):
        body = {"name": "KIT", "address": "a"}
        answers.append(live_api.post("/sites", body, token=token, status="*").status_int)

    threads = [threading.Thread(target=submit, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201, 409, 409, 409]
