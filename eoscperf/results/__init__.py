"""Results: uploading, finding, exporting and tagging them."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    from eoscperf.db_state import add_state_column
    from eoscperf.results import api, api_tags, resources, schemas
    from eoscperf.results.catalogue import STAMP, Catalogue
    from eoscperf.results.dependents import Dependents
    from eoscperf.results.facets.totals import RememberedTotals
    from eoscperf.results.nested import NestedTexts
    from eoscperf.results.permissions import PERMISSIONS, SCOPES
    from eoscperf.results.service import Results
    from eoscperf.results.submit import Uploads
    from eoscperf.results.subscribers import SUBSCRIBERS
    from eoscperf.results.tags import Tags

    config.registry["eoscperf.catalogue"] = Catalogue()
    config.registry["eoscperf.nested"] = NestedTexts()
    config.registry["eoscperf.totals"] = RememberedTotals()
    add_state_column(config, "catalogue_stamp", STAMP.scalar_subquery())
    for name, (description, level) in PERMISSIONS.items():
        config.add_permission(name, description, default=level, scope=SCOPES.get(name))
    for service in (Results, Uploads, Tags, Dependents):
        config.add_service(service, service.for_request)
    config.add_resource("results", resources.ResultCollection)
    config.add_resource("tags", resources.TagCollection)
    config.add_result_check("json_schema", "eoscperf.results.checks.fits_schema")
    config.include("eoscperf.results.exports")
    config.include("eoscperf.results.facets")
    config.include("eoscperf.results.pages")
    for service in (*api.SERVICES, *api_tags.SERVICES):
        config.add_api_service(service)
    for name, schema in schemas.SCHEMAS.items():
        config.add_openapi_schema(name, schema)
    for function, event in SUBSCRIBERS:
        config.add_transaction_subscriber(function, event)
