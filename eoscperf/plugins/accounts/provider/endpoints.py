"""The other endpoints that programs call, on authlib's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from authlib.consts import default_json_headers
from authlib.oauth2.rfc6749 import InvalidRequestError, InvalidScopeError, UnauthorizedClientError
from authlib.oauth2.rfc6750.errors import InsufficientScopeError, InvalidTokenError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint
from authlib.oidc.core import UserInfoEndpoint
from authlib.oidc.rpinitiated import EndSessionEndpoint

from eoscperf.plugins.accounts.provider import devices
from eoscperf.plugins.accounts.provider.checking import ID_TOKEN
from eoscperf.plugins.accounts.provider.claims import personal_claims
from eoscperf.plugins.accounts.provider.clients import DEVICE
from eoscperf.plugins.accounts.provider.devices import Devices
from eoscperf.plugins.accounts.provider.grants import METHODS
from eoscperf.plugins.accounts.provider.models import AccessToken, RefreshToken


@dataclass(frozen=True, slots=True)
class KnownToken:
    """An access or refresh token that is still good, as introspection and revocation look at it."""

    row: AccessToken | RefreshToken
    claims: Any = None

    def check_client(self, client: Any) -> bool:
        return self.row.authorization.client_id == client.client_id or (
            self.claims is not None and self.claims["client_id"] == client.client_id
        )

    def is_expired(self) -> bool:
        return False

    def is_revoked(self) -> bool:
        return False


def _known_token(ledger: Any, token: str) -> KnownToken | None:
    # The hint is not needed to tell the two apart.
    claims = ledger.read(token)
    if claims is not None:
        row = ledger.access_token(claims)
        return None if row is None else KnownToken(row, claims)
    found = ledger.refresh_token(token)
    return None if found is None else KnownToken(found)


class Introspection(IntrospectionEndpoint):
    CLIENT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]

    def check_params(self, request: Any, client: Any) -> None:
        if "token" not in request.form:
            raise InvalidRequestError("Missing 'token' in request.")

    def query_token(self, token_string: str, token_type_hint: str | None) -> KnownToken | None:
        return _known_token(self.server.ledger, token_string)

    def check_permission(self, token: KnownToken, client: Any, request: Any) -> bool:
        """A client learns of its own tokens and of those that are meant for it."""
        return token.check_client(client) or (
            token.claims is not None and token.claims["aud"] == client.client_id
        )

    def introspect_token(self, token: KnownToken) -> dict[str, Any]:
        if token.claims is not None:
            shown = {key: value for key, value in token.claims.items() if key not in ("amr", "act")}
            return {"active": True, "token_type": "Bearer", **shown}
        authorization = token.row.authorization
        return {
            "active": True,
            "token_type": "refresh_token",
            "iss": self.server.issuer,
            "client_id": authorization.client_id,
            "sub": str(authorization.identity_id or authorization.client_id),
            "scope": authorization.scope,
            "exp": int(token.row.expires_datetime.timestamp()),
        }


class Revocation(RevocationEndpoint):
    CLIENT_AUTH_METHODS = METHODS

    def check_params(self, request: Any, client: Any) -> None:
        if "token" not in request.form:
            raise InvalidRequestError("Missing 'token' in request.")

    def query_token(self, token_string: str, token_type_hint: str | None) -> KnownToken | None:
        return _known_token(self.server.ledger, token_string)

    def revoke_token(self, token: KnownToken, request: Any) -> None:
        """An access token goes alone; a refresh token takes along all that came of the same log-in."""
        if isinstance(token.row, AccessToken):
            self.server.ledger.revoke_access_token(token.row)
        else:
            self.server.ledger.revoke(token.row.authorization)


class DeviceEndpoint(DeviceAuthorizationEndpoint):
    CLIENT_AUTH_METHODS = METHODS
    EXPIRES_IN = int(devices.LIFETIME.total_seconds())
    INTERVAL = devices.SECONDS

    def create_endpoint_response(self, request: Any) -> Any:
        client = self.authenticate_client(request)
        if not client.check_grant_type(DEVICE):
            raise UnauthorizedClientError("The client may not use the device flow.")
        scope = client.get_allowed_scope(request.payload.scope)
        if scope is None:
            raise InvalidScopeError("The client may not ask for these scopes.")
        device_code, user_code = Devices.for_request(request.pyramid).begin(client.client_id, scope)
        address = self.get_verification_uri()
        answer = {
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": address,
            "verification_uri_complete": f"{address}?user_code={user_code}",
            "expires_in": self.EXPIRES_IN,
            "interval": self.INTERVAL,
        }
        return 200, answer, default_json_headers

    def get_verification_uri(self) -> str:
        return f"{self.server.issuer}/device"


class UserInfo(UserInfoEndpoint):
    """What an access token with the scope `openid` lets its bearer know of the person."""

    def __call__(self, request: Any) -> Any:
        claims = self.server.ledger.read(self._sent(request))
        if claims is None:
            raise InvalidTokenError("The access token is not, or no longer, valid.")
        scopes = claims["scope"].split()
        row = self.server.ledger.access_token(claims)
        identity = None if row is None else self.server.ledger.identity_of(row.authorization)
        if "openid" not in scopes or identity is None:
            raise NoPerson("The access token must have the scope openid.")
        return 200, personal_claims(identity, scopes), default_json_headers

    def _sent(self, request: Any) -> str:
        """The token from the header or the form; never from the address, which ends up in logs."""
        scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
        in_form = request.form.get("access_token") if request.method == "POST" else None
        if scheme.lower() == "bearer" and token.strip() and in_form is None:
            return token.strip()
        if in_form is not None and not scheme:
            return str(in_form)
        if in_form is not None:
            raise InvalidRequestError("The access token must be sent in one place only.")
        raise MissingToken("Send an access token: Authorization: Bearer and the token.")


class MissingToken(InvalidTokenError):
    """No token at all. RFC 6750 section 3.1: then no error code is told."""

    def get_headers(self) -> Any:
        return [*default_json_headers, ("WWW-Authenticate", 'Bearer realm="accounts"')]


class NoPerson(InsufficientScopeError):
    def get_headers(self) -> Any:
        challenge = 'Bearer realm="accounts", error="insufficient_scope", scope="openid"'
        return [*default_json_headers, ("WWW-Authenticate", challenge)]


class EndSession(EndSessionEndpoint):
    """RP-initiated logout; the page that asks and ends the session is `pages.end_session`."""

    def _validate_id_token_hint(self, id_token_hint: str) -> dict[str, Any]:
        claims = self.server.ledger.signed_claims(id_token_hint, typ=ID_TOKEN)
        if claims is None:
            raise InvalidRequestError("The 'id_token_hint' is no ID token of this provider.")
        return dict(claims)

    def end_session(self, end_session_request: Any) -> None:
        """Nothing: the page has ended it."""


ENDPOINTS = (Introspection, Revocation, DeviceEndpoint, UserInfo, EndSession)
