"""A client for tests that drive the whole application: paths below the API prefix, callers by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson
import webtest

from eoscperf.testing.conformance import Conformance
from eoscperf.testing.factories import Make
from eoscperf.testing.issuer import TestIssuer
from eoscperf.users.models import User

UNREGISTERED = "stranger"

ENTITLEMENT = "urn:example:benchmarks:admin"
"""The entitlement that makes an administrator of a registered user."""

AWAY = "http://127.0.0.1:9"
"""A trusted issuer that cannot be reached."""


class ApiClient:
    """Requests as a person: `api.get("/sites", as_="user", status=200)`.

    `as_` is None (anonymous), a user from `make.user()`, or a name: "admin" is an administrator,
    "stranger" has a token but is not registered, everybody else is registered when first named.
    `status` is what must be answered ("*": anything; None: any success). With `conformance` every
    answer is held against the OpenAPI document, but for a 500 that a test provokes.
    """

    def __init__(
        self, app: Any, issuer: TestIssuer, make: Make, conformance: Conformance | None = None
    ) -> None:
        self.app = webtest.TestApp(app)
        self.make = make
        self.prefix = app.registry.settings["api.prefix"]
        self._issuer = issuer
        self._conformance = conformance

    def get(self, path: str, params: Any = None, **options: Any) -> webtest.TestResponse:
        return self.request("GET", path, params=params, **options)

    def head(self, path: str, params: Any = None, **options: Any) -> webtest.TestResponse:
        return self.request("HEAD", path, params=params, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> webtest.TestResponse:
        return self.request("POST", path, json=json, **options)

    def put(self, path: str, json: Any = None, **options: Any) -> webtest.TestResponse:
        return self.request("PUT", path, json=json, **options)

    def delete(self, path: str, params: Any = None, **options: Any) -> webtest.TestResponse:
        return self.request("DELETE", path, params=params, **options)

    def items(self, path: str, params: Any = None, **options: Any) -> list[Any]:
        """The items of a page."""
        return self.get(path, params, **options).json["items"]

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Any = None,
        json: Any = None,
        body: bytes | None = None,
        content_type: str = "application/json",
        as_: User | str | None = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        status: int | str | None = None,
        root: bool = False,
    ) -> webtest.TestResponse:
        """Any request; `token` is sent as it is, `root` takes the path from the root of the application."""
        url = path if root else self.prefix + path
        if params:
            url += ("&" if "?" in url else "?") + urlencode(params, doseq=True)
        sent = dict(headers or {})
        if token is None and as_ is not None:
            token = self.token(as_)
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if json is not None:
            body = orjson.dumps(json)
        if body is not None:
            sent.setdefault("Content-Type", content_type)
        answer = self.app.request(
            url,
            method=method,
            body=body or b"",
            headers=sent,
            status=status,
            # webtest looks at `status` only where it does not expect errors.
            expect_errors=status == "*",
        )
        if self._conformance is not None and not answer.status_int == status == 500:
            self._conformance.check(method, url.partition("?")[0], answer)
        return answer

    def person(self, who: User | str) -> User:
        """The registered user behind a name."""
        if isinstance(who, User):
            return who
        return self.make.user(who, role="admin" if who == "admin" else "user")

    def token(self, who: User | str, **claims: Any) -> str:
        """A token that says all there is to know, so that nobody is asked about it."""
        if who == UNREGISTERED:
            sub, email = UNREGISTERED, f"{UNREGISTERED}@example.org"
        else:
            user = self.person(who)
            sub, email = user.sub, user.email
        told: dict[str, Any] = {"email": email, "email_verified": True, "eduperson_entitlement": []}
        return self._issuer.mint(sub, alg="EdDSA", **(told | claims))
