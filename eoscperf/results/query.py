"""Searching results: what is asked for, as SQL. Every rule about who sees which result is here."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf.benchmarks.models import Benchmark
from eoscperf.listing import (
    BadSort,
    Component,
    SortField,
    SortFields,
    SortKey,
    column_field,
    contains_ci,
)
from eoscperf.results import json_sql, jsonpath
from eoscperf.results.filters import Filter
from eoscperf.results.models import Result, Tag, result_tags
from eoscperf.security.identity import Viewer
from eoscperf.sites.models import Flavor, Site

STATUSES = ("visible", "claimed", "withdrawn", "removed")
GONE = ("rejected", "deleted")
"""States of a benchmark, site or flavor that is as good as unknown."""

IMAGE: sa.ColumnElement[str] = Benchmark.name_sql


@dataclass(frozen=True, kw_only=True, slots=True)
class Criteria:
    """Which results are wanted; several values of one field mean any of them, but tags mean all."""

    benchmark_ids: tuple[uuid.UUID, ...] = ()
    site_ids: tuple[uuid.UUID, ...] = ()
    flavor_ids: tuple[uuid.UUID, ...] = ()
    ids: tuple[uuid.UUID, ...] = ()
    tags_ids: tuple[uuid.UUID, ...] = ()
    terms: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    upload_before: datetime.datetime | None = None
    upload_after: datetime.datetime | None = None
    execution_before: datetime.datetime | None = None
    execution_after: datetime.datetime | None = None
    status: str | None = None
    """None: visible ones, or all where only the caller's own are listed"""
    own: bool = False
    """only what the viewer uploaded"""


def json_field(name: str) -> SortField | None:
    """Sorting by a place in the JSON: `json.machine.cpu.count`."""
    prefix, _, text = name.partition(".")
    if prefix != "json" or not text:
        return None
    try:
        path = jsonpath.parse(text)
    except jsonpath.BadPath as problem:
        raise BadSort(f"sort_by cannot use {name[:80]!r}: {problem.detail}") from None
    parts = json_sql.sort_components(path, Result.__table__.c.json)
    return SortField(f"json.{path.text()}", [Component(expression, follows) for expression, follows in parts])


SORT = SortFields(
    fields={
        field.name: field
        for field in (
            column_field("id", Result.id),
            column_field("execution_datetime", Result.execution_datetime),
            column_field("upload_datetime", Result.upload_datetime),
            column_field("benchmark_id", Result.benchmark_id),
            column_field("benchmark_name", IMAGE),
            column_field("site_id", Result.site_id),
            column_field("site_name", Site.name),
            column_field("site_address", Site.address),
            column_field("flavor_id", Result.flavor_id),
            column_field("flavor_name", Flavor.name),
            SortField("json", ()),  # what clients of old send; it orders nothing
        )
    },
    default="+execution_datetime",
    dynamic=json_field,
    dynamic_name="json.path",
)

_JOINS = {
    "benchmark_name": (Benchmark, Result.benchmark_id == Benchmark.id),
    "site_name": (Site, Result.site_id == Site.id),
    "site_address": (Site, Result.site_id == Site.id),
    "flavor_name": (Flavor, Result.flavor_id == Flavor.id),
}


def select_results(criteria: Criteria, viewer: Viewer, keys: Sequence[SortKey] = ()) -> sa.Select[Result]:
    """The results that the viewer may see of those asked for, with the tables that the keys sort by."""
    statement = sa.select(Result).where(*conditions(criteria, viewer))
    joins = dict(_JOINS[key.field.name] for key in keys if key.field.name in _JOINS)
    for table, condition in joins.items():
        statement = statement.join(table, condition)
    return statement


def count_results(criteria: Criteria, viewer: Viewer) -> sa.Select[int]:
    """How many there are."""
    return sa.select(sa.func.count()).select_from(Result).where(*conditions(criteria, viewer))


def ordered(statement: sa.Select[Any], keys: Sequence[SortKey]) -> sa.Select[Any]:
    """The statement in the order of the keys, for those that read a list from end to end."""
    parts = [part for key in keys for part in key.order()]
    return statement.order_by(*(part.desc() if descending else part.asc() for part, descending in parts))


