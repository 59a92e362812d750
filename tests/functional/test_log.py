"""The moderation log over HTTP."""

from __future__ import annotations

import pytest


@pytest.fixture
def entries(api, make):
    """The log after a site was approved and a benchmark deleted, oldest first."""
    site, benchmark = make.site(status="on_review"), make.benchmark(status="on_review")
    api.post(f"/sites/{site.id}:approve", {"message": "Welcome."}, as_="admin")
    api.delete(f"/benchmarks/{benchmark.id}", as_="admin")
    return api.items("/reports/log", {"sort_by": "+id"}, as_="admin")


def test_an_entry_says_what_was_done_by_whom_and_why(api, make):
    site = make.site(status="on_review")
    api.post(f"/sites/{site.id}:approve", {"message": "Welcome."}, as_="admin")
    (entry,) = api.items("/reports/log", {"resource_id": str(site.id)}, as_="admin")
    assert isinstance(entry.pop("id"), int)
    assert entry.pop("datetime").endswith("Z")
    assert entry.pop("actor")["sub"] == "admin"
    assert entry == {
        "action": "approve",
        "resource_type": "site",
        "resource_id": str(site.id),
        "from_status": "on_review",
        "to_status": "approved",
        "message": "Welcome.",
    }


def test_an_update_shows_what_changed(api, make):
    site = make.site(name="Old")
    body = {"name": "New", "address": site.address}
    api.put(f"/sites/{site.id}", body, as_="admin")
    (entry,) = api.items("/reports/log", {"action": "update"}, as_="admin")
    assert entry["details"]["changed"]["name"] == ["Old", "New"]


def test_the_latest_comes_first(api, entries):
    newest_first = api.items("/reports/log", as_="admin")
    assert newest_first == entries[::-1]
    assert api.items("/reports/log", {"sort_by": "datetime"}, as_="admin") == entries


def test_it_can_be_restricted(api, entries):
    def ids(**query):
        return [entry["id"] for entry in api.items("/reports/log", query, as_="admin")]

    approval, deletion = entries
    assert ids(action="approve") == [approval["id"]]
    assert ids(resource_type="benchmark") == [deletion["id"]]
    assert ids(resource_id=approval["resource_id"]) == [approval["id"]]
    assert ids(resource_id="nothing") == []
    assert ids(upload_before="2020-01-01") == []
    assert ids(upload_after=approval["datetime"]) == [deletion["id"]]
    api.get("/reports/log", {"actor": "admin"}, as_="admin", status=422)


def test_an_actor_whose_account_is_gone_is_left_out(api, make, entries):
    make.user("boss", role="admin")
    api.post("/users:remove?sub=admin", as_="boss", status=204)
    shown = api.items("/reports/log", {"action": "approve"}, as_="boss")
    assert all("actor" not in entry for entry in shown)


def test_it_is_for_administrators(api):
    api.get("/reports/log", status=401)
    api.get("/reports/log", as_="user", status=403)


def test_it_takes_few_statements(api, entries, statements):
    token = api.token("admin")
    statements.clear()
    api.get("/reports/log", {"per_page": 1}, token=token)
    assert len(statements) <= 3


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
def test_nothing_edits_it(api, entries, method):
    api.request(method, "/reports/log", as_="admin", status=405)
    api.request(method, f"/reports/log/{entries[0]['id']}", as_="admin", status=404)
