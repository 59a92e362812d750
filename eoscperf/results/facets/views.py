"""Facets as plain data, for the REST API and for pages."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

Scalar = float | int | str | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetValue:
    """One value of a facet and how many results have it: a thing with an id, or a plain value."""

    count: int
    selected: bool
    """whether what was asked for names it"""
    id: uuid.UUID | None = None
    """of a benchmark, site, flavor or tag"""
    name: str | None = None
    """of these; a benchmark's is image:tag"""
    site_id: uuid.UUID | None = None
    """of a flavor"""
    site_name: str | None = None
    value: Scalar | None = None
    """of a year or of a field, typed as in the JSON of the results"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """How results differ in one respect, among those that meet every other condition."""

    name: str
    """benchmark, site, flavor, tag, year, or `json.` and the path of a field"""
    values: tuple[FacetValue, ...] | None = None
    """most frequent first, selected ones in any case; None where there are too many to be counted unasked,
    or counting took too long"""
    distinct: int | None = None
    """how many values have results"""
    more: int | None = None
    """how many of these are not among `values`"""
    least: float | int | None = None
    greatest: float | int | None = None
    """of the numbers at a field; None where there is no number"""

    @property
    def path(self) -> str | None:
        """Where a field is in the JSON; None for the facets that are no fields."""
        return self.name.removeprefix(FIELD_PREFIX) if self.name.startswith(FIELD_PREFIX) else None


@dataclass(frozen=True, slots=True)
class FacetReport:
    """The facets that were asked for, in this order, and how many results meet all conditions."""

    total: int | None
    """None where counting took too long"""
    facets: tuple[Facet, ...]

    def facet(self, name: str) -> Facet | None:
        return next((facet for facet in self.facets if facet.name == name), None)


FIELD_PREFIX = "json."
