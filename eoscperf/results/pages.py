"""The pages of tags, and what other pages say about results."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
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

MOST_ROWS = 20
"""Rows of a table that are shown at once; others are folded."""

MOST_FOLDED = 200
"""Rows that a page unfolds; what is beyond them is counted."""


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


@dataclass(frozen=True, slots=True)
class Place:
    """A flavor, with how many results and of how many benchmarks."""

    site_id: uuid.UUID
    site: str
    flavor_id: uuid.UUID
    flavor: str
    runs: int
    benchmarks: int


@dataclass(frozen=True, slots=True)
class Folded:
    """Rows of a table: those that are shown, those to be unfolded, and how many more there are."""

    shown: Sequence[Any]
    folded: Sequence[Any]
    more: int

    def __len__(self) -> int:
        return len(self.shown) + len(self.folded) + self.more


def folded(rows: Sequence[Any]) -> Folded:
    """The rows as a table takes them, however many there are."""
    return Folded(rows[:MOST_ROWS], rows[MOST_ROWS:MOST_FOLDED], max(0, len(rows) - MOST_FOLDED))


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
    """One tag, which benchmarks have results with it and on which flavors."""
    tag = request.context.model
    activity: ResultActivity = request.find_service(Activity)
    cells = activity.cells(tag=tag.id)
    runs = sum(cell.runs for cell in cells)
    return {
        "tag": TagRow(tag.id, tag.name, tag.description, runs),
        "status": tag.status,
        "shares": folded(_shares(activity, cells)),
        "places": folded(_places(activity, cells)),
    }


def measured_at_site(request: Any, *, site_id: uuid.UUID) -> dict[str, Any]:
    """The panel of a site: the latest results there."""
    activity: ResultActivity = request.find_service(Activity)
    flavors = activity.view.flavors_of_site.get(site_id, ())
    measured = {cell.flavor_id for cell in activity.cells(flavors=flavors)} if flavors else set()
    return {
        "runs": activity.newest(NEWEST, flavors=measured),
        "at": "site",
        "query": {"site_id": site_id},
    }


def measured_on_flavor(request: Any, *, flavor_id: uuid.UUID) -> dict[str, Any]:
    """The panel of a flavor: the latest results on it."""
    activity: ResultActivity = request.find_service(Activity)
    return {
        "runs": activity.newest(NEWEST, flavors=[flavor_id]),
        "at": "flavor",
        "query": {"flavor_id": flavor_id},
    }


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


def _places(activity: ResultActivity, cells: list[Cell]) -> list[Place]:
    """By flavor, those with most results first."""
    grouped: dict[uuid.UUID, list[Cell]] = {}
    for cell in cells:
        grouped.setdefault(cell.flavor_id, []).append(cell)
    places = []
    for identifier, own in grouped.items():
        site, flavor = activity.view.site_of(identifier), activity.view.flavors[identifier]
        runs = sum(cell.runs for cell in own)
        places.append(Place(site.id, site.name, identifier, flavor.name, runs, len(own)))
    return sorted(places, key=lambda place: (-place.runs, place.site, place.flavor))


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
    config.add_panel("site.detail", "measured", "results/measured.jinja2", view=measured_at_site, order=900)
    config.add_panel(
        "flavor.detail", "measured", "results/measured.jinja2", view=measured_on_flavor, order=900
    )
