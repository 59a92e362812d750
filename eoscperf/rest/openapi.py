"""OpenAPI 3.1 from the registered services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SCHEMAS = "eoscperf.openapi_schemas"


def add_openapi_schema(config: Any, name: str, schema: Mapping[str, Any]) -> None:
    """Directive: a named schema of the document (`#/components/schemas/<name>`)."""
    config.action(
        ("eoscperf.openapi_schema", name), lambda: config.registry[_SCHEMAS].__setitem__(name, schema)
    )


def includeme(config: Any) -> None:
    config.registry.setdefault(_SCHEMAS, {})
    config.add_directive("add_openapi_schema", add_openapi_schema)
