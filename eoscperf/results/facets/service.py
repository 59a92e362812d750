"""Facets: how the results of a search differ, and how many there are of each."""

from __future__ import annotations

import dataclasses
import functools
import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf import errors
from eoscperf.errors import Issue
from eoscperf.results import jsonpath
from eoscperf.results.catalogue import Catalogue, CatalogueField, CatalogueView
from eoscperf.results.facets.counted import count_results
from eoscperf.results.facets.counts import Counts, FieldWish, ValueCounts, Wanted, most_frequent, plain
from eoscperf.results.facets.patience import Patience
from eoscperf.results.facets.selection import (
    GENERAL,
    path_of,
    selected_values,
    selected_years,
    the_benchmark,
    without,
)
from eoscperf.results.facets.tallied import Tallied
from eoscperf.results.facets.views import FIELD_PREFIX, Facet, FacetReport, FacetValue
from eoscperf.results.models import Tag
from eoscperf.results.search.criteria import Criteria
from eoscperf.results.search.search import Search
from eoscperf.results.seen import may_know
from eoscperf.security.identity import Viewer

MOST_VALUES = 50
"""Values of a facet that are listed unless more are asked for."""

_NAMED_IN_ERRORS = 50


class Facets:
    """Counts what a viewer may see; without `tallies` always the results themselves."""

    def __init__(
        self,
        session: Session,
        viewer: Viewer,
        view: CatalogueView,
        *,
        tallies: bool = True,
        catalogue: Catalogue | None = None,
    ) -> None:
        """`catalogue` has the views that come after this one."""
        self._session = session
        self._viewer = viewer
        self._view = view
        self._tallies = tallies
        self._catalogue = catalogue

    @classmethod
    def for_request(cls, request: Any) -> Facets:
        stamp = request.database_state.columns["catalogue_stamp"]
        catalogue = request.registry["eoscperf.catalogue"]
        view = catalogue.view(request.dbsession, stamp)
        return cls(request.dbsession, request.viewer, view, catalogue=catalogue)

    def report(
        self,
        criteria: Criteria,
        names: Sequence[str] = (),
        most: int = MOST_VALUES,
        *,
        seconds: float | None = None,
        sites_anew: bool = False,
    ) -> FacetReport:
        """The facets of these names, each counted as if its own selection were absent, with so many values.

        Facets that take longer than so many seconds come without values. With `sites_anew` sites are
        counted as if no flavors were selected either: for those who leave them with the site.

        Without names: those of all results, and where exactly one benchmark is asked for its fields, with
        their values as far as these are few. Raises Invalid for names that are none.
        """
        if self._catalogue is None:
            return self._report(criteria, names, most, seconds, sites_anew=sites_anew)

        def work(view: CatalogueView) -> tuple[FacetReport, bool]:
            self._view = view
            relied = bool(criteria.filters) or the_benchmark(criteria) is not None
            return self._report(criteria, names, most, seconds, sites_anew=sites_anew), relied

        return self._catalogue.answer(self._session, self._view.stamp, work)

    def _report(
        self,
        criteria: Criteria,
        names: Sequence[str],
        most: int,
        seconds: float | None,
        *,
        sites_anew: bool,
    ) -> FacetReport:
        fields = self._fields(criteria)
        chosen = _chosen(names, fields)
        by_default = [f"{FIELD_PREFIX}{path}" for path, field in fields.items() if field.searchable]
        wishes = {
            name: self._wish(criteria, name, fields, most, named=bool(chosen))
            for name in chosen or (*GENERAL, *by_default)
        }
        reduced = {name: without(criteria, name) for name in wishes}
        telling = {name for name in ("benchmark", "site", "flavor") if name in wishes}
        if sites_anew and criteria.flavor_ids and "site" in reduced:
            reduced["site"] = dataclasses.replace(reduced["site"], flavor_ids=())
            telling.discard("site")
        asked: dict[Criteria, Wanted] = {}
        for name, wish in wishes.items():
            wanted = asked.setdefault(reduced[name], Wanted())
            if name in GENERAL:
                wanted.kinds.add("flavor" if name == "site" else name)
            elif wish is not None:
                wanted.fields[wish.id] = wish
        if not telling:
            asked.setdefault(criteria, Wanted()).total = True
        counts = self._count_all(asked, {field.id: field for field in fields.values()}, seconds)
        facets = [
            self._facet(criteria, name, wish, counts[reduced[name]], most) for name, wish in wishes.items()
        ]
        total = self._total(criteria, telling, counts)
        return FacetReport(total, tuple(facet for facet in facets if chosen or _tells(facet)))

    # Counting

    def _fields(self, criteria: Criteria) -> dict[str, CatalogueField]:
        """The fields by path, of the one benchmark that is asked for, if the viewer may know of them."""
        benchmark_id = the_benchmark(criteria)
        benchmark = self._view.benchmarks.get(benchmark_id) if benchmark_id else None
        if benchmark is None or not may_know(self._session, self._viewer, benchmark):
            return {}
        return dict(sorted(self._view.fields.get(benchmark.id, {}).items()))

    def _wish(
        self, criteria: Criteria, name: str, fields: dict[str, CatalogueField], most: int, *, named: bool
    ) -> FieldWish | None:
        """What to learn of a field: all that is named is counted, else only where there are few values."""
        if name in GENERAL:
            return None
        path = path_of(name)
        field = fields[path]
        if not field.searchable:
            return None
        return FieldWish(
            id=field.id,
            values=named or field.countable,
            range=True,
            most=most,
            selected=frozenset(selected_values(criteria, path)),
        )

    def _count_all(
        self, asked: dict[Criteria, Wanted], fields: dict[int, CatalogueField], seconds: float | None
    ) -> dict[Criteria, Counts | None]:
        """None for what takes too long."""
        if seconds is None:
            return {reduced: self._count(reduced, wanted, fields) for reduced, wanted in asked.items()}
        with Patience(self._session, seconds) as patience:
            return {
                reduced: patience.spend(functools.partial(self._count, reduced, wanted, fields))
                for reduced, wanted in asked.items()
            }

    def _count(self, criteria: Criteria, wanted: Wanted, fields: dict[int, CatalogueField]) -> Counts:
        search = Search(self._session, criteria, self._viewer, self._view)
        counts, rest = Counts(), wanted
        if self._tallies:
            tallied = Tallied(self._session, search.scope)
            told, rest = tallied.split(wanted, fields)
            counts = tallied.count(told, the_benchmark(criteria))
        if rest:
            counts.add(count_results(self._session, search, rest))
        return counts

    def _total(
        self, criteria: Criteria, telling: Collection[str], counts: dict[Criteria, Counts | None]
    ) -> int | None:
        """How many results there are; a facet of parents tells it along: each result has one of each."""
        kinds = (
            ("benchmark", criteria.benchmark_ids),
            ("site", criteria.site_ids),
            ("flavor", criteria.flavor_ids),
        )
        for name, chosen in kinds:
            if name in telling:
                found = counts[without(criteria, name)]
                return None if found is None else _sum(self._of_parents(name, found), chosen)
        found = counts[criteria]
        return None if found is None else found.total or 0

    def _of_parents(self, name: str, counts: Counts) -> dict[uuid.UUID, int]:
        if name == "benchmark":
            return counts.benchmarks
        return self._by_site(counts.flavors) if name == "site" else counts.flavors

    # Shaping

    def _facet(
        self, criteria: Criteria, name: str, wish: FieldWish | None, counts: Counts | None, most: int
    ) -> Facet:
        if counts is None:
            return Facet(name=name)
        if name in GENERAL:
            return _listed(name, self._values(criteria, name, counts), most)
        if wish is None:
            return Facet(name=name)
        least, greatest = counts.ranges.get(wish.id, (None, None))
        ends: dict[str, Any] = {
            "least": None if least is None else plain(least),
            "greatest": None if greatest is None else plain(greatest),
        }
        if not wish.values:
            return Facet(name=name, **ends)
        found = counts.values.get(wish.id, ValueCounts())
        counted = found.counts | dict.fromkeys(wish.selected - found.counts.keys(), 0)
        values = [
            FacetValue(
                value=plain(value) if kind == "number" else value,  # type: ignore[arg-type]
                count=number,
                selected=(kind, value) in wish.selected,
            )
            for (kind, value), number in most_frequent(counted.items())
        ]
        return _listed(name, values, most, found.distinct, **ends)

    def _values(self, criteria: Criteria, name: str, counts: Counts) -> list[FacetValue]:
        """All values of a facet of all results, most frequent first."""
        if name == "year":
            chosen = selected_years(criteria)
            years = counts.years | dict.fromkeys(chosen - counts.years.keys(), 0)
            return [
                FacetValue(value=year, count=number, selected=year in chosen)
                for year, number in sorted(years.items(), key=lambda item: (-item[1], item[0]))
            ]
        if name == "tag":
            return self._tags(counts.tags, frozenset(criteria.tags_ids))
        view = self._view
        if name == "benchmark":
            return self._parents(counts.benchmarks, view.benchmarks, criteria.benchmark_ids)
        if name == "site":
            return self._parents(self._by_site(counts.flavors), view.sites, criteria.site_ids)
        return self._parents(counts.flavors, view.flavors, criteria.flavor_ids)

    def _by_site(self, flavors: dict[uuid.UUID, int]) -> dict[uuid.UUID, int]:
        sites: dict[uuid.UUID, int] = {}
        for flavor_id, number in flavors.items():
            flavor = self._view.flavors.get(flavor_id)
            if flavor is not None:
                sites[flavor.site_id] = sites.get(flavor.site_id, 0) + number
        return sites

    def _parents(
        self, counts: dict[uuid.UUID, int], known: Any, chosen: Iterable[uuid.UUID]
    ) -> list[FacetValue]:
        """Benchmarks, sites or flavors with names; a chosen one without results if the viewer may see it."""
        selected = frozenset(chosen)
        zeros = {
            identifier: 0
            for identifier in selected - counts.keys()
            if identifier in known and self._shows(known[identifier])
        }
        values = [
            FacetValue(
                id=identifier,
                name=known[identifier].name,
                count=number,
                selected=identifier in selected,
                **self._site_of(known[identifier]),
            )
            # What came into being after the catalogue was looked at has no name yet.
            for identifier, number in (counts | zeros).items()
            if identifier in known
        ]
        return sorted(values, key=_by_name)

    def _tags(self, counts: dict[uuid.UUID, int], selected: frozenset[uuid.UUID]) -> list[FacetValue]:
        """Live tags with their names."""
        wanted = counts.keys() | selected
        if not wanted:
            return []
        tags = sa.select(Tag.id, Tag.name).where(Tag.status == "live")
        if len(wanted) <= _IDS_IN_A_STATEMENT:
            tags = tags.where(Tag.id.in_(wanted))
        values = [
            FacetValue(
                id=identifier, name=name, count=counts.get(identifier, 0), selected=identifier in selected
            )
            for identifier, name in self._session.execute(tags)
            if identifier in wanted
        ]
        return sorted(values, key=_by_name)

    def _site_of(self, item: Any) -> dict[str, Any]:
        site = self._view.sites[item.site_id] if hasattr(item, "site_id") else None
        return {"site_id": site.id, "site_name": site.name} if site else {}

    # Helpers

    def _shows(self, item: Any) -> bool:
        """Whether the viewer may know a benchmark, site or flavor."""
        if self._viewer.admin or self._viewer.owns(item.uploader_id):
            shown = True
        else:
            shown = item.status == "approved"
        return shown and (not hasattr(item, "site_id") or self._shows(self._view.sites[item.site_id]))


