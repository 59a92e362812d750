"""The metric catalogue of a benchmark: what its numbers are called, measured in, and when they are better."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    from eoscperf.metrics import api, resources, schemas
    from eoscperf.metrics.service import MetricCatalogues

    config.add_permission("metrics:read", "see what the values of results mean", default="public")
    config.add_permission("metrics:review", "see what a schema leaves open", default="owner", scope="read")
    config.add_permission("metrics:update", "say what the values of results mean", default="owner")
    config.add_permission(
        "metrics:decide", "accept or decline what an uploader proposes", default="admin", scope="moderate"
    )
    config.add_service(MetricCatalogues, MetricCatalogues.for_request)
    config.add_resource("metrics", resources.MetricsCollection)
    for service in api.SERVICES:
        config.add_api_service(service)
    for name, schema in schemas.SCHEMAS.items():
        config.add_openapi_schema(name, schema)
    config.include("eoscperf.metrics.pages")
    config.include("eoscperf.metrics.pages_versions")
