"""The OpenAPI document of one application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import eoscperf
from eoscperf.extend.directives import capabilities
from eoscperf.rest.openapi import components
from eoscperf.rest.openapi.components import Schema
from eoscperf.rest.openapi.operations import Writer
from eoscperf.rest.service import api_services

DESCRIPTION = """\
Benchmark results of computing sites: publish, search, compare and moderate them.

Lists come in pages (`per_page`, `page`, or `cursor`), sorted by `sort_by`. Errors are problems
(RFC 9457) with a `type` that never changes; unknown query parameters and unknown members of a body
are errors. Objects have an `ETag`: send it as `If-None-Match` to fetch only what changed, or as
`If-Match` to change only what you have seen. The specification only grows: ignore members of
answers that you do not know."""


def build(registry: Any, schemas: Mapping[str, Mapping[str, Any]]) -> Schema:
    """The document of every service that is registered, those of plug-ins included."""
    settings = registry.settings
    pages: dict[str, str] = {}

    def page_of(item: str) -> str:
        return pages.setdefault(item, f"{item}Page")

    writer = Writer(registry, page_of, schemas)
    paths: dict[str, Schema] = {}
    tags: list[str] = []
    for service in api_services(registry).values():
        entry = paths.setdefault(service.template, {})
        if service.root:
            entry["servers"] = [{"url": settings["public_url"] or "/"}]
        for method, view, operation in service.operations():
            entry[method.lower()] = writer.operation(service, method, view, operation)
            tag = entry[method.lower()]["tags"][0]
            if tag not in tags:
                tags.append(tag)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "eoscperf",
            "version": eoscperf.__version__,
            "summary": "Benchmark results of computing sites",
            "description": DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
            "x-capabilities": {
                capability.name: {"description": capability.description, **capability.info}
                for capability in capabilities(registry).values()
            },
            "x-problem-types": components.problem_catalogue(),
        },
        "servers": [{"url": settings["public_url"] + settings["api.prefix"]}],
        "tags": [{"name": tag} for tag in tags],
        "paths": paths,
        "components": {
            "schemas": {
                **components.SCHEMAS,
                **{name: dict(schema) for name, schema in schemas.items()},
                **{name: components.page_schema(item) for item, name in pages.items()},
            },
            "responses": {"not-modified": {"description": "It still has the ETag that was sent."}}
            | writer.responses,
            "headers": components.HEADERS,
            "parameters": components.PARAMETERS,
            "securitySchemes": components.SECURITY_SCHEMES,
        },
    }