_IDS_IN_A_STATEMENT = 1000


def _chosen(names: Sequence[str], fields: dict[str, CatalogueField]) -> list[str]:
    """The names in canonical spelling, once each; Invalid if there is something else among them."""
    allowed = [*GENERAL, *(f"{FIELD_PREFIX}{path}" for path in fields)]
    found: dict[str, None] = {}
    issues = []
    for name in names:
        known = name if name in GENERAL else _field_name(name)
        if known in allowed:
            found[known] = None
        else:
            issues.append(Issue(_unknown(name, allowed), "query", "facet"))
    if issues:
        raise errors.Invalid(issues)
    return list(found)


def _field_name(name: str) -> str:
    if not name.startswith(FIELD_PREFIX):
        return ""
    try:
        return FIELD_PREFIX + path_of(name)
    except jsonpath.BadPath:
        return ""


def _unknown(name: str, allowed: list[str]) -> str:
    said = f"{name[:80]!r} is no facet here; allowed: {', '.join(allowed[:_NAMED_IN_ERRORS])}"
    if len(allowed) > _NAMED_IN_ERRORS:
        said += f" and {len(allowed) - _NAMED_IN_ERRORS} more"
    if name.startswith(FIELD_PREFIX) and len(allowed) == len(GENERAL):
        said += "; fields are facets where benchmark_id names exactly one benchmark that declares them"
    return said


def _sum(counts: dict[uuid.UUID, int], chosen: Iterable[uuid.UUID]) -> int:
    selected = frozenset(chosen)
    return sum(number for identifier, number in counts.items() if not selected or identifier in selected)


def _by_name(value: FacetValue) -> tuple[int, str, str]:
    return -value.count, value.name or "", str(value.id)


def _listed(
    name: str, values: Sequence[FacetValue], most: int, distinct: int | None = None, **ends: Any
) -> Facet:
    """A facet with the first values, and with those that are selected further down."""
    shown = (*values[:most], *(value for value in values[most:] if value.selected))
    if distinct is None:
        distinct = sum(value.count > 0 for value in values)
    more = distinct - sum(value.count > 0 for value in shown)
    return Facet(name=name, values=shown, distinct=distinct, more=more, **ends)


def _tells(facet: Facet) -> bool:
    """Whether there is anything to say of a facet that nobody asked for by name."""
    return facet.name in GENERAL or bool(facet.values) or facet.least is not None
