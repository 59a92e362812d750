"""API tokens: what a script sends instead of a log-in, limited to scopes and to a time."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    from eoscperf.tokens import api, resources, schemas
    from eoscperf.tokens.service import ApiTokens

    config.include(".authentication")
    config.add_service(ApiTokens, ApiTokens.for_request)
    for name, description in (
        ("token:list", "list one's own API tokens"),
        ("token:create", "make API tokens"),
        ("token:revoke", "revoke one's own API tokens"),
    ):
        config.add_permission(name, description, default="user", scope="admin", account=True)
    config.add_permission(
        "service:tokens", "make, list and revoke the API tokens of services", default="admin"
    )
    config.add_resource("api_tokens", resources.TokenCollection)
    for service in api.SERVICES:
        config.add_api_service(service)
    for name, schema in schemas.SCHEMAS.items():
        config.add_openapi_schema(name, schema)
