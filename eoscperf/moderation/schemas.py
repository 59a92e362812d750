"""What moderation takes in and shows over HTTP."""

from __future__ import annotations

from typing import Any

import colander

from eoscperf.benchmarks.schemas import present_benchmark
from eoscperf.listing import SortFields
from eoscperf.moderation import log, service, submissions
from eoscperf.moderation.models import REASONS, Claim, Submission
from eoscperf.rest.pages import page_parameters, upload_period
from eoscperf.rest.renderer import raw
from eoscperf.rest.schema import choice, exact, fields, instant, prose
from eoscperf.review.models import LogEntry
from eoscperf.security.identity import Viewer
from eoscperf.sites.schemas import present_flavor, present_site
from eoscperf.users.models import User
from eoscperf.users.schemas import HIDDEN_USER, REMOVED_USER, present_user

CLAIM = fields(
    prose("message", "message", required=True, title="What is wrong with the result"),
    choice("reason", *REASONS, missing="other", title="The kind of fault"),
)

DECISION = fields(prose("message", "message", title="What to tell those concerned; it is logged, too"))

CLAIM_LIST = fields(
    choice("status", *service.STATUSES, title="Claims in this state; all of them when left out"),
    *upload_period(),
    *page_parameters(service.SORT),
)


def _list(sort: SortFields, *nodes: colander.SchemaNode) -> colander.SchemaNode:
    return fields(*nodes, *page_parameters(sort))


SUBMIT_LIST = _list(
    submissions.SORT,
    choice("resource_type", *submissions.RESOURCE_TYPES, title="Submissions of this kind"),
    *upload_period(),
)

LOG_LIST = _list(
    log.SORT,
    exact("resource_type", title="Entries about this kind of thing, such as site or result"),
    exact("resource_id", title="Entries about the thing with this id"),
    exact("action", title="Entries of this action, such as approve"),
    instant("upload_before", required=False, dates=True, title="Entered strictly earlier"),
    instant("upload_after", required=False, dates=True, title="Entered strictly later"),
)


def present_claim(claim: Claim, viewer: Viewer) -> dict[str, Any]:
    """A claim; its claimant is shown to administrators and to the claimant."""
    shown: dict[str, Any] = {
        "id": claim.id,
        "message": claim.message,
        "reason": claim.reason,
        "resource_type": "result",
        "status": claim.status,
        "upload_datetime": claim.upload_datetime,
        "uploader": _person(claim, viewer),
    }
    if claim.result_id is not None:
        shown["resource_id"] = claim.result_id
    if claim.decision_datetime is not None:
        shown["decision_datetime"] = claim.decision_datetime
    if claim.decision_message:
        shown["decision_message"] = claim.decision_message
    return shown


def present_submission(submission: Submission, viewer: Viewer) -> dict[str, Any]:
    """Something that waits for a moderator, with the thing itself."""
    kind = submission.resource_type
    resource: Any = getattr(submission, kind)
    return {
        "id": submission.id,
        "resource_type": kind,
        "resource_id": resource.id,
        "resource": _PRESENT[kind](resource, viewer),
        "upload_datetime": submission.upload_datetime,
        "uploader": _person(resource, viewer),
    }


def present_entry(entry: LogEntry, viewer: Viewer) -> dict[str, Any]:
    """A log entry with its actor loaded."""
    shown: dict[str, Any] = {
        "id": entry.id,
        "datetime": entry.datetime,
        "action": entry.action,
        "resource_type": entry.resource_type,
        "resource_id": entry.resource_id,
    }
    if entry.actor is not None:
        shown["actor"] = present_user(entry.actor, viewer)
    optional = {
        "from_status": entry.from_status,
        "to_status": entry.to_status,
        "message": entry.message or None,
        "caused_by": entry.caused_by,
        "details": raw(entry.details) if entry.details else None,
    }
    return shown | {key: value for key, value in optional.items() if value is not None}


def _person(thing: Any, viewer: Viewer) -> dict[str, Any]:
    """Who uploaded something, masked for those who may not know."""
    if thing.uploader_id is None:
        return dict(REMOVED_USER)
    if not viewer.sees_uploader(thing.uploader_id):
        return dict(HIDDEN_USER)
    user: User = thing.uploader
    return present_user(user, viewer)


