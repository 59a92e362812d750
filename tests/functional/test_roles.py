"""Roles, disabled accounts, and the administrator that always stays."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from eoscperf.rest.openapi import document
from eoscperf.testing.api import ApiClient
from eoscperf.testing.scopes import METHODS, filled
from eoscperf.users.events import UserDisabled, UserEnabled
from eoscperf.users.models import User


def slug(answer: Any) -> str:
    return answer.json["type"].removeprefix("urn:eoscperf:problem:")


def named(user: User) -> dict[str, str]:
    return {"sub": user.sub, "iss": user.iss}


READING = {
    "GetSelf", "RegisterSelf", "RegisterSelfAlias", "UpdateSelf",
    "ListOwnTokens", "CreateOwnToken", "GetOwnToken", "RevokeOwnToken",
}  # fmt: skip
"""What readers may do that is neither public nor for looking at things."""


class TestReaders:
    def test_may_read_and_care_for_their_own_account_and_nothing_else(self, api: ApiClient, app: Any) -> None:
        reader = api.make.user("reader", role="reader")
        token = api.token(reader)
        tried = 0
        for path, item in document(app.registry)["paths"].items():
            for method in METHODS:
                operation = item.get(method)
                if operation is None or operation["x-level"] in ("public", "admin"):
                    continue
                allowed = operation["operationId"] in READING or {"bearer": ["read"]} in operation["security"]
                if allowed:
                    continue
                answer = api.request(method.upper(), filled(path, operation), token=token, status=403)
                assert slug(answer) == "submitter-required", path
                assert "may only read" in answer.json["detail"]
                tried += 1
        assert tried > 8

    def test_see_their_own_account_lists_and_tokens(self, api: ApiClient) -> None:
        reader = api.make.user("reader", role="reader")
        assert api.get("/users/self", as_=reader, status=200).json["role"] == "reader"
        api.get("/users/self/results", as_=reader, status=200)
        api.get("/users/self/claims", as_=reader, status=200)
        api.post("/users/self:update", as_=reader, status=204)
        made = api.post("/users/self/tokens", {"name": "x", "scopes": ["read"]}, as_=reader, status=201).json
        api.get("/users/self/results", token=made["token"], status=200)
        api.delete(f"/users/self/tokens/{made['id']}", as_=reader, status=204)

    def test_lose_what_tokens_for_uploads_were_for(self, api: ApiClient) -> None:
        ann = api.make.user("ann")
        _, token = api.make.api_token(ann)
        api.post("/users:role", {"role": "reader"}, params=named(ann), as_="admin", status=204)
        assert slug(api.post("/tags", {"name": "t"}, token=token, status=403)) == "submitter-required"

    def test_cannot_take_back_what_they_contributed_before(self, api: ApiClient) -> None:
        ann = api.make.user("ann")
        result = api.make.result(uploader=ann)
        api.post("/users:role", {"role": "reader"}, params=named(ann), as_="admin", status=204)
        api.get(f"/results/{result.id}/claims", as_=ann, status=200)
        api.post(f"/results/{result.id}:withdraw", as_=ann, status=403)

    def test_are_administrators_all_the_same_by_entitlement(self, api: ApiClient) -> None:
        api.make.user("reader", role="reader")
        token = api.token("reader", eduperson_entitlement=["urn:example:benchmarks:admin"])
        api.post("/tags", {"name": "t"}, token=token, status=201)
        api.get("/users", token=token, status=200)

    def test_are_what_people_become_who_register_if_so_set(
        self, api: ApiClient, set_setting: Callable[[str, Any], None]
    ) -> None:
        set_setting("users.initial_role", "reader")
        assert api.post("/users:register", as_="stranger", status=201).json["role"] == "reader"
        api.post("/tags", {"name": "t"}, as_="stranger", status=403)


class TestTheLastAdministrator:
    def test_keeps_the_role(self, api: ApiClient) -> None:
        root = api.make.user("root", role="admin")
        token = api.token("ann", eduperson_entitlement=["urn:example:benchmarks:admin"])
        for role in ("user", "reader"):
            answer = api.post("/users:role", {"role": role}, params=named(root), token=token, status=409)
            assert slug(answer) == "last-administrator"
            assert "Give it to somebody first" in answer.json["detail"]
        assert slug(api.post("/users:disable", params=named(root), token=token, status=409)) == (
            "last-administrator"
        )
        assert slug(api.post("/users:remove", params={"sub": "root"}, token=token, status=409)) == (
            "last-administrator"
        )
        api.get("/users/self:try_admin", as_=root, status=204)

    def test_of_several_the_others_may_go(self, api: ApiClient) -> None:
        root, other = (api.make.user(name, role="admin") for name in ("root", "other"))
        api.post("/users:role", {"role": "user"}, params=named(other), as_=root, status=204)

    def test_who_is_disabled_does_not_count(self, api: ApiClient) -> None:
        root, other = (api.make.user(name, role="admin") for name in ("root", "other"))
        token = api.token("ann", eduperson_entitlement=["urn:example:benchmarks:admin"])
        api.post("/users:disable", params=named(other), as_=root, status=204)
        api.post("/users:role", {"role": "user"}, params=named(root), token=token, status=409)
        api.post("/users:remove", params={"sub": "other"}, token=token, status=204)

    @pytest.mark.parametrize("path", ["/users:role", "/users:disable", "/users:remove"])
    def test_stays_when_all_of_them_remove_each_other_at_the_same_time(
        self, live_api: ApiClient, path: str
    ) -> None:
        names = ("a", "b", "c")
        admins = {name: live_api.make.user(name, role="admin") for name in names}
        tokens = {name: live_api.token(name) for name in names}
        targets = {name: named(user) for name, user in admins.items()}
        begin = threading.Barrier(3)
        answers: list[int] = []

        def turn_on(one: str, other: str) -> None:
            body = {"role": "user"} if path == "/users:role" else {}
            begin.wait()
            answer = live_api.post(path, body, params=targets[other], token=tokens[one], status="*")
            answers.append(answer.status_int)

        pairs = (("a", "b"), ("b", "c"), ("c", "a"))
        threads = [threading.Thread(target=turn_on, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        live_api.make.session.rollback()
        left = live_api.make.session.scalars(
            sa.select(User.sub).where(User.role == "admin", User.disabled_datetime.is_(None))
        ).all()
        assert len(left) >= 1, answers
        # Nobody failed but because there was nobody left, or because of having been removed meanwhile.
        assert set(answers) <= {204, 401, 403, 409}
        assert answers.count(204) == 3 - len(left)


class TestDisabling:
    def test_is_logged_told_and_taken_back(self, api: ApiClient, events: list[Any]) -> None:
        ann = api.make.user("ann")
        params = named(ann)
        api.post("/users:disable", {"message": "left"}, params=params, as_="admin", status=204)
        api.post("/users:disable", params=params, as_="admin", status=204)
        (shown,) = api.items("/users", params, as_="admin")
        assert "disabled_datetime" in shown
        api.post("/users:enable", params=params, as_="admin", status=204)
        api.post("/users:enable", params=params, as_="admin", status=204)
        assert [type(event) for event in events] == [UserDisabled, UserEnabled]
        entries = api.items("/reports/log", {"resource_type": "user"}, as_="admin")
        assert [(entry["action"], entry.get("message")) for entry in entries] == [
            ("user_enable", None),
            ("user_disable", "left"),
        ]

    def test_is_for_administrators_and_never_of_oneself(self, api: ApiClient) -> None:
        ann, admin = api.make.user("ann"), api.person("admin")
        for path in ("/users:disable", "/users:enable"):
            for who, status in ((None, 401), ("stranger", 403), ("bob", 403)):
                api.post(path, params=named(ann), as_=who, status=status)
            api.post(path, params={"sub": "nobody", "iss": "x"}, as_="admin", status=404)
        answer = api.post("/users:disable", params=named(admin), as_="admin", status=422)
        assert "your own account" in answer.json["detail"]

    def test_leaves_what_is_open_to_everybody(self, api: ApiClient) -> None:
        ann = api.make.user("ann")
        api.post("/users:disable", params=named(ann), as_="admin", status=204)
        answer = api.get("/results", as_=ann, status=200)
        assert "disabled" in answer.headers["WWW-Authenticate"]


class TestLists:
    def test_hold_accounts_of_a_role_or_kind(self, api: ApiClient) -> None:
        api.make.user("ann"), api.make.user("reader", role="reader")
        api.make.service("nightly")
        for params, subs in (
            ({"role": "reader"}, ["reader"]),
            ({"role": "admin"}, ["admin"]),
            ({"kind": "service"}, ["nightly"]),
            ({"kind": "person", "role": "user"}, ["ann"]),
        ):
            for path in ("/users", "/users:search"):
                assert [item["sub"] for item in api.items(path, params, as_="admin")] == subs
        (service,) = api.items("/users", {"kind": "service"}, as_="admin")
        assert (service["kind"], service["iss"]) == ("service", "urn:eoscperf:service")
