"""Verification of bearer tokens of trusted issuers, and what is known of the people who hold them."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import httpx

from eoscperf.errors import InvalidToken, ProviderUnavailable
from eoscperf.security.issuers import Issuer, IssuerSettings, LocalIssuer, issuer_names
from eoscperf.security.oidc_keys import IssuerKeys, LocalKeys, PublicKey, check_signature
from eoscperf.security.oidc_provider import TIMEOUT, Provider
from eoscperf.security.oidc_tokens import (
    PersonClaims,
    UnverifiedToken,
    VerifiedToken,
    check_claims,
    check_header,
    person_claims,
    quoted,
    read_jwt,
    verified_token,
)

__all__ = [
    "BearerTokens",
    "InvalidToken",
    "IssuerSettings",
    "LocalIssuer",
    "Profile",
    "ProviderUnavailable",
    "VerifiedToken",
]

MAX_TOKEN = 16 * 1024
SIGNED_FOR = 3600.0
ACCEPTED_FOR = 300.0
REFUSED_FOR = 30.0
PROFILE_FRESH = 300.0
PROFILE_STALE = 900.0
CACHED_TOKENS = 4096
EVERYTHING = frozenset({"email", "email_verified", "entitlements"})


@dataclass(frozen=True, slots=True)
class Profile:
    """A person as the issuer describes them; `email_verified` None means that it does not say."""

    email: str | None
    email_verified: bool | None
    entitlements: frozenset[str]


class BearerTokens:
    """Verifies bearer tokens; thread-safe, one for the whole process.

    `clock` tells seconds since 1970 for expiry and caches. `client` replaces the HTTP clients of all
    providers. `timeout` in seconds bounds each question to a provider.
    """

    def __init__(
        self,
        issuers: Sequence[Issuer],
        *,
        clock: Callable[[], float] = time.time,
        client: httpx.Client | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._clock = clock
        self._timeout = timeout
        self._trusted: dict[str, tuple[Issuer, IssuerKeys | LocalKeys]] = {}
        self._providers: dict[str, Provider] = {}
        taken: set[str] = set()
        for issuer in issuers:
            for name in issuer_names(issuer):
                if name in taken:
                    raise ValueError(f"issuer '{name}' is there twice")
                taken.add(name)
            if any(issuer.name == other.name for other, _ in self._trusted.values()):
                raise ValueError(f"the name '{issuer.name}' is taken by two issuers")
            trusted = (issuer, self._keys_of(issuer, client))
            self._trusted |= dict.fromkeys(issuer.accepted, trusted)
        self._opaque = [
            provider for provider in self._providers.values() if provider.settings.opaque != "off"
        ]
        self._signed: _Recent[tuple[VerifiedToken, Keys]] = _Recent(CACHED_TOKENS)
        self._accepted: _Recent[VerifiedToken] = _Recent(CACHED_TOKENS)
        self._refused: _Recent[str] = _Recent(CACHED_TOKENS)
        self._profiles: _Recent[tuple[PersonClaims, float]] = _Recent(CACHED_TOKENS)

    def verify(self, token: str) -> VerifiedToken:
        """The accepted token; raises InvalidToken, or ProviderUnavailable when that cannot be decided."""
        if not isinstance(token, str):
            raise InvalidToken("Token is not text")
        if len(token) > MAX_TOKEN:
            raise InvalidToken(f"Token is longer than {MAX_TOKEN} characters")
        if not _BEARER.fullmatch(token):
            raise InvalidToken("Token is empty or holds characters that no bearer token has")
        digest = hashlib.sha256(token.encode("ascii")).hexdigest()
        verified = self._still_signed(digest)
        if verified is not None:
            return verified
        jwt = read_jwt(token)
        return self._verify_opaque(token, digest) if jwt is None else self._verify_jwt(jwt, digest)

    def profile(
        self, token: str, verified: VerifiedToken, *, needs: Collection[str] = EVERYTHING, fresh: bool = False
    ) -> Profile:
        """The person behind a verified token; userinfo tells what `needs` names and the token lacks.

        Answers of userinfo count for five minutes, and for fifteen when it cannot be asked again;
        `fresh` accepts only one of now. Raises ProviderUnavailable when what is needed cannot be
        learned, InvalidToken when the issuer has withdrawn the token.
        """
        told = PersonClaims(verified.email, verified.email_verified, verified.entitlements)
        provider = self._providers.get(verified.issuer_name)
        if provider is not None and any(getattr(told, name) is None for name in needs):
            told = told.completed_by(self._userinfo(provider, token, verified, fresh))
        return Profile(told.email, told.email_verified, told.entitlements or frozenset())

    def close(self) -> None:
        """Ends the threads and connections to providers."""
        for provider in self._providers.values():
            provider.close()

    def _keys_of(self, issuer: Issuer, client: httpx.Client | None) -> IssuerKeys | LocalKeys:
        if isinstance(issuer, LocalIssuer):
            return LocalKeys(issuer.keys)
        provider = Provider(issuer, clock=self._clock, client=client, timeout=self._timeout)
        self._providers[issuer.name] = provider
        return IssuerKeys(issuer.name, lambda: provider.ask(provider.keys), self._clock)

    def _verify_jwt(self, token: UnverifiedToken, digest: str) -> VerifiedToken:
        iss = token.claims.get("iss")
        if not isinstance(iss, str) or not iss:
            raise InvalidToken("Token has no 'iss'")
        if iss not in self._trusted:
            raise InvalidToken(f"Unknown issuer {quoted(iss)}")
        issuer, source = self._trusted[iss]
        # Whatever is wrong with the claims stays wrong however the signature turns out, so that it
        # can be told without keys.
        check_header(token.header, issuer.algorithms)
        now = self._clock()
        check_claims(token.claims, issuer, now, self_contained=True)
        keys = check_signature(token, source)
        verified = verified_token(token.claims, issuer, digest)
        self._signed.put(digest, (verified, keys), now, SIGNED_FOR)
        return verified

    def _still_signed(self, digest: str) -> VerifiedToken | None:
        """A token whose signature was checked before with the very keys that count now."""
        now = self._clock()
        known = self._signed.get(digest, now)
        if known is None:
            return None
        verified, keys = known
        issuer, source = self._trusted[verified.claims["iss"]]
        check_claims(verified.claims, issuer, now, self_contained=True)
        current, _ = source.current()
        return verified if current is keys else None

    def _verify_opaque(self, token: str, digest: str) -> VerifiedToken:
        if not self._opaque:
            raise InvalidToken("Token is not a JSON Web Token; no trusted issuer is asked about others")
        now = self._clock()
        verified = self._accepted.get(digest, now)
        if verified is not None:
            return verified
        reason = self._refused.get(digest, now)
        if reason is not None:
            raise InvalidToken(reason)
        try:
            verified = self._ask_all(token, digest)
        except InvalidToken as refusal:
            self._refused.put(digest, refusal.detail, now, REFUSED_FOR)
            raise
        lifetime = (
            ACCEPTED_FOR if verified.expires_at is None else min(verified.expires_at - now, ACCEPTED_FOR)
        )
        self._accepted.put(digest, verified, now, lifetime)
        return verified

    def _ask_all(self, token: str, digest: str) -> VerifiedToken:
        """The token as the first issuer that accepts it describes it."""
        reason = "Token is not active at any trusted issuer that could be asked"
        undecided: ProviderUnavailable | None = None
        asked = {self._ask_about(provider, token): provider for provider in self._opaque}
        pending = set(asked)
        deadline = time.monotonic() + self._timeout
        while pending:
            done, pending = wait(pending, max(0.0, deadline - time.monotonic()), FIRST_COMPLETED)
            if not done:
                for future in pending:
                    future.cancel()
                    undecided = asked[future].timed_out()
                break
            for future in done:
                try:
                    verified = self._accept_answer(asked[future], future.result(), digest)
                except ProviderUnavailable as failure:
                    undecided = failure
                except InvalidToken as refusal:
                    reason = refusal.detail
                else:
                    if verified is not None:
                        for other in pending:
                            other.cancel()
                        return verified
        if undecided is not None:
            raise undecided
        raise InvalidToken(reason)

    def _ask_about(self, provider: Provider, token: str) -> Future[Any]:
        by_userinfo = provider.settings.opaque == "userinfo"
        return provider.start(provider.userinfo_as_proof if by_userinfo else provider.introspection, token)

    def _accept_answer(self, provider: Provider, claims: Any, digest: str) -> VerifiedToken | None:
        if claims is None:
            return None
        now = self._clock()
        check_claims(claims, provider.settings, now, self_contained=False)
        verified = verified_token(claims, provider.settings, digest)
        if provider.settings.opaque == "userinfo":
            self._remember_profile(provider, verified, claims, now)
        return verified

    def _userinfo(self, provider: Provider, token: str, verified: VerifiedToken, fresh: bool) -> PersonClaims:
        now = self._clock()
        known = self._profiles.get(verified.digest, now)
        if known is not None and not fresh and 0 <= now - known[1] < PROFILE_FRESH:
            return known[0]
        try:
            claims = provider.ask(provider.userinfo, token, insist=fresh)
            if claims is not None and claims.get("sub") != verified.sub:
                raise provider.unavailable("answered userinfo about another subject")
        except ProviderUnavailable:
            if known is None or fresh:
                raise
            return known[0]
        except InvalidToken:
            self._profiles.forget(verified.digest)
            self._accepted.forget(verified.digest)
            raise
        return self._remember_profile(provider, verified, claims or {}, now)

    def _remember_profile(
        self, provider: Provider, verified: VerifiedToken, claims: Any, now: float
    ) -> PersonClaims:
        told = person_claims(claims, provider.settings.entitlement_claims)
        self._profiles.put(verified.digest, (told, now), now, PROFILE_STALE)
        return told


_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")

T = TypeVar("T")

Keys = tuple[PublicKey, ...]


class _Recent(Generic[T]):
    """Values by key until they are too old; the least recently used one goes when there are too many."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, tuple[T, float, float]] = OrderedDict()

    def get(self, key: str, now: float) -> T | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            value, since, lifetime = entry
            # A clock that was set back must not lengthen a life.
            if not 0 <= now - since < lifetime:
                del self._entries[key]
                return None
            self._entries.move_to_end(key)
            return value

    def put(self, key: str, value: T, now: float, lifetime: float) -> None:
        if lifetime <= 0:
            return
        with self._lock:
            self._entries[key] = (value, now, lifetime)
            self._entries.move_to_end(key)
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)

    def forget(self, key: str) -> None:
        with self._lock:
            self._entries.pop(key, None)
