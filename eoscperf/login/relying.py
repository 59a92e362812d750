"""The platform as a client of identity providers: the authorization code flow of OpenID Connect Core 1.0
with PKCE (RFC 7636), state and nonce."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError

from eoscperf.errors import InvalidToken, ProviderUnavailable
from eoscperf.login.beside import client_beside
from eoscperf.login.providers import LoginProvider, LoginProviders
from eoscperf.security.bearer import MAX_TOKEN
from eoscperf.security.oidc_keys import IssuerKeys, check_signature
from eoscperf.security.oidc_provider import Provider
from eoscperf.security.oidc_tokens import (
    MAX_SUBJECT,
    PersonClaims,
    check_header,
    person_claims,
    quoted,
    read_jwt,
    storable,
)

TIMEOUT = 10.0
"""Seconds that each question to a provider may take: a person waits, and would have to begin again."""


class LoginRefused(Exception):
    """A log-in that came to nothing; the sentence is for the person who tried."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A log-in on its way: what the browser keeps until it comes back, and where it is sent."""

    provider: str
    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a provider has sent: `iss` as they are stored, and what proves it at log-out."""

    provider: str
    iss: str
    sub: str
    email: str | None
    email_verified: bool | None
    entitlements: frozenset[str]
    provider_session: str | None
    id_token: str


class RelyingParty:
    """Begins and completes log-ins. `client` takes the place of the HTTP clients; `clock` tells seconds
    since 1970."""

    def __init__(
        self,
        providers: LoginProviders,
        *,
        client: httpx.Client | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._providers = providers
        self.client = client
        self.application: Any = None
        """this application, which answers for a provider that runs in it"""
        self._clock = clock
        self._lock = threading.Lock()
        self._reached: dict[str, tuple[Provider, IssuerKeys]] = {}

    def begin(self, provider: LoginProvider, redirect_uri: str) -> Begun:
        """A log-in at this provider; ProviderUnavailable when it cannot be asked where people log in."""
        reached, _ = self._reach(provider)
        endpoint = reached.ask(lambda deadline: reached.endpoint("authorization_endpoint", deadline))
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        url = prepare_grant_uri(
            endpoint,
            provider.settings.client_id,
            "code",
            redirect_uri=redirect_uri,
            scope=provider.scope,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return Begun(provider.name, state, nonce, verifier, redirect_uri, url)

    def names_itself(self, provider: LoginProvider) -> bool:
        """Whether the provider says with each answer that it is from it (RFC 9207)."""
        reached, _ = self._reach(provider)
        told = reached.ask(reached.metadata).get("authorization_response_iss_parameter_supported")
        return told is True

    def complete(self, provider: LoginProvider, begun: Begun, code: str) -> Person:
        """Whom the provider has sent back with this code.

        LoginRefused when it does not stand by the code or what it says cannot be believed,
        ProviderUnavailable when it does not answer.
        """
        reached, keys = self._reach(provider)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": begun.redirect_uri,
            "code_verifier": begun.verifier,
        }
        status, answer = reached.ask(lambda deadline: reached.tokens(form, deadline))
        if status != 200:
            raise LoginRefused(
                f"{provider.title} did not accept the log-in ({quoted(answer.get('error'))}). Log in again."
            )
        id_token, access_token = answer.get("id_token"), answer.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access_token, str):
            raise reached.unavailable("answered a code without ID token and access token")
        claims = self._checked(provider, keys, id_token, access_token, begun.nonce)
        told = self._completed(reached, provider, claims, access_token)
        session = claims.get("sid")
        return Person(
            provider=provider.name,
            iss=provider.iss,
            sub=claims["sub"],
            email=told.email,
            email_verified=told.email_verified,
            entitlements=told.entitlements or frozenset(),
            provider_session=session if isinstance(session, str) and len(session) <= 255 else None,
            id_token=id_token,
        )

    def log_out_url(self, provider: LoginProvider, id_token: str, back: str) -> str | None:
        """Where a browser ends the session at the provider (OpenID Connect RP-Initiated Logout 1.0).

        None where the provider offers nothing of the kind, or cannot be asked.
        """
        reached, _ = self._reach(provider)
        try:
            endpoint = reached.ask(lambda deadline: reached.endpoint("end_session_endpoint", deadline))
        except ProviderUnavailable:
            return None
        url = httpx.URL(endpoint)
        asked = {
            "id_token_hint": id_token,
            "post_logout_redirect_uri": back,
            "client_id": provider.settings.client_id or "",
        }
        return str(url.copy_merge_params(asked))

    def close(self) -> None:
        """End the connections to providers; the next use makes new ones."""
        with self._lock:
            for reached, _ in self._reached.values():
                reached.close()
            self._reached.clear()

    def _reach(self, provider: LoginProvider) -> tuple[Provider, IssuerKeys]:
        with self._lock:
            if provider.name not in self._reached:
                client = self.client
                if client is None and provider.home is not None and self.application is not None:
                    client = client_beside(self.application, provider.home)
                reached = Provider(provider.settings, clock=self._clock, client=client, timeout=TIMEOUT)
                keys = IssuerKeys(provider.name, lambda: reached.ask(reached.keys), self._clock)
                self._reached[provider.name] = (reached, keys)
            return self._reached[provider.name]

    def _checked(
        self, provider: LoginProvider, keys: IssuerKeys, id_token: str, access_token: str, nonce: str
    ) -> Mapping[str, Any]:
        """The claims of an ID token that was made for us, for this log-in, and by this provider."""
        settings = provider.settings
        try:
            token = read_jwt(id_token) if len(id_token) <= MAX_TOKEN else None
            if token is None:
                raise InvalidToken("it is no JSON Web Token")
            check_header(token.header, settings.algorithms)
            check_signature(token, keys)
            claims = CodeIDToken(
                dict(token.claims),
                dict(token.header),
                options={
                    "iss": {"essential": True, "value": settings.issuer},
                    "aud": {"essential": True, "value": settings.client_id},
                },
                params={"nonce": nonce, "client_id": settings.client_id, "access_token": access_token},
            )
            claims.validate(int(self._clock()), int(settings.leeway))
            sub = claims["sub"]
            if not isinstance(sub, str) or not 0 < len(sub) <= MAX_SUBJECT or not storable(sub):
                raise InvalidToken("its subject cannot be used")
        except InvalidToken as problem:
            raise _unbelievable(provider, problem.detail) from problem
        except (JoseError, ValueError, TypeError, KeyError) as problem:
            raise _unbelievable(provider, f"{problem}") from problem
        return claims

    def _completed(
        self, reached: Provider, provider: LoginProvider, claims: Mapping[str, Any], access_token: str
    ) -> PersonClaims:
        """What is known of the person; userinfo tells what the ID token lacks."""
        told = person_claims(claims, provider.settings.entitlement_claims)
        if told.email is not None and told.email_verified is not None and told.entitlements is not None:
            return told
        try:
            more = reached.ask(lambda deadline: reached.userinfo(access_token, deadline))
        except InvalidToken as problem:
            raise _unbelievable(provider, problem.detail) from problem
        if more is None:
            return told
        if more.get("sub") != claims["sub"]:
            raise _unbelievable(provider, "its userinfo is about somebody else")
        return told.completed_by(person_claims(more, provider.settings.entitlement_claims))


def _unbelievable(provider: LoginProvider, why: str) -> LoginRefused:
    return LoginRefused(f"What {provider.title} said about you cannot be believed: {why}. Log in again.")
