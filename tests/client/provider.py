"""A small OpenID provider for tests, as a transport: device flow, rotating refresh tokens, revocation."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import httpx

ISSUER = "https://perf.example.org/accounts"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


class FakeProvider(httpx.BaseTransport):
    """Answers for the issuer itself and passes everything else on to `behind`.

    `device` is what the token endpoint answers in turn to a device code: names of errors, or "ok".
    A refresh token is good once; `access` maps the number of a refresh to an access token.
    """

    def __init__(
        self, behind=None, *, issuer=ISSUER, device=("ok",), access=lambda number: f"access-{number}"
    ) -> None:
        self.behind = behind
        self.issuer = issuer
        self.device = list(device)
        self.access = access
        self.discovery = {
            "issuer": issuer,
            "token_endpoint": f"{issuer}/token",
            "device_authorization_endpoint": f"{issuer}/device_authorization",
            "revocation_endpoint": f"{issuer}/revoke",
        }
        self.begun = {
            "device_code": "device-secret",
            "user_code": "BCDF-GHJK",
            "verification_uri": f"{issuer}/device",
            "verification_uri_complete": f"{issuer}/device?user_code=BCDF-GHJK",
            "expires_in": 900,
            "interval": 5,
        }
        self.handed = 0
        self.used: list[str] = []
        self.revoked: list[str] = []
        self.forms: list[dict[str, str]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        if url == f"{self.issuer}/.well-known/openid-configuration":
            return httpx.Response(200, json=self.discovery)
        if not url.startswith(self.issuer):
            assert self.behind is not None, url
            return self.behind.handle_request(request)
        form = {key: values[0] for key, values in parse_qs(request.read().decode()).items()}
        self.forms.append(form)
        assert form["client_id"] == "eoscperf-cli"
        if url.endswith("/device_authorization"):
            return httpx.Response(200, json=self.begun)
        if url.endswith("/revoke"):
            self.revoked.append(form["token"])
            return httpx.Response(200)
        return self._token(form)

    def _token(self, form: dict[str, str]) -> httpx.Response:
        if form["grant_type"] == DEVICE:
            assert form["device_code"] == "device-secret"
            answer = self.device.pop(0) if len(self.device) > 1 else self.device[0]
            if isinstance(answer, Exception):
                raise answer
            if answer != "ok":
                return httpx.Response(400, content=json.dumps({"error": answer}))
        elif form["refresh_token"] in self.used or form["refresh_token"] != f"refresh-{self.handed}":
            return httpx.Response(400, json={"error": "invalid_grant"})
        else:
            self.used.append(form["refresh_token"])
        self.handed += 1
        return httpx.Response(
            200,
            json={
                "access_token": self.access(self.handed),
                "refresh_token": f"refresh-{self.handed}",
                "token_type": "Bearer",
                "expires_in": 600,
                "scope": form.get("scope", "read upload"),
            },
        )
