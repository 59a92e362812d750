"""What a search is about, as far as the catalogue tells without looking at any result."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from eoscperf.results.catalogue import CatalogueView
from eoscperf.results.filters import Filter
from eoscperf.results.search.criteria import ANY_STATUS, Criteria
from eoscperf.security.identity import Viewer

Ids = frozenset[uuid.UUID]
NOTHING: Ids = frozenset()


@dataclass(frozen=True, slots=True)
class TermMatch:
    """Where one term was found; a result meets it by its benchmark, its flavor or one of its tags."""

    benchmarks: Ids
    flavors: Ids
    """by their own name or by name or address of their site"""
    tags: Ids


@dataclass(frozen=True, kw_only=True)
class Scope:
    """A search in terms of the catalogue: results lie in cells of one benchmark and one flavor."""

    view: CatalogueView
    benchmarks: Ids | None
    """None: whichever there are; those that some term rules out are not among them"""
    flavors: Ids | None
    """the same; sites that were asked for are told by their flavors"""
    hidden_benchmarks: Ids
    """among those above: not approved, so their results are left out"""
    hidden_flavors: Ids
    own_hidden: uuid.UUID | None
    """whose results are not left out there"""
    status: str | None
    """None: any"""
    uploaders: Ids | None
    """only what these users uploaded"""
    tags: Ids
    """all of them have to be on a result"""
    terms: tuple[TermMatch, ...]
    filters: tuple[Filter, ...]
    narrowed: bool
    """whether single results or moments are asked for, of which nothing is said here"""
    empty: bool
    """whether nothing can be found"""

    @functools.cached_property
    def plain(self) -> bool:
        """Whether all visible results of the benchmarks are wanted, if the filters fit."""
        return not (
            self.empty
            or self.narrowed
            or self.tags
            or self.terms
            or self.hidden_benchmarks
            or self.hidden_flavors
            or self.flavors is not None
            or self.uploaders is not None
            or self.status != "visible"
        )

    @functools.cached_property
    def term_tags(self) -> Ids:
        """The tags in which some term was found."""
        return NOTHING.union(*(term.tags for term in self.terms))

    def tallied(self) -> tuple[uuid.UUID | None, ...] | None:
        """The tags of the tallies that add up to all results but those of `own_hidden`.

        Among them None stands for the tallies of all results, whatever their tags; None alone says that
        tallies do not tell.
        """
        if self.empty:
            return ()
        if self.narrowed or self.filters or self.uploaders is not None or self.status != "visible":
            return None
        if len(self.tags | self.term_tags) > 1:
            return None
        return tuple(self.tags) if self.tags else (None, *self.term_tags)


def resolve(criteria: Criteria, viewer: Viewer, view: CatalogueView) -> Scope:
    """The scope of a search."""
    status = criteria.status or (None if criteria.own else "visible")
    if status == ANY_STATUS:
        status = None
    everything = viewer.admin and not criteria.own
    others = everything or (status == "visible" and not criteria.own)
    benchmarks = _known(criteria.benchmark_ids, view.benchmarks) if criteria.benchmark_ids else None
    flavors = _flavors(criteria, view)
    sought = list(dict.fromkeys(term for term in criteria.terms if term))
    tags = frozenset(criteria.tags_ids)
    live = _live_tags(view, tags, sought) if tags or sought else {}
    terms = tuple(_match(term, view, benchmarks, flavors, live) for term in sought)
    nowhere = any(not (term.benchmarks or term.flavors or term.tags) for term in terms)
    for term in terms:
        if not term.tags and not term.flavors:
            benchmarks = _both(benchmarks, term.benchmarks)
        if not term.tags and not term.benchmarks:
            flavors = _both(flavors, term.flavors)
    benchmarks, flavors = _or_all(benchmarks, view.benchmarks), _or_all(flavors, view.flavors)
    hidden_benchmarks = hidden_flavors = NOTHING
    if others and not everything:
        hidden_benchmarks = _both(benchmarks, view.hidden_benchmarks)
        hidden_flavors = _both(flavors, view.hidden_flavors)
    own_hidden = viewer.user_id if hidden_benchmarks or hidden_flavors else None
    all_hidden = own_hidden is None and (
        (benchmarks is not None and benchmarks <= hidden_benchmarks)
        or (flavors is not None and flavors <= hidden_flavors)
    )
    return Scope(
        view=view,
        benchmarks=benchmarks,
        flavors=flavors,
        hidden_benchmarks=hidden_benchmarks,
        hidden_flavors=hidden_flavors,
        own_hidden=own_hidden,
        status=status,
        uploaders=_uploaders(criteria, viewer, others=others),
        tags=tags,
        terms=terms,
        filters=tuple(dict.fromkeys(criteria.filters)),
        narrowed=bool(criteria.ids) or _has_moments(criteria),
        empty=(
            (benchmarks is not None and not benchmarks)
            or (flavors is not None and not flavors)
            or all_hidden
            or nowhere
            or not tags <= live.keys()
            or (not others and viewer.user_id is None)
        ),
    )


def _uploaders(criteria: Criteria, viewer: Viewer, *, others: bool) -> Ids | None:
    """Whose results are wanted; nobody but administrators may ask for those of others."""
    if viewer.admin and criteria.uploaders is not None:
        return frozenset(criteria.uploaders)
    if others:
        return None
    return NOTHING if viewer.user_id is None else frozenset((viewer.user_id,))


def _known(ids: Iterable[uuid.UUID], table: Iterable[uuid.UUID]) -> Ids:
    return frozenset(ids).intersection(table)


def _both(chosen: Ids | None, ids: Ids) -> Ids:
    return ids if chosen is None else chosen & ids


def _or_all(chosen: Ids | None, table: Mapping[uuid.UUID, object]) -> Ids | None:
    """None where everything there is was chosen."""
    return None if chosen is None or (chosen and len(chosen) == len(table)) else chosen


def _flavors(criteria: Criteria, view: CatalogueView) -> Ids | None:
    flavors = _known(criteria.flavor_ids, view.flavors) if criteria.flavor_ids else None
    if not criteria.site_ids:
        return flavors
    of_sites: Ids = NOTHING.union(*(view.flavors_of_site.get(site, ()) for site in criteria.site_ids))
    return of_sites if flavors is None else flavors & of_sites


def _has_moments(criteria: Criteria) -> bool:
    moments = (
        criteria.upload_before,
        criteria.upload_after,
        criteria.execution_before,
        criteria.execution_after,
    )
    return any(moment is not None for moment in moments)


def _live_tags(view: CatalogueView, ids: Ids, terms: Iterable[str]) -> dict[uuid.UUID, str]:
    """Names, lower-cased, of the tags with these ids and of all that hold a term."""
    sought = [term.lower() for term in terms]
    return {
        tag.id: tag.lowered
        for tag in view.tags.values()
        if tag.live and (tag.id in ids or any(term in tag.lowered for term in sought))
    }


def _match(
    term: str,
    view: CatalogueView,
    benchmarks: Ids | None,
    flavors: Ids | None,
    tags: dict[uuid.UUID, str],
) -> TermMatch:
    lowered = term.lower()
    sites = {
        site.id
        for site in view.sites.values()
        if lowered in site.name.lower() or lowered in site.address.lower()
    }
    return TermMatch(
        benchmarks=frozenset(
            benchmark.id
            for benchmark in view.benchmarks.values()
            if (benchmarks is None or benchmark.id in benchmarks) and lowered in benchmark.name.lower()
        ),
        flavors=frozenset(
            flavor.id
            for flavor in view.flavors.values()
            if (flavors is None or flavor.id in flavors)
            and (flavor.site_id in sites or lowered in flavor.name.lower())
        ),
        tags=frozenset(identifier for identifier, name in tags.items() if lowered in name),
    )
