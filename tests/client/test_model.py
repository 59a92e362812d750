"""The types of answers and queries are those of the OpenAPI document."""

from __future__ import annotations

import types
import typing
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from eoscperf.client import model, queries
from eoscperf.client.cli import tokens
from eoscperf.client.paging import Page
from eoscperf.rest.openapi import document
from eoscperf.security.scopes import SCOPES

DICTS = {
    name: kind
    for name, kind in vars(model).items()
    if isinstance(kind, type)
    and typing.is_typeddict(kind)
    and kind.__module__.startswith(f"{model.__name__}.")
}

INSIDE = {
    "ImageCheck": ("Benchmark", "image_check"),
    "Samples": ("MetricCatalogue", "metrics", "samples"),
    "CatalogueMetric": ("MetricCatalogue", "metrics"),
    "CatalogueVersion": ("MetricVersions", "items"),
    "MetricFinding": ("MetricReview", "findings"),
    "MetricProposal": ("MetricReview", "proposals"),
    "ComparedMetric": ("Comparison", "tables", "metric"),
    "Verdict": ("Comparison", "tables", "items", "verdict"),
    "ComparedRow": ("Comparison", "rows"),
    "ComparedItem": ("Comparison", "tables", "items"),
    "ComparedTable": ("Comparison", "tables"),
    "GeometricMean": ("Comparison", "geometric_means"),
    "OtherInputs": ("Leaderboard", "other_inputs"),
    "LeftOut": ("Leaderboard", "left_out"),
    "RankedRow": ("Leaderboard", "items"),
}
"""Types that are written in place in the document: the members in which they are, from outside in."""

LISTS = {
    queries.BenchmarkQuery: ["/benchmarks"],
    queries.SiteQuery: ["/sites"],
    queries.FlavorQuery: ["/sites/{site_id}/flavors"],
    queries.TagQuery: ["/tags"],
    queries.ResultQuery: ["/results", "/users/self/results"],
    queries.ExportQuery: ["/results"],
    queries.FacetQuery: ["/results:facets"],
    queries.ClaimQuery: ["/reports/claims", "/users/self/claims", "/results/{result_id}/claims"],
    queries.SubmitQuery: ["/reports/submits"],
    queries.LogQuery: ["/reports/log"],
    queries.UserQuery: ["/users"],
    queries.Listed: ["/users/services"],
    queries.CompareQuery: ["/compare"],
    queries.LeaderboardQuery: ["/benchmarks/{benchmark_id}/leaderboard"],
}

OURS = {"page", "item", "total", "cursor", "format", "columns"}
"""Parameters that methods have or set themselves."""


@pytest.fixture(scope="session")
def api_document(shared_app):
    return document(shared_app.registry)


@pytest.fixture(scope="session")
def schemas(api_document):
    return api_document["components"]["schemas"]


def test_there_is_something_to_look_at():
    assert {"Result", "Benchmark", "Claim", "LogEntry", "ApiToken"} <= set(DICTS)


@pytest.mark.parametrize("name", DICTS)
def test_types_have_the_members_of_the_document(name, schemas):
    if name in INSIDE:
        outer, *members = INSIDE[name]
        schema = schemas[outer]
        for member in members:
            schema = schema["properties"][member]
            schema = schema.get("items", schema)
    else:
        schema = schemas[name]
    kind = DICTS[name]
    ours = get_type_hints(kind, include_extras=True)
    assert set(ours) <= set(schema["properties"])
    unknown = set(schema["properties"]) - set(ours)
    assert unknown == set()
    assert required(kind) == set(schema["required"])
    for member, hint in get_type_hints(kind).items():
        assert fits(hint, schema["properties"][member], schemas), member


def required(kind: Any) -> set[str]:
    hints = get_type_hints(kind, include_extras=True)
    return {member for member, hint in hints.items() if get_origin(hint) is not typing.NotRequired}


def fits(hint: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> bool:
    """Whether what the schema allows is what the type says."""
    if "$ref" in schema:
        return typing.is_typeddict(hint) and schema["$ref"].endswith(f"/{hint.__name__}")
    if type(None) in get_args(hint):
        return "null" in schema["type"] and fits(without_none(hint), without_null(schema), schemas)
    if "anyOf" in schema:
        return len(get_args(hint)) == len(schema["anyOf"]) and all(
            any(fits(one, part, schemas) for part in schema["anyOf"]) for one in get_args(hint)
        )
    if get_origin(hint) is Literal:
        allowed = schema.get("enum") or [schema["const"]]
        return set(get_args(hint)) == set(allowed)
    if get_origin(hint) in (typing.Union, types.UnionType):
        kinds = {float: "number", int: "integer", str: "string", bool: "boolean", dict: "object"}
        return {kinds[get_origin(one) or one] for one in get_args(hint)} == set(schema["type"])
    if get_origin(hint) is list:
        items = schema["items"]
        return schema["type"] == "array" and (fits(get_args(hint)[0], items, schemas))
    if typing.is_typeddict(hint):
        return schema["type"] == "object"
    kind = get_origin(hint) or hint
    return {str: "string", int: "integer", float: "number", bool: "boolean", dict: "object"}[kind] == schema[
        "type"
    ]


def without_none(hint: Any) -> Any:
    return typing.Union[tuple(one for one in get_args(hint) if one is not type(None))]  # noqa: UP007


def without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of what may also be null, when it is not."""
    kinds = [kind for kind in schema["type"] if kind != "null"]
    left = schema | {"type": kinds[0] if len(kinds) == 1 else kinds}
    return left | ({"enum": [one for one in schema["enum"] if one is not None]} if "enum" in schema else {})


def test_pages_have_the_members_of_the_document(schemas):
    assert set(Page.__dataclass_fields__) == set(schemas["Page"]["properties"])


@pytest.mark.parametrize("kind", LISTS, ids=lambda kind: kind.__name__)
def test_queries_have_the_parameters_of_the_document(kind, api_document):
    ours = set(get_type_hints(kind))
    for path in LISTS[kind]:
        operation = api_document["paths"][path]["get"]
        named = {one["name"] for one in operation["parameters"] if one.get("in") == "query"}
        left_out = {"per_page"} if kind is queries.ExportQuery else set()
        assert ours == named - OURS - left_out, path


@pytest.mark.parametrize(
    ("ours", "where"),
    [
        (model.Status, ("Site", "status")),
        (model.ResultStatus, ("Result", "status")),
        (model.ClaimStatus, ("Claim", "status")),
        (model.Reason, ("Claim", "reason")),
        (model.Kind, ("Submit", "resource_type")),
    ],
)
def test_choices_are_those_of_the_document(ours, where, schemas):
    schema, member = where
    assert set(get_args(ours)) == set(schemas[schema]["properties"][member]["enum"])


def test_formats_are_those_of_the_document(api_document):
    parameters = api_document["paths"]["/results"]["get"]["parameters"]
    (format,) = [one for one in parameters if one.get("name") == "format"]
    assert set(get_args(model.Format)) == set(format["schema"]["enum"])


def test_scopes_are_those_of_the_platform():
    assert tuple(SCOPES) == tokens.SCOPES
