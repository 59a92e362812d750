"""What tokens and answers tell of a person, as far as the scopes allow."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.provider.models import Authorization

PERSONAL = ("sub", "email", "email_verified", "name", "entitlements")


def personal_claims(identity: LocalIdentity, scopes: Collection[str]) -> dict[str, Any]:
    """For clients: ID tokens and userinfo."""
    told: dict[str, Any] = {"sub": str(identity.id)}
    told |= _address(identity, scopes)
    if "profile" in scopes:
        told["entitlements"] = list(identity.entitlements)
        if identity.name:
            told["name"] = identity.name
    return told


def platform_claims(identity: LocalIdentity, scopes: Collection[str]) -> dict[str, Any]:
    """For the platform: what it decides by and, as clients can read it, the address if they may see that."""
    return {**_address(identity, scopes), "entitlements": list(identity.entitlements)}


def client_claims(owner: LocalIdentity | None) -> dict[str, Any]:
    """For the platform, of a client that acts for itself: it is reached through whoever registered it.

    It has no rights but its own.
    """
    return {**(_address(owner, ("email",)) if owner is not None else {}), "entitlements": []}


def log_in_claims(authorization: Authorization) -> dict[str, Any]:
    """When and how the person logged in, and in which session."""
    told: dict[str, Any] = {}
    if authorization.auth_time is not None:
        told["auth_time"] = int(authorization.auth_time.timestamp())
    if authorization.amr_text:
        told["amr"] = authorization.amr_text.split()
    if authorization.session_id is not None:
        told["sid"] = str(authorization.session_id)
    return told


def _address(identity: LocalIdentity, scopes: Collection[str]) -> dict[str, Any]:
    if "email" not in scopes:
        return {}
    return {"email": identity.email, "email_verified": identity.email_verified}
