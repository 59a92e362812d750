"""What was given out: authorizations, codes, tokens. Of every secret only its digest is kept."""

from __future__ import annotations

import base64
import datetime
import hashlib
import logging
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf.db import utcnow
from eoscperf.plugins.accounts.keys import SigningKeys
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people.digests import digest, new_secret
from eoscperf.plugins.accounts.people.models import AccountSession
from eoscperf.plugins.accounts.provider import checking
from eoscperf.plugins.accounts.provider.checking import ACCESS_TOKEN, ID_TOKEN
from eoscperf.plugins.accounts.provider.claims import (
    client_claims,
    log_in_claims,
    personal_claims,
    platform_claims,
)
from eoscperf.plugins.accounts.provider.clients import Client
from eoscperf.plugins.accounts.provider.models import (
    AccessToken,
    Authorization,
    AuthorizationCode,
    DeviceCode,
    RefreshToken,
)
from eoscperf.plugins.accounts.provider.scopes import ordered
from eoscperf.plugins.accounts.tokens import AUDIENCE

log = logging.getLogger(__name__)

CODE_LIFETIME = datetime.timedelta(minutes=1)
ID_TOKEN_LIFETIME = datetime.timedelta(minutes=15)

REFRESH_PREFIX, CODE_PREFIX = "eoscr_", "eoscc_"


