"""From a search for results to the runs of a chart."""

from __future__ import annotations

import dataclasses
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf import jsontext
from eoscperf.charts.runs import Measurements, Place, Run
from eoscperf.listing import SortKey
from eoscperf.results import jsonpath
from eoscperf.results.catalogue import CatalogueView
from eoscperf.results.models import result_tags
from eoscperf.results.projection.models import KINDS
from eoscperf.results.search import values
from eoscperf.results.search.search import Search
from eoscperf.results.tables import RESULTS, VALUES
from eoscperf.sites.models import Flavor, Site

MOST = 5000
"""Runs of one chart, the first ones in the order of their list."""

TOGETHER = 200
"""Results whose JSON is held at a time."""

UNKNOWN = "unknown"
"""The source of results whose uploader is gone."""

Derive = Callable[[Any], object]
"""From the JSON of a result to a value that does not stand in it as such."""


def read(
    session: Session,
    search: Search,
    paths: Sequence[str],
    keys: Sequence[SortKey] = (),
    *,
    tags: bool = False,
    superseded: bool = True,
    offset: int = 0,
    most: int = MOST,
    derived: Mapping[str, Derive] | None = None,
) -> Measurements:
    """The first runs of a search in the order of the keys, with what they have at these paths.

    Values are read from their rows where these tell all there is, else from the JSON, from which `derived`
    values are worked out. Two or three statements, another for tags, two more when the catalogue has changed.
    """
    ids = search.source(_ID, keys).items(most + 1, offset)
    cut = most if len(ids) > most else None
    places = [values.find(jsonpath.parse(path), search.view, search.benchmarks) for path in paths]
    statement = sa.select(*_FACTS).where(RESULTS.c.id.in_(ids[:most]))
    if not superseded:
        statement = statement.where(RESULTS.c.superseded_by_id.is_(None))
    if derived or not all(place.known for place in places):
        rows = _from_json(session, statement, paths, derived or {})
    else:
        rows = _from_rows(session, statement, paths, places)
    names = search.view.benchmarks
    found = {
        row[0]: Run(row[0], row[1], row[3], row[2] or UNKNOWN, given, benchmark=names[row[4]].name)
        for row, given in rows
    }
    runs = [found[identifier] for identifier in ids[:most] if identifier in found]
    if tags:
        runs = _with_tags(session, search, runs)
    return Measurements(tuple(runs), flavor_places(session, search.view), cut)


def flavor_places(session: Session, view: CatalogueView) -> Mapping[uuid.UUID, Place]:
    """All flavors with their sites, numbered as they were approved; kept until the catalogue changes."""
    if _PLACES not in view.kept:
        sites = _in_order(session, Site)
        orders: dict[uuid.UUID, int] = defaultdict(int)
        found = {}
        for flavor_id in _in_order(session, Flavor):
            if flavor_id in view.flavors:
                site = view.site_of(flavor_id)
                order = orders[site.id]
                orders[site.id] += 1
                found[flavor_id] = Place(
                    view.flavors[flavor_id].name, site.name, site.id, sites.get(site.id, 0), order
                )
        view.kept[_PLACES] = found
    kept: Mapping[uuid.UUID, Place] = view.kept[_PLACES]
    return kept


_PLACES = "eoscperf.charts.places"

_ID = (RESULTS.c.id,)

_FACTS = (
    RESULTS.c.id,
    RESULTS.c.flavor_id,
    RESULTS.c.uploader_id,
    RESULTS.c.execution_datetime,
    RESULTS.c.benchmark_id,
)
_FACTS_END = len(_FACTS)

_COMPOSITE = ()
"""Stands for an array or an object."""

_BY_KIND: dict[int, Callable[[float | None, str | None], object]] = {
    KINDS["number"]: lambda number, text: number,
    KINDS["string"]: lambda number, text: text,
    KINDS["boolean"]: lambda number, text: bool(number),
    KINDS["null"]: lambda number, text: None,
    KINDS["composite"]: lambda number, text: _COMPOSITE,
}


def _in_order(session: Session, model: type[Site] | type[Flavor]) -> dict[uuid.UUID, int]:
    """The approved ones by the action that approved them, then the others: ids with their numbers."""
    rows = sa.select(model.id).order_by(
        sa.case((model.status == "approved", 0), else_=1),
        sa.func.coalesce(model.status_entry_id, 0),
        model.upload_datetime,
        model.id,
    )
    return {identifier: number for number, identifier in enumerate(session.scalars(rows))}


def _from_rows(
    session: Session, statement: sa.Select[Any], paths: Sequence[str], places: Sequence[values.Place]
) -> Iterator[tuple[Sequence[Any], dict[str, object]]]:
    for place in places:
        rows = VALUES.alias()
        statement = statement.outerjoin(rows, place.of(rows, RESULTS.c.id))
        statement = statement.add_columns(rows.c.kind, rows.c.number, rows.c.text)
    for row in session.execute(statement):
        given: dict[str, object] = {}
        for at, path in enumerate(paths, 1):
            kind, number, text = row[_FACTS_END + 3 * at - 3 : _FACTS_END + 3 * at]
            if kind is not None:
                given[path] = _BY_KIND[kind](number, text)
        yield row[:_FACTS_END], given


def _from_json(
    session: Session, statement: sa.Select[Any], paths: Sequence[str], derived: Mapping[str, Derive]
) -> Iterator[tuple[Sequence[Any], dict[str, object]]]:
    places = [(path, jsonpath.parse(path)) for path in paths if path not in derived]
    statement = statement.add_columns(RESULTS.c.json)
    for *facts, text in session.execute(statement, execution_options={"yield_per": TOGETHER}):
        document = jsontext.loads_stored(text)
        given: dict[str, object] = {path: work(document) for path, work in derived.items()}
        for path, place in places:
            value = place.lookup(document)
            if value is not jsonpath.MISSING:
                given[path] = _plain(value)
        yield facts, given


def _plain(value: Any) -> object:
    if value is None or isinstance(value, bool | str):
        return value
    if not isinstance(value, int | float):
        return _COMPOSITE
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def _with_tags(session: Session, search: Search, runs: Sequence[Run]) -> list[Run]:
    """The runs with the names of their tags."""
    names: dict[uuid.UUID, list[str]] = defaultdict(list)
    rows = sa.select(result_tags.c.result_id, result_tags.c.tag_id)
    for result_id, tag_id in session.execute(
        rows.where(result_tags.c.result_id.in_([run.id for run in runs]))
    ):
        tag = search.view.tags.get(tag_id)
        if tag is not None and tag.live:
            names[result_id].append(tag.name)
    return [dataclasses.replace(run, tags=tuple(sorted(names[run.id]))) for run in runs]
