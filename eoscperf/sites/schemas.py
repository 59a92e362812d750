"""What sites and flavors look like over HTTP."""

from __future__ import annotations

from typing import Any

from eoscperf.rest.schema import fields, name, prose
from eoscperf.review import schemas as review
from eoscperf.security.identity import Viewer
from eoscperf.sites.models import Flavor, Site
from eoscperf.sites.service import FLAVOR_SORT, SITE_SORT

SITE = fields(
    name("name", title="Name of the site, in use once"),
    name("address", "address", title="Where the site is found, such as its host name"),
    prose("description"),
)
FLAVOR = fields(name("name", title="Name of the flavor, in use once at its site"), prose("description"))

SITE_LIST = review.item_list(SITE_SORT, "name", "address")
SITE_SEARCH = review.item_search(SITE_SORT)
FLAVOR_LIST = review.item_list(FLAVOR_SORT, "name")
FLAVOR_SEARCH = review.item_search(FLAVOR_SORT)

SITE_READ_ONLY = review.READ_ONLY
FLAVOR_READ_ONLY = (*review.READ_ONLY, "site_id")


def present_site(site: Site, viewer: Viewer) -> dict[str, Any]:
    """A site as the viewer may see it."""
    return {"name": site.name, "address": site.address, **review.present_reviewed(site, viewer)}


def present_flavor(flavor: Flavor, viewer: Viewer) -> dict[str, Any]:
    """A flavor as the viewer may see it."""
    return {"name": flavor.name, "site_id": flavor.site_id, **review.present_reviewed(flavor, viewer)}


SCHEMAS: dict[str, dict[str, Any]] = {
    "Site": review.object_schema(
        "A place that offers computing.",
        {"name": {"type": "string"}, "address": {"type": "string"}},
        ["name", "address"],
        {
            "id": "8a1c2a54-5c4e-4d7e-9d0f-3f3c1c5b7a10",
            "name": "Hillside Computing Centre",
            "address": "hcc.example.org",
            "description": "Batch and cloud computing for the region.",
            "status": "approved",
            "upload_datetime": "2024-05-01T12:30:00Z",
        },
    ),
    "Flavor": review.object_schema(
        "A kind of machine that a site offers.",
        {"name": {"type": "string"}, "site_id": {"type": "string", "format": "uuid"}},
        ["name", "site_id"],
        {
            "id": "1f0b6a8e-57a3-4a39-8a50-6f1f2c9f4a77",
            "site_id": "8a1c2a54-5c4e-4d7e-9d0f-3f3c1c5b7a10",
            "name": "c8.large",
            "description": "8 cores, 32 GB of memory.",
            "status": "approved",
            "upload_datetime": "2024-05-01T12:45:00Z",
        },
    ),
}
