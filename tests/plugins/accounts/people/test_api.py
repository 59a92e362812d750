"""Local accounts over REST: administrators' operations, and those on one's own."""

from __future__ import annotations

import re
import uuid

import pytest
from sqlalchemy import select, update

from eoscperf.plugins.accounts.people.session import COOKIE
from eoscperf.review.models import LogEntry
from eoscperf.users.models import User
from tests.plugins.accounts.people.conftest import PASSWORD
from tests.plugins.accounts.people.test_factors import second_step, set_up

API = "/api/v1/accounts"

NEW = "other words, quite as long"


def fresh():
    return f"api-{uuid.uuid4().hex[:12]}@example.org"


@pytest.fixture
def admin(installation):
    return installation.token(installation.someone(admin=True).email)


@pytest.fixture
def app(browser):
    return browser.app


class TestAdministrators:
    def test_make_accounts_and_hand_out_a_link(self, app, installation, admin):
        email = fresh()
        made = app.post_json(f"{API}/identities", {"email": email, "name": "Ann"}, headers=admin, status=201)
        assert made.headers["Location"].endswith(f"{API}/identities/{made.json['id']}")
        assert (made.json["email"], made.json["has_password"]) == (email, False)
        path = re.sub("^http://localhost", "", made.json["link"])
        browser = installation.browser()
        assert email in browser.get(path)
        browser.post("/accounts/verify", link=path.partition("=")[2], password=PASSWORD)
        browser.log_in(email)
        shown = app.get(f"{API}/identities/{made.json['id']}", headers=admin).json
        assert shown["has_password"] is True
        assert "link" not in shown

    def test_make_accounts_with_a_password(self, app, installation, admin):
        email = fresh()
        body = {"email": email, "password": PASSWORD}
        made = app.post_json(f"{API}/identities", body, headers=admin, status=201).json
        assert "link" not in made
        assert PASSWORD not in str(made)
        installation.browser().log_in(email)

    def test_make_no_account_twice_and_none_with_a_bad_password(self, app, installation, admin):
        taken = installation.someone()
        refused = app.post_json(
            f"{API}/identities", {"email": taken.email.upper()}, headers=admin, status=409
        ).json
        assert refused["existing"] == str(taken.id)
        body = {"email": fresh(), "password": "password123"}
        refused = app.post_json(f"{API}/identities", body, headers=admin, status=422).json
        assert refused["errors"][0]["pointer"] == "/password"

    def test_make_no_account_where_there_are_no_new_ones(self, app, admin, set_mode):
        set_mode("administrator")
        app.post_json(f"{API}/identities", {"email": fresh()}, headers=admin, status=201)
        set_mode("off")
        app.post_json(f"{API}/identities", {"email": fresh()}, headers=admin, status=409)

    def test_list_accounts_without_anything_to_log_in_with(self, app, installation, admin):
        person = installation.someone(totp_datetime=installation.now)
        page = app.get(f"{API}/identities", {"email": person.email.upper()}, headers=admin).json
        [shown] = page["items"]
        assert shown["id"] == str(person.id)
        assert shown["has_second_factor"] is True
        assert set(shown) == {
            "id", "email", "name", "backend", "has_password", "has_second_factor", "disabled",
            "created_datetime", "used_datetime",
        }  # fmt: skip

    def test_disable_and_enable(self, app, installation, admin):
        person = installation.someone()
        path = f"{API}/identities/{person.id}"
        assert app.post(f"{path}:disable", headers=admin).json["disabled"] is True
        installation.browser().log_in(person.email, status=409)
        assert app.post(f"{path}:enable", headers=admin).json["disabled"] is False
        installation.browser().log_in(person.email)

    def test_disable_and_enable_registered_people_on_the_platform_too(self, app, installation, admin):
        person = installation.someone(registered=True)
        path, headers = f"{API}/identities/{person.id}", installation.token(person.email)
        app.get("/api/v1/users/self", headers=headers)
        app.post(f"{path}:disable", headers=admin)
        app.get("/api/v1/users/self", headers=headers, status=401)
        with installation.session() as session:
            actions = select(LogEntry.action).order_by(LogEntry.id.desc()).limit(1)
            assert session.scalar(actions) == "user_disable"
        app.post(f"{path}:enable", headers=admin)
        app.get("/api/v1/users/self", headers=headers)

    def test_cannot_disable_the_last_of_them(self, app, installation):
        """Whoever is one by an entitlement could otherwise leave the platform without any."""
        last = installation.someone(admin=True)
        with installation.session() as session:
            session.execute(update(User).where(User.sub != str(last.id)).values(role="user"))
            session.commit()
        entitled = installation.someone(registered=True)
        headers = installation.token(entitled.email, admin=True)
        path = f"{API}/identities/{last.id}"
        refused = app.post(f"{path}:disable", headers=headers, status=409).json
        assert refused["type"].endswith("last-administrator")
        assert app.get(path, headers=headers).json["disabled"] is False

    def test_do_not_disable_themselves(self, app, installation):
        person = installation.someone(admin=True)
        headers = installation.token(person.email)
        app.post(f"{API}/identities/{person.id}:disable", headers=headers, status=409)

    def test_switch_codes_off_for_who_has_lost_them(self, app, installation, browser, admin):
        person, _, _ = set_up(installation, browser)
        second_step(installation, person)
        app.post(f"{API}/identities/{person.id}:reset_second_factor", headers=admin, status=200)
        assert not browser.is_logged_in
        other = installation.browser()
        other.log_in(person.email)
        assert other.is_logged_in

    def test_leave_a_trace_of_what_they_do_about_accounts(self, app, installation):
        root, person = installation.someone(admin=True), installation.someone()
        admin = installation.token(root.email)
        made = app.post_json(f"{API}/identities", {"email": fresh()}, headers=admin).json["id"]
        verbs = ("password_link", "reset_second_factor", "disable", "disable", "enable", "enable")
        for number, verb in enumerate(verbs):
            body = {"message": f"reason {number}"}
            app.post_json(f"{API}/identities/{person.id}:{verb}", body, headers=admin)
        app.post(f"{API}/identities/{root.id}:password_link", headers=admin)
        actor = {"email": root.email, "sub": str(root.id)}
        # What is so already is not done, and not told.
        assert told_of(app, admin, person.id, actor) == [
            ("local_account_enable", "reason 4"),
            ("local_account_disable", "reason 2"),
            ("local_account_reset_second_factor", "reason 1"),
            ("local_account_password_link", "reason 0"),
        ]
        assert told_of(app, admin, root.id, actor) == [("local_account_password_link", None)]
        assert told_of(app, admin, made, actor) == [("local_account_create", None)]

    def test_leave_no_trace_of_what_was_refused(self, app, installation, admin):
        person = installation.someone(backend="ldap", external_id=uuid.uuid4().hex, password=None)
        app.post(f"{API}/identities/{person.id}:password_link", headers=admin, status=409)
        assert told_of(app, admin, person.id, {}) == []

    @pytest.mark.parametrize("verb", ["", ":disable", ":enable", ":password_link", ":reset_second_factor"])
    def test_are_told_when_there_is_no_such_account(self, app, admin, verb):
        method = app.post if verb else app.get
        method(f"{API}/identities/{uuid.uuid4()}{verb}", headers=admin, status=404)


