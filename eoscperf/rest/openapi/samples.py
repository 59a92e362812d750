"""Examples of answers, for operations that bring none: made from the examples of the schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import eoscperf
from eoscperf.rest.renderer import dumps
from eoscperf.rest.service import Operation

NDJSON = "application/x-ndjson"

Examples = dict[str, dict[str, Any]]


def page(item: Any) -> dict[str, Any]:
    """The only page of a list of one item."""
    return {
        "has_next": False,
        "has_prev": False,
        "items": [item],
        "next_num": None,
        "page": 1,
        "pages": 1,
        "per_page": 100,
        "prev_num": None,
        "total": 1,
    }


def lines(items: list[Any]) -> str:
    """Items as NDJSON."""
    return "".join(dumps(item).decode() + "\n" for item in items)


def of_answer(
    operation: Operation, status: int, returns: Any, schemas: Mapping[str, Mapping[str, Any]]
) -> Examples:
    """The examples of the answer's first media type, by name; none if its schema has none."""
    if operation.id in _TEXTS:
        summary, text = _TEXTS[operation.id]
        return {"excerpt": {"summary": summary, "value": text}}
    if returns is None:
        return {}
    if isinstance(returns, Mapping):
        return {"excerpt": {"value": returns["example"]}} if "example" in returns else {}
    item = returns.removeprefix("page:")
    schema = schemas.get(item, {})
    if "example" not in schema:
        return {}
    value = schema["example"]
    if returns != item:
        found: Examples = {"page": {"summary": "A page of one item", "value": page(value)}}
        if operation.exports:
            found["everything"] = {"summary": "With format=json", "value": [value]}
        return found
    if operation.body_kind == "batch" and status == 201:
        value = _all_stored(value)
    return {item.lower(): {"value": value}}


def of_export(media_type: str, returns: Any, schemas: Mapping[str, Mapping[str, Any]]) -> Examples:
    """The examples of an export in a textual format; none if it is binary or nobody here knows it."""
    example = schemas.get(str(returns).removeprefix("page:"), {}).get("example")
    if example is None:
        return {}
    if media_type == NDJSON:
        return {"everything": {"summary": "One result", "value": lines([example])}}
    if media_type in _EXPORTS:
        return {"everything": {"summary": "One result", "value": _EXPORTS[media_type]}}
    return {}


def _all_stored(report: Mapping[str, Any]) -> dict[str, Any]:
    # 201 is only said when all items were stored; the example of the schema shows a failed one, too.
    stored = [item for item in report["items"] if item["status"] == 201]
    return {**report, "created": len(stored), "failed": 0, "items": stored}


_TEXTS = {
    "GetSwaggerUi": ("How the page begins", '<!DOCTYPE html>\n<html lang="en">\n'),
    "GetMetrics": (
        "Some of the lines",
        "# HELP eoscperf_requests_total Requests answered\n"
        "# TYPE eoscperf_requests_total counter\n"
        'eoscperf_requests_total{method="GET",route="sites",status="200"} 1.0\n'
        "# HELP eoscperf_info Version of the platform\n"
        "# TYPE eoscperf_info gauge\n"
        f'eoscperf_info{{version="{eoscperf.__version__}"}} 1.0\n',
    ),
}
"""Excerpts of answers that are no JSON, by operation: summary and text."""

_EXPORTS = {
    "text/csv": "id,execution_datetime,upload_datetime,benchmark_id,benchmark,site_id,site,flavor_id,flavor,"
    "tags,status,json\r\n"
    "0f8fad5b-d9cb-469f-a165-70867728950e,2024-05-01T12:30:00Z,2024-05-01T13:02:10.192459Z,"
    "4d6b3f0e-2a55-4d5e-8f0b-0d1b2c7e9a31,example/raytracer:2.1,"
    "8a1c2a54-5c4e-4d7e-9d0f-3f3c1c5b7a10,Hillside Computing Centre,"
    "1f0b6a8e-57a3-4a39-8a50-6f1f2c9f4a77,c8.large,hyper-threading,visible,"
    '"{""machine"":{""cpu"":{""count"":8}},""time"":11.0}"\r\n',
    "text/markdown": "| id | execution\\_datetime | upload\\_datetime | benchmark\\_id | benchmark "
    "| site\\_id | site | flavor\\_id | flavor | tags | status | json |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
    "| 0f8fad5b-d9cb-469f-a165-70867728950e | 2024-05-01T12:30:00Z | 2024-05-01T13:02:10.192459Z "
    "| 4d6b3f0e-2a55-4d5e-8f0b-0d1b2c7e9a31 | example/raytracer:2.1 "
    "| 8a1c2a54-5c4e-4d7e-9d0f-3f3c1c5b7a10 | Hillside Computing Centre "
    "| 1f0b6a8e-57a3-4a39-8a50-6f1f2c9f4a77 | c8.large | hyper-threading | visible "
    '| \\{"machine":\\{"cpu":\\{"count":8\\}\\},"time":11.0\\} |\n',
}
"""The example of a result as the exports write it, by media type."""
