"""Results and tags as JSON: what comes in, what goes out."""

from __future__ import annotations

import uuid
from typing import Any

import colander

from eoscperf.benchmarks.schemas import present_benchmark
from eoscperf.rest.pages import page_parameters, terms_parameter, upload_period
from eoscperf.rest.renderer import dumps, raw
from eoscperf.rest.schema import (
    choice,
    exact,
    extended,
    fields,
    flag,
    identifier,
    instant,
    json_object,
    name,
    name_like,
    prose,
    several,
)
from eoscperf.results import filters
from eoscperf.results.models import Result, Tag
from eoscperf.results.query import SORT, STATUSES
from eoscperf.results.tags import SORT as TAG_SORT
from eoscperf.security.identity import Viewer
from eoscperf.sites.schemas import present_flavor, present_site
from eoscperf.users.schemas import uploader_of

MOST_IDS = 1000
MOST_COLUMNS = 100


def conditions() -> Any:
    """`filters` of a page; each one is checked, so that its fault can be told beside it."""
    return several(
        exact("filters", title="Condition", validator=_is_filter), limit="filters", title="Conditions"
    )


def _is_filter(node: Any, text: str) -> None:
    try:
        filters.parse(text)
    except filters.FilterSyntax as problem:
        told = f"{problem.detail} Character {problem.position + 1}. Example: {problem.example}"
        raise colander.Invalid(node, told) from None


def _status() -> Any:
    return choice(
        "status", *STATUSES, title="State; all but visible are for their uploader and administrators"
    )


def _export() -> tuple[Any, ...]:
    return (
        exact("format", title="Export everything found in this format instead of a page"),
        several(
            name_like("columns", "filter"),
            most=MOST_COLUMNS,
            title="Paths into the JSON, each a column of the table in place of `json`",
        ),
    )


def _list_of(key: str, title: str, **options: Any) -> Any:
    return several(identifier(key), title=title, **options)


RESULT_SEARCH = fields(terms_parameter(), *upload_period(), _status(), *page_parameters(SORT), *_export())

RESULT_LIST = extended(
    RESULT_SEARCH,
    _list_of("benchmark_id", "Results of any of these benchmarks"),
    _list_of("site_id", "Results of any of these sites"),
    _list_of("flavor_id", "Results of any of these flavors"),
    _list_of("ids", "These results", most=MOST_IDS),
    _list_of("tags_ids", "Results that have all of these tags"),
    several(
        name_like("filters", "filter"),
        limit="filters",
        title="Conditions on the JSON that all must hold, such as `machine.cpu.count > 4`",
    ),
    instant("execution_before", required=False, dates=True, title="Executed strictly earlier"),
    instant("execution_after", required=False, dates=True, title="Executed strictly later"),
)

_PARENTS = (
    instant("execution_datetime", title="When the benchmark ran"),
    identifier("benchmark_id", title="The benchmark that ran"),
    identifier("flavor_id", title="What it ran on"),
)


def _tags_ids() -> Any:
    return _list_of("tags_ids", "Tags of the result", limit="tags", preparer=_once_each)


def _once_each(ids: Any) -> Any:
    """A tag that is named again counts once, also against the most that a result may have."""
    return list(dict.fromkeys(ids)) if isinstance(ids, list) else ids


RESULT_UPLOAD = fields(
    *_PARENTS,
    _tags_ids(),
    identifier("supersedes", required=False, title="Your result that this one replaces"),
)

BATCH_QUERY = fields(
    choice("mode", "atomic", "each", missing="atomic", title="All or nothing, or each by itself"),
    flag("dry_run", default=False, title="Check everything, store nothing"),
)

BATCH_ITEM = fields(*(node.clone() for node in _PARENTS), _tags_ids(), json_object("json"))

TAGS_UPDATE = fields(_tags_ids())

MESSAGE = fields(prose("message", "message", title="Why; mailed to the uploader and logged"))

TAG = fields(name("name", title="Unique among tags"), prose("description", title="What the tag stands for"))
TAG_LIST = fields(exact("name", title="Exactly this name"), *page_parameters(TAG_SORT))
TAG_SEARCH = fields(terms_parameter(), *page_parameters(TAG_SORT))


