"""Whether a token is one of ours, and whether it is still good."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import orm

from eoscperf.plugins.accounts.keys import KeyStore, SigningKeys
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.provider.models import AccessToken, Authorization

ACCESS_TOKEN, ID_TOKEN = "at+jwt", "JWT"
"""What the header of a token says that it is."""

LONGEST = 16384


def signed_claims(keys: SigningKeys, token: str, *, typ: str, issuer: str) -> Mapping[str, Any] | None:
    """The claims of a token of this kind that we have signed, expired or not; None for anything else."""
    if len(token) > LONGEST:
        return None
    for store in (keys.identity,) if typ == ID_TOKEN else keys.all:
        found = _verified(token, store)
        if found is not None:
            is_ours = found.header.get("typ") == typ and found.claims.get("iss") == issuer
            return found.claims if is_ours else None
    return None


def is_good(session: orm.Session, claims: Mapping[str, Any]) -> bool:
    """Whether a token with these claims, which we have signed, was not taken back.

    Tokens of `eoscperf-admin token` belong to no client; only what becomes of the person ends them.
    """
    if "client_id" not in claims:
        return not session.scalar(
            sa.select(
                sa.exists().where(
                    LocalIdentity.id == _uuid(claims.get("sub")), LocalIdentity.disabled_datetime.is_not(None)
                )
            )
        )
    query = (
        sa.select(sa.literal(1))
        .select_from(AccessToken)
        .join(Authorization, Authorization.id == AccessToken.authorization_id)
        .outerjoin(LocalIdentity, LocalIdentity.id == Authorization.identity_id)
        .where(
            AccessToken.id == token_id(claims),
            AccessToken.revoked_datetime.is_(None),
            Authorization.revoked_datetime.is_(None),
            LocalIdentity.disabled_datetime.is_(None),
        )
    )
    return session.scalar(query) is not None


def token_id(claims: Mapping[str, Any]) -> uuid.UUID:
    """By what the database knows an access token."""
    return _uuid(claims.get("jti"))


def _uuid(value: object) -> uuid.UUID:
    """The UUID, or one that nothing has."""
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return uuid.UUID(int=0)


def _verified(token: str, store: KeyStore) -> jwt.Token | None:
    """The token if one of these keys has signed it, by the algorithm that they are for."""
    keys = store.public_keys()
    if not keys:
        return None
    try:
        return jwt.decode(token, KeySet.import_key_set({"keys": keys}), algorithms=[store.algorithm])
    except (JoseError, ValueError, TypeError, KeyError):
        return None
