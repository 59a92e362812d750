"""What operations on API tokens take and what they show."""

from __future__ import annotations

from typing import Any

import colander

from eoscperf.rest import schema
from eoscperf.rest.pages import page_parameters
from eoscperf.security.scopes import SCOPES
from eoscperf.security.token_text import PATTERN
from eoscperf.tokens.models import ApiToken
from eoscperf.tokens.service import DAYS, MOST_DAYS, SORT


def present_token(token: ApiToken) -> dict[str, Any]:
    """A token as its owner sees it; the token itself is not known any more."""
    shown: dict[str, Any] = {
        "id": str(token.id),
        "name": token.name,
        "hint": token.hint,
        "scopes": list(token.scopes),
        "created_datetime": token.created_datetime,
        "expires_datetime": token.expires_datetime,
    }
    if token.last_used_datetime is not None:
        shown["last_used_datetime"] = token.last_used_datetime
        if token.last_used_network is not None:
            shown["last_used_network"] = token.last_used_network
    return shown


def _scopes() -> colander.SchemaNode:
    return schema.several(
        schema.choice("scopes", *SCOPES),
        most=len(SCOPES),
        required=True,
        title="What it may be used for; never more than the account may do",
    )


LIST = schema.fields(*page_parameters(SORT))

NEW = schema.fields(
    schema.name("name", title="What it is for, so that it can be told from others"),
    _scopes(),
    schema.whole("days", 1, MOST_DAYS, default=DAYS, body=True, title="How many days it is good for"),
)

_INSTANT = {"type": "string", "format": "date-time"}

_PROPERTIES: dict[str, Any] = {
    "id": {"type": "string", "format": "uuid"},
    "name": {"type": "string", "description": "What it is for"},
    "hint": {"type": "string", "description": "How the token begins"},
    "scopes": {
        "type": "array",
        "items": {"type": "string", "enum": list(SCOPES)},
        "description": "What it may be used for",
    },
    "created_datetime": _INSTANT,
    "expires_datetime": _INSTANT | {"description": "From then on it is refused"},
    "last_used_datetime": _INSTANT | {"description": "The last use, to the minute; there once it was used"},
    "last_used_network": {"type": "string", "description": "The network that use came from, coarsely"},
}

_REQUIRED = ["id", "name", "hint", "scopes", "created_datetime", "expires_datetime"]

_EXAMPLE = {
    "id": "6f1c2f0e-6a33-4a53-8a57-3a0c9a1e2b3d",
    "name": "nightly upload",
    "hint": "eoscp_4fZk",
    "scopes": ["read", "upload"],
    "created_datetime": "2024-05-01T12:30:00.125000Z",
    "expires_datetime": "2024-07-30T12:30:00.125000Z",
}

SCHEMAS: dict[str, dict[str, Any]] = {
    "ApiToken": {
        "type": "object",
        "description": "A token for a script, without its secret.",
        "required": _REQUIRED,
        "properties": _PROPERTIES,
        "example": _EXAMPLE
        | {"last_used_datetime": "2024-05-02T01:00:12.500000Z", "last_used_network": "192.0.2.0/24"},
    },
    "NewApiToken": {
        "type": "object",
        "description": "A token for a script. `token` is shown this once: it is not stored.",
        "required": [*_REQUIRED, "token"],
        "properties": _PROPERTIES
        | {
            "token": {
                "type": "string",
                "pattern": f"^{PATTERN}$",
                "description": "Send it as `Authorization: Bearer <token>`",
            }
        },
        "example": _EXAMPLE | {"token": "eoscp_4fZkPx0QmJ7yV2bT9dLh6RwN8sGcA1uEiXoYvKzB3tMfCQHW0"},
    },
}
