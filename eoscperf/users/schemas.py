"""What user operations take and what they show."""

from __future__ import annotations

from typing import Any

import colander

from eoscperf.rest import schema
from eoscperf.rest.pages import page_parameters, terms_parameter
from eoscperf.security.identity import Viewer
from eoscperf.users.models import KINDS, ROLES, User
from eoscperf.users.service import SORT


def _mask(sub: str) -> dict[str, str]:
    return {
        "sub": sub,
        "iss": "urn:eoscperf:hidden",
        "email": "",
        "registration_datetime": "1970-01-01T00:00:00Z",
    }


HIDDEN_USER = _mask("hidden")
"""Stands for a user that the viewer may not see."""

REMOVED_USER = _mask("removed")
"""Stands for a user whose account was removed."""


def present_user(user: User, viewer: Viewer) -> dict[str, Any]:
    """A user; role, kind and state only for administrators and for the user."""
    shown: dict[str, Any] = {
        "sub": user.sub,
        "iss": user.iss,
        "email": user.email,
        "registration_datetime": user.registration_datetime,
    }
    if viewer.admin or viewer.owns(user.id):
        shown["role"] = user.role
        if user.kind != "person":
            shown["kind"] = user.kind
        if user.disabled:
            shown["disabled_datetime"] = user.disabled_datetime
    return shown


def uploader_of(user: User | None) -> dict[str, Any]:
    """An uploader as administrators and the uploader see it; a mask once the account was removed."""
    return dict(REMOVED_USER) if user is None else present_user(user, Viewer(user_id=user.id))


def _exactly() -> tuple[colander.SchemaNode, ...]:
    return (
        schema.exact("sub", title="Subject at the identity provider, exactly"),
        schema.exact("iss", title="Identity provider, exactly"),
        schema.exact("email", title="Email address, exactly"),
    )


def _required(key: str, title: str) -> colander.SchemaNode:
    return colander.SchemaNode(schema.Text(lines=True), name=key, title=title)


def _sorts() -> tuple[colander.SchemaNode, ...]:
    return (
        schema.choice("role", *ROLES, title="Accounts of this role"),
        schema.choice("kind", *KINDS, title="Accounts of people, or of services"),
    )


LIST = schema.fields(*_exactly(), *_sorts(), *page_parameters(SORT))

SEARCH = schema.fields(terms_parameter(), *_sorts(), *page_parameters(SORT))

REMOVE_QUERY = schema.fields(*_exactly())

MESSAGE = schema.fields(schema.prose("message", "message", title="Why; kept in the log"))

ONE = schema.fields(
    _required("sub", "Subject of the user at the identity provider"),
    _required("iss", "Identity provider of the user"),
)

ROLE = schema.fields(
    schema.choice("role", *ROLES, required=True, title="The new role"),
    schema.prose("message", "message", title="Why; kept in the log"),
)

SCHEMAS: dict[str, dict[str, Any]] = {
    "User": {
        "type": "object",
        "description": "A registered account. Where an uploader may not be seen, `sub` is `hidden`, or "
        "`removed` once the account is gone, and `email` is empty.",
        "required": ["sub", "iss", "email", "registration_datetime"],
        "properties": {
            "sub": {"type": "string", "description": "Subject: names the person at the identity provider"},
            "iss": {"type": "string", "description": "Issuer: the identity provider"},
            "email": {"type": "string", "description": "Email address, from the identity provider"},
            "registration_datetime": {"type": "string", "format": "date-time"},
            "role": {
                "type": "string",
                "enum": list(ROLES),
                "description": "Local role; shown to administrators and to the user. A `reader` may only "
                "read, a `user` may contribute, an `admin` may decide. Entitlements can make an "
                "administrator of a user, too.",
            },
            "kind": {
                "type": "string",
                "enum": list(KINDS),
                "description": "There with the role, unless it is a person's account.",
            },
            "disabled_datetime": {
                "type": "string",
                "format": "date-time",
                "description": "There with the role, if the account is disabled: since when.",
            },
        },
        "example": {
            "sub": "e9c37aa0d1cf14c56e560f9f9915da6761f54383badb501a2867bc43581b835c",
            "iss": "https://aai.example.org",
            "email": "ann@example.org",
            "registration_datetime": "2024-05-01T12:30:00.125000Z",
            "role": "user",
        },
    }
}
