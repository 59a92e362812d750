"""The OpenAPI document over REST, under its two names."""

from __future__ import annotations

from typing import Any

import eoscperf
from eoscperf.rest.openapi import document
from eoscperf.rest.renderer import dumps, raw
from eoscperf.rest.service import ApiService

api_spec = ApiService("api_spec", "/api-spec.json", tag="service")
openapi = ApiService("openapi", "/openapi.json", tag="service")

SERVICES = [api_spec, openapi]

_ANSWER: dict[str, Any] = {
    "permission": "",
    "returns": {
        "type": "object",
        "required": ["openapi", "info", "paths"],
        "properties": {"openapi": {"type": "string", "pattern": r"^3\.1\."}},
        "example": {
            "openapi": "3.1.0",
            "info": {"title": "eoscperf", "version": eoscperf.__version__},
            "paths": {"/sites": {"get": {"operationId": "ListSites", "summary": "List sites"}}},
        },
    },
    "examples": [{"summary": "The whole document", "status": 200}],
}


@api_spec.get(operation_id="GetApiSpec", **_ANSWER)
def get_api_spec(request: Any) -> Any:
    """Get this document; the same as GET /openapi.json."""
    return raw(_text(request.registry))


@openapi.get(operation_id="GetOpenApi", **_ANSWER)
def get_openapi(request: Any) -> Any:
    """Get this document."""
    return raw(_text(request.registry))


def _text(registry: Any) -> bytes:
    text = registry.get("eoscperf.openapi_text")
    if text is None:
        text = registry["eoscperf.openapi_text"] = dumps(document(registry))
    return text
