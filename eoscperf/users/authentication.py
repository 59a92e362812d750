"""Bearer tokens: from the Authorization header to an identity known, or not yet known, to the platform."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from pyramid.events import ApplicationCreated
from pyramid.exceptions import ConfigurationError

from eoscperf import errors
from eoscperf.db import reading
from eoscperf.extend.directives import IdentityProvider, identity_providers
from eoscperf.security.bearer import BearerTokens, Profile, VerifiedToken
from eoscperf.security.identity import Identity
from eoscperf.security.issuers import Issuer, issuer_names
from eoscperf.security.token_text import is_api_token
from eoscperf.users.models import User

_TOKENS = "eoscperf.bearer"

_KNOWN = sa.select(User.id, User.role, User.disabled_datetime).where(
    User.iss == sa.bindparam("iss"),
    User.sub == sa.bindparam("sub"),
    # Service accounts have API tokens; whatever an issuer says, nobody logs in as one.
    User.kind == "person",
)


class TrustedTokens:
    """The verifier of one application, made at first use: plug-ins have added their issuers by then."""

    def __init__(self, registry: Any) -> None:
        self._registry = registry
        self._lock = threading.Lock()
        self._tokens: BearerTokens | None = None

    def get(self) -> BearerTokens:
        with self._lock:
            if self._tokens is None:
                self._tokens = BearerTokens(_issuers(self._registry))
            return self._tokens

    def close(self) -> None:
        """End the connections to providers; the next use makes new ones."""
        with self._lock:
            if self._tokens is not None:
                self._tokens.close()
            self._tokens = None


def bearer_identity(request: Any) -> Identity | None:
    """The holder of the request's bearer token; None when none was sent.

    InvalidToken for one that is refused, ProviderUnavailable for one that cannot be decided.
    """
    token = sent_token(request.environ)
    if token is None or is_api_token(token):
        return None
    verified = trusted_tokens(request.registry).verify(token)
    request.bearer = (token, verified)
    with reading(request) as session:
        known = session.execute(_KNOWN, {"iss": verified.iss, "sub": verified.sub}).first()
        _refuse_taken_back(request.registry, session, verified)
    user_id, role, disabled = known or (None, "", None)
    refuse_disabled(disabled)
    return Identity(
        iss=verified.iss,
        sub=verified.sub,
        user_id=user_id,
        # Whoever is not registered is no administrator, whatever the provider says.
        admin=known is not None and (role == "admin" or _is_entitled(request.registry, token, verified)),
        scopes=verified.limited_to,
        reader=role == "reader",
        by_role=role == "admin",
    )


def refuse_disabled(since: datetime.datetime | None) -> None:
    """InvalidToken for what belongs to an account that is disabled."""
    if since is not None:
        raise errors.InvalidToken("The account is disabled. An administrator can enable it again.")


def fresh_profile(request: Any) -> Profile:
    """What the provider says of the caller's email now, or said at the log-in to the pages;
    ProviderUnavailable when it cannot be asked.

    LoginRequired for callers that no provider has sent.
    """
    told = getattr(request, "told", None)
    if told is not None:
        return told
    bearer = getattr(request, "bearer", None)
    if bearer is None:
        raise errors.LoginRequired(
            "Your identity provider is asked for this: log in and use the token that you get there."
        )
    token, verified = bearer
    return trusted_tokens(request.registry).profile(
        token, verified, needs=("email", "email_verified"), fresh=True
    )


def sent_token(environ: Mapping[str, Any]) -> str | None:
    """The token of an Authorization header of the scheme Bearer, None for any other or no header."""
    scheme, _, token = str(environ.get("HTTP_AUTHORIZATION", "")).strip(" \t").partition(" ")
    if scheme.lower() != "bearer":
        return None
    token = token.strip(" \t")
    if not token:
        raise errors.InvalidToken("The Authorization header says Bearer but holds no token")
    return token


def trusted_tokens(registry: Any) -> BearerTokens:
    return registry[_TOKENS].get()


def _issuers(registry: Any) -> list[Issuer]:
    """Every trusted issuer, those of the settings and those of plug-ins."""
    providers = identity_providers(registry).values()
    return [provider.issuer for provider in providers if provider.issuer is not None]


def _refuse_doubles(event: ApplicationCreated) -> None:
    """Stop the start when two issuers could not be told apart."""
    issuers = _issuers(event.app.registry)
    for what, values in (
        ("issuer", [name for issuer in issuers for name in issuer_names(issuer)]),
        ("name", [issuer.name for issuer in issuers]),
    ):
        doubles = sorted({value for value in values if values.count(value) > 1})
        if doubles:
            raise ConfigurationError(
                f"Trusted issuers must differ in their {what}; there twice: {', '.join(doubles)}. "
                "They come from the settings oidc.* and from plug-ins."
            )


def _is_entitled(registry: Any, token: str, verified: VerifiedToken) -> bool | None:
    """Whether an entitlement makes the holder an administrator; None when that cannot be learned now."""
    wanted = {*registry.settings["admin_entitlements"], *own_entitlements(registry, verified.iss)}
    if not wanted:
        return False
    try:
        profile = trusted_tokens(registry).profile(token, verified, needs=("entitlements",))
    except errors.ProviderUnavailable:
        return None
    return not wanted.isdisjoint(profile.entitlements)


def own_entitlements(registry: Any, iss: str) -> tuple[str, ...]:
    """Entitlements that count only in tokens of the identity provider that declares them."""
    return tuple(
        entitlement
        for provider in identity_providers(registry).values()
        if _answers_for(provider, iss)
        for entitlement in provider.info.get("admin_entitlements", ())
    )


def _refuse_taken_back(registry: Any, session: Any, verified: VerifiedToken) -> None:
    """InvalidToken for a token that its identity provider, a part of this application, has taken back."""
    for provider in identity_providers(registry).values():
        is_good = provider.info.get("is_good")
        if is_good is None or not _answers_for(provider, verified.iss):
            continue
        if not is_good(session, verified.claims):
            raise errors.InvalidToken("The token was revoked, or its log-in has ended. Log in again.")


def _answers_for(provider: IdentityProvider, iss: str) -> bool:
    return provider.issuer is not None and issuer_names(provider.issuer)[-1] == iss


def includeme(config: Any) -> None:
    config.registry[_TOKENS] = TrustedTokens(config.registry)
    config.add_authenticator("bearer", bearer_identity)
    for issuer in config.get_settings()["oidc.issuers"]:
        config.add_identity_provider(issuer.name, title=issuer.title, issuer=issuer)
    config.add_subscriber(_refuse_doubles, ApplicationCreated)
