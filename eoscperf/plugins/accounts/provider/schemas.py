"""What the operations on OAuth clients and grants take and show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import colander

from eoscperf.plugins.accounts.provider.clients import MOST_URIS
from eoscperf.plugins.accounts.provider.models import Grant, OAuthClient
from eoscperf.plugins.accounts.provider.scopes import SCOPES
from eoscperf.rest import schema

KINDS = ("confidential", "public")


def _addresses(key: str, title: str) -> colander.SchemaNode:
    return schema.several(schema.name(key, "address"), most=MOST_URIS, title=title)


def _fields(*, required: bool) -> tuple[colander.SchemaNode, ...]:
    return (
        schema.name("name", required=required, title="What people are shown when it asks them"),
        schema.prose("description"),
        _addresses("redirect_uris", "Where browsers may come back to, character by character"),
        _addresses("post_logout_redirect_uris", "Where browsers may come back to after a log-out"),
        schema.several(
            schema.choice("scopes", *SCOPES),
            most=len(SCOPES),
            required=required,
            title="What it may ask for",
        ),
    )


NEW_CLIENT = schema.fields(
    *_fields(required=True),
    schema.choice(
        "kind",
        *KINDS,
        missing="confidential",
        title="confidential: it can keep a secret; public: it runs on people's machines",
    ),
)

CLIENT = schema.fields(*_fields(required=False))


def present_client(client: OAuthClient) -> dict[str, Any]:
    """A client as its owner sees it; its secret is not known any more."""
    shown: dict[str, Any] = {
        "id": client.id,
        "name": client.name,
        "description": client.description,
        "kind": "public" if client.secret_digest is None else "confidential",
        "redirect_uris": client.redirect_uris,
        "post_logout_redirect_uris": client.post_logout_redirect_uris,
        "scopes": client.scope.split(),
        "created_datetime": client.created_datetime,
    }
    if client.secret_datetime is not None:
        shown["secret_datetime"] = client.secret_datetime
    return shown


def present_grant(grant: Grant, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": grant.id,
        "client_id": grant.client_id,
        "client_name": names.get(grant.client_id, "an application that is gone"),
        "scopes": grant.scope.split(),
        "created_datetime": grant.created_datetime,
        "used_datetime": grant.used_datetime,
    }


_INSTANT = {"type": "string", "format": "date-time"}
_TEXTS = {"type": "array", "items": {"type": "string"}}
_SCOPES = {"type": "array", "items": {"type": "string", "enum": list(SCOPES)}}

_CLIENT: dict[str, Any] = {
    "id": {"type": "string", "format": "uuid", "description": "Its `client_id`"},
    "name": {"type": "string"},
    "description": {"type": "string"},
    "kind": {"type": "string", "enum": list(KINDS)},
    "redirect_uris": _TEXTS,
    "post_logout_redirect_uris": _TEXTS,
    "scopes": _SCOPES,
    "created_datetime": _INSTANT,
    "secret_datetime": {**_INSTANT, "description": "When its secret was made; public clients have none"},
}

_REQUIRED = [name for name in _CLIENT if name != "secret_datetime"]

_SECRET = {"type": "string", "description": "Shown this once; public clients have none"}

_EXAMPLE = {
    "id": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "name": "Comparison portal",
    "description": "Shows results beside the prices of machines.",
    "kind": "confidential",
    "redirect_uris": ["https://portal.example.org/callback"],
    "post_logout_redirect_uris": [],
    "scopes": ["openid", "email", "read"],
    "created_datetime": "2025-03-02T14:10:00Z",
    "secret_datetime": "2025-03-02T14:10:00Z",
}

_GRANT: dict[str, Any] = {
    "id": {"type": "string", "format": "uuid"},
    "client_id": {"type": "string"},
    "client_name": {"type": "string"},
    "scopes": _SCOPES,
    "created_datetime": _INSTANT,
    "used_datetime": {**_INSTANT, "description": "When it was last asked for"},
}


def _list_of(name: str, description: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "required": ["items"],
        "properties": {"items": {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}},
    }


SCHEMAS: dict[str, Any] = {
    "OAuthClient": {
        "type": "object",
        "description": "A program that lets people log in with accounts of this installation.",
        "required": _REQUIRED,
        "properties": _CLIENT,
        "example": _EXAMPLE,
    },
    "NewOAuthClient": {
        "type": "object",
        "description": "A client with its secret, which is shown this once.",
        "required": _REQUIRED,
        "properties": {**_CLIENT, "client_secret": _SECRET},
        "example": {**_EXAMPLE, "client_secret": "eoscs_..."},
    },
    "OAuthClients": _list_of("OAuthClient", "OAuth clients."),
    "OAuthGrant": {
        "type": "object",
        "description": "What somebody lets a program do.",
        "required": list(_GRANT),
        "properties": _GRANT,
        "example": {
            "id": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
            "client_id": "eoscperf-cli",
            "client_name": "eoscperf command",
            "scopes": ["read", "upload"],
            "created_datetime": "2025-03-02T14:10:00Z",
            "used_datetime": "2025-03-02T14:10:00Z",
        },
    },
    "OAuthGrants": _list_of("OAuthGrant", "What the caller has granted, the newest first."),
}
