"""Facets as JSON: what may be asked, what is answered."""

from __future__ import annotations

from typing import Any

from eoscperf.rest.pages import POSITION
from eoscperf.rest.schema import exact, fields, several, whole
from eoscperf.results.facets.selection import GENERAL
from eoscperf.results.facets.service import MOST_VALUES
from eoscperf.results.facets.views import Facet, FacetReport, FacetValue
from eoscperf.results.schemas import RESULT_LIST

MOST_LISTED = 1000
MOST_FACETS = 100

_OF_LISTS_ONLY = (*POSITION, "sort_by", "format", "columns")

RESULT_FACETS = fields(
    *(node.clone() for node in RESULT_LIST.children if node.name not in _OF_LISTS_ONLY),
    several(
        exact("facet"),
        most=MOST_FACETS,
        title=f"Only these facets: {', '.join(GENERAL)}, and `json.<path>` for fields of the one benchmark",
    ),
    whole("limit", 1, MOST_LISTED, default=MOST_VALUES, title="Values per facet"),
)


def present_report(report: FacetReport) -> dict[str, Any]:
    return {"facets": [_present_facet(facet) for facet in report.facets], "total": report.total}


def _present_facet(facet: Facet) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": facet.name}
    if facet.values is not None:
        shown["values"] = [_present_value(value) for value in facet.values]
        shown["distinct"] = facet.distinct
        shown["more"] = facet.more
    if facet.least is not None:
        shown["min"] = facet.least
        shown["max"] = facet.greatest
    return shown


def _present_value(value: FacetValue) -> dict[str, Any]:
    shown: dict[str, Any] = {"count": value.count, "selected": value.selected}
    if value.id is None:
        shown["value"] = value.value
    else:
        shown |= {"id": value.id, "name": value.name}
    if value.site_id is not None:
        shown |= {"site_id": value.site_id, "site_name": value.site_name}
    return shown


_COUNT = {"type": "integer", "minimum": 0}
_ID = {"type": "string", "format": "uuid"}

_EXAMPLE_VALUES = [
    {"count": 310, "id": "4d6b3f0e-2a55-4d5e-8f0b-0d1b2c7e9a31", "name": "example/ray:2.1", "selected": True},
    {"count": 96, "id": "c1d0a0f5-3f0a-4b51-9d0e-6f2f8f0f5a10", "name": "example/zip:1.0", "selected": False},
]

SCHEMAS: dict[str, dict[str, Any]] = {
    "FacetValue": {
        "type": "object",
        "description": "A value of a facet and how many results have it: `id` and `name` of a benchmark,"
        " site, flavor or tag, or the `value` itself.",
        "required": ["count", "selected"],
        "properties": {
            "count": {**_COUNT, "description": "Results that have it; 0 only where it is selected."},
            "selected": {"type": "boolean", "description": "Whether the request asks for it."},
            "id": _ID,
            "name": {"type": "string", "description": "Of a benchmark: `image:tag`."},
            "site_id": {**_ID, "description": "The site of a flavor."},
            "site_name": {"type": "string", "description": "The site of a flavor."},
            "value": {
                "type": ["number", "string", "boolean"],
                "description": "A year, or the value at a field, typed as it is in the results.",
            },
        },
        "example": _EXAMPLE_VALUES[0],
    },
    "Facet": {
        "type": "object",
        "description": "How results differ in one respect, among those that meet every other condition.",
        "required": ["name"],
        "properties": {
            "name": {
                "type": "string",
                "description": f"{', '.join(GENERAL)}, or `json.` and the path of a field.",
            },
            "values": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/FacetValue"},
                "description": "Most frequent first, then by name or value; selected ones in any case."
                " Left out at fields with many values, unless they are named by `facet`.",
            },
            "distinct": {**_COUNT, "description": "How many values have results; along with `values`."},
            "more": {**_COUNT, "description": "How many of these are not listed; along with `values`."},
            "min": {"type": "number", "description": "The smallest number at a field, if there is any."},
            "max": {"type": "number", "description": "The greatest number at a field, if there is any."},
        },
        "example": {"name": "benchmark", "values": _EXAMPLE_VALUES, "distinct": 2, "more": 0},
    },
    "FacetReport": {
        "type": "object",
        "description": "How the results that were found differ.",
        "required": ["facets", "total"],
        "properties": {
            "facets": {"type": "array", "items": {"$ref": "#/components/schemas/Facet"}},
            "total": {**_COUNT, "description": "How many results meet all conditions."},
        },
        "example": {
            "facets": [
                {"name": "benchmark", "values": _EXAMPLE_VALUES, "distinct": 2, "more": 0},
                {
                    "name": "year",
                    "values": [{"count": 310, "selected": False, "value": 2024}],
                    "distinct": 1,
                    "more": 0,
                },
                {
                    "name": "json.machine.cpu.count",
                    "values": [
                        {"count": 280, "selected": False, "value": 8},
                        {"count": 30, "selected": False, "value": 16},
                    ],
                    "distinct": 2,
                    "more": 0,
                    "min": 8,
                    "max": 16,
                },
                {"name": "json.time", "min": 10.25, "max": 481.5},
            ],
            "total": 310,
        },
    },
}