class Ledger:
    """Gives out codes and tokens, takes them back, and knows which are still good.

    `access` and `refresh` are how long tokens last; `now` tells the time.
    """

    def __init__(
        self,
        session: orm.Session,
        keys: SigningKeys,
        issuer: str,
        *,
        access: datetime.timedelta,
        refresh: datetime.timedelta,
        now: Callable[[], datetime.datetime] = utcnow,
    ) -> None:
        self._session = session
        self._keys = keys
        self._issuer = issuer
        self._access = access
        self._refresh = refresh
        self._now = now

    @classmethod
    def for_request(cls, request: Any) -> Ledger:
        return cls.on(request.dbsession, request.registry)

    @classmethod
    def on(cls, session: orm.Session, registry: Any) -> Ledger:
        settings = registry.settings
        return cls(
            session,
            registry["accounts.keys"],
            settings["accounts.url"],
            access=datetime.timedelta(minutes=settings["accounts.access_token_minutes"]),
            refresh=datetime.timedelta(days=settings["accounts.refresh_token_days"]),
            now=registry.get("accounts.clock", utcnow),
        )

    def begin(
        self, client: Client, scope: str, *, session: AccountSession | None, issued_for: uuid.UUID | None
    ) -> Authorization:
        """The root of all that a client gets by one log-in, or for itself when `issued_for` is None."""
        now = self._now()
        begun = Authorization(
            identity_id=issued_for,
            client_id=client.client_id,
            scope=scope,
            session_id=None if session is None else session.id,
            auth_time=None if session is None else session.auth_time,
            amr_text="" if session is None else session.amr_text,
            created_datetime=now,
            expires_datetime=now + max(self._access, CODE_LIFETIME),
        )
        self._session.add(begun)
        self._session.flush()
        return begun

    def code(self, authorization: Authorization, redirect_uri: str, challenge: str, nonce: str | None) -> str:
        """A code for the browser to carry to the client."""
        code = CODE_PREFIX + new_secret()
        self._session.add(
            AuthorizationCode(
                digest=digest(code),
                authorization_id=authorization.id,
                redirect_uri=redirect_uri,
                code_challenge=challenge,
                nonce=nonce,
                expires_datetime=self._now() + CODE_LIFETIME,
            )
        )
        self._session.flush()
        return code

    def use_code(self, code: str, client_id: str) -> AuthorizationCode | None:
        """The code, used up by that; None when it is not good for this client.

        A second use takes back everything that the first one gave.
        """
        row = self._locked(AuthorizationCode, AuthorizationCode.digest == digest(code))
        if row is None or row.authorization.client_id != client_id:
            return None
        if row.used_datetime is not None:
            self._stolen(row.authorization, "an authorization code")
            return None
        row.used_datetime = self._now()
        return row if row.expires_datetime > self._now() and self._is_alive(row.authorization) else None

    def use_refresh_token(self, token: str, client_id: str) -> RefreshToken | None:
        """The refresh token, used up by that; None when it is not good for this client.

        A second use means that somebody has stolen it, and takes back the whole family.
        """
        row = self._locked(RefreshToken, RefreshToken.digest == digest(token))
        if row is None or row.authorization.client_id != client_id:
            return None
        if row.used_datetime is not None:
            self._stolen(row.authorization, "a refresh token")
            return None
        return row if row.expires_datetime > self._now() and self._is_alive(row.authorization) else None

    def retire(self, row: RefreshToken) -> None:
        """A refresh token was replaced by another."""
        row.used_datetime = self._now()
        self._session.flush()

    def issue(
        self,
        authorization: Authorization,
        client: Client,
        scope: str,
        *,
        refreshable: bool = False,
        nonce: str | None = None,
        audience: str = AUDIENCE,
        until: datetime.datetime | None = None,
        actor: str | None = None,
    ) -> dict[str, Any]:
        """The answer of the token endpoint. Scopes that the client has lost meanwhile are left out."""
        now = self._now()
        scopes = [name for name in scope.split() if name in client.scope.split()]
        ends = now + self._access if until is None else min(until, now + self._access)
        identity = self._identity(authorization)
        row = AccessToken(id=uuid.uuid4(), authorization_id=authorization.id, expires_datetime=ends)
        self._session.add(row)
        authorization.expires_datetime = max(authorization.expires_datetime, ends)
        claims = {
            "iss": self._issuer,
            "sub": authorization.client_id if identity is None else str(identity.id),
            "aud": audience,
            "client_id": client.client_id,
            "scope": ordered(scopes),
            "iat": int(now.timestamp()),
            "exp": int(ends.timestamp()),
            "jti": str(row.id),
            **log_in_claims(authorization),
            **self._told(identity, client, scopes, audience),
        }
        if actor is not None:
            claims["act"] = {"sub": actor}
        answer: dict[str, Any] = {
            "access_token": self._keys.access.sign(claims, typ=ACCESS_TOKEN),
            "token_type": "Bearer",
            "expires_in": int(ends.timestamp()) - int(now.timestamp()),
            "scope": claims["scope"],
        }
        if refreshable:
            answer["refresh_token"] = self._refresh_token(authorization)
        if "openid" in scopes and identity is not None and audience == AUDIENCE:
            answer["id_token"] = self._id_token(
                authorization, identity, client, scopes, nonce, answer["access_token"]
            )
        self._session.flush()
        return answer

    def read(self, token: str) -> Mapping[str, Any] | None:
        """The claims of an access token that is still good, whoever it is for; None else."""
        claims = self.signed_claims(token, typ=ACCESS_TOKEN)
        if claims is None or "client_id" not in claims or not checking.is_good(self._session, claims):
            return None
        expires = claims.get("exp")
        if not isinstance(expires, int) or expires <= self._now().timestamp():
            return None
        return claims

    def signed_claims(self, token: str, *, typ: str) -> Mapping[str, Any] | None:
        """The claims of a token of this kind that we have signed, expired or not; None for anything else."""
        return checking.signed_claims(self._keys, token, typ=typ, issuer=self._issuer)

    def access_token(self, claims: Mapping[str, Any]) -> AccessToken | None:
        """The record of a token with these claims."""
        return self._locked(AccessToken, AccessToken.id == checking.token_id(claims))

    def refresh_token(self, token: str) -> RefreshToken | None:
        """The record of a refresh token that was not used yet and is still good."""
        row = self._locked(RefreshToken, RefreshToken.digest == digest(token))
        if row is None or row.used_datetime is not None or row.expires_datetime <= self._now():
            return None
        return row if self._is_alive(row.authorization) else None

    def revoke_access_token(self, row: AccessToken) -> None:
        row.revoked_datetime = self._now()
        self._session.flush()

    def revoke(self, authorization: Authorization) -> None:
        """Take back everything that came of one log-in."""
        authorization.revoked_datetime = authorization.revoked_datetime or self._now()
        self._session.flush()

    def revoke_where(self, *conditions: Any) -> int:
        """Take back authorizations; how many."""
        changed = self._session.execute(
            sa.update(Authorization)
            .where(Authorization.revoked_datetime.is_(None), *conditions)
            .values(revoked_datetime=self._now())
            .execution_options(synchronize_session=False)
        )
        return int(getattr(changed, "rowcount", 0))

    def purge(self) -> None:
        """Forget what has ended, a day later: till then a second use is noticed."""
        before = self._now() - datetime.timedelta(days=1)
        for table in (AccessToken, AuthorizationCode, RefreshToken, DeviceCode, Authorization):
            self._session.execute(
                sa.delete(table)
                .where(table.expires_datetime < before)
                .execution_options(synchronize_session=False)
            )

    def identity_of(self, authorization: Authorization) -> LocalIdentity | None:
        """Whom it was granted by, if that person may still log in."""
        identity = self._identity(authorization)
        return None if identity is None or identity.disabled else identity

    def _stolen(self, authorization: Authorization, what: str) -> None:
        log.warning(
            "%s of the client %s was used twice: all that the log-in %s gave is taken back",
            what,
            authorization.client_id,
            authorization.id,
        )
        self.revoke(authorization)

    def _told(
        self, identity: LocalIdentity | None, client: Client, scopes: list[str], audience: str
    ) -> dict[str, Any]:
        if audience != AUDIENCE:
            return {} if identity is None else personal_claims(identity, scopes)
        if identity is not None:
            return platform_claims(identity, scopes)
        return client_claims(self._session.get(LocalIdentity, client.owner_id) if client.owner_id else None)

    def _id_token(
        self,
        authorization: Authorization,
        identity: LocalIdentity,
        client: Client,
        scopes: list[str],
        nonce: str | None,
        access_token: str,
    ) -> str:
        now = self._now()
        claims = {
            "iss": self._issuer,
            "aud": client.client_id,
            "azp": client.client_id,
            "iat": int(now.timestamp()),
            "exp": int((now + ID_TOKEN_LIFETIME).timestamp()),
            "jti": str(uuid.uuid4()),
            "at_hash": _half_hash(access_token),
            **log_in_claims(authorization),
            **personal_claims(identity, scopes),
        }
        if nonce is not None:
            claims["nonce"] = nonce
        return self._keys.identity.sign(claims, typ=ID_TOKEN)

    def _refresh_token(self, authorization: Authorization) -> str:
        token = REFRESH_PREFIX + new_secret()
        now = self._now()
        row = RefreshToken(
            digest=digest(token),
            authorization_id=authorization.id,
            created_datetime=now,
            expires_datetime=now + self._refresh,
        )
        self._session.add(row)
        authorization.expires_datetime = row.expires_datetime
        return token

    def _is_alive(self, authorization: Authorization) -> bool:
        if authorization.revoked_datetime is not None:
            return False
        if authorization.session_id is None or authorization.is_offline:
            return True
        # Without offline_access it ends with the session, also when that was just left to expire.
        session = self._session.get(AccountSession, authorization.session_id)
        return session is not None and session.expires_datetime > self._now()

    def _identity(self, authorization: Authorization) -> LocalIdentity | None:
        if authorization.identity_id is None:
            return None
        return self._session.get_one(LocalIdentity, authorization.identity_id)

    def _locked(self, table: Any, condition: Any) -> Any:
        """The row with its authorization. Whoever uses something of a family waits for the others that do."""
        row = self._session.scalar(sa.select(table).where(condition))
        if row is None:
            return None
        wanted = sa.select(Authorization).where(Authorization.id == row.authorization_id)
        self._session.scalar(wanted.with_for_update().execution_options(populate_existing=True))
        query = sa.select(table).where(condition).options(orm.joinedload(table.authorization))
        return self._session.scalar(query.execution_options(populate_existing=True))


def _half_hash(token: str) -> str:
    half = hashlib.sha256(token.encode("ascii")).digest()[:16]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode("ascii")
