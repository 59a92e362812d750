"""Trust rules as JSON: what comes in, what goes out."""

from __future__ import annotations

from typing import Any

import colander

from eoscperf.ciupload.models import TrustRule
from eoscperf.ciupload.service import SORT
from eoscperf.rest.pages import page_parameters
from eoscperf.rest.schema import fields, identifier, name, prose, several
from eoscperf.security.identity import Viewer
from eoscperf.users.schemas import uploader_of

MOST_FLAVORS = 100


def _is_ref(node: Any, value: str) -> None:
    if not value.startswith("refs/") or any(character.isspace() for character in value):
        raise colander.Invalid(node, "must be a full name such as refs/heads/main or refs/tags/v*")


def _is_number(node: Any, value: str) -> None:
    if not value.isascii() or not value.isdigit() or len(value) > 20:
        raise colander.Invalid(node, "must be a number, as text")


def _ref() -> Any:
    node = name("ref", required=False, title="Only on this branch or tag; `*` stands for any text")
    node.validator = _both(node.validator, _is_ref)
    return node


def _number(key: str, title: str) -> Any:
    node = name(key, required=False, title=title)
    node.validator = _is_number
    return node


def _both(length: Any, check: Any) -> Any:
    """The length, which is known once the settings are, and another check."""

    @colander.deferred
    def validator(node: Any, kw: dict[str, Any]) -> Any:
        return colander.All(length(node, kw), check)

    return validator


LIST = fields(*page_parameters(SORT))

RULE = fields(
    name(
        "issuer",
        "address",
        title="Issuer of the CI system's tokens; capability `ci-upload` has those trusted",
    ),
    name("repository", title="Repository or project, such as example/benchmarks"),
    name("workflow", required=False, title="File of the workflow; at GitLab .gitlab-ci.yml unless told"),
    _ref(),
    _number("repository_id", "Number of the repository; without it, that of the first upload counts"),
    _number("repository_owner_id", "Number of the repository's owner; without it, that of the first upload"),
    identifier("benchmark_id", required=False, title="Only for this benchmark"),
    identifier("site_id", required=False, title="Only on flavors of this site"),
    several(
        identifier("flavors_ids"),
        most=MOST_FLAVORS,
        title="Only on these flavors of the site",
    ),
)

MESSAGE = fields(prose("message", "message", title="Why; kept in the log"))


def present_rule(rule: TrustRule, viewer: Viewer) -> dict[str, Any]:
    """A rule as its owner sees it; administrators see whose it is as well."""
    optional = ("repository_id", "repository_owner_id", "ref", "benchmark_id", "site_id", "used_datetime")
    shown: dict[str, Any] = {
        "id": rule.id,
        "issuer": rule.issuer,
        "repository": rule.repository,
        "workflow": rule.workflow,
        "created_datetime": rule.created_datetime,
    }
    shown |= {key: value for key in optional if (value := getattr(rule, key)) is not None}
    if rule.by_flavor:
        shown["flavors_ids"] = [flavor.id for flavor in rule.flavors]
    if viewer.admin:
        shown["owner"] = uploader_of(rule.owner)
    return shown


_ID = {"type": "string", "format": "uuid"}
_MOMENT = {"type": "string", "format": "date-time"}

SCHEMAS: dict[str, dict[str, Any]] = {
    "TrustRule": {
        "type": "object",
        "description": "Runs of one workflow of one repository upload in the name of the rule's owner. What "
        "is left out is not restricted.",
        "required": ["id", "issuer", "repository", "workflow", "created_datetime"],
        "properties": {
            "id": _ID,
            "issuer": {"type": "string", "description": "Issuer of the CI system's tokens."},
            "repository": {"type": "string"},
            "repository_id": {
                "type": "string",
                "description": "Number of the repository at the CI system, from the first upload on.",
            },
            "repository_owner_id": {
                "type": "string",
                "description": "Number of the repository's owner, from the first upload on.",
            },
            "workflow": {"type": "string", "description": "Path of the workflow's file."},
            "ref": {"type": "string", "description": "Branch or tag; `*` stands for any text."},
            "benchmark_id": _ID,
            "site_id": _ID,
            "flavors_ids": {"type": "array", "items": _ID, "description": "Only these flavors of the site."},
            "created_datetime": _MOMENT,
            "used_datetime": {**_MOMENT, "description": "When it was last used, to the minute."},
            "owner": {"$ref": "#/components/schemas/User", "description": "Only for administrators."},
        },
        "example": {
            "id": "7c1f7d2e-4a53-4b7a-9d37-8d8e3f0f6b21",
            "issuer": "https://token.actions.githubusercontent.com",
            "repository": "example/benchmarks",
            "repository_id": "501224417",
            "repository_owner_id": "9142208",
            "workflow": ".github/workflows/benchmark.yml",
            "ref": "refs/heads/main",
            "benchmark_id": "4d6b3f0e-2a55-4d5e-8f0b-0d1b2c7e9a31",
            "site_id": "8a1c2a54-5c4e-4d7e-9d0f-3f3c1c5b7a10",
            "created_datetime": "2024-05-01T12:30:00Z",
            "used_datetime": "2024-06-01T08:00:00Z",
        },
    },
}
