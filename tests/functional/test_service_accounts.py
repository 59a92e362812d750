"""Service accounts: those of machines, which administrators make and give tokens to."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from eoscperf.results.models import Result
from eoscperf.testing.api import ApiClient
from eoscperf.users.events import ServiceAccountCreated, UserRemoved

SERVICES = "/users/services"
NEW = {"name": "nightly", "email": "team@example.org", "description": "Runs at night."}


def slug(answer: Any) -> str:
    return answer.json["type"].removeprefix("urn:eoscperf:problem:")


def made(api: ApiClient, **changes: Any) -> dict[str, Any]:
    return api.post(SERVICES, NEW | changes, as_="admin", status=201).json


def test_an_administrator_makes_one(api: ApiClient, events: list[Any]) -> None:
    answer = api.post(SERVICES, NEW, as_="admin", status=201)
    account = answer.json
    assert account == {
        "id": account["id"],
        "name": "nightly",
        "iss": "urn:eoscperf:service",
        "email": "team@example.org",
        "description": "Runs at night.",
        "role": "user",
        "registration_datetime": account["registration_datetime"],
    }
    assert answer.headers["Location"].endswith(f"{SERVICES}/{account['id']}")
    assert api.get(f"{SERVICES}/{account['id']}", as_="admin", status=200).json == account
    assert api.items(SERVICES, as_="admin") == [account]
    (event,) = events
    assert isinstance(event, ServiceAccountCreated)
    (entry,) = api.items("/reports/log", {"resource_type": "user"}, as_="admin")
    assert (entry["action"], entry["resource_id"], entry["id"]) == (
        "service_create",
        account["id"],
        event.entry_id,
    )


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"name": "Nightly"}, "name"),
        ({"name": "-x"}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"email": "team"}, "email"),
        ({"email": "a@b\nBcc: c@d.e"}, "email"),
        ({"role": "admin"}, "role"),
        ({"iss": "x"}, "iss"),
    ],
)
def test_complete_input_is_wanted(api: ApiClient, changes: dict[str, Any], name: str) -> None:
    answer = api.post(SERVICES, NEW | changes, as_="admin", status=422)
    assert [error["name"] for error in answer.json["errors"]] == [name]


def test_a_name_is_taken_once(api: ApiClient) -> None:
    account = made(api)
    answer = api.post(SERVICES, NEW, as_="admin", status=409)
    assert (slug(answer), answer.json["existing"]) == ("duplicate", account["id"])


def test_they_are_the_administrators_business(api: ApiClient) -> None:
    account = made(api)
    for who, status in ((None, 401), ("stranger", 403), ("ann", 403)):
        for method, path in (
            ("GET", SERVICES),
            ("POST", SERVICES),
            ("GET", f"{SERVICES}/{account['id']}"),
            ("PUT", f"{SERVICES}/{account['id']}"),
            ("DELETE", f"{SERVICES}/{account['id']}"),
            ("GET", f"{SERVICES}/{account['id']}/tokens"),
            ("POST", f"{SERVICES}/{account['id']}/tokens"),
            ("DELETE", f"{SERVICES}/{account['id']}/tokens/{uuid.uuid4()}"),
        ):
            api.request(method, path, as_=who, status=status)


def test_the_account_of_a_person_is_none(api: ApiClient) -> None:
    ann = api.make.user("ann")
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/tokens"), ("GET", "/tokens")):
        body = {"name": "x", "scopes": ["read"]} if method == "POST" else None
        api.request(method, f"{SERVICES}/{ann.id}{path}", json=body, as_="admin", status=404)


def test_address_and_description_are_replaced(api: ApiClient) -> None:
    account = made(api)
    path = f"{SERVICES}/{account['id']}"
    tag = api.get(path, as_="admin").headers["ETag"]
    api.put(path, {"email": "other@example.org"}, as_="admin", headers={"If-Match": tag}, status=204)
    changed = api.get(path, as_="admin").json
    assert changed["email"] == "other@example.org"
    assert "description" not in changed
    api.put(path, {"email": "x@example.org"}, as_="admin", headers={"If-Match": tag}, status=412)
    api.put(path, changed | {"email": "again@example.org"}, as_="admin", status=204)
    api.put(path, changed | {"name": "other"}, as_="admin", status=422)


def test_a_service_uploads_with_its_token_and_is_no_administrator(api: ApiClient) -> None:
    account = made(api)
    path = f"{SERVICES}/{account['id']}/tokens"
    api.post(path, {"name": "x", "scopes": ["admin"]}, as_="admin", status=422)
    token = api.post(path, {"name": "x", "scopes": ["read", "upload"]}, as_="admin", status=201).json
    assert api.get("/users/self", token=token["token"], status=200).json["kind"] == "service"
    made_tag = api.post("/tags", {"name": "by a machine"}, token=token["token"], status=201)
    assert made_tag.json["name"] == "by a machine"
    params = {"sub": "nightly", "iss": account["iss"]}
    answer = api.post("/users:role", {"role": "admin"}, params=params, as_="admin", status=422)
    assert "service account" in answer.json["detail"]
    api.post("/users:role", {"role": "reader"}, params=params, as_="admin", status=204)
    api.post("/tags", {"name": "more"}, token=token["token"], status=403)


def test_its_tokens_are_listed_and_revoked(api: ApiClient) -> None:
    account = made(api)
    path = f"{SERVICES}/{account['id']}/tokens"
    token = api.post(path, {"name": "x", "scopes": ["read"]}, as_="admin", status=201).json
    text = token.pop("token")
    assert api.items(path, as_="admin") == [token]
    assert api.get(f"{path}/{token['id']}", as_="admin", status=200).json == token
    other = made(api, name="other")
    api.delete(f"{SERVICES}/{other['id']}/tokens/{token['id']}", as_="admin", status=404)
    api.get(f"/users/self/tokens/{token['id']}", as_="admin", status=404)
    api.delete(f"{path}/{token['id']}", as_="admin", status=204)
    api.get("/users/self", token=text, status=401)


def test_removing_one_takes_its_tokens_and_leaves_its_results(
    api: ApiClient, session: Any, events: list[Any]
) -> None:
    service = api.make.service("nightly")
    result = api.make.result(uploader=service)
    _, text = api.make.api_token(service)
    api.delete(f"{SERVICES}/{service.id}", {"message": "not needed"}, as_="admin", status=204)
    api.get("/users/self", token=text, status=401)
    session.expire_all()
    assert session.get_one(Result, result.id).uploader_id is None
    assert [type(event) for event in events] == [UserRemoved]
    (entry,) = api.items("/reports/log", {"resource_type": "user"}, as_="admin")
    assert (entry["action"], entry["message"]) == ("service_remove", "not needed")


def test_nobody_logs_in_as_one(api: ApiClient, issuer: Any) -> None:
    """Not even with a token of an issuer that calls itself like that of services."""
    api.make.service("nightly")
    token = issuer.mint("nightly", alg="EdDSA", iss="urn:eoscperf:service")
    api.get("/users/self", token=token, status=401)
