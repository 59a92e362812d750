"""OpenAPI 3.1 from the registered services: what is mounted is documented, plug-ins included.

Features add the schemas of their objects with `config.add_openapi_schema(name, schema)`; an
operation names them in `returns` (`"Site"`, `"page:Site"`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eoscperf.extend.claims import claim

_SCHEMAS = "eoscperf.openapi_schemas"
_DOCUMENT = "eoscperf.openapi_document"


def add_openapi_schema(config: Any, name: str, schema: Mapping[str, Any]) -> None:
    """Directive: a named schema of the document (`#/components/schemas/<name>`)."""

    def register() -> None:
        config.registry[_SCHEMAS][name] = schema

    claim(config, "openapi_schema", name, register, schema)


def document(registry: Any) -> dict[str, Any]:
    """The OpenAPI document of an application, built when it is first asked for; not to be changed."""
    found = registry.get(_DOCUMENT)
    if found is None:
        from eoscperf.rest.openapi.assembly import build

        found = registry[_DOCUMENT] = build(registry, registry[_SCHEMAS])
    return found


def includeme(config: Any) -> None:
    from eoscperf.rest.openapi import api

    config.registry.setdefault(_SCHEMAS, {})
    config.add_directive("add_openapi_schema", add_openapi_schema)
    for service in api.SERVICES:
        config.add_api_service(service)
