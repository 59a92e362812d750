"""Results as rows of a table, and the columns of it."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from eoscperf import jsontext
from eoscperf.browse.documents import Shown, shown
from eoscperf.comparison.sentences import direction
from eoscperf.metrics import units
from eoscperf.metrics.catalogue import Catalogue, Metric
from eoscperf.results import jsonpath
from eoscperf.web.urls import Address, SortLink, sort_link


@dataclass(frozen=True, slots=True)
class Column:
    """A place in the JSON of the results; the addresses are None where there is nothing to change."""

    path: str
    label: str
    unit: str
    direction: str
    numeric: bool
    sort: SortLink | None = None
    without: str | None = None
    left: str | None = None
    right: str | None = None


@dataclass(frozen=True, slots=True)
class ResultRow:
    id: uuid.UUID
    benchmark_id: uuid.UUID
    benchmark: str
    site_id: uuid.UUID
    site: str
    flavor_id: uuid.UUID
    flavor: str
    cells: tuple[Shown, ...]
    """in the order of the columns"""
    tags: tuple[tuple[str, str], ...]
    """id and name"""
    executed: datetime.datetime
    uploaded: datetime.datetime
    status: str
    disputed: bool
    picked: bool


def default_paths(catalogue: Catalogue | None) -> list[str]:
    """Headline metrics, then parameters."""
    if catalogue is None:
        return []
    wanted = [*catalogue.headlines, *catalogue.inputs, *catalogue.machine]
    return list(dict.fromkeys(metric.path for metric in wanted))[:_MOST_BY_DEFAULT]


def columns(address: Address, paths: Sequence[str], catalogue: Catalogue | None) -> list[Column]:
    """The columns for these paths, with links that sort by, move and remove each."""
    found = []
    for place, path in enumerate(paths):
        column = plain_column(path, catalogue)
        found.append(
            Column(
                column.path,
                column.label,
                column.unit,
                column.direction,
                column.numeric,
                sort=sort_link(address, f"json.{path}"),
                without=address.with_(columns=[one for one in paths if one != path]),
                left=address.with_(columns=_swapped(paths, place - 1)) if place else None,
                right=address.with_(columns=_swapped(paths, place)) if place < len(paths) - 1 else None,
            )
        )
    return found


def plain_column(path: str, catalogue: Catalogue | None) -> Column:
    """A column as the catalogue calls it, else by its path."""
    metric = catalogue.get(path) if catalogue else None
    if metric is None:
        return Column(path, path, "", "", numeric=False)
    return Column(path, metric.label, unit(metric), direction(metric.better), metric.kind == "number")


def rows(texts: Iterable[str], paths: Sequence[str], picked: Collection[uuid.UUID]) -> list[ResultRow]:
    """Results as `Results.page` writes them."""
    places = [jsonpath.parse(path) for path in paths]
    return [_row(jsontext.loads_stored(text), places, picked) for text in texts]


def unit(metric: Metric) -> str:
    return units.symbol(metric.unit) if metric.unit else ""


def _row(said: Any, places: Sequence[jsonpath.Path], picked: Collection[uuid.UUID]) -> ResultRow:
    identifier = uuid.UUID(said["id"])
    benchmark = said["benchmark"]
    return ResultRow(
        id=identifier,
        benchmark_id=uuid.UUID(benchmark["id"]),
        benchmark=f"{benchmark['docker_image']}:{benchmark['docker_tag']}",
        site_id=uuid.UUID(said["site"]["id"]),
        site=said["site"]["name"],
        flavor_id=uuid.UUID(said["flavor"]["id"]),
        flavor=said["flavor"]["name"],
        cells=tuple(shown(place.lookup(said["json"])) for place in places),
        tags=tuple((tag["id"], tag["name"]) for tag in said["tags"]),
        executed=datetime.datetime.fromisoformat(said["execution_datetime"]),
        uploaded=datetime.datetime.fromisoformat(said["upload_datetime"]),
        status=said["status"],
        disputed=said["disputed"],
        picked=identifier in picked,
    )


def _swapped(paths: Sequence[str], place: int) -> list[str]:
    """With the neighbours at a place and after it exchanged."""
    changed = list(paths)
    changed[place : place + 2] = reversed(changed[place : place + 2])
    return changed


_MOST_BY_DEFAULT = 8
