from __future__ import annotations

import uuid

import pytest


def test_a_flavor_as_it_is_sent(api, make):
    site = make.site()
    flavor = api.post(f"/sites/{site.id}/flavors", {"name": " c8.large "}, as_="ann", status=201).json
    assert set(flavor) == {"id", "name", "site_id", "status", "upload_datetime", "uploader"}
    assert (flavor["name"], flavor["site_id"]) == ("c8.large", str(site.id))


def test_lists_hold_the_flavors_of_one_site(api, make):
    flavor = make.flavor(name="same")
    make.flavor(name="same")
    for path in ("flavors", "flavors:search"):
        items = api.items(f"/sites/{flavor.site_id}/{path}")
        assert [item["id"] for item in items] == [str(flavor.id)]
    assert api.items(f"/sites/{flavor.site_id}/flavors", {"name": "same"})
    assert api.items(f"/sites/{flavor.site_id}/flavors", {"name": "Same"}) == []


@pytest.mark.parametrize("path", ["flavors", "flavors:search"])
def test_lists_of_an_unknown_or_hidden_site_are_not_found(path, api, make):
    hidden = make.site(status="on_review", uploader=api.person("ann"))
    for site_id in (uuid.uuid4(), hidden.id):
        api.get(f"/sites/{site_id}/{path}", as_="bob", status=404)
        api.get(f"/sites/{site_id}/{path}", {"sort_by": "colour"}, as_="bob", status=422)
    api.get(f"/sites/{hidden.id}/{path}", as_="ann", status=200)


def test_the_site_of_a_flavor(api, make):
    flavor = make.flavor()
    site = api.get(f"/flavors/{flavor.id}/site").json
    assert site == api.get(f"/sites/{flavor.site_id}").json
    assert site["id"] == str(flavor.site_id)
    assert api.get(f"/flavors/{flavor.id}/site", as_="admin").json["uploader"]["email"]
    api.get(f"/flavors/{uuid.uuid4()}/site", status=404)


def test_a_flavor_is_shown_only_where_its_site_is(api, make):
    site = make.site(status="on_review", uploader=api.person("ann"))
    flavor = make.flavor(site=site, uploader=api.person("bob"))
    for who in (None, "stranger", "bob", "other"):
        api.get(f"/flavors/{flavor.id}", as_=who, status=404)
        api.get(f"/flavors/{flavor.id}/site", as_=who, status=404)
    for who in ("ann", "admin"):
        assert api.get(f"/flavors/{flavor.id}", as_=who).json["id"] == str(flavor.id)
        assert api.get(f"/flavors/{flavor.id}/site", as_=who).json["id"] == str(site.id)


def test_a_flavor_can_be_submitted_at_an_own_site_on_review_and_approved_there(api, make):
    site = make.site(status="on_review", uploader=api.person("ann"))
    path = f"/sites/{site.id}/flavors"
    api.post(path, {"name": "x"}, as_="bob", status=404)
    flavor = api.post(path, {"name": "x"}, as_="ann", status=201).json
    api.post(f"/flavors/{flavor['id']}:approve", as_="admin", status=204)
    api.get(f"/flavors/{flavor['id']}", status=404)
    api.post(f"/sites/{site.id}:approve", as_="admin", status=204)
    assert api.get(f"/flavors/{flavor['id']}").json["status"] == "approved"


@pytest.mark.parametrize("status", ["rejected", "deleted"])
def test_no_flavor_is_submitted_at_a_site_that_is_gone(status, api, make):
    site = make.site(status=status, uploader=api.person("ann"))
    path = f"/sites/{site.id}/flavors"
    for who in ("ann", "admin"):
        problem = api.post(path, {"name": "x"}, as_=who, status=409).json
        assert problem["type"] == "urn:eoscperf:problem:wrong-state"
    api.post(path, {"name": "x"}, as_="bob", status=404)
    api.post(f"/sites/{uuid.uuid4()}/flavors", {"name": "x"}, as_="bob", status=404)


@pytest.mark.parametrize("status", ["rejected", "deleted"])
def test_a_flavor_does_not_come_back_before_its_site(status, api, make):
    flavor = make.flavor(site=make.site(status=status), status="deleted")
    problem = api.post(f"/flavors/{flavor.id}:restore", as_="admin", status=409).json
    assert problem["type"] == "urn:eoscperf:problem:wrong-state"
    assert status in problem["detail"]


def test_no_flavor_stays_behind_when_its_site_goes(live_api):
    import threading

    site = live_api.make.site()
    tokens = [live_api.token(name) for name in ("ann", "bob", "cid")]
    admin = live_api.token("admin")
    site_id = site.id
    live_api.make.session.commit()

    def submit(token):
        body = {"name": f"flavor of {token[-20:]}"}
        live_api.post(f"/sites/{site_id}/flavors", body, token=token, status="*")

    def delete():
        live_api.delete(f"/sites/{site_id}", token=admin, status=204)

    threads = [threading.Thread(target=submit, args=(token,)) for token in tokens]
    threads.insert(1, threading.Thread(target=delete))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert live_api.get(f"/sites/{site_id}", token=admin).json["status"] == "deleted"
    assert live_api.items(f"/sites/{site_id}/flavors", {"status": "on_review"}, token=admin) == []


def test_names_are_unique_at_a_site_only(api, make):
    first, second = make.site(), make.site()
    api.post(f"/sites/{first.id}/flavors", {"name": "x"}, as_="ann", status=201)
    api.post(f"/sites/{first.id}/flavors", {"name": "x"}, as_="bob", status=409)
    api.post(f"/sites/{first.id}/flavors", {"name": "X"}, as_="bob", status=201)
    api.post(f"/sites/{second.id}/flavors", {"name": "x"}, as_="bob", status=201)


def test_the_site_of_a_flavor_cannot_be_changed(api, make):
    flavor, site = make.flavor(), make.site()
    body = {"name": "x", "site_id": str(site.id)}
    problem = api.put(f"/flavors/{flavor.id}", body, as_="admin", status=422).json
    assert [issue["name"] for issue in problem["errors"]] == ["site_id"]
    body["site_id"] = str(flavor.site_id)
    api.put(f"/flavors/{flavor.id}", body, as_="admin", status=204)
