"""The pages of sites and flavors."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from eoscperf.listing import parse_sort
from eoscperf.review.activity import NOTHING, Activity, Measured
from eoscperf.review.catalogue import ItemSearch
from eoscperf.sites.models import Flavor, Site
from eoscperf.sites.service import FLAVOR_SORT, SITE_SORT, Flavors, Sites
from eoscperf.web.pager import pager
from eoscperf.web.urls import PageQuery, paging, sort_keys, sort_link, sorting, unbound, words

SITES = PageQuery(words(), sorting(SITE_SORT), *paging())

SITE = PageQuery(*paging())
"""The pages of a site's flavors."""


@dataclass(frozen=True, slots=True)
class SiteRow:
    id: uuid.UUID
    name: str
    address: str
    description: str | None
    flavors: int
    """approved ones, with results or without"""
    measured: Measured


@dataclass(frozen=True, slots=True)
class FlavorRow:
    id: uuid.UUID
    name: str
    description: str | None
    measured: Measured


@dataclass(frozen=True, slots=True)
class ItemPage:
    """A site or a flavor by itself."""

    id: uuid.UUID
    name: str
    description: str | None
    status: str
    uploaded: datetime.datetime | None
    address: str | None = None


def list_sites(request: Any) -> dict[str, Any]:
    """All approved sites, or those that words occur in."""
    address = SITES.read(request)
    values: dict[str, Any] = {"address": address, "rows": [], "pager": None}
    if not address.ok:
        return values
    found = request.find_service(Sites).search(
        ItemSearch(terms=tuple(address.values.get("terms", ()))),
        sort_keys(address, SITE_SORT),
        address.page_request(),
        unbound(request),
    )
    measured = request.find_service(Activity).of_sites([site.id for site in found.items])
    flavors = request.find_service(Flavors).count_of_sites([site.id for site in found.items])
    rows = [_site_row(site, flavors.get(site.id, 0), measured.get(site.id, NOTHING)) for site in found.items]
    headings = {name: sort_link(address, name) for name in ("name", "address")}
    return values | {"rows": rows, "pager": pager(address, found), "headings": headings}


def show_site(request: Any) -> dict[str, Any]:
    """One site with its flavors; other features add what was measured there."""
    site = request.context.model
    address = SITE.read(request)
    activity = request.find_service(Activity)
    values: dict[str, Any] = {
        "site": _item(site),
        "address": address,
        "measured": activity.of_sites([site.id]).get(site.id, NOTHING),
        "flavors": [],
        "pager": None,
    }
    if not address.ok:
        return values
    found = request.find_service(Flavors).search(
        ItemSearch(parent_id=site.id),
        parse_sort(None, FLAVOR_SORT),
        address.page_request(),
        unbound(request),
    )
    measured = activity.of_flavors([flavor.id for flavor in found.items])
    return values | {
        "flavors": [_flavor_row(flavor, measured.get(flavor.id, NOTHING)) for flavor in found.items],
        "pager": pager(address, found),
    }


def show_flavor(request: Any) -> dict[str, Any]:
    """One flavor; other features add what was measured on it."""
    flavor = request.context.model
    return {
        "flavor": _item(flavor),
        "site": _item(flavor.site),
        "measured": request.find_service(Activity).of_flavors([flavor.id]).get(flavor.id, NOTHING),
    }


def _item(item: Site | Flavor) -> ItemPage:
    return ItemPage(
        item.id,
        item.name,
        item.description,
        item.status,
        item.upload_datetime,
        address=item.address if isinstance(item, Site) else None,
    )


def _site_row(site: Site, flavors: int, measured: Measured) -> SiteRow:
    return SiteRow(site.id, site.name, site.address, site.description, flavors, measured)


def _flavor_row(flavor: Flavor, measured: Measured) -> FlavorRow:
    return FlavorRow(flavor.id, flavor.name, flavor.description, measured)


def includeme(config: Any) -> None:
    config.add_page(
        "sites_page",
        "/sites",
        list_sites,
        "sites/sites.jinja2",
        permission="site:list",
        methods=("GET",),
        api="sites",
    )
    config.add_page(
        "site_page",
        "/sites/{site_id}",
        show_site,
        "sites/site.jinja2",
        permission="site:read",
        methods=("GET",),
        traverse="/sites/{site_id}",
        target=True,
        api="site",
    )
    config.add_page(
        "flavor_page",
        "/flavors/{flavor_id}",
        show_flavor,
        "sites/flavor.jinja2",
        permission="flavor:read",
        methods=("GET",),
        traverse="/flavors/{flavor_id}",
        target=True,
        api="flavor",
    )
    config.add_nav_entry("Sites", "sites_page", order=300)
