"""The list of what waits for a moderator."""

from __future__ import annotations

import pytest

NEW = {
    "site": ("/sites", {"name": "New", "address": "new.example.org"}),
    "benchmark": (
        "/benchmarks",
        {"docker_image": "new", "docker_tag": "1", "json_schema": {"type": "object"}},
    ),
}


@pytest.fixture
def open_ids(api):
    return lambda **query: [s["resource_id"] for s in api.items("/reports/submits", query, as_="admin")]


@pytest.fixture(params=["site", "benchmark", "flavor"])
def submitted(request, api, make):
    """Something just uploaded by "ann": its kind and its representation."""
    kind = request.param
    path, body = NEW.get(kind) or (f"/sites/{make.site().id}/flavors", {"name": "New"})
    return kind, api.post(path, body, as_="ann", status=201).json


def test_what_is_uploaded_is_listed_with_its_uploader(api, submitted):
    kind, item = submitted
    (shown,) = api.items("/reports/submits", as_="admin")
    assert set(shown) == {"id", "resource", "resource_id", "resource_type", "upload_datetime", "uploader"}
    assert (shown["resource_type"], shown["resource_id"]) == (kind, item["id"])
    assert shown["resource"] == api.get(f"/{kind}s/{item['id']}", as_="admin").json
    assert shown["uploader"]["sub"] == "ann"
    assert shown["uploader"]["email"] == "ann@example.org"


def test_a_decision_takes_it_off_the_list(api, submitted, open_ids):
    kind, item = submitted
    path = f"/{kind}s/{item['id']}"
    api.post(f"{path}:reject", as_="admin")
    assert open_ids() == []
    api.post(f"{path}:restore", as_="admin")
    assert open_ids() == [item["id"]]
    api.post(f"{path}:approve", as_="admin")
    assert open_ids() == []


def test_a_deletion_takes_it_off_and_its_restore_brings_it_back(api, submitted, open_ids):
    kind, item = submitted
    path = f"/{kind}s/{item['id']}"
    api.delete(path, as_="admin")
    assert open_ids() == []
    api.post(f"{path}:restore", as_="admin")
    assert open_ids() == [item["id"]]


def test_flavors_follow_their_site(api, make, open_ids):
    site = make.site(status="on_review")
    flavor = make.flavor(site=site, status="on_review")
    assert set(open_ids()) == {str(site.id), str(flavor.id)}
    api.post(f"/sites/{site.id}:reject", as_="admin")
    assert open_ids() == []
    api.post(f"/sites/{site.id}:restore", as_="admin")
    assert set(open_ids()) == {str(site.id), str(flavor.id)}


def test_claims_wait_too_even_those_without_a_result(api, make, open_ids, session):
    claim = make.claim(make.result(), uploader=api.person("ann"))
    (shown,) = api.items("/reports/submits", as_="admin")
    assert shown["resource"] == api.get(f"/reports/claims/{claim.id}", as_="admin").json
    claim.result_id = None
    session.commit()
    (shown,) = api.items("/reports/submits", as_="admin")
    assert "resource_id" not in shown["resource"]


def test_the_uploader_of_a_removed_account_is_masked(api, make):
    make.site(status="on_review", uploader=api.person("ann"))
    api.post("/users:remove?sub=ann", as_="admin")
    (shown,) = api.items("/reports/submits", as_="admin")
    assert shown["uploader"]["sub"] == "removed"


@pytest.fixture
def one_of_each(api, make):
    made = {
        "site": make.site(status="on_review"),
        "flavor": make.flavor(status="on_review"),
        "benchmark": make.benchmark(status="on_review"),
        "claim": make.claim(make.result()),
    }
    return {kind: str(item.id) for kind, item in made.items()}


def test_the_list_is_sorted_by_kind(open_ids, one_of_each):
    assert open_ids() == [one_of_each[kind] for kind in ("benchmark", "claim", "flavor", "site")]
    assert open_ids(sort_by="-resource_type") == [
        one_of_each[k] for k in ("site", "flavor", "claim", "benchmark")
    ]
    assert open_ids(sort_by="upload_datetime") == [
        one_of_each[k] for k in ("site", "flavor", "benchmark", "claim")
    ]


def test_it_can_be_restricted(api, open_ids, one_of_each):
    for kind, item in one_of_each.items():
        assert open_ids(resource_type=kind) == [item]
    assert open_ids(upload_before="2020-01-01") == []
    assert len(open_ids(upload_after="2020-01-01")) == 4
    for wrong in ({"resource_type": "result"}, {"status": "open"}, {"sort_by": "uploader"}):
        api.get("/reports/submits", wrong, as_="admin", status=422)


def test_it_is_for_administrators(api):
    api.get("/reports/submits", status=401)
    api.get("/reports/submits", as_="stranger", status=403)
    api.get("/reports/submits", as_="user", status=403)


def test_it_takes_few_statements(api, one_of_each, statements):
    token = api.token("admin")
    statements.clear()
    api.get("/reports/submits", {"per_page": 3}, token=token)
    assert len(statements) <= 3
