"""Tokens of the local issuer that are made without a log-in."""

from __future__ import annotations

import datetime
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.db import utcnow
from eoscperf.plugins.accounts import ADMIN_ENTITLEMENT
from eoscperf.plugins.accounts.keys import KeyStore
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.security.scopes import SCOPES

AUDIENCE = "urn:eoscperf:api"
"""Whom tokens for the platform are meant for; ID tokens and tokens for other services name others."""


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
        # Before the person is stored: without a key nothing is.
        self._keys.signing_key()
        person = self._person(email)
        now = utcnow()
        claims = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": str(person.id),
            "email": person.email,
            "email_verified": True,
            "entitlements": [ADMIN_ENTITLEMENT] if admin else [],
            "scope": " ".join(SCOPES),
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
            "jti": str(uuid.uuid4()),
        }
        return self._keys.sign(claims, typ="at+jwt")

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
