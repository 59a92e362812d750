"""What operations on service accounts take and what they show."""

from __future__ import annotations

from typing import Any

from eoscperf.rest import schema
from eoscperf.rest.pages import page_parameters
from eoscperf.users.models import ROLES, User
from eoscperf.users.services import NAME, SORT

SERVICE_ROLES = tuple(role for role in ROLES if role != "admin")


def present_service(user: User) -> dict[str, Any]:
    """A service account, for administrators."""
    shown: dict[str, Any] = {
        "id": str(user.id),
        "name": user.sub,
        "iss": user.iss,
        "email": user.email,
        "role": user.role,
        "registration_datetime": user.registration_datetime,
    }
    if user.description is not None:
        shown["description"] = user.description
    if user.disabled:
        shown["disabled_datetime"] = user.disabled_datetime
    return shown


def _common() -> tuple[Any, ...]:
    return (
        schema.name("email", title="Address of the people who answer for the service"),
        schema.prose("description", title="What the service does"),
    )


LIST = schema.fields(*page_parameters(SORT))

NEW = schema.fields(
    schema.name("name", title="Name, unique among services: a-z, 0-9, '.', '_' and '-'"),
    *_common(),
    schema.choice(
        "role", *SERVICE_ROLES, title="What it may do: contribute (user, the default), or only read"
    ),
)

CHANGED = schema.fields(*_common())

READ_ONLY = ("id", "name", "iss", "role", "registration_datetime", "disabled_datetime")

SCHEMAS: dict[str, dict[str, Any]] = {
    "ServiceAccount": {
        "type": "object",
        "description": "The account of a machine. It has API tokens and no log-in. As a user it has the name "
        "as `sub`.",
        "required": ["id", "name", "iss", "email", "role", "registration_datetime"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "name": {"type": "string", "pattern": f"^{NAME}$"},
            "iss": {"type": "string", "description": "The issuer that stands for services"},
            "email": {"type": "string", "description": "Reaches the people who answer for the service"},
            "description": {"type": "string", "description": "What the service does"},
            "role": {"type": "string", "enum": list(SERVICE_ROLES)},
            "registration_datetime": {"type": "string", "format": "date-time"},
            "disabled_datetime": {
                "type": "string",
                "format": "date-time",
                "description": "There if the account is disabled: since when.",
            },
        },
        "example": {
            "id": "0d1f6a6e-5f1e-4c8a-9a57-1f2d0a3b4c5d",
            "name": "nightly-c-ray",
            "iss": "urn:eoscperf:service",
            "email": "benchmarks@example.org",
            "description": "Runs c-ray on every flavor at night.",
            "role": "user",
            "registration_datetime": "2024-05-01T12:30:00.125000Z",
        },
    }
}