_PRESENT: dict[str, Any] = {
    "benchmark": present_benchmark,
    "site": present_site,
    "flavor": present_flavor,
    "claim": present_claim,
}

_UUID = {"type": "string", "format": "uuid"}
_TIME = {"type": "string", "format": "date-time"}
_USER = {"$ref": "#/components/schemas/User"}

_SOMEBODY = {
    "sub": "e9c37aa0d1cf14c56e560f9f9915da6761f54383badb501a2867bc43581b835c",
    "iss": "https://aai.example.org",
    "email": "ann@example.org",
    "registration_datetime": "2024-05-01T12:30:00.125000Z",
    "role": "user",
}
_CLAIM_EXAMPLE = {
    "id": "0d4b1c0e-3a94-4b57-8d6e-0b3d2f6f7c55",
    "message": "The run used two sockets, the result names one.",
    "reason": "implausible",
    "resource_type": "result",
    "resource_id": "7b7c3a52-0f3e-4a5e-8d25-1f6f2f1a9c31",
    "status": "on_review",
    "upload_datetime": "2024-05-02T08:15:00Z",
    "uploader": _SOMEBODY,
}

SCHEMAS: dict[str, dict[str, Any]] = {
    "Claim": {
        "type": "object",
        "description": "Somebody's doubt about a result.",
        "required": ["id", "message", "reason", "resource_type", "status", "upload_datetime", "uploader"],
        "properties": {
            "id": _UUID,
            "message": {"type": "string", "description": "What is wrong with the result."},
            "reason": {"type": "string", "enum": list(REASONS)},
            "resource_type": {"type": "string", "const": "result"},
            "resource_id": _UUID
            | {"description": "The result. Left out only for old claims whose result is not known."},
            "status": {"type": "string", "enum": list(service.STATUSES)},
            "upload_datetime": _TIME,
            "uploader": _USER
            | {"description": "The claimant; masked for all but administrators and the claimant."},
            "decision_datetime": _TIME,
            "decision_message": {"type": "string"},
        },
        "example": _CLAIM_EXAMPLE,
    },
    "Submit": {
        "type": "object",
        "description": "Something that waits for a moderator.",
        "required": ["id", "resource_type", "resource_id", "resource", "upload_datetime", "uploader"],
        "properties": {
            "id": _UUID,
            "resource_type": {"type": "string", "enum": sorted(submissions.RESOURCE_TYPES)},
            "resource_id": _UUID,
            "resource": {
                "description": "The thing itself, as `resource_type` says.",
                "anyOf": [
                    {"$ref": f"#/components/schemas/{name}"}
                    for name in ("Benchmark", "Claim", "Site", "Flavor")
                ],
            },
            "upload_datetime": _TIME,
            "uploader": _USER | {"description": "Who uploaded the thing."},
        },
        "example": {
            "id": "c5a1b0c4-58a5-4a43-9a5b-6d2c2b9f6c18",
            "resource_type": "claim",
            "resource_id": _CLAIM_EXAMPLE["id"],
            "resource": _CLAIM_EXAMPLE,
            "upload_datetime": "2024-05-02T08:15:00Z",
            "uploader": _SOMEBODY,
        },
    },
    "LogEntry": {
        "type": "object",
        "description": "One thing that was done, by whom and why. Entries are only ever added.",
        "required": ["id", "datetime", "action", "resource_type", "resource_id"],
        "properties": {
            "id": {"type": "integer", "description": "Rises with time."},
            "datetime": _TIME,
            "action": {"type": "string"},
            "resource_type": {"type": "string"},
            "resource_id": {"type": "string"},
            "actor": _USER
            | {"description": "Left out when nobody in particular did it, or the account is gone."},
            "from_status": {"type": "string"},
            "to_status": {"type": "string"},
            "message": {"type": "string"},
            "caused_by": {"type": "integer", "description": "The entry of the action that this came with."},
            "details": {
                "type": "object",
                "description": "What changed, what was before, or how many results went along.",
            },
        },
        "example": {
            "id": 42,
            "datetime": "2024-05-03T09:00:00Z",
            "action": "approve",
            "resource_type": "site",
            "resource_id": "8a1c2a54-5c4e-4d7e-9d0f-3f3c1c5b7a10",
            "actor": _SOMEBODY | {"role": "admin"},
            "from_status": "on_review",
            "to_status": "approved",
            "message": "Welcome.",
        },
    },
}
