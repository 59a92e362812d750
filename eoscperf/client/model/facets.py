"""How results differ."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class FacetValue(TypedDict):
    """A value of a facet and how many results have it."""

    count: int
    selected: bool
    id: NotRequired[str]
    name: NotRequired[str]
    site_id: NotRequired[str]
    site_name: NotRequired[str]
    value: NotRequired[float | str | bool]


class Facet(TypedDict):
    """How results differ in one respect."""

    name: str
    values: NotRequired[list[FacetValue]]
    distinct: NotRequired[int]
    more: NotRequired[int]
    min: NotRequired[float]
    max: NotRequired[float]


class FacetReport(TypedDict):
    """How the results of a search differ."""

    facets: list[Facet]
    total: int
