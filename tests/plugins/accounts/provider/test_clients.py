"""Registering clients and taking grants back, over REST and on pages."""

from __future__ import annotations

import re
import uuid

import pytest

from eoscperf.plugins.accounts.provider.clients import MOST_URIS
from eoscperf.plugins.accounts.provider.redirects import redirect_fault
from tests.plugins.accounts.provider.cast import CALLBACK, CLI, Registered

API = "/api/v1/accounts"
NEW = {"name": "Portal", "redirect_uris": [CALLBACK], "scopes": ["openid", "email", "read"]}


@pytest.fixture
def call(provider):
    """Calls the API as somebody, with a token of all scopes."""

    def call(person, method, path, json=None, status=None, scope="admin read upload"):
        browser = provider.browser(person)
        token = provider.log_in(browser, CLI, scope=scope)["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        call = getattr(provider.web, method + ("_json" if json is not None else ""))
        return call(API + path, *([json] if json is not None else []), headers=headers, status=status)

    return call


class TestOverRest:
    def test_a_client_is_registered_with_a_secret_that_is_shown_once(self, call, ann, provider):
        answer = call(ann, "post", "/clients", NEW, 201)
        made = answer.json
        assert made["kind"] == "confidential"
        assert made["client_secret"].startswith("eoscs_")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Location"].endswith(made["id"])
        shown = call(ann, "get", f"/clients/{made['id']}").json
        assert shown == {key: value for key, value in made.items() if key != "client_secret"}
        client = Registered(type("Row", (), {"id": made["id"]}), made["client_secret"], CALLBACK)
        assert provider.log_in(provider.browser(ann), client)["access_token"]

    def test_a_public_client_has_no_secret(self, call, ann):
        made = call(ann, "post", "/clients", NEW | {"kind": "public"}, 201).json
        assert "client_secret" not in made
        assert call(ann, "post", f"/clients/{made['id']}:rotate_secret", {}, 409)

    def test_a_secret_is_replaced_by_another(self, call, ann, provider):
        made = call(ann, "post", "/clients", NEW, 201).json
        fresh = call(ann, "post", f"/clients/{made['id']}:rotate_secret").json["client_secret"]
        row = type("Row", (), {"id": made["id"]})
        old, new = (Registered(row, secret, "") for secret in (made["client_secret"], fresh))
        provider.token(old, 401, grant_type="client_credentials")
        assert provider.token(new, grant_type="client_credentials", scope="read").json["access_token"]

    def test_a_client_is_changed(self, call, ann):
        made = call(ann, "post", "/clients", NEW, 201).json
        call(ann, "put", f"/clients/{made['id']}", {"name": "Renamed", "description": None}, 204)
        shown = call(ann, "get", f"/clients/{made['id']}").json
        assert (shown["name"], shown["description"], shown["redirect_uris"]) == ("Renamed", "", [CALLBACK])

    def test_a_client_goes_with_all_that_it_got(self, call, ann, provider, browser):
        made = call(ann, "post", "/clients", NEW, 201).json
        client = Registered(type("Row", (), {"id": made["id"]}), made["client_secret"], CALLBACK)
        token = provider.log_in(browser, client)["access_token"]
        assert provider.works(token)
        call(ann, "delete", f"/clients/{made['id']}", status=204)
        assert not provider.works(token)
        provider.token(client, 401, grant_type="client_credentials")
        assert made["id"] not in [one["client_id"] for one in call(ann, "get", "/self/grants").json["items"]]

    def test_others_do_not_even_learn_that_there_is_a_client(self, call, ann, bob):
        made = call(ann, "post", "/clients", NEW, 201).json
        for method, path, json in (
            ("get", "", None),
            ("put", "", {"name": "Taken"}),
            ("delete", "", None),
            ("post", ":rotate_secret", {}),
        ):
            answer = call(bob, method, f"/clients/{made['id']}{path}", json, 404)
            unknown = call(bob, method, f"/clients/{uuid.UUID(int=1)}{path}", json, 404)
            assert answer.json["type"] == unknown.json["type"]
        assert call(bob, "get", "/clients").json["items"] == []

    @pytest.mark.parametrize(
        "changes",
        [
            {"name": ""},
            {"scopes": []},
            {"scopes": ["everything"]},
            {"redirect_uris": ["http://app.example.org/cb"]},
            {"redirect_uris": ["https://app.example.org/cb#x"]},
            {"redirect_uris": ["org.example.app:/cb"]},
            {"redirect_uris": ["javascript:alert(1)"]},
            {"redirect_uris": [f"https://app.example.org/{number}" for number in range(MOST_URIS + 1)]},
            {"post_logout_redirect_uris": ["data:text/html,x"]},
            {"kind": "native"},
            {"client_secret": "chosen"},
            {"owner_id": str(uuid.UUID(int=1))},
        ],
    )
    def test_what_cannot_be_is_refused(self, call, ann, changes):
        call(ann, "post", "/clients", NEW | changes, 422)

    def test_there_is_a_most_of_them(self, call, ann, provider, monkeypatch):
        monkeypatch.setitem(provider.registry.settings, "accounts.clients", 1)
        call(ann, "post", "/clients", NEW, 201)
        assert "Delete one" in call(ann, "post", "/clients", NEW, 409).json["detail"]

    def test_a_token_to_read_and_upload_is_not_enough(self, call, ann):
        call(ann, "get", "/clients", status=403, scope="read upload")
        call(ann, "post", "/clients", NEW, 403, scope="read upload")
        call(ann, "get", "/self/grants", status=403, scope="read upload")

    def test_grants_are_listed_and_taken_back(self, call, ann, provider, browser, shop):
        tokens = provider.log_in(browser, shop, scope="openid read offline_access")
        (found,) = [
            one for one in call(ann, "get", "/self/grants").json["items"] if one["client_id"] == shop.id
        ]
        assert found["client_name"] == "Shop"
        assert found["scopes"] == ["openid", "offline_access", "read"]
        call(ann, "delete", f"/self/grants/{found['id']}", status=204)
        assert not provider.works(tokens["access_token"])
        assert provider.refresh(shop, tokens["refresh_token"], 400)["error"] == "invalid_grant"
        assert browser.get(provider.asked(shop)).status_int == 200

    def test_grants_of_others_stay(self, call, ann, bob, provider, browser, shop):
        provider.log_in(browser, shop)
        (found,) = [
            one for one in call(ann, "get", "/self/grants").json["items"] if one["client_id"] == shop.id
        ]
        call(bob, "delete", f"/self/grants/{found['id']}", status=404)
        assert browser.get(provider.asked(shop)).status_int == 303


class TestOnPages:
    def fill(self, browser, **changes):
        form = form_with(browser.get("/accounts/clients/new"), "redirect_uris")
        values = {"name": "Portal", "redirect_uris": CALLBACK + "\n https://b.example/cb \n"} | changes
        for name, value in values.items():
            form[name] = value
        return form

    def test_a_client_is_registered_and_its_secret_shown_once(self, browser, provider):
        answer = self.fill(browser).submit("action")
        secret = re.search(r"eoscs_\w+", answer.text)[0]
        assert answer.headers["Cache-Control"] == "no-store"
        listed = browser.get("/accounts/clients")
        assert "Portal" in listed.text
        page = listed.click("Portal")
        assert "https://b.example/cb" in page.text
        assert secret not in page.text

    def test_what_was_wrong_is_said_beside_what_was_typed(self, browser):
        answer = self.fill(browser, redirect_uris="http://app.example.org/cb").submit("action", status=422)
        assert "must begin with https://" in answer.text
        assert "http://app.example.org/cb" in answer.text

    def test_a_client_is_changed_given_a_new_secret_and_deleted(self, browser, provider):
        self.fill(browser).submit("action")
        page = browser.get("/accounts/clients").click("Portal")
        form = form_with(page, "redirect_uris")
        form["name"] = "Renamed"
        page = form.submit("action").follow()
        assert "<h1>Renamed</h1>" in page.text
        fresh = form_with(page, "action", "rotate").submit("action")
        assert re.search(r"eoscs_\w+", fresh.text)
        gone = form_with(browser.get("/accounts/clients").click("Renamed"), "action", "delete").submit(
            "action"
        )
        assert "is deleted" in gone.follow().text

    def test_clients_of_others_are_not_there(self, browser, provider, shop):
        browser.get(f"/accounts/clients/{shop.id}", status=404)
        assert "Shop" not in browser.get("/accounts/clients").text

    def test_grants_are_taken_back(self, browser, provider, shop):
        tokens = provider.log_in(browser, shop)
        page = browser.get("/accounts/grants")
        assert "Shop" in page.text
        answer = form_with(page, "grant").submit("grant").follow()
        assert "You have granted nothing" in answer.text
        assert not provider.works(tokens["access_token"])

    @pytest.mark.parametrize("path", ["clients", "clients/new", "grants"])
    def test_are_for_those_who_are_logged_in(self, provider, path):
        assert "/accounts/login" in provider.web.get(f"/accounts/{path}", status=303).location

    def test_need_forms_of_ours(self, browser, provider, ann):
        browser.post("/accounts/clients/new", {"name": "x"}, status=400)
        browser.post("/accounts/grants", {"grant": "x"}, status=400)

    def test_show_names_as_text(self, browser, provider, ann):
        client = provider.client(ann, "<script>alert(1)</script>")
        for path in ("/accounts/clients", f"/accounts/clients/{client.id}", provider.asked(client)):
            assert "<script>alert" not in browser.get(path).text


def form_with(page, name, value=None):
    return next(
        form
        for form in page.forms.values()
        if name in form.fields and (value is None or form[name].value_if_submitted() == value)
    )


class TestRedirectAddresses:
    @pytest.mark.parametrize(
        "uri",
        [
            "https://app.example.org/callback",
            "https://app.example.org:8443/cb?tenant=1",
            "http://127.0.0.1/cb",
            "http://127.0.0.1:5000/cb",
            "http://[::1]/cb",
            "http://localhost:3000/cb",
        ],
    )
    def test_that_every_client_may_have(self, uri):
        assert redirect_fault(uri, public=True) is None
        assert redirect_fault(uri, public=False) is None

    def test_that_only_public_ones_may_have(self):
        assert redirect_fault("org.example.app:/cb", public=True) is None
        assert redirect_fault("org.example.app:/cb", public=False)

    @pytest.mark.parametrize(
        "uri",
        [
            "",
            "app.example.org/cb",
            "/cb",
            "//app.example.org/cb",
            "http://app.example.org/cb",
            "http://10.0.0.1/cb",
            "http://127.0.0.1.evil.example/cb",
            "https:///cb",
            "https://*.example.org/cb",
            "https://app.example.org;sandbox/cb",
            "https://app.example.org,x/cb",
            "https://user@app.example.org/cb",
            "https://app.example.org/a/../cb",
            "https://app.example.org/cb#",
            "https://app.example.org/c b",
            "https://app.example.org/\n",
            "https://äpp.example.org/cb",
            "https://app.example.org:99999/cb",
            "https://[::1/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "app:/cb",
            "https://app.example.org/" + "x" * 2000,
        ],
    )
    def test_that_nobody_may_have(self, uri):
        assert redirect_fault(uri, public=True)
        assert redirect_fault(uri, public=False)


def test_the_page_of_the_account_leads_to_clients_and_grants(browser):
    page = browser.get("/accounts")
    assert page.click("Your OAuth clients").status_int == 200
    assert page.click("What you have granted").status_int == 200
