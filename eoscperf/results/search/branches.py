"""Lists that an index orders only within one benchmark or flavor, as unions of such lists.

A database that reads all results by date until enough of them are of a rarely used flavor reads nearly all;
one that sorts all results of a popular flavor sorts too many. Taken from each in order, a page takes no more
than its length from each.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from eoscperf.listing import SortKey
from eoscperf.results.models import result_tags
from eoscperf.results.search import narrowing
from eoscperf.results.search.criteria import Criteria
from eoscperf.results.search.scope import Ids, Scope
from eoscperf.results.tables import RESULTS

MOST = 24
"""Parts of a union; of more than so many it is rarely true that most are rare."""

Conditions = list[sa.ColumnElement[bool]]


def branches(scope: Scope, criteria: Criteria, keys: Sequence[SortKey]) -> list[Conditions]:
    """All conditions of each part of the results in scope; none where a division does not help."""
    names = [key.field.name for key in keys]
    if scope.empty or scope.filters or scope.tags or criteria.ids or scope.status is None:
        return []
    if scope.uploader_id is not None or names not in (
        ["execution_datetime", "id"],
        ["upload_datetime", "id"],
    ):
        return []
    # There is no index by flavor and upload.
    by_name = _by_name(scope, flavors=names[0] == "execution_datetime")
    if not scope.term_tags and len(by_name) < 2:
        return []
    common = [*narrowing.visibility(scope), *narrowing.tags_and_more(scope, criteria)]
    if not scope.term_tags:
        return [common + cell for cell in by_name]
    chosen = narrowing.names(scope)
    named = sa.and_(*(narrowing.has_name(term) for term in scope.terms))
    tagged = sa.select(result_tags.c.result_id).where(narrowing.one_of(result_tags.c.tag_id, scope.term_tags))
    others = [*chosen, RESULTS.c.id.in_(tagged), sa.not_(named)]
    others += [narrowing.has_term(term) for term in scope.terms if len(scope.terms) > 1]
    return [common + cell for cell in (*(by_name or [[*chosen, named]]), others)]


def _by_name(scope: Scope, *, flavors: bool) -> list[Conditions]:
    """A division of those that meet every term by names: by benchmark or by flavor, whichever is shorter."""
    found = [_by_benchmark(scope)]
    if flavors:
        found += [_by_flavor(scope), _by_either(scope)]
    fitting = [division for division in found if division is not None and 0 < len(division) <= MOST]
    return min(fitting, key=len, default=[])


def _by_benchmark(scope: Scope) -> list[Conditions] | None:
    named = [term.benchmarks for term in scope.terms if not term.flavors]
    benchmarks = _all_of([scope.benchmarks, *named])
    if benchmarks is None:
        return None
    cells = []
    for benchmark in sorted(benchmarks - _left_out(scope, scope.hidden_benchmarks)):
        needed = [term.flavors for term in scope.terms if benchmark not in term.benchmarks]
        flavors = _all_of([scope.flavors, *needed])
        if flavors is None or flavors:
            cells.append(_cell(RESULTS.c.benchmark_id, benchmark, RESULTS.c.flavor_id, flavors))
    return cells


def _by_flavor(scope: Scope) -> list[Conditions] | None:
    named = [term.flavors for term in scope.terms if not term.benchmarks]
    flavors = _all_of([scope.flavors, *named])
    if flavors is None:
        return None
    cells = []
    for flavor in sorted(flavors - _left_out(scope, scope.hidden_flavors)):
        needed = [term.benchmarks for term in scope.terms if flavor not in term.flavors]
        benchmarks = _all_of([scope.benchmarks, *needed])
        if benchmarks is None or benchmarks:
            cells.append(_cell(RESULTS.c.flavor_id, flavor, RESULTS.c.benchmark_id, benchmarks))
    return cells


def _by_either(scope: Scope) -> list[Conditions] | None:
    """For one term that is found in names of both kinds: its flavors, then its benchmarks without these."""
    if len(scope.terms) != 1 or scope.benchmarks is not None or scope.flavors is not None:
        return None
    (term,) = scope.terms
    if not term.benchmarks or not term.flavors:
        return None
    elsewhere = RESULTS.c.flavor_id.not_in(sorted(term.flavors))
    return [
        *([RESULTS.c.flavor_id == flavor] for flavor in sorted(term.flavors)),
        *([RESULTS.c.benchmark_id == benchmark, elsewhere] for benchmark in sorted(term.benchmarks)),
    ]


def _left_out(scope: Scope, hidden: Ids) -> Ids:
    return hidden if scope.own_hidden is None else frozenset()


def _all_of(sets: Sequence[Ids | None]) -> Ids | None:
    """What is in all of these sets; None stands for a set of everything."""
    found: Ids | None = None
    for ids in sets:
        if ids is not None:
            found = ids if found is None else found & ids
    return found


def _cell(
    column: sa.ColumnElement[uuid.UUID],
    identifier: uuid.UUID,
    other: sa.ColumnElement[uuid.UUID],
    ids: Ids | None,
) -> Conditions:
    return [column == identifier, *([narrowing.one_of(other, ids)] if ids is not None else ())]
