"""What clients have to know about the provider: OpenID Connect Discovery 1.0 and RFC 8414."""

from __future__ import annotations

from typing import Any

from eoscperf.plugins.accounts.keys import RS256
from eoscperf.plugins.accounts.provider.claims import PERSONAL
from eoscperf.plugins.accounts.provider.clients import CODE, CREDENTIALS, DEVICE, EXCHANGE, REFRESH
from eoscperf.plugins.accounts.provider.grants import METHODS
from eoscperf.plugins.accounts.provider.scopes import SCOPES

WITH_SECRET = METHODS[:2]


def metadata(issuer: str) -> dict[str, Any]:
    """The document for the provider with this address."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks.json",
        "device_authorization_endpoint": f"{issuer}/device_authorization",
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "end_session_endpoint": f"{issuer}/end-session",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [CODE, REFRESH, CREDENTIALS, DEVICE, EXCHANGE],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [RS256.algorithm],
        "token_endpoint_auth_methods_supported": METHODS,
        "introspection_endpoint_auth_methods_supported": WITH_SECRET,
        "revocation_endpoint_auth_methods_supported": METHODS,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "claims_supported": [
            *PERSONAL,
            *("iss", "aud", "azp", "exp", "iat", "jti", "auth_time", "amr", "nonce", "at_hash", "sid"),
        ],
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "require_request_uri_registration": False,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": ["en"],
        "service_documentation": f"{issuer}/clients",
    }