def told_of(app, admin, identity_id, actor):
    """What the log says was done to an account, the latest first: action and reason."""
    wanted = {"resource_type": "local_account", "resource_id": str(identity_id)}
    entries = app.get("/api/v1/reports/log", wanted, headers=admin).json["items"]
    for entry in entries:
        assert {name: entry["actor"][name] for name in actor} == actor
        assert entry["datetime"]
    return [(entry["action"], entry.get("message")) for entry in entries]


OPERATIONS = [
    ("GET", "/identities"),
    ("POST", "/identities"),
    ("GET", "/identities/{id}"),
    ("POST", "/identities/{id}:disable"),
    ("POST", "/identities/{id}:enable"),
    ("POST", "/identities/{id}:password_link"),
    ("POST", "/identities/{id}:reset_second_factor"),
    ("GET", "/invitations"),
    ("POST", "/invitations"),
    ("DELETE", "/invitations/{id}"),
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_operations_of_administrators_are_nobody_elses(app, installation, method, path):
    person = installation.someone(registered=True)
    address = API + path.format(id=person.id)
    app.request(address, method=method, status=401)
    headers = installation.token(person.email)
    assert (
        app.request(address, method=method, headers=headers, status=403)
        .json["type"]
        .endswith("admin-required")
    )


def test_a_session_of_the_pages_is_of_no_use_to_the_api(installation, browser):
    """Another site could make a browser send it along."""
    browser.log_in(installation.someone(admin=True).email)
    browser.app.get(f"{API}/identities", status=401)
    secret = browser.cookies[COOKIE]
    browser.app.get(f"{API}/identities", headers={"Authorization": f"Bearer {secret}"}, status=401)


class TestOnesOwn:
    def test_sessions_are_listed_and_ended(self, app, installation):
        person = installation.someone()
        browser = installation.browser("192.0.2.8")
        browser.log_in(person.email)
        headers = installation.token(person.email)
        [session] = app.get(f"{API}/self/sessions", headers=headers).json["items"]
        assert (session["device"], session["address"]) == ("Firefox on Linux", "192.0.2.8")
        path = f"{API}/self/sessions/{session['id']}"
        stranger = installation.token(installation.someone().email)
        app.delete(path, headers=stranger, status=404)
        app.delete(path, headers=headers, status=204)
        app.delete(path, headers=headers, status=404)
        assert not browser.is_logged_in

    def test_password_is_changed(self, app, installation):
        person = installation.someone()
        browser = installation.browser()
        browser.log_in(person.email)
        headers = installation.token(person.email)
        path = f"{API}/self:change_password"
        app.post_json(path, {"current": "wrong", "password": NEW}, headers=headers, status=422)
        app.post_json(path, {"current": PASSWORD, "password": "password123"}, headers=headers, status=422)
        app.post_json(path, {"current": PASSWORD, "password": NEW}, headers=headers, status=204)
        assert not browser.is_logged_in
        installation.browser().log_in(person.email, NEW)
        assert "password" in installation.mails(person.email)[-1]["subject"]

    def test_password_cannot_be_guessed(self, app, installation):
        headers = installation.token(installation.someone().email)
        path = f"{API}/self:change_password"
        for _ in range(10):
            app.post_json(path, {"current": "wrong", "password": NEW}, headers=headers, status=422)
        app.post_json(path, {"current": PASSWORD, "password": NEW}, headers=headers, status=429)


class TestWhoeverIsNotLoggedIn:
    def test_signs_up(self, app, installation):
        app.post_json("/api/v1/accounts:sign_up", {"email": "rest@example.org"}, status=204)
        body = {"link": installation.link("rest@example.org").partition("link=")[2], "name": "Rest"}
        finish = "/api/v1/accounts:finish_sign_up"
        app.post_json(finish, body | {"password": "rest@example.org"}, status=422)
        app.post_json("/api/v1/accounts:choose_password", body_of(body, password=NEW), status=404)
        made = app.post_json(finish, body | {"password": NEW}, status=201).json
        assert (made["email"], made["name"]) == ("rest@example.org", "Rest")
        app.post_json(finish, body | {"password": NEW}, status=404)
        installation.browser().log_in("rest@example.org", NEW)

    def test_needs_an_invitation_where_that_is_so(self, app, set_mode):
        set_mode("invited")
        told = app.post_json("/api/v1/accounts:sign_up", {"email": "x@example.org"}, status=409)
        assert "invitation" in told.json["detail"]

    def test_gets_back_in_with_a_link(self, app, installation):
        person = installation.someone()
        app.post_json("/api/v1/accounts:recover", {"email": person.email}, status=204)
        body = {"link": installation.link(person.email).partition("link=")[2], "password": NEW}
        app.post_json("/api/v1/accounts:finish_sign_up", body, status=404)
        app.post_json("/api/v1/accounts:choose_password", body, status=204)
        app.post_json("/api/v1/accounts:choose_password", body, status=404)
        installation.browser().log_in(person.email, NEW)

    @pytest.mark.parametrize("operation", ["sign_up", "recover"])
    def test_does_not_learn_who_has_an_account(self, app, installation, operation):
        told = [
            app.post_json(f"/api/v1/accounts:{operation}", {"email": email}, status=204)
            for email in (installation.someone().email, "nobody-at-all@example.org")
        ]
        assert len({answer.body for answer in told}) == 1
        assert len({tuple(sorted(answer.headers)) for answer in told}) == 1

    def test_cannot_have_many_mails_sent(self, app, installation):
        network = {"REMOTE_ADDR": "203.0.113.99"}
        for number in range(30):
            body = {"email": f"many-{number}@example.org"}
            app.post_json("/api/v1/accounts:recover", body, extra_environ=network, status=204)
        app.post_json(
            "/api/v1/accounts:recover", {"email": "m@example.org"}, extra_environ=network, status=429
        )


def body_of(body, **values):
    return {"link": body["link"], **values}
