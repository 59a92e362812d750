"""The cells (a benchmark on a flavor) that a search is about, as conditions on tallies."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from eoscperf.results.search.scope import Scope, TermMatch


@dataclass(frozen=True, slots=True)
class Cells:
    """Some of the results of a search: all of these cells, or those of them with a tag."""

    scope: Scope
    tag_id: uuid.UUID | None = None
    unnamed: bool = False
    """only cells in whose names not every term is found"""

    def conditions(self, benchmark: Any, flavor: sa.ColumnElement[uuid.UUID] | Any) -> list[Any]:
        """What a row has to meet; `benchmark` and `flavor` are columns, or the one benchmark there is."""
        scope = self.scope
        found = [*_chosen(benchmark, scope.benchmarks), *_chosen(flavor, scope.flavors)]
        for column, hidden in ((benchmark, scope.hidden_benchmarks), (flavor, scope.hidden_flavors)):
            if hidden:
                found.append(sa.not_(_among(column, hidden)))
        found += [_named(term, benchmark, flavor) for term in scope.terms if self.tag_id not in term.tags]
        if self.unnamed:
            found.append(sa.not_(sa.and_(*(_named(term, benchmark, flavor) for term in scope.terms))))
        return found


def cells_of(scope: Scope) -> tuple[Cells, ...] | None:
    """Disjoint cells that hold all results of a search, but for those of `own_hidden`; None if it is about
    more than cells and a tag."""
    tags = scope.tallied()
    if tags is None:
        return None
    return tuple(Cells(scope, tag, unnamed=tag is not None and not scope.tags) for tag in tags)


def _chosen(column: Any, ids: frozenset[uuid.UUID] | None) -> list[sa.ColumnElement[bool]]:
    return [] if ids is None else [_among(column, ids)]


def _named(term: TermMatch, benchmark: Any, flavor: Any) -> sa.ColumnElement[bool]:
    return sa.or_(_among(benchmark, term.benchmarks), _among(flavor, term.flavors))


def _among(column: Any, ids: frozenset[uuid.UUID]) -> sa.ColumnElement[bool]:
    if isinstance(column, uuid.UUID):
        return sa.true() if column in ids else sa.false()
    return column.in_(ids) if ids else sa.false()
