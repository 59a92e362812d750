"""The pages of tags, and what other pages say about results."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from eoscperf.results.activity import Cell, ResultActivity
from eoscperf.results.observed import ObservedMachines
from eoscperf.results.tags import SORT as TAG_SORT
from eoscperf.results.tags import Tags
from eoscperf.review.activity import Activity
from eoscperf.web.pager import pager
from eoscperf.web.urls import PageQuery, paging, sort_keys, sort_link, sorting, unbound, words

TAGS = PageQuery(words(), sorting(TAG_SORT), *paging())

NEWEST = 10
"""Results that a page of something else shows."""


@dataclass(frozen=True, slots=True)
class TagRow:
    id: uuid.UUID
    name: str
    description: str | None
    runs: int


@dataclass(frozen=True, slots=True)
class Share:
    """How many results of one benchmark, and on how many flavors."""

    benchmark_id: uuid.UUID
    benchmark: str
    runs: int
    flavors: int


def list_tags(request: Any) -> dict[str, Any]:
    """All tags, or those that words occur in."""
    address = TAGS.read(request)
    values: dict[str, Any] = {"address": address, "rows": [], "pager": None}
    if not address.ok:
        return values
    found = request.find_service(Tags).page(
        sort_keys(address, TAG_SORT),
        address.page_request(),
        unbound(request),
        terms=address.values.get("terms", ()),
    )
    runs = request.find_service(Activity).of_tags([tag.id for tag in found.items])
    rows = [TagRow(tag.id, tag.name, tag.description, runs.get(tag.id, 0)) for tag in found.items]
    headings = {name: sort_link(address, name) for name in ("name",)}
    return values | {"rows": rows, "pager": pager(address, found), "headings": headings}


def show_tag(request: Any) -> dict[str, Any]:
    """One tag and which benchmarks have results with it."""
    tag = request.context.model
    activity = request.find_service(Activity)
    shares = _shares(activity, activity.cells(tag=tag.id))
    runs = sum(share.runs for share in shares)
    return {"tag": TagRow(tag.id, tag.name, tag.description, runs), "status": tag.status, "shares": shares}


def measured_at_site(request: Any, *, site_id: uuid.UUID) -> dict[str, Any]:
    """The panel of a site: what was measured there."""
    activity: ResultActivity = request.find_service(Activity)
    return _measured(activity, list(activity.view.flavors_of_site.get(site_id, ()))) | {"at": "site"}


def measured_on_flavor(request: Any, *, flavor_id: uuid.UUID) -> dict[str, Any]:
    """The panel of a flavor: what was measured on it, and what its machines say they are."""
    activity: ResultActivity = request.find_service(Activity)
    found = _measured(activity, [flavor_id])
    benchmarks = [share.benchmark_id for share in found["shares"]]
    observed = request.find_service(ObservedMachines).of_flavor(flavor_id, benchmarks)
    return found | {"observed": observed, "at": "flavor"}


def _measured(activity: ResultActivity, flavors: list[uuid.UUID]) -> dict[str, Any]:
    cells = activity.cells(flavors=flavors) if flavors else []
    with_runs = list({cell.flavor_id for cell in cells})
    return {"shares": _shares(activity, cells), "runs": activity.newest(NEWEST, flavors=with_runs)}


def _shares(activity: ResultActivity, cells: list[Cell]) -> list[Share]:
    """By benchmark, those with most results first."""
    grouped: dict[uuid.UUID, list[Cell]] = {}
    for cell in cells:
        grouped.setdefault(cell.benchmark_id, []).append(cell)
    shares = [
        Share(
            identifier,
            activity.view.benchmarks[identifier].name,
            runs=sum(cell.runs for cell in own),
            flavors=len(own),
        )
        for identifier, own in grouped.items()
    ]
    return sorted(shares, key=lambda share: (-share.runs, share.benchmark))


def includeme(config: Any) -> None:
    config.add_service(Activity, ResultActivity.for_request)
    config.add_service(ObservedMachines, ObservedMachines.for_request)
    config.add_page(
        "tags_page",
        "/tags",
        list_tags,
        "results/tags.jinja2",
        permission="tag:list",
        methods=("GET",),
        api="tags",
    )
    config.add_page(
        "tag_page",
        "/tags/{tag_id}",
        show_tag,
        "results/tag.jinja2",
        permission="tag:read",
        methods=("GET",),
        traverse="/tags/{tag_id}",
        target=True,
        api="tag",
    )
    config.add_nav_entry("Tags", "tags_page", order=400)
    config.add_panel("site.detail", "measured", "results/measured.jinja2", view=measured_at_site)
    config.add_panel("flavor.detail", "measured", "results/measured.jinja2", view=measured_on_flavor)
