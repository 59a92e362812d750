"""Tokens of the local issuer."""

from __future__ import annotations

import datetime
import uuid

import sqlalchemy as sa
from joserfc import jwt
from sqlalchemy.orm import Session

from eoscperf.db import utcnow
from eoscperf.plugins.accounts import ADMIN_ENTITLEMENT
from eoscperf.plugins.accounts.keys import KeyStore
from eoscperf.plugins.accounts.models import LocalIdentity


class LocalTokens:
    """Signs tokens in the name of `issuer`."""

    def __init__(self, session: Session, keys: KeyStore, issuer: str) -> None:
        self._session = session
        self._keys = keys
        self._issuer = issuer

    def issue(self, email: str, *, lifetime: datetime.timedelta, admin: bool = False) -> str:
        """A token for the person with this address; all tokens for one address have one `sub`.

        UnusableKey when it cannot be signed.
        """
        key = self._keys.signing_key()
        person = self._person(email)
        now = utcnow()
        claims = {
            "iss": self._issuer,
            "sub": str(person.id),
            "email": person.email,
            "email_verified": True,
            "entitlements": [ADMIN_ENTITLEMENT] if admin else [],
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
            "jti": str(uuid.uuid4()),
        }
        return jwt.encode({"alg": "ES256", "kid": key.kid, "typ": "JWT"}, claims, key)

    def _person(self, email: str) -> LocalIdentity:
        wanted = sa.select(LocalIdentity).where(LocalIdentity.email_key == email.lower())
        person = self._session.scalar(wanted)
        if person is not None:
            return person
        person = LocalIdentity(email=email, email_key=email.lower())
        try:
            with self._session.begin_nested():
                self._session.add(person)
        except sa.exc.IntegrityError:
            # Somebody else has asked for the same address at the same time.
            return self._session.scalars(wanted).one()
        return person
