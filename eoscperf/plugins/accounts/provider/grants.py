"""The grants of the token endpoint, on authlib's."""

from __future__ import annotations

import datetime
from typing import Any

from authlib.oauth2.rfc6749 import (
    AccessDeniedError,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    UnauthorizedClientError,
)
from authlib.oauth2.rfc6749 import grants as authlib_grants
from authlib.oauth2.rfc6749.grants import BaseGrant, TokenEndpointMixin
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc8628 import (
    AuthorizationPendingError,
    DeviceCodeGrant,
    ExpiredTokenError,
    SlowDownError,
)

from eoscperf.plugins.accounts.provider.clients import EXCHANGE, for_itself
from eoscperf.plugins.accounts.provider.devices import Devices
from eoscperf.plugins.accounts.provider.models import AuthorizationCode
from eoscperf.plugins.accounts.tokens import AUDIENCE

METHODS = ["client_secret_basic", "client_secret_post", "none"]

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105  a type, no secret
JWT = "urn:ietf:params:oauth:token-type:jwt"


class Issuing(BaseGrant):
    """Tokens come from the ledger, and belong to the authorization that the grant has found."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def authenticate_token_endpoint_client(self) -> Any:
        self.request.client = super().authenticate_token_endpoint_client()
        return self.request.client

    def generate_token(
        self,
        user: Any = None,
        scope: str | None = None,
        grant_type: str | None = None,
        expires_in: int | None = None,
        include_refresh_token: bool = True,
    ) -> dict[str, Any]:
        answer: dict[str, Any] = self.server.ledger.issue(
            self.request.authorization,
            self.request.client,
            scope or "",
            refreshable=include_refresh_token,
            nonce=self.nonce(),
        )
        if not answer["scope"]:
            raise InvalidScopeError("The client may not have any of these scopes any longer.")
        return answer

    def nonce(self) -> str | None:
        """What ties an ID token to the request that asked for it."""
        return None

    def found(self, authorization: Any) -> Any:
        """Whose tokens they will be; None if that person may not log in any longer."""
        self.request.authorization = authorization
        return self.server.ledger.identity_of(authorization)


class CodeGrant(Issuing, authlib_grants.AuthorizationCodeGrant):
    def save_authorization_code(self, code: str, request: Any) -> None:
        """Nothing: the ledger has made and kept it."""

    def generate_authorization_code(self) -> str:
        sent = self.request.payload.data
        code: str = self.request.ledger.code(
            self.request.authorization,
            self.request.payload.redirect_uri,
            sent["code_challenge"],
            sent.get("nonce"),
        )
        return code

    def query_authorization_code(self, code: str, client: Any) -> AuthorizationCode | None:
        found: AuthorizationCode | None = self.server.ledger.use_code(code, client.client_id)
        self.request.authorization_code = found
        return found

    def delete_authorization_code(self, authorization_code: Any) -> None:
        """Nothing: it stays, marked as used."""

    def authenticate_user(self, authorization_code: Any) -> Any:
        return self.found(authorization_code.authorization)

    def nonce(self) -> str | None:
        return self.request.authorization_code.nonce


class S256(CodeChallenge):
    """PKCE for every client, by the one method that does not show the verifier."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]
    DEFAULT_CODE_CHALLENGE_METHOD = "S256"

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        sent = grant.request.payload.data
        if "code_challenge" not in sent:
            raise InvalidRequestError("Missing 'code_challenge': PKCE is required (RFC 7636).")
        if sent.get("code_challenge_method") != "S256":
            raise InvalidRequestError("The 'code_challenge_method' must be S256.")
        if len(sent["code_challenge"]) != 43:
            raise InvalidRequestError("The 'code_challenge' is no SHA-256 in base64url.")
        super().validate_code_challenge(grant, redirect_uri)

    def get_authorization_code_challenge_method(self, authorization_code: Any) -> str:
        return "S256"


class RefreshGrant(Issuing, authlib_grants.RefreshTokenGrant):
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Any:
        return self.server.ledger.use_refresh_token(refresh_token, self.request.client.client_id)

    def authenticate_user(self, refresh_token: Any) -> Any:
        found = self.found(refresh_token.authorization)
        if found is None:
            raise InvalidGrantError("The account of this token may not be used now.")
        return found

    def revoke_old_credential(self, refresh_token: Any) -> None:
        self.server.ledger.retire(refresh_token)


