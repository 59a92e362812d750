"""How the results found differ: how many there are of each benchmark, site, tag, year and value."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    from eoscperf.results.facets import api, schemas
    from eoscperf.results.facets.service import Facets

    config.add_service(Facets, Facets.for_request)
    for service in api.SERVICES:
        config.add_api_service(service)
    for name, schema in schemas.SCHEMAS.items():
        config.add_openapi_schema(name, schema)