def present_tag(tag: Tag, viewer: Viewer) -> dict[str, Any]:
    """A tag as the viewer sees it."""
    shown: dict[str, Any] = {"id": tag.id, "name": tag.name}
    if tag.description is not None:
        shown["description"] = tag.description
    if tag.upload_datetime is not None:
        shown["upload_datetime"] = tag.upload_datetime
    if viewer.admin and tag.status == "deleted":
        shown["status"] = "deleted"
    return shown


def present_result(result: Result, viewer: Viewer) -> dict[str, Any]:
    """A result as the viewer sees it, with everything it belongs to."""
    return ResultPresenter(viewer).present(result)


class ResultPresenter:
    """Presents many results; what they share (a benchmark with its schema) is written out once."""

    KEPT = 200
    """Benchmarks, sites and flavors to remember; an export may come by any number of them."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._written: dict[tuple[str, uuid.UUID], Any] = {}

    def present(self, result: Result) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": result.id,
            "json": raw(result.json),
            "execution_datetime": result.execution_datetime,
            "upload_datetime": result.upload_datetime,
            "benchmark": self._once("benchmark", result.benchmark, present_benchmark),
            "site": self._once("site", result.flavor.site, present_site),
            "flavor": self._once("flavor", result.flavor, present_flavor),
            "tags": [present_tag(tag, self._viewer) for tag in result.tags],
            "status": result.status,
            "disputed": result.disputed,
        }
        if result.supersedes_id is not None:
            shown["supersedes"] = result.supersedes_id
        if result.superseded_by_id is not None:
            shown["superseded_by"] = result.superseded_by_id
        if result.provenance is not None:
            shown["provenance"] = raw(result.provenance)
        if self._viewer.sees_uploader(result.uploader_id):
            shown["uploader"] = uploader_of(result.uploader)
            if result.status_datetime is not None:
                shown["status_datetime"] = result.status_datetime
            if result.status_message is not None:
                shown["status_message"] = result.status_message
        return shown

    def _once(self, kind: str, item: Any, present: Any) -> Any:
        key = (kind, item.id)
        if key not in self._written:
            if len(self._written) >= self.KEPT:
                self._written.clear()
            self._written[key] = raw(dumps(present(item, self._viewer)))
        return self._written[key]


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


_ID = {"type": "string", "format": "uuid"}
_MOMENT = {"type": "string", "format": "date-time"}

_TAG_EXAMPLE = {
    "id": "b2a7e2ac-6a60-4a3f-8ea6-6f2e6d2a5c11",
    "name": "hyper-threading",
    "description": "Two threads per core.",
    "upload_datetime": "2024-05-01T12:30:00Z",
}

SCHEMAS: dict[str, dict[str, Any]] = {
    "Tag": {
        "type": "object",
        "description": "A word that groups results.",
        "required": ["id", "name"],
        "properties": {
            "id": _ID,
            "name": {"type": "string"},
            "description": {"type": "string", "description": "Left out when there is none."},
            "upload_datetime": {**_MOMENT, "description": "Left out when it is not known."},
            "status": {
                "const": "deleted",
                "description": "Only on deleted tags, which only administrators see.",
            },
        },
        "example": _TAG_EXAMPLE,
    },
    "Result": {
        "type": "object",
        "description": "One run of a benchmark on a flavor. JSON, dates and parents never change.",
        "required": [
            "benchmark",
            "disputed",
            "execution_datetime",
            "flavor",
            "id",
            "json",
            "site",
            "status",
            "tags",
            "upload_datetime",
        ],
        "properties": {
            "id": _ID,
            "json": {
                "type": "object",
                "description": "What was measured, as it was uploaded; fits the benchmark's schema.",
            },
            "execution_datetime": {**_MOMENT, "description": "When the benchmark ran."},
            "upload_datetime": _MOMENT,
            "benchmark": _reference("Benchmark"),
            "site": _reference("Site"),
            "flavor": _reference("Flavor"),
            "tags": {"type": "array", "items": _reference("Tag"), "description": "By name."},
            "status": {"type": "string", "enum": list(STATUSES)},
            "disputed": {"type": "boolean", "description": "Whether any claim on it waits for a decision."},
            "supersedes": {**_ID, "description": "The result that this one replaces."},
            "superseded_by": {**_ID, "description": "The result that replaces this one."},
            "provenance": _reference("Provenance"),
            "uploader": {
                **_reference("User"),
                "description": "Only for administrators and the uploader.",
            },
            "status_datetime": {
                **_MOMENT,
                "description": "Since when it has its state; only for administrators and the uploader.",
            },
            "status_message": {
                "type": "string",
                "description": "What was said with it; only for administrators and the uploader.",
            },
        },
        "example": {
            "id": "0f8fad5b-d9cb-469f-a165-70867728950e",
            "json": {"time": 11.0, "machine": {"cpu": {"count": 8}}},
            "execution_datetime": "2024-05-01T12:30:00Z",
            "upload_datetime": "2024-05-01T13:02:10.192459Z",
            "benchmark": {
                "id": "4d6b3f0e-2a55-4d5e-8f0b-0d1b2c7e9a31",
                "docker_image": "example/raytracer",
                "docker_tag": "2.1",
                "json_schema": {"type": "object"},
                "status": "approved",
                "upload_datetime": "2024-05-01T12:30:00Z",
            },
            "site": {
                "id": "8a1c2a54-5c4e-4d7e-9d0f-3f3c1c5b7a10",
                "name": "Hillside Computing Centre",
                "address": "hcc.example.org",
                "status": "approved",
                "upload_datetime": "2024-05-01T12:30:00Z",
            },
            "flavor": {
                "id": "1f0b6a8e-57a3-4a39-8a50-6f1f2c9f4a77",
                "site_id": "8a1c2a54-5c4e-4d7e-9d0f-3f3c1c5b7a10",
                "name": "c8.large",
                "status": "approved",
                "upload_datetime": "2024-05-01T12:45:00Z",
            },
            "tags": [_TAG_EXAMPLE],
            "status": "visible",
            "disputed": False,
        },
    },
    "Provenance": {
        "type": "object",
        "description": "The run of a CI workflow that uploaded a result, as its CI system vouches for it. "
        "Left out of results that people uploaded; never changes.",
        "required": ["commit", "issuer", "ref", "repository", "repository_id", "run", "workflow"],
        "properties": {
            "issuer": {"type": "string", "description": "Who vouches: issuer of the CI system's tokens."},
            "repository": {"type": "string"},
            "repository_id": {"type": "string", "description": "Its number at the CI system."},
            "workflow": {"type": "string", "description": "Path of the workflow's file."},
            "ref": {"type": "string", "description": "The branch or tag that it ran for."},
            "commit": {"type": "string"},
            "run": {"type": "string", "description": "Number of the run at the CI system."},
            "run_url": {"type": "string", "format": "uri", "description": "Where the run can be looked at."},
        },
        "example": {
            "commit": "5f3b1c0de3f1b3a86f2a4f8f9b4d1c7e6a5b4c3d",
            "issuer": "https://token.actions.githubusercontent.com",
            "ref": "refs/heads/main",
            "repository": "example/benchmarks",
            "repository_id": "501224417",
            "run": "9376221480",
            "run_url": "https://github.com/example/benchmarks/actions/runs/9376221480",
            "workflow": ".github/workflows/benchmark.yml",
        },
    },
    "BatchReport": {
        "type": "object",
        "description": "What became of the items of a batch, in their order.",
        "required": ["created", "failed", "items"],
        "properties": {
            "created": {"type": "integer", "minimum": 0},
            "failed": {"type": "integer", "minimum": 0},
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["index", "status"],
                    "properties": {
                        "index": {
                            "type": "integer",
                            "minimum": 0,
                            "description": "Place, from 0.",
                        },
                        "status": {
                            "type": "integer",
                            "description": "201 stored, 200 good (dry run), else that of the problem.",
                        },
                        "id": {**_ID, "description": "The stored result."},
                        "problem": _reference("Problem"),
                    },
                },
            },
        },
        "example": {
            "created": 1,
            "failed": 1,
            "items": [
                {"index": 0, "status": 201, "id": "0f8fad5b-d9cb-469f-a165-70867728950e"},
                {
                    "index": 1,
                    "status": 409,
                    "problem": {
                        "code": 409,
                        "detail": "This is the same result as item 0.",
                        "existing": "0f8fad5b-d9cb-469f-a165-70867728950e",
                        "instance": "urn:uuid:3d0ca315-aff9-4fc2-be61-3b76b9a2d798",
                        "status": 409,
                        "title": "Duplicate",
                        "type": "urn:eoscperf:problem:duplicate",
                    },
                },
            ],
        },
    },
}
