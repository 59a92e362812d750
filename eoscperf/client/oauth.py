"""Logging in at an OpenID provider from a terminal: device flow, renewal and revocation of tokens."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from eoscperf.client.addresses import is_private
from eoscperf.client.connection import USER_AGENT
from eoscperf.client.errors import NotLoggedIn, ServerUnreachable, UnexpectedAnswer

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
SCOPE = "openid email offline_access read upload"
INTERVAL = 5.0
"""Seconds between two questions while somebody logs in, unless the provider says otherwise."""

TIMEOUT = 30.0


@dataclass(frozen=True)
class Endpoints:
    """Where a provider answers what."""

    issuer: str
    token: str
    device: str | None = None
    revocation: str | None = None


@dataclass(frozen=True)
class Tokens:
    """What a provider hands out; `expires_at` is in seconds since 1970."""

    access_token: str
    refresh_token: str | None
    expires_at: float | None
    scope: str | None

    def __repr__(self) -> str:
        return "<Tokens>"


@dataclass(frozen=True)
class DeviceCode:
    """What somebody has to open in a browser, and what is asked for meanwhile."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None
    expires_at: float
    interval: float

    def __repr__(self) -> str:
        return f"<DeviceCode {self.user_code}>"


class Provider:
    """Speaks with one OpenID provider; `clock` is in seconds since 1970."""

    def __init__(
        self,
        *,
        verify: ssl.SSLContext | bool = True,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = httpx.Client(
            timeout=TIMEOUT,
            verify=verify,
            transport=transport,
            follow_redirects=False,
            headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        )
        self._clock = clock
        self._sleep = sleep

    def close(self) -> None:
        self._http.close()

    def discover(self, issuer: str) -> Endpoints:
        """The endpoints of a provider, from its discovery document."""
        _private(issuer, "The identity provider")
        url = issuer.rstrip("/") + "/.well-known/openid-configuration"
        answer = self._send("GET", url)
        document = _object(answer)
        if answer.status_code != 200 or document is None:
            raise UnexpectedAnswer(
                f"{url} answered {answer.status_code} instead of a description of the provider"
            )
        if document.get("issuer") != issuer:
            raise UnexpectedAnswer(f"The identity provider {issuer} calls itself {document.get('issuer')}")
        found = {
            name: document.get(f"{name}_endpoint") for name in ("token", "device_authorization", "revocation")
        }
        for name, value in found.items():
            if value is not None:
                _private(str(value), f"The {name} endpoint of {issuer}")
        if not found["token"]:
            raise UnexpectedAnswer(f"The identity provider {issuer} names no token endpoint")
        return Endpoints(issuer, found["token"], found["device_authorization"], found["revocation"])

    def begin(self, endpoints: Endpoints, client_id: str, scope: str) -> DeviceCode:
        """Ask for a code that somebody confirms in a browser."""
        if endpoints.device is None:
            raise NotLoggedIn(
                f"{endpoints.issuer} offers no log-in from a terminal; log in with a token instead"
            )
        answer = self._send("POST", endpoints.device, {"client_id": client_id, "scope": scope})
        told = _object(answer)
        if answer.status_code != 200 or told is None:
            raise NotLoggedIn(f"{endpoints.issuer} refuses the log-in: {_reason(answer)}")
        try:
            complete = told.get("verification_uri_complete")
            code = DeviceCode(
                str(told["device_code"]),
                str(told["user_code"]),
                _web(str(told["verification_uri"])),
                None if complete is None else _web(str(complete)),
                self._clock() + float(told["expires_in"]),
                float(told.get("interval", INTERVAL)),
            )
        except (KeyError, TypeError, ValueError):
            raise UnexpectedAnswer(f"{endpoints.issuer} did not answer a code for the log-in") from None
        return code

    def wait(self, endpoints: Endpoints, client_id: str, code: DeviceCode) -> Tokens:
        """Wait until somebody has confirmed the code; NotLoggedIn if refused or too late."""
        interval = max(1.0, code.interval)
        form = {"grant_type": DEVICE_GRANT, "device_code": code.device_code, "client_id": client_id}
        while True:
            if self._clock() >= code.expires_at:
                raise NotLoggedIn("Nobody confirmed the log-in in time; start again")
            self._sleep(interval)
            try:
                answer = self._send("POST", endpoints.token, form)
            except ServerUnreachable:
                # As RFC 8628 has it: ask more rarely, and go on until the code expires.
                interval *= 2
                continue
            if answer.status_code == 200:
                return self._tokens(answer, endpoints.issuer)
            error = (_object(answer) or {}).get("error")
            if error == "slow_down":
                interval += INTERVAL
            elif error == "access_denied":
                raise NotLoggedIn("The log-in was refused in the browser")
            elif error == "expired_token":
                raise NotLoggedIn("Nobody confirmed the log-in in time; start again")
            elif error != "authorization_pending" and answer.status_code not in (429, 502, 503, 504):
                raise NotLoggedIn(f"{endpoints.issuer} refuses the log-in: {_reason(answer)}")

    def renew(self, token_endpoint: str, client_id: str, refresh_token: str) -> Tokens:
        """New tokens for a refresh token, which is used up by that; NotLoggedIn if it is worth nothing."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": client_id}
        answer = self._send("POST", token_endpoint, form)
        if answer.status_code == 200:
            return self._tokens(answer, token_endpoint)
        if answer.status_code >= 500 or answer.status_code == 429:
            raise ServerUnreachable(f"The session cannot be renewed now: {_reason(answer)}")
        raise NotLoggedIn("The session has ended; log in again: eoscperf login")

    def revoke(self, revocation_endpoint: str, client_id: str, token: str, hint: str) -> bool:
        """Make a token worthless; False if the provider did not."""
        form = {"token": token, "token_type_hint": hint, "client_id": client_id}
        return self._send("POST", revocation_endpoint, form).status_code == 200

    def _tokens(self, answer: httpx.Response, who: str) -> Tokens:
        told = _object(answer) or {}
        access, kind = told.get("access_token"), str(told.get("token_type", "")).lower()
        if not isinstance(access, str) or kind != "bearer":
            raise UnexpectedAnswer(f"{who} did not answer a token that can be used here")
        lifetime = told.get("expires_in")
        refresh = told.get("refresh_token")
        return Tokens(
            access,
            refresh if isinstance(refresh, str) else None,
            self._clock() + lifetime if isinstance(lifetime, (int, float)) else None,
            str(told["scope"]) if "scope" in told else None,
        )

    def _send(self, method: str, url: str, form: Mapping[str, str] | None = None) -> httpx.Response:
        try:
            answer = self._http.request(method, url, data=form)
        except httpx.InvalidURL:
            raise UnexpectedAnswer(f"{url} is no address") from None
        except httpx.TransportError as error:
            raise ServerUnreachable(f"The identity provider at {url} cannot be reached: {error}") from None
        if answer.has_redirect_location:
            raise UnexpectedAnswer(f"{url} redirects instead of answering")
        return answer


def _object(answer: httpx.Response) -> dict[str, Any] | None:
    try:
        found = answer.json()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _reason(answer: httpx.Response) -> str:
    told = _object(answer) or {}
    return str(told.get("error_description") or told.get("error") or f"it answered {answer.status_code}")


def _private(url: str, what: str) -> None:
    try:
        private = is_private(url)
    except httpx.InvalidURL:
        private = False
    if not private:
        raise UnexpectedAnswer(f"{what} is at {url}, which is no https address: nothing secret is sent there")


def _web(url: str) -> str:
    """An address that a browser may be sent to; ValueError for any other."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(url)
    return url
