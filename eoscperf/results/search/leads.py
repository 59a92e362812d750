"""Where a list by date begins: with the results of some benchmarks, flavors or tags, or with all there are.

Each of these an index has in order. What is cheapest depends on how many results each has and on how many of
them meet the rest; the estimates need not be right, for whatever leads finds the same.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from eoscperf.results.catalogue import CatalogueView
from eoscperf.results.search.scope import NOTHING, Ids, Scope, TermMatch
from eoscperf.results.tables import TALLIES
from eoscperf.results.tallies.keys import tag_key
from eoscperf.results.tallies.models import ALL, TAG

MOST = 24
"""Lists that are put together where each has to stand in the statement."""

RENEWED = 60.0
"""Seconds after which sizes are asked for again."""

# Microseconds, about: to begin with a list; for an entry of an index of tags, which says the names, too; for
# a result whose row has to be read; for one of which the index tells enough.
_BEGIN, _OF_TAG, _OF_ROW, _OF_INDEX = 10.0, 0.4, 2.0, 0.4


@dataclass(frozen=True, slots=True)
class Lead:
    """The lists that hold every result that is sought, perhaps some of them twice."""

    benchmarks: Ids = NOTHING
    flavors: Ids = NOTHING
    tags: Ids = NOTHING
    instead_of: TermMatch | None = None
    """the term that every entry of these lists meets"""

    @property
    def lists(self) -> int:
        """How many there are."""
        return len(self.benchmarks) + len(self.flavors) + len(self.tags)

    @property
    def empty(self) -> bool:
        return not self.lists


EVERYTHING = Lead()
"""No list in particular."""


class Sizes:
    """About how many visible results benchmarks, flavors and tags have."""

    def __init__(self, names: dict[uuid.UUID, int], total: int, tags: dict[uuid.UUID, int]) -> None:
        self.names = names
        self.total = total
        self.tags = tags
        self.read = time.monotonic()

    def of_name(self, identifier: uuid.UUID) -> int:
        return self.names.get(identifier, 0)

    def of_tag(self, identifier: uuid.UUID) -> int:
        return self.tags.get(identifier, 0)

    def of_names(self, ids: Iterable[uuid.UUID]) -> int:
        return sum(map(self.of_name, ids))

    def of_tags(self, ids: Iterable[uuid.UUID]) -> int:
        return sum(map(self.of_tag, ids))

    def share(self, *numbers: int) -> float:
        """Of all results those in lists of these lengths, never nothing."""
        return min(1.0, max(sum(numbers), 1) / max(self.total, 1))


def sizes(connection: sa.Connection, view: CatalogueView, tags: Ids) -> Sizes:
    """The sizes of everything in the catalogue and of these tags; kept with the view for a while."""
    now = time.monotonic()
    known: Sizes | None = view.kept.get(Sizes)
    if known is not None and now - known.read > RENEWED:
        known = None
    unknown = tags if known is None else tags - known.tags.keys()
    if known is None or unknown:
        known = view.kept[Sizes] = _read(connection, view, known, unknown)
    return known


def leads(scope: Scope) -> list[Lead]:
    """All there are for a search, beside everything. If one of them is empty, nothing can be found."""
    found = [Lead(tags=frozenset((tag,))) for tag in scope.tags]
    for term in scope.terms:
        benchmarks = _possible_benchmarks(scope, term.benchmarks)
        found.append(Lead(benchmarks, _possible_flavors(scope, term.flavors), term.tags, instead_of=term))
    if scope.benchmarks is not None:
        found.append(Lead(benchmarks=_possible_benchmarks(scope, scope.benchmarks)))
    if scope.flavors is not None:
        found.append(Lead(flavors=_possible_flavors(scope, scope.flavors)))
    return found


def cost(lead: Lead, scope: Scope, sizes: Sizes, wanted: float, *, flavors_in_order: bool) -> float:
    """About how many microseconds it takes to find so many results by a lead; infinite: all of them."""
    others = 1.0
    for tag in scope.tags - lead.tags:
        others *= sizes.share(sizes.of_tag(tag))
    for term in scope.terms:
        if term is not lead.instead_of:
            names = sizes.of_names(term.benchmarks) + sizes.of_names(term.flavors)
            others *= sizes.share(names, sizes.of_tags(term.tags))
    rows = False
    for ids, own in ((scope.benchmarks, lead.benchmarks), (scope.flavors, lead.flavors)):
        if ids is not None and not own:
            others *= sizes.share(sizes.of_names(ids))
            rows = True
    rows = rows or others < 1.0
    enough = wanted / others
    if lead == EVERYTHING:
        return min(sizes.total, enough) * (_OF_ROW if rows else _OF_INDEX)
    in_order = [*lead.benchmarks, *(lead.flavors if flavors_in_order else ())]
    each = _OF_ROW if rows else _OF_INDEX
    total = sum(_BEGIN + min(sizes.of_name(name), enough) * each for name in in_order)
    if not flavors_in_order:
        total += sizes.of_names(lead.flavors) * _OF_ROW
    for tag in lead.tags:
        size = min(sizes.of_tag(tag), enough)
        # The state of a result, and its other tags, are looked up for those whose names fit.
        total += _BEGIN + size * _OF_TAG + min(size, wanted) * _OF_ROW
        total += size * _OF_ROW if scope.tags - lead.tags else 0.0
    return total


def _possible_benchmarks(scope: Scope, ids: Ids) -> Ids:
    """Those of them whose results may meet every term and may be seen."""
    if scope.benchmarks is not None:
        ids &= scope.benchmarks
    if scope.own_hidden is None:
        ids -= scope.hidden_benchmarks
    for term in scope.terms:
        if not term.flavors and not term.tags:
            ids &= term.benchmarks
    return ids


def _possible_flavors(scope: Scope, ids: Ids) -> Ids:
    if scope.flavors is not None:
        ids &= scope.flavors
    if scope.own_hidden is None:
        ids -= scope.hidden_flavors
    for term in scope.terms:
        if not term.benchmarks and not term.tags:
            ids &= term.flavors
    return ids


def _read(connection: sa.Connection, view: CatalogueView, known: Sizes | None, tags: Ids) -> Sizes:
    """What is known and the sizes of these tags; with nothing known, of all names too, in one statement."""
    parts = [_BY_CELL] if known is None else []
    keys = {tag_key(tag): tag for tag in tags}
    if keys:
        # The index has the benchmark before the key.
        benchmarks = TALLIES.c.benchmark_id.in_(sorted(view.benchmarks))
        parts.append(_BY_TAG.where(benchmarks, TALLIES.c.key.in_(sorted(keys))))
    names = {} if known is None else dict(known.names)
    sizes = dict.fromkeys(tags, 0) if known is None else known.tags | dict.fromkeys(tags, 0)
    total = 0 if known is None else known.total
    for benchmark, flavor, key, number in connection.execute(
        parts[0] if len(parts) == 1 else sa.union_all(*parts)
    ):
        if key is not None:
            sizes[keys[key]] = number
            continue
        names[benchmark] = names.get(benchmark, 0) + number
        names[flavor] = names.get(flavor, 0) + number
        total += number
    found = Sizes(names, total, sizes)
    if known is not None:
        found.read = known.read
    return found


_NUMBER = sa.func.sum(TALLIES.c.number)
_BY_CELL = (
    sa.select(TALLIES.c.benchmark_id, TALLIES.c.flavor_id, sa.cast(sa.null(), TALLIES.c.key.type), _NUMBER)
    .where(TALLIES.c.facet == ALL)
    .group_by(TALLIES.c.benchmark_id, TALLIES.c.flavor_id)
)
_BY_TAG = (
    sa.select(sa.cast(sa.null(), sa.Uuid()), sa.cast(sa.null(), sa.Uuid()), TALLIES.c.key, _NUMBER)
    .where(TALLIES.c.facet == TAG)
    .group_by(TALLIES.c.key)
)
