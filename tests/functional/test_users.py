"""Accounts: registering, the own account, lists, removal, roles."""

from __future__ import annotations

import re
import threading

import pytest
import sqlalchemy as sa

from eoscperf.results.models import Result
from eoscperf.review.models import LogEntry
from eoscperf.sites.models import Site
from eoscperf.users.events import UserRegistered, UserRemoved, UserRoleChanged, UserUpdated
from eoscperf.users.models import User

INSTANT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z"


def slug(answer):
    return answer.json["type"].removeprefix("urn:eoscperf:problem:")


@pytest.fixture
def stored(session):
    """Finds a user as the database has it now."""

    def stored(sub):
        session.expire_all()
        return session.scalar(sa.select(User).where(User.sub == sub))

    return stored


class TestRegistering:
    @pytest.mark.parametrize("path", ["/users:register", "/users/self", "/users%3Aregister"])
    def test_makes_an_account_with_the_address_of_the_provider(self, api, issuer, events, stored, path):
        answer = api.post(path, as_="stranger", status=201)
        assert answer.json == {
            "sub": "stranger",
            "iss": issuer.url,
            "email": "stranger@example.org",
            "registration_datetime": answer.json["registration_datetime"],
            "role": "user",
        }
        assert re.fullmatch(INSTANT, answer.json["registration_datetime"])
        assert answer.headers["Location"] == "https://perf.example.org/api/v1/users/self"
        assert api.get("/users/self", as_="stranger", status=200).json == answer.json
        assert events == [
            UserRegistered(
                id=stored("stranger").id, iss=issuer.url, sub="stranger", email="stranger@example.org"
            )
        ]

    def test_takes_a_token(self, api):
        assert slug(api.post("/users:register", status=401)) == "unauthenticated"

    def test_ignores_a_body(self, api):
        api.post("/users:register", body=b"not json", content_type="text/plain", as_="stranger", status=201)

    def test_knows_no_parameters(self, api):
        api.post("/users:register", params={"email": "x@example.org"}, as_="stranger", status=422)

    def test_twice_is_a_duplicate(self, api, stored, events):
        api.post("/users:register", as_="stranger", status=201)
        answer = api.post("/users:register", as_="stranger", status=409)
        assert slug(answer) == "duplicate"
        assert answer.json["existing"] == str(stored("stranger").id)
        assert len(events) == 1

    def test_an_address_may_be_shared(self, api, stored):
        api.make.user("ann", email="both@example.org")
        api.post("/users:register", token=api.token("stranger", email="both@example.org"), status=201)
        assert stored("stranger").email == "both@example.org"

    @pytest.mark.parametrize(
        "email", ["nobody", "@example.org", "a b@example.org", "a@example.org\nBcc: b@c.de"]
    )
    def test_needs_an_address_that_mail_can_reach(self, api, issuer, email, stored):
        issuer.people["stranger"] = {}
        try:
            answer = api.post("/users:register", token=api.token("stranger", email=email), status=422)
        finally:
            del issuer.people["stranger"]
        assert slug(answer) == "validation"
        assert "email" in answer.json["detail"]
        assert stored("stranger") is None

    def test_is_refused_while_the_provider_says_that_the_address_is_not_verified(self, api, stored):
        answer = api.post("/users:register", token=api.token("stranger", email_verified=False), status=422)
        assert "Verify" in answer.json["detail"]
        assert stored("stranger") is None

    def test_asks_userinfo_for_what_the_token_does_not_tell(self, api, issuer):
        token = issuer.mint("stranger", alg="EdDSA", eduperson_entitlement=[])
        answer = api.post("/users:register", token=token, status=201)
        assert answer.json["email"] == "stranger@example.org"

    def test_does_not_mind_a_provider_that_is_silent_about_verification(self, api, issuer):
        issuer.people["silent"] = {"email": "silent@example.org"}
        token = issuer.mint("silent", alg="EdDSA", eduperson_entitlement=[])
        api.post("/users:register", token=token, status=201)

    def test_is_503_when_the_provider_cannot_be_asked(self, api, issuer, stored):
        token = issuer.mint("stranger", alg="EdDSA", eduperson_entitlement=[])
        issuer.fail("userinfo")
        try:
            answer = api.post("/users:register", token=token, status=503)
        finally:
            issuer.up()
        assert slug(answer) == "identity-provider-unavailable"
        assert answer.headers["Retry-After"] == "5"
        assert stored("stranger") is None

    def test_of_one_person_at_the_same_time_succeeds_once(self, live_api):
        token = live_api.token("stranger")
        live_api.get("/users/self", token=token, status=404)
        begin = threading.Barrier(4)
        answers = []

        def register():
            begin.wait()
            answers.append(live_api.post("/users:register", token=token, status="*").status_int)

        threads = [threading.Thread(target=register) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [201, 409, 409, 409]


class TestTheOwnAccount:
    def test_shows_the_role(self, api):
        assert api.get("/users/self", as_="user", status=200).json["role"] == "user"
        assert api.get("/users/self", as_="admin", status=200).json["role"] == "admin"

    def test_is_not_found_before_registering(self, api):
        answer = api.get("/users/self", as_="stranger", status=404)
        assert slug(answer) == "not-found"
        assert "POST /users:register" in answer.json["detail"]

    def test_has_a_validator(self, api):
        tag = api.get("/users/self", as_="user", status=200).headers["ETag"]
        assert not tag.startswith("W/")
        api.get("/users/self", as_="user", headers={"If-None-Match": tag}, status=304)
        api.head("/users/self", as_="user", status=200)

    def test_takes_a_changed_address_over(self, api, events, stored):
        user = api.make.user("ann")
        token = api.token("ann", email="Ann.New@example.org")
        assert api.post("/users/self:update", token=token, status=204).body == b""
        assert stored("ann").email == "Ann.New@example.org"
        found = api.items("/users:search", {"terms": "ann.new"}, as_="admin")
        assert [item["sub"] for item in found] == ["ann"]
        assert events == [
            UserUpdated(
                id=user.id,
                iss=user.iss,
                sub="ann",
                email="Ann.New@example.org",
                old_email="ann@example.org",
            )
        ]

    def test_may_keep_the_address(self, api, events):
        api.post("/users/self:update", as_="user", status=204)
        assert events[0].old_email == events[0].email

    @pytest.mark.parametrize("claims", [{"email_verified": False}, {"email_verified": None}, {"email": ""}])
    def test_keeps_the_address_unless_the_new_one_is_verified(self, api, issuer, stored, claims):
        api.make.user("ann")
        issuer.people["ann"] = {}
        try:
            token = api.token("ann", **({"email": "new@example.org"} | claims))
            answer = api.post("/users/self:update", token=token, status=422)
        finally:
            del issuer.people["ann"]
        assert slug(answer) == "validation"
        assert stored("ann").email == "ann@example.org"

    def test_is_not_changed_while_the_provider_cannot_be_asked(self, api, issuer):
        api.make.user("ann")
        token = issuer.mint("ann", alg="EdDSA", eduperson_entitlement=[])
        issuer.fail("userinfo")
        try:
            api.post("/users/self:update", token=token, status=503)
        finally:
            issuer.up()

    def test_an_old_answer_of_the_provider_does_not_do_for_an_update(self, api, issuer):
        api.make.user("ann")
        token = issuer.mint("ann", alg="EdDSA", eduperson_entitlement=[])
        api.post("/users/self:update", token=token, status=204)
        issuer.fail("userinfo")
        try:
            api.post("/users/self:update", token=token, status=503)
        finally:
            issuer.up()


class TestLists:
    @pytest.fixture(autouse=True)
    def people(self, api):
        for sub, iss, email in (
            ("b", "https://one.example.org", "Müller@example.org"),
            ("a", "https://two.example.org", "zoe@example.com"),
            ("a", "https://one.example.org", "zoe@example.com"),
        ):
            api.make.user(sub, iss=iss, email=email)
        api.person("admin")

    def test_are_for_administrators(self, api):
        for path in ("/users", "/users:search"):
            api.get(path, status=401)
            api.get(path, as_="stranger", status=403)
            assert slug(api.get(path, as_="user", status=403)) == "admin-required"

    def test_are_sorted_by_issuer_and_subject(self, api, issuer):
        items = api.items("/users", as_="admin")
        assert [(item["iss"], item["sub"]) for item in items] == [
            (issuer.url, "admin"),
            ("https://one.example.org", "a"),
            ("https://one.example.org", "b"),
            ("https://two.example.org", "a"),
        ]
        assert set(items[0]) == {"sub", "iss", "email", "registration_datetime", "role"}

    @pytest.mark.parametrize(
        ("wanted", "count"),
        [
            ({"sub": "a"}, 2),
            ({"sub": "a", "iss": "https://two.example.org"}, 1),
            ({"email": "zoe@example.com"}, 2),
            ({"email": "ZOE@example.com"}, 0),
            ({"sub": ""}, 0),
            ({"iss": "https://one.example.org"}, 2),
        ],
    )
    def test_are_filtered_exactly(self, api, wanted, count):
        assert api.get("/users", wanted, as_="admin", status=200).json["total"] == count

    @pytest.mark.parametrize(
        ("terms", "count"),
        [(["müller"], 1), (["MÜLLER"], 1), (["example.com"], 2), (["zoe", "org"], 0), ([""], 4), (["%"], 0)],
    )
    def test_are_searched_by_address(self, api, terms, count):
        assert api.get("/users:search", {"terms": terms}, as_="admin", status=200).json["total"] == count

    @pytest.mark.parametrize("field", ["sub", "iss", "email", "registration_datetime"])
    def test_can_be_sorted(self, api, field):
        for path in ("/users", "/users:search"):
            up = [item[field] for item in api.items(path, {"sort_by": f"+{field}"}, as_="admin")]
            down = [item[field] for item in api.items(path, {"sort_by": f"-{field}"}, as_="admin")]
            assert up == sorted(up)
            assert down == up[::-1]

    @pytest.mark.parametrize("sort", ["id", "role", "search_text", "+"])
    def test_cannot_be_sorted_by_anything_else(self, api, sort):
        answer = api.get("/users", {"sort_by": sort}, as_="admin", status=422)
        assert answer.json["errors"][0]["name"] == "sort_by"
        assert "registration_datetime" in answer.json["errors"][0]["detail"]

    def test_wrong_orders_are_reported_with_everything_else(self, api):
        for path in ("/users", "/users:search"):
            answer = api.get(path + "?sort_by=id&per_page=0&x=1", as_="admin", status=422)
            assert {error["name"] for error in answer.json["errors"]} == {"sort_by", "per_page", "x"}

    def test_can_be_walked_by_page_and_by_cursor(self, api):
        everybody = api.items("/users", as_="admin")
        paged = [api.items("/users", {"per_page": 1, "page": page}, as_="admin")[0] for page in range(1, 5)]
        assert paged == everybody
        walked, cursor = [], ""
        while cursor is not None:
            body = api.get("/users", {"per_page": 3, "cursor": cursor}, as_="admin", status=200).json
            walked += body["items"]
            cursor = body["next_cursor"]
        assert walked == everybody

    def test_know_no_other_parameters(self, api):
        api.get("/users", {"terms": "a"}, as_="admin", status=422)
        api.get("/users:search", {"sub": "a"}, as_="admin", status=422)
        api.get("/users", {"role": "owner"}, as_="admin", status=422)

    def test_take_three_statements(self, api, statements):
        token = api.token("admin")
        statements.clear()
        api.get("/users", {"per_page": 1}, token=token, status=200)
        assert len(statements) == 3


class TestRemoval:
    def test_takes_the_account_and_leaves_what_it_contributed(self, api, session, events, stored):
        ann = api.make.user("ann")
        identifier, iss = ann.id, ann.iss
        site = api.make.site(uploader=ann)
        result = api.make.result(uploader=ann)
        claim = api.make.claim(result, uploader=ann)
        body = {"message": "Asked for by mail"}
        answer = api.post("/users:remove", body, params={"sub": "ann"}, as_="admin", status=204)
        assert answer.body == b""
        assert stored("ann") is None
        assert session.get_one(Site, site.id).uploader_id is None
        assert session.get_one(Result, result.id).uploader_id is None
        assert (claim.uploader_id, claim.status) == (None, "on_review")
        entry = session.scalars(sa.select(LogEntry).where(LogEntry.action == "user_remove")).one()
        assert (entry.resource_type, entry.resource_id) == ("user", str(identifier))
        assert (entry.message, entry.actor_id) == ("Asked for by mail", api.person("admin").id)
        assert events == [
            UserRemoved(
                id=identifier,
                iss=iss,
                sub="ann",
                email="ann@example.org",
                entry_id=entry.id,
                message="Asked for by mail",
            )
        ]

    def test_makes_the_person_a_stranger_who_may_come_back(self, api):
        api.post("/users:register", as_="stranger", status=201)
        api.post("/users:remove", params={"sub": "stranger"}, as_="admin", status=204)
        api.get("/users/self", as_="stranger", status=404)
        api.post("/users/self:update", as_="stranger", status=403)
        api.post("/users:register", as_="stranger", status=201)

    def test_needs_all_conditions_to_match(self, api, stored):
        api.make.user("ann")
        api.post("/users:remove", params={"sub": "ann", "email": "x@example.org"}, as_="admin", status=204)
        assert stored("ann") is not None

    def test_matches_the_address_exactly(self, api, stored):
        api.make.user("ann")
        api.post("/users:remove", params={"email": "ANN@example.org"}, as_="admin", status=204)
        assert stored("ann") is not None
        api.post("/users:remove", params={"email": "ann@example.org"}, as_="admin", status=204)
        assert stored("ann") is None

    def test_of_all_accounts_with_an_address(self, api, session, events, stored):
        api.make.user("ann", email="shared@example.org")
        api.make.user("bob", email="shared@example.org")
        api.post("/users:remove", params={"email": "shared@example.org"}, as_="admin", status=204)
        assert (stored("ann"), stored("bob")) == (None, None)
        assert [event.sub for event in events] == ["ann", "bob"]

    def test_of_nobody_succeeds_and_leaves_no_trace(self, api, session, events):
        api.post("/users:remove", params={"sub": "nobody"}, as_="admin", status=204)
        assert session.scalar(sa.select(sa.func.count()).select_from(LogEntry)) == 0
        assert events == []

    @pytest.mark.parametrize("conditions", [{}, {"iss": "https://one.example.org"}])
    def test_needs_more_than_an_issuer(self, api, conditions, stored):
        api.make.user("ann", iss="https://one.example.org")
        answer = api.post("/users:remove", params=conditions, as_="admin", status=422)
        assert slug(answer) == "validation"
        assert stored("ann") is not None

    def test_never_of_the_caller_and_then_of_nobody(self, api, stored):
        admin = api.person("admin")
        api.make.user("ann", email=admin.email)
        answer = api.post("/users:remove", params={"email": admin.email}, as_="admin", status=422)
        assert "nobody was removed" in answer.json["detail"]
        assert stored("ann") is not None
        assert stored("admin") is not None

    def test_is_for_administrators(self, api):
        for who, status in ((None, 401), ("stranger", 403), ("user", 403)):
            api.post("/users:remove", params={"sub": "x"}, as_=who, status=status)

    @pytest.mark.parametrize("body", [{"reason": "x"}, {"message": 1}, {"message": "x" * 5001}, []])
    def test_checks_its_body(self, api, body):
        api.post("/users:remove", body, params={"sub": "x"}, as_="admin", status=422)

    def test_forgets_who_did_something_but_not_what(self, api, session):
        boss = api.make.user("boss", role="admin")
        ann = api.make.user("ann")
        params = {"sub": "ann", "iss": ann.iss}
        api.post("/users:role", {"role": "admin"}, params=params, as_=boss, status=204)
        api.post("/users:remove", params={"sub": "boss"}, as_="admin", status=204)
        entry = session.scalars(sa.select(LogEntry).where(LogEntry.action == "user_role")).one()
        assert entry.actor_id is None


class TestRoles:
    def test_are_given_and_taken(self, api, session, events):
        ann = api.make.user("ann")
        params = {"sub": "ann", "iss": ann.iss}
        body = {"role": "admin", "message": "Joins the moderators"}
        assert api.post("/users:role", body, params=params, as_="admin", status=204).body == b""
        api.get("/users/self:try_admin", as_=ann, status=204)
        entry = session.scalars(sa.select(LogEntry)).one()
        assert (entry.action, entry.resource_type, entry.resource_id) == ("user_role", "user", str(ann.id))
        assert (entry.from_status, entry.to_status, entry.message) == (
            "user",
            "admin",
            "Joins the moderators",
        )
        assert events == [
            UserRoleChanged(
                id=ann.id,
                iss=ann.iss,
                sub="ann",
                email="ann@example.org",
                entry_id=entry.id,
                from_role="user",
                to_role="admin",
                message="Joins the moderators",
            )
        ]
        api.post("/users:role", {"role": "user"}, params=params, as_="admin", status=204)
        api.get("/users/self:try_admin", as_=ann, status=403)

    def test_that_somebody_has_already_change_nothing(self, api, session, events):
        ann = api.make.user("ann")
        api.post(
            "/users:role", {"role": "user"}, params={"sub": "ann", "iss": ann.iss}, as_="admin", status=204
        )
        assert session.scalars(sa.select(LogEntry)).all() == []
        assert events == []

    def test_of_nobody_are_not_found(self, api, issuer):
        params = {"sub": "nobody", "iss": issuer.url}
        assert (
            slug(api.post("/users:role", {"role": "user"}, params=params, as_="admin", status=404))
            == "not-found"
        )

    def test_cannot_be_changed_by_their_holders(self, api, stored):
        admin = api.person("admin")
        params = {"sub": admin.sub, "iss": admin.iss}
        answer = api.post("/users:role", {"role": "user"}, params=params, as_="admin", status=422)
        assert "your own role" in answer.json["detail"]
        assert stored("admin").role == "admin"

    @pytest.mark.parametrize(
        ("params", "body", "where"),
        [
            ({}, {"role": "user"}, {"sub", "iss"}),
            ({"sub": "a"}, {"role": "user"}, {"iss"}),
            ({"sub": "a", "iss": "b"}, {}, {"role"}),
            ({"sub": "a", "iss": "b"}, {"role": "owner"}, {"role"}),
            ({"sub": "a", "iss": "b"}, {"role": None}, {"role"}),
            ({"sub": "a", "iss": "b", "email": "c"}, {"role": "user", "x": 1}, {"email", "x"}),
            ({}, {"message": 1}, {"sub", "iss", "role", "message"}),
        ],
    )
    def test_are_set_with_complete_input_only(self, api, params, body, where):
        answer = api.post("/users:role", body, params=params, as_="admin", status=422)
        assert {error["name"] for error in answer.json["errors"]} == where

    def test_are_set_by_administrators(self, api):
        for who, status in ((None, 401), ("stranger", 403), ("user", 403)):
            params = {"sub": "a", "iss": "b"}
            api.post("/users:role", {"role": "user"}, params=params, as_=who, status=status)


def test_methods_that_do_not_exist_are_405(api):
    for method, path in (("POST", "/users"), ("GET", "/users:remove"), ("DELETE", "/users/self")):
        answer = api.request(method, path, as_="admin", status=405)
        assert answer.headers["Allow"]
