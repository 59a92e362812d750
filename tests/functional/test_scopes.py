"""Every operation of the document, tried with tokens that are limited to scopes."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from eoscperf.errors import InsufficientScope
from eoscperf.rest.openapi import document
from eoscperf.security.scopes import SCOPES
from eoscperf.testing.api import ApiClient
from eoscperf.testing.scopes import METHODS, filled, scopes_of, table

SLUG = "urn:eoscperf:problem:insufficient-scope"


def operations(app: Any) -> list[tuple[str, str, bool, dict[str, Any]]]:
    """Method, path, whether it is beside the prefix, and description of every operation."""
    found = []
    for path, item in document(app.registry)["paths"].items():
        for method in METHODS:
            if method in item:
                found.append((method.upper(), path, "servers" in item, item[method]))
    return found


@pytest.mark.parametrize("held", [(scope,) for scope in SCOPES] + [("read", "upload")], ids=" ".join)
@pytest.mark.parametrize("role", ["user", "admin"])
def test_a_token_of_one_scope_tries_everything_else(
    api: ApiClient, app: Any, role: str, held: tuple[str, ...]
) -> None:
    _, token = api.make.api_token(api.make.user("ann", role=role), *held)
    tried = refused = 0
    for method, path, root, operation in operations(app):
        level, scopes = operation["x-level"], scopes_of(operation)
        if level == "public" or set(held) & set(scopes):
            continue
        answer = api.request(method, filled(path, operation), token=token, root=root, status=403)
        tried += 1
        refused += answer.json["type"] == SLUG
        assert answer.json["scope"] == scopes[0], (method, path)
        challenge = answer.headers["WWW-Authenticate"]
        assert challenge.startswith('Bearer realm="eoscperf", error="insufficient_scope", ')
        assert challenge.endswith(f', scope="{scopes[0]}"')
    assert tried == refused
    assert tried > 15


@pytest.mark.parametrize("held", SCOPES)
def test_what_is_open_to_everybody_is_answered_as_to_anybody_without_the_scope_for_reading(
    api: ApiClient, app: Any, held: str
) -> None:
    _, token = api.make.api_token(api.make.user("root", role="admin"), held)
    for method, path, root, operation in operations(app):
        if operation["x-level"] != "public" or not operation["security"] or method != "GET":
            continue
        path = filled(path, operation)
        anonymous = api.get(path, root=root, status="*")
        answer = api.get(path, root=root, token=token, status=anonymous.status_int)
        if anonymous.status_int == 200 and anonymous.content_type == "application/json":
            assert answer.body == anonymous.body, path
        lacking = "insufficient_scope" in answer.headers.get("WWW-Authenticate", "")
        assert lacking is (held != "read"), path


def test_a_token_of_all_scopes_is_refused_none(api: ApiClient, app: Any) -> None:
    _, token = api.make.api_token(api.make.user("root", role="admin"), *SCOPES)
    for method, path, root, operation in operations(app):
        if operation["operationId"] in ("RemoveUsers",):
            continue
        answer = api.request(method, filled(path, operation), token=token, root=root, status="*")
        assert answer.status_int < 500, (method, path)
        if answer.status_int == 403:
            assert answer.json["type"] != SLUG, (method, path)


def test_every_operation_but_probes_names_a_scope(app: Any) -> None:
    for method, path, _, operation in operations(app):
        assert set(scopes_of(operation)) <= set(SCOPES)
        assert scopes_of(operation) or not operation["security"], (method, path)


@pytest.fixture
def hidden(api: ApiClient) -> Any:
    """A site that waits for a moderator: its uploader and administrators see it."""
    return api.make.site(status="on_review", uploader=api.make.user("ann"))


@pytest.mark.parametrize(
    ("who", "scopes", "sees"),
    [
        ("ann", ("read",), True),
        ("ann", ("upload",), False),
        ("root", ("read",), False),
        ("root", ("read", "upload"), False),
        ("root", ("moderate",), False),
        ("root", ("read", "moderate"), True),
        ("root", ("read", "admin"), True),
    ],
)
def test_scopes_decide_what_is_seen(
    api: ApiClient, hidden: Any, who: str, scopes: tuple[str, ...], sees: bool
) -> None:
    user = api.make.user("ann") if who == "ann" else api.make.user("root", role="admin")
    _, token = api.make.api_token(user, *scopes)
    answer = api.get(f"/sites/{hidden.id}", token=token, status=200 if sees else 404)
    assert ("uploader" in answer.json) is sees


def test_an_administrators_token_for_uploads_uploads_and_that_is_all(api: ApiClient) -> None:
    _, token = api.make.api_token(api.make.user("root", role="admin"), "upload")
    made = api.post("/tags", {"name": "made by a script"}, token=token, status=201)
    api.delete(f"/tags/{made.json['id']}", token=token, status=403)
    site = api.post("/sites", {"name": "S", "address": "s.example.org"}, token=token, status=201)
    assert api.get(f"/sites/{site.json['id']}", token=token, status=404).json["type"].endswith("not-found")


def test_a_moderators_token_decides(api: ApiClient) -> None:
    _, token = api.make.api_token(api.make.user("root", role="admin"), "moderate")
    site = api.make.site(status="on_review")
    api.post(f"/sites/{site.id}:approve", token=token, status=204)
    api.get("/reports/submits", token=token, status=200)
    api.post("/users:role", {"role": "user"}, params={"sub": "x", "iss": "y"}, token=token, status=403)


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ("eoscperf:read", 200),
        ("eoscperf:upload", 403),
        ("openid email", 200),
        (None, 200),
        ("eoscperf:x", 403),
    ],
)
def test_an_issuer_limits_a_token_by_naming_our_scopes(
    api: ApiClient, scope: str | None, status: int
) -> None:
    token = api.token("ann", **({"scope": scope} if scope else {}))
    api.get("/users/self/results", token=token, status=status)


def test_the_error_says_that_the_scope_is_missing_in_its_own_words() -> None:
    assert inspect.getdoc(InsufficientScope)
    assert InsufficientScope.slug == SLUG.rpartition(":")[2]


DOCS = Path(__file__).parent.parent.parent / "docs"


def test_the_documentation_lists_every_operation_of_the_core_with_its_scopes(app: Any) -> None:
    text = (DOCS / "tokens.md").read_text(encoding="utf-8")
    documented = [line for line in text.splitlines() if re.match(r"\| `[A-Z]+ /", line)]
    assert documented == table(document(app.registry)), "made by: eoscperf-admin openapi | " + (
        "python -m eoscperf.testing.scopes"
    )
