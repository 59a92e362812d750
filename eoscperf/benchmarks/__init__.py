"""Benchmarks: container images and the JSON Schemas of their results."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    from eoscperf.benchmarks import api, resources, schemas
    from eoscperf.benchmarks.service import Benchmarks
    from eoscperf.review.permissions import add_item_permissions

    add_item_permissions(config, "benchmark")
    config.add_service(Benchmarks, Benchmarks.for_request)
    config.add_resource("benchmarks", resources.BenchmarkCollection)
    for service in api.SERVICES:
        config.add_api_service(service)
    for name, schema in schemas.SCHEMAS.items():
        config.add_openapi_schema(name, schema)
    config.include("eoscperf.benchmarks.pages")
