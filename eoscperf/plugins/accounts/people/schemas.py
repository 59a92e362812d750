"""What the operations on local accounts take and show."""

from __future__ import annotations

from typing import Any

import colander

from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people.identities import LOCAL, SORT
from eoscperf.plugins.accounts.people.models import AccountSession, Invitation
from eoscperf.plugins.accounts.people.pages_signup import email_node
from eoscperf.plugins.accounts.people.signup import INVITATION_SORT
from eoscperf.rest import schema
from eoscperf.rest.pages import page_parameters


def _password(key: str, title: str, *, required: bool = True) -> colander.SchemaNode:
    return colander.SchemaNode(
        schema.Text(),
        name=key,
        title=title,
        validator=colander.Length(max=1024, max_err="must be at most 1024 characters long"),
        missing=colander.required if required else colander.drop,
    )


IDENTITIES = schema.fields(schema.exact("email", title="Email address, in any case"), *page_parameters(SORT))

CREATE = schema.fields(
    email_node(),
    schema.name("name", "name", required=False),
    _password("password", "First password; left out: the link of the answer sets one", required=False),
)

INVITATIONS = schema.fields(*page_parameters(INVITATION_SORT))

INVITE = schema.fields(email_node(missing=colander.drop))

CHANGE_PASSWORD = schema.fields(
    _password("current", "Present password"), _password("password", "New password")
)

_LINK = schema.name("link", "name", title="Secret of the link in the mail")

SIGN_UP = schema.fields(email_node(), schema.exact("invitation", title="Secret of an invitation"))

FINISH = schema.fields(_LINK, schema.name("name", "name", required=False), _password("password", "Password"))

RECOVER = schema.fields(email_node())

CHOOSE_PASSWORD = schema.fields(_LINK, _password("password", "New password"))


def present_identity(identity: LocalIdentity) -> dict[str, Any]:
    """A local account as administrators see it; nothing that helps to log in."""
    return {
        "id": identity.id,
        "email": identity.email,
        "name": identity.name,
        "backend": identity.backend,
        "has_password": identity.password_hash is not None,
        "has_second_factor": identity.has_totp,
        "disabled": identity.disabled,
        "created_datetime": identity.created_datetime,
        "used_datetime": identity.used_datetime,
    }


def present_invitation(invitation: Invitation) -> dict[str, Any]:
    return {
        "id": invitation.id,
        "email": invitation.email,
        "created_datetime": invitation.created_datetime,
        "expires_datetime": invitation.expires_datetime,
        "accepted_datetime": invitation.accepted_datetime,
        "identity_id": invitation.identity_id,
    }


def present_session(session: AccountSession) -> dict[str, Any]:
    return {
        "id": session.id,
        "device": session.device,
        "address": session.address,
        "created_datetime": session.created_datetime,
        "used_datetime": session.used_datetime,
        "expires_datetime": session.expires_datetime,
    }


_MOMENT = {"type": "string", "format": "date-time"}
_ID = {"type": "string", "format": "uuid"}
_EXAMPLE_ID = "3fa85f64-5717-4562-b3fc-2c963f66afa6"


def _maybe(node: dict[str, Any], description: str) -> dict[str, Any]:
    return node | {"type": [node["type"], "null"], "description": description}


_IDENTITY: dict[str, Any] = {
    "id": _ID | {"description": "The `sub` of the account's tokens"},
    "email": {"type": "string"},
    "name": {"type": "string"},
    "backend": {
        "type": "string",
        "description": f"Who checks the password: `{LOCAL}`, this installation, or a directory",
    },
    "has_password": {"type": "boolean", "description": "Whether this installation knows a password"},
    "has_second_factor": {"type": "boolean", "description": "Whether one-time codes are on"},
    "disabled": {"type": "boolean", "description": "Nobody can log in"},
    "created_datetime": _MOMENT,
    "used_datetime": _maybe(_MOMENT, "The last log-in; null: none yet"),
}

_INVITATION: dict[str, Any] = {
    "id": _ID,
    "email": _maybe({"type": "string"}, "Whom it is for; null: whoever has the link"),
    "created_datetime": _MOMENT,
    "expires_datetime": _MOMENT,
    "accepted_datetime": _maybe(_MOMENT, "When an account came of it"),
    "identity_id": _maybe(_ID, "The account that came of it"),
}

_LINK = {"type": "string", "description": "A link that works once; shown this once"}

_IDENTITY_EXAMPLE = {
    "id": _EXAMPLE_ID,
    "email": "ann@example.org",
    "name": "Ann",
    "backend": LOCAL,
    "has_password": True,
    "has_second_factor": False,
    "disabled": False,
    "created_datetime": "2025-03-02T14:10:00.000000Z",
    "used_datetime": None,
}

_INVITATION_EXAMPLE = {
    "id": _EXAMPLE_ID,
    "email": "bob@example.org",
    "created_datetime": "2025-03-02T14:10:00.000000Z",
    "expires_datetime": "2025-03-16T14:10:00.000000Z",
    "accepted_datetime": None,
    "identity_id": None,
}


def _object(description: str, properties: dict[str, Any], example: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "required": [name for name in properties if name != "link"],
        "properties": properties,
        "example": example,
    }


SCHEMAS: dict[str, dict[str, Any]] = {
    "LocalAccount": _object(
        "An account of this installation's own log-in.",
        _IDENTITY | {"link": _LINK | {"description": "Sets a first password, once; only when there is none"}},
        _IDENTITY_EXAMPLE,
    ),
    "PasswordLink": {
        "type": "object",
        "description": "A link with which a password can be chosen.",
        "required": ["link"],
        "properties": {"link": _LINK},
        "example": {"link": "https://perf.example.org/accounts/verify?link=..."},
    },
    "Invitation": _object(
        "Lets somebody make an account, once.", _INVITATION | {"link": _LINK}, _INVITATION_EXAMPLE
    ),
    "LocalSession": _object(
        "Where somebody is logged in with a browser.",
        {
            "id": _ID,
            "device": {"type": "string", "description": "Browser and system, as the browser says"},
            "address": {"type": "string", "description": "Network address at the log-in"},
            "created_datetime": _MOMENT,
            "used_datetime": _MOMENT,
            "expires_datetime": _MOMENT,
        },
        {
            "id": _EXAMPLE_ID,
            "device": "Firefox on Linux",
            "address": "192.0.2.1",
            "created_datetime": "2025-03-02T14:10:00.000000Z",
            "used_datetime": "2025-03-02T14:30:00.000000Z",
            "expires_datetime": "2025-04-01T14:10:00.000000Z",
        },
    ),
    "LocalSessions": {
        "type": "object",
        "description": "A person's sessions, the one used last first.",
        "required": ["items"],
        "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/LocalSession"}}},
        "example": {"items": []},
    },
}
