"""CI jobs as callers: their tokens are checked like those of people, and are good for uploads only."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pyramid.events import ApplicationCreated
from pyramid.exceptions import ConfigurationError

from eoscperf import jsontext
from eoscperf.ciupload.matching import Trust, find_trust
from eoscperf.ciupload.providers import PROVIDERS, Provider, Run
from eoscperf.db import reading
from eoscperf.errors import InsufficientScope, InvalidToken
from eoscperf.extend.directives import identity_providers
from eoscperf.results.uploads import UploadTerms
from eoscperf.security.bearer import BearerTokens
from eoscperf.security.identity import Identity
from eoscperf.security.issuers import IssuerSettings, issuer_names
from eoscperf.security.oidc_tokens import VerifiedToken, read_jwt
from eoscperf.users.authentication import sent_token

HEADER = "Trust-Rule"

_CI_TOKENS = "eoscperf.ci_tokens"

UPLOADING = "result:create"
"""The permission of the only operations that a CI job may use as somebody."""


class CIIssuer(NamedTuple):
    url: str
    kind: str

    @property
    def provider(self) -> Provider:
        return PROVIDERS[self.kind]


class CITokens:
    """Verifies the tokens of CI jobs: of these issuers, made for `audience`, and of short life.

    None of them is ever taken for the token of a person: the issuers are not among those of people.
    `lifetime` in seconds is the longest that a token may live.
    """

    def __init__(
        self,
        issuers: Sequence[CIIssuer],
        audience: str,
        *,
        lifetime: float,
        ca_bundle: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.issuers = tuple(issuers) if audience else ()
        self.audience = audience
        self._by_url = {issuer.url: issuer for issuer in self.issuers}
        self._lifetime = lifetime
        self._ca_bundle = ca_bundle
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: BearerTokens | None = None

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> CITokens:
        return cls(
            [CIIssuer(url, kind) for kind, url in settings["ci.issuers"]],
            settings["ci.audience"] or settings["public_url"],
            lifetime=settings["ci.token_hours"] * 3600.0,
            ca_bundle=settings["ci.ca_bundle"] or None,
        )

    def issuer(self, url: object) -> CIIssuer | None:
        return self._by_url.get(url) if isinstance(url, str) else None

    def run(self, token: str) -> Run | None:
        """The run that a token belongs to; None when it is of another issuer, or no JSON Web Token.

        Raises InvalidToken, or ProviderUnavailable when the keys of the issuer cannot be learned.
        """
        unverified = read_jwt(token)
        issuer = None if unverified is None else self.issuer(unverified.claims.get("iss"))
        if issuer is None:
            return None
        verified = self._verifier().verify(token)
        self._check_lifetime(verified)
        return issuer.provider.run(issuer.url, verified.claims)

    def close(self) -> None:
        """End the connections to the issuers; the next use makes new ones."""
        with self._lock:
            if self._tokens is not None:
                self._tokens.close()
            self._tokens = None

    def _verifier(self) -> BearerTokens:
        with self._lock:
            if self._tokens is None:
                settings = [
                    IssuerSettings(
                        name=f"ci{number}",
                        issuer=issuer.url,
                        audience=(self.audience,),
                        ca_bundle=self._ca_bundle,
                        allow_loopback_http=issuer.url.startswith("http://"),
                    )
                    for number, issuer in enumerate(self.issuers)
                ]
                self._tokens = BearerTokens(settings, clock=self._clock)
            return self._tokens

    def _check_lifetime(self, verified: VerifiedToken) -> None:
        issued, expires = verified.claims.get("iat"), verified.expires_at
        if isinstance(issued, bool) or not isinstance(issued, int | float):
            raise InvalidToken("Token has no 'iat'")
        if expires is None or expires - issued > self._lifetime:
            hours = self._lifetime / 3600
            raise InvalidToken(f"Token of a CI job is valid for longer than {hours:g} hours")


def ci_identity(request: Any) -> Identity | None:
    """The owner of the rules that trust the CI job whose token was sent; None for any other token.

    Raises InsufficientScope when no rule does, and for everything but uploads: what is public is then
    answered as to anybody.
    """
    token = sent_token(request.environ)
    if token is None:
        return None
    run = request.registry[_CI_TOKENS].run(token)
    if run is None:
        return None
    operation = getattr(request, "operation", None)
    if operation is None or operation.permission != UPLOADING:
        raise InsufficientScope(
            "The token of a CI job uploads results and may do nothing else.", scope="upload"
        )
    named = _named_rule(request)
    with reading(request) as session:
        trust = find_trust(session, run, named)
        request.upload_terms = terms(trust, run)
        owner = trust.owner
        return Identity(
            iss=owner.iss,
            sub=owner.sub,
            user_id=owner.id,
            method="ci",
            scopes=frozenset({"upload"}),
            discreet=True,
        )


def refuse_people(event: ApplicationCreated) -> None:
    """Stop the start when tokens of one issuer would be those of people and of CI jobs."""
    registry = event.app.registry
    for provider in identity_providers(registry).values():
        if provider.issuer is None:
            continue
        both = [name for name in issuer_names(provider.issuer) if registry[_CI_TOKENS].issuer(name)]
        if both:
            raise ConfigurationError(
                f"{both[0]} is an issuer of people (provider {provider.name}) and of CI jobs (ci.issuers). "
                "Choose one of both."
            )


def terms(trust: Trust, run: Run) -> UploadTerms:
    """On what terms the run uploads."""
    return UploadTerms(
        places=trust.places,
        refusal=f"The trust rules for {run.title} do not allow this benchmark on this flavor.",
        provenance=jsontext.dumps(run.provenance()),
        source=CISource(run, tuple(rule.id for rule in trust.rules)),
    )


class CISource(NamedTuple):
    """Where an upload comes from: for what happens once it is stored."""

    run: Run
    rule_ids: tuple[uuid.UUID, ...]


def _named_rule(request: Any) -> uuid.UUID | None:
    text = request.headers.get(HEADER, "").strip()
    if not text:
        return None
    try:
        return uuid.UUID(text)
    except ValueError:
        raise InsufficientScope(
            f"The header {HEADER} must be the id of a trust rule.", scope="upload"
        ) from None