def nested(viewer: Viewer) -> list[Any]:
    """Loader options for all that the representation of a result takes: three statements per list."""
    benchmark = orm.selectinload(Result.benchmark)
    flavor = orm.selectinload(Result.flavor)
    site = flavor.joinedload(Flavor.site, innerjoin=True)
    options: list[Any] = [benchmark, site, orm.selectinload(Result.tags.and_(Tag.status == "live"))]
    if viewer.user_id is not None:
        options += [
            orm.joinedload(Result.uploader),
            benchmark.joinedload(Benchmark.uploader),
            flavor.joinedload(Flavor.uploader),
            site.joinedload(Site.uploader),
        ]
    return options


def conditions(criteria: Criteria, viewer: Viewer) -> list[sa.ColumnElement[bool]]:
    """Everything a row has to meet: visibility and what is asked for."""
    found = visible(criteria, viewer)
    for column, values in (
        (Result.benchmark_id, criteria.benchmark_ids),
        (Result.site_id, criteria.site_ids),
        (Result.flavor_id, criteria.flavor_ids),
        (Result.id, criteria.ids),
    ):
        if values:
            found.append(column.in_(values))
    if criteria.tags_ids:
        found.append(_has_tags(set(criteria.tags_ids)))
    found += [_has_term(term) for term in dict.fromkeys(criteria.terms) if term]
    if criteria.filters:
        found.append(json_sql.where_all(list(dict.fromkeys(criteria.filters)), Result.__table__.c.json))
    for moment, before, after in (
        (Result.upload_datetime, criteria.upload_before, criteria.upload_after),
        (Result.execution_datetime, criteria.execution_before, criteria.execution_after),
    ):
        if before is not None:
            found.append(moment < before)
        if after is not None:
            found.append(moment > after)
    return found


def visible(criteria: Criteria, viewer: Viewer) -> list[sa.ColumnElement[bool]]:
    """Which results the viewer gets to see in lists.

    Visible ones whose benchmark, flavor and site are approved are everybody's; in any other state
    only the uploader and administrators see them.
    """
    found: list[sa.ColumnElement[bool]] = []
    status = criteria.status or (None if criteria.own else "visible")
    if status is not None:
        found.append(Result.status == status)
    if criteria.own:
        found.append(_own(viewer))
    elif not viewer.admin:
        found.append(sa.or_(_own(viewer), parents_approved()) if status == "visible" else _own(viewer))
    return found


def parents_approved() -> sa.ColumnElement[bool]:
    """Whether benchmark, flavor and site are approved; each subquery reads a small table.

    Said the other way round, that none of them is not: PostgreSQL looks that up in a hash for each row. Asked
    whether they are among the approved it joins, and by way of the flavors that takes many times as long.
    """
    benchmarks = sa.select(Benchmark.id).where(Benchmark.status != "approved")
    flavors = (
        sa.select(Flavor.id)
        .join(Site, Flavor.site_id == Site.id)
        .where(sa.or_(Flavor.status != "approved", Site.status != "approved"))
    )
    return sa.and_(Result.benchmark_id.not_in(benchmarks), Result.flavor_id.not_in(flavors))


def _own(viewer: Viewer) -> sa.ColumnElement[bool]:
    return sa.false() if viewer.user_id is None else Result.uploader_id == viewer.user_id


def _has_tags(wanted: set[uuid.UUID]) -> sa.ColumnElement[bool]:
    holders = (
        sa.select(result_tags.c.result_id)
        .join(Tag, Tag.id == result_tags.c.tag_id)
        .where(Tag.status == "live", Tag.id.in_(wanted))
    )
    if len(wanted) > 1:
        holders = holders.group_by(result_tags.c.result_id).having(sa.func.count() == len(wanted))
    return Result.id.in_(holders)


def _has_term(term: str) -> sa.ColumnElement[bool]:
    """Whether image, site, flavor or a tag holds the term; the small tables are searched, not the results."""
    # Image and tag by themselves are parts of `image:tag`.
    benchmarks = sa.select(Benchmark.id).where(contains_ci(IMAGE, term))
    sites = sa.select(Site.id).where(sa.or_(contains_ci(Site.name, term), contains_ci(Site.address, term)))
    flavors = sa.select(Flavor.id).where(contains_ci(Flavor.name, term))
    tags = sa.select(Tag.id).where(Tag.status == "live", contains_ci(Tag.name, term))
    # Correlated on purpose: a common tag would otherwise list most of all results for every search.
    tagged = sa.exists().where(result_tags.c.result_id == Result.id, result_tags.c.tag_id.in_(tags))
    return sa.or_(
        Result.benchmark_id.in_(benchmarks), Result.site_id.in_(sites), Result.flavor_id.in_(flavors), tagged
    )
