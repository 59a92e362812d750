"""Sites: the places that offer computing, and their flavors, the kinds of machine they offer."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    from eoscperf.review.permissions import add_item_permissions
    from eoscperf.sites import api, resources, schemas
    from eoscperf.sites.service import Flavors, Sites

    add_item_permissions(config, "site")
    add_item_permissions(config, "flavor")
    config.add_service(Sites, Sites.for_request)
    config.add_service(Flavors, Flavors.for_request)
    config.add_resource("sites", resources.SiteCollection)
    config.add_resource("flavors", resources.FlavorCollection)
    for service in api.SERVICES:
        config.add_api_service(service)
    for name, schema in schemas.SCHEMAS.items():
        config.add_openapi_schema(name, schema)
    config.include("eoscperf.sites.pages")