class CredentialsGrant(Issuing, authlib_grants.ClientCredentialsGrant):
    """A client acts for itself."""

    def validate_requested_scope(self) -> None:
        scope = for_itself(self.request.client, self.request.payload.scope)
        if scope is None:
            raise InvalidScopeError("The client may not have these scopes for itself.")
        self.request.scope = scope

    def generate_token(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        client, scope = self.request.client, self.request.scope
        self.request.authorization = self.server.ledger.begin(client, scope, session=None, issued_for=None)
        return super().generate_token(scope=scope, include_refresh_token=False)


class DeviceGrant(Issuing, DeviceCodeGrant):
    """A program asks whether its code was typed into a browser."""

    def query_device_credential(self, device_code: str) -> Any:
        found = self._devices.find(device_code, self.request.client.client_id)
        if found is None:
            raise InvalidGrantError("The device code is unknown, or was used.")
        return found

    def validate_device_credential(self, credential: Any) -> Any:
        devices = self._devices
        if devices.is_over(credential):
            raise ExpiredTokenError("The code was not confirmed in time. Ask for a new one.")
        if credential.status == "pending":
            if devices.too_soon(credential):
                raise SlowDownError(f"Wait {credential.seconds} seconds between two questions.")
            raise AuthorizationPendingError("The user has not decided yet.")
        authorization = devices.take(credential)
        if credential.status == "denied" or authorization is None:
            raise AccessDeniedError()
        user = self.found(authorization)
        if user is None or authorization.revoked_datetime is not None:
            raise AccessDeniedError()
        return user

    @property
    def _devices(self) -> Devices:
        return Devices.for_request(self.request.pyramid)


class ExchangeGrant(Issuing, TokenEndpointMixin):
    """RFC 8693: an access token for one that may do less, or is for another service."""

    GRANT_TYPE = EXCHANGE

    def validate_token_request(self) -> None:
        client = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("The client may not exchange tokens.")
        sent = self.request.payload.data
        for name in ("subject_token", "subject_token_type"):
            if name not in sent:
                raise InvalidRequestError(f"Missing '{name}' in request.")
        if sent["subject_token_type"] not in (ACCESS_TOKEN, JWT):
            raise InvalidRequestError("Only access tokens can be exchanged.")
        if sent.get("requested_token_type", ACCESS_TOKEN) not in (ACCESS_TOKEN, JWT):
            raise InvalidRequestError("Only access tokens are given in exchange.")
        if "actor_token" in sent or "actor_token_type" in sent:
            raise InvalidRequestError("Acting for somebody by a second token is not supported.")
        claims = self.server.ledger.read(sent["subject_token"])
        if claims is None:
            raise InvalidRequestError("The subject token is not, or no longer, valid.")
        if client.client_id not in (claims["client_id"], claims["aud"]):
            raise InvalidRequestError("The subject token was given to another client.")
        self._claims = claims
        self._audience = self._wanted_audience(claims, sent)
        self._scope = self._wanted_scope(claims, sent.get("scope"))

    def create_token_response(self) -> Any:
        claims, client = self._claims, self.request.client
        ledger = self.server.ledger
        authorization = ledger.access_token(claims).authorization
        if authorization.identity_id is not None and self.found(authorization) is None:
            raise InvalidRequestError("The subject token is not, or no longer, valid.")
        answer = ledger.issue(
            authorization,
            client,
            self._scope,
            audience=self._audience,
            until=datetime.datetime.fromtimestamp(claims["exp"], datetime.UTC),
            actor=None if client.client_id == claims["client_id"] else client.client_id,
        )
        if not answer["scope"]:
            raise InvalidScopeError("The client may not have any of these scopes.")
        answer["issued_token_type"] = ACCESS_TOKEN
        return 200, answer, self.TOKEN_RESPONSE_HEADER

    def _wanted_audience(self, claims: Any, sent: Any) -> str:
        wanted = {sent[name] for name in ("audience", "resource") if name in sent}
        if not wanted:
            return str(claims["aud"])
        (audience, *others) = wanted
        is_known = audience == AUDIENCE or self.server.query_client(audience) is not None
        # What was made for one service must not open another.
        is_narrower = claims["aud"] in (AUDIENCE, audience)
        if others or not is_known or not is_narrower:
            raise InvalidTarget("A token for this service cannot be given in exchange.")
        return audience

    def _wanted_scope(self, claims: Any, scope: str | None) -> str:
        held = [name for name in claims["scope"].split() if name not in ("openid", "offline_access")]
        wanted = scope.split() if scope else held
        if not wanted or not set(wanted) <= set(held):
            raise InvalidScopeError("The subject token does not have these scopes.")
        return " ".join(wanted)


class InvalidTarget(OAuth2Error):
    """RFC 8693 section 2.2.2."""

    error = "invalid_target"


GRANTS: tuple[tuple[type, tuple[type, ...]], ...] = (
    (CodeGrant, (S256,)),
    (RefreshGrant, ()),
    (CredentialsGrant, ()),
    (DeviceGrant, ()),
    (ExchangeGrant, ()),
)
