"""A search as conditions on results."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa

from eoscperf.benchmarks.models import Benchmark
from eoscperf.results.models import result_tags
from eoscperf.results.search.criteria import Criteria
from eoscperf.results.search.scope import Ids, Scope, TermMatch
from eoscperf.results.search.values import among
from eoscperf.results.tables import RESULTS
from eoscperf.sites.models import Flavor, Site

JOINS: dict[str, tuple[type, Callable[[sa.Select[Any]], sa.Select[Any]]]] = {
    "benchmark_name": (Benchmark, lambda rows: _join(rows, Benchmark, RESULTS.c.benchmark_id)),
    "site_name": (Site, lambda rows: _join(rows, Site, RESULTS.c.site_id)),
    "site_address": (Site, lambda rows: _join(rows, Site, RESULTS.c.site_id)),
    "flavor_name": (Flavor, lambda rows: _join(rows, Flavor, RESULTS.c.flavor_id)),
}
"""The tables that fields to sort by are in, each with what joins it."""


def conditions(scope: Scope, criteria: Criteria) -> list[sa.ColumnElement[bool]]:
    """Everything a row of results has to meet, the filters on JSON excepted."""
    if scope.empty:
        return [sa.false()]
    terms = [has_term(term) for term in scope.terms if not always(scope, term)]
    return [*visibility(scope), *names(scope), *tags_and_more(scope, criteria), *terms]


def visibility(scope: Scope) -> list[sa.ColumnElement[bool]]:
    """Which results the viewer gets to see.

    Visible ones whose benchmark, flavor and site are approved are everybody's; in any other state
    only the uploader and administrators see them.
    """
    found: list[sa.ColumnElement[bool]] = []
    if scope.status is not None:
        found.append(RESULTS.c.status == scope.status)
    if scope.uploaders is not None:
        found.append(one_of(RESULTS.c.uploader_id, scope.uploaders))
    shown = [
        column.not_in(sorted(hidden))
        for column, hidden in (
            (RESULTS.c.benchmark_id, scope.hidden_benchmarks),
            (RESULTS.c.flavor_id, scope.hidden_flavors),
        )
        if hidden
    ]
    if shown and scope.own_hidden is not None:
        found.append(sa.or_(RESULTS.c.uploader_id == scope.own_hidden, sa.and_(*shown)))
    else:
        found += shown
    return found


def names(scope: Scope) -> list[sa.ColumnElement[bool]]:
    """Which benchmarks and flavors are wanted."""
    chosen = ((RESULTS.c.benchmark_id, scope.benchmarks), (RESULTS.c.flavor_id, scope.flavors))
    return [one_of(column, ids) for column, ids in chosen if ids is not None]


def tags_and_more(scope: Scope, criteria: Criteria) -> list[sa.ColumnElement[bool]]:
    """The conditions that names have nothing to do with."""
    found: list[sa.ColumnElement[bool]] = []
    if criteria.ids:
        found.append(one_of(RESULTS.c.id, criteria.ids))
    if scope.tags:
        found.append(RESULTS.c.id.in_(_holders(scope.tags)))
    for moment, before, after in (
        (RESULTS.c.upload_datetime, criteria.upload_before, criteria.upload_after),
        (RESULTS.c.execution_datetime, criteria.execution_before, criteria.execution_after),
    ):
        if before is not None:
            found.append(moment < before)
        if after is not None:
            found.append(moment > after)
    return found


def has_term(term: TermMatch) -> sa.ColumnElement[bool]:
    """Whether a result meets a term."""
    # Correlated on purpose: a common tag would otherwise list most of all results for every search.
    tagged = sa.exists().where(
        result_tags.c.result_id == RESULTS.c.id, one_of(result_tags.c.tag_id, term.tags)
    )
    return sa.or_(has_name(term), *([tagged] if term.tags else ()))


def has_name(term: TermMatch) -> sa.ColumnElement[bool]:
    """Whether benchmark, flavor or site of a result meet a term."""
    return sa.or_(
        sa.false(),
        *(
            one_of(column, ids)
            for column, ids in (
                (RESULTS.c.benchmark_id, term.benchmarks),
                (RESULTS.c.flavor_id, term.flavors),
            )
            if ids
        ),
    )


def always(scope: Scope, term: TermMatch) -> bool:
    """Whether every result in scope meets a term by its names."""
    benchmarks = scope.view.benchmarks.keys() if scope.benchmarks is None else scope.benchmarks
    flavors = scope.view.flavors.keys() if scope.flavors is None else scope.flavors
    return benchmarks <= term.benchmarks or flavors <= term.flavors


def one_of(column: sa.ColumnElement[Any], ids: Iterable[uuid.UUID]) -> sa.ColumnElement[bool]:
    return among(column, sorted(ids))


def _join(rows: sa.Select[Any], model: type[Any], column: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return rows.join_from(RESULTS, model, model.id == column)


def _holders(tags: Ids) -> sa.Select[Any]:
    """The results that have all of these tags."""
    holders = sa.select(result_tags.c.result_id).where(one_of(result_tags.c.tag_id, tags))
    if len(tags) > 1:
        holders = holders.group_by(result_tags.c.result_id).having(sa.func.count() == len(tags))
    return holders
