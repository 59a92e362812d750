"""Results and tags as JSON: what comes in, what goes out."""

from __future__ import annotations

import uuid
from typing import Any

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
from eoscperf.results.models import Result, Tag
from eoscperf.results.query import STATUSES
from eoscperf.security.identity import Viewer
from eoscperf.sites.schemas import present_flavor, present_site
from eoscperf.users.schemas import uploader_of

MOST_IDS = 1000
MOST_COLUMNS = 100


def _status() -> Any:
    return choice("status", *STATUSES, title="State; all but visible are for their uploader and administrators")


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


RESULT_SEARCH = fields(terms_parameter(), *upload_period(), _status(), *page_parameters(), *_export())

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
    return _list_of("tags_ids", "Tags of the result", limit="tags")


RESULT_UPLOAD = fields(
    *_PARENTS, _tags_ids(), identifier("supersedes", required=False, title="Your result that this one replaces")
)

BATCH_QUERY = fields(
    choice("mode", "atomic", "each", missing="atomic", title="All or nothing, or each by itself"),
    flag("dry_run", default=False, title="Check everything, store nothing"),
)

BATCH_ITEM = fields(*(node.clone() for node in _PARENTS), _tags_ids(), json_object("json"))

TAGS_UPDATE = fields(_tags_ids())

MESSAGE = fields(prose("message", "message", title="Why; mailed to the uploader and logged"))

TAG = fields(name("name", title="Unique among tags"), prose("description", title="What the tag stands for"))
TAG_LIST = fields(exact("name", title="Exactly this name"), *page_parameters())
TAG_SEARCH = fields(terms_parameter(), *page_parameters())


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
        if self._viewer.sees_uploader(result.uploader_id):
            shown["uploader"] = uploader_of(result.uploader, self._viewer)
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
