"""What goes in and out alike for benchmarks, sites and flavors."""

from __future__ import annotations

from typing import Any

import colander

from eoscperf.listing import SortFields
from eoscperf.rest import pages
from eoscperf.rest.schema import choice, exact, fields, prose
from eoscperf.review.models import STATES
from eoscperf.security.identity import Viewer
from eoscperf.users.schemas import uploader_of

READ_ONLY = ("id", "upload_datetime", "status", "uploader", "status_message")

MESSAGE = fields(prose("message", "message", title="What to tell the uploader; it is logged, too"))
"""The body of a decision, and the query of a deletion."""


def item_list(sort_fields: SortFields, *names: str) -> colander.SchemaNode:
    """The query of a list; `names` are the texts that it can be restricted to exactly."""
    return fields(
        *(exact(name, title=f"Exactly this {_words(name)}") for name in names), *_common(sort_fields)
    )


def item_search(sort_fields: SortFields) -> colander.SchemaNode:
    """The query of a search."""
    return fields(pages.terms_parameter(), *_common(sort_fields))


def present_reviewed(item: Any, viewer: Viewer) -> dict[str, Any]:
    """The members that all reviewed items have; empty ones are left out."""
    shown = {"id": item.id, "upload_datetime": item.upload_datetime, "status": item.status}
    if item.description:
        shown["description"] = item.description
    if viewer.sees_uploader(item.uploader_id):
        shown["uploader"] = uploader_of(item.uploader)
        if item.status_message:
            shown["status_message"] = item.status_message
    return shown


def object_schema(
    description: str, own: dict[str, Any], required: list[str], example: dict[str, Any]
) -> dict[str, Any]:
    """The JSON Schema of a reviewed object: its own properties and those that all have."""
    return {
        "type": "object",
        "description": description,
        "properties": own | _PROPERTIES,
        "required": sorted([*required, "id", "status", "upload_datetime"]),
        "example": example,
    }


_PROPERTIES = {
    "id": {"type": "string", "format": "uuid"},
    "description": {"type": "string", "description": "Left out when there is none."},
    "upload_datetime": {"type": "string", "format": "date-time"},
    "status": {"type": "string", "enum": list(STATES)},
    "uploader": {
        "$ref": "#/components/schemas/User",
        "description": "Only for administrators and the uploader.",
    },
    "status_message": {
        "type": "string",
        "description": "What a moderator said with the last decision; for administrators and the uploader.",
    },
}


def _common(sort_fields: SortFields) -> tuple[colander.SchemaNode, ...]:
    return (
        choice(
            "status",
            *STATES,
            missing="approved",
            title="State; those other than approved are shown to their uploader and to administrators",
        ),
        *pages.upload_period(),
        *pages.page_parameters(sort_fields),
    )


def _words(name: str) -> str:
    return name.replace("_", " ")
