"""Results as rows of a table, and the columns of it."""

from __future__ import annotations

import dataclasses
import datetime
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from eoscperf.browse.conditions import BASE, EXTRA
from eoscperf.browse.documents import Shown, shown
from eoscperf.comparison.sentences import direction
from eoscperf.metrics import units
from eoscperf.metrics.catalogue import Catalogue, Metric
from eoscperf.results import jsonpath
from eoscperf.web.urls import Address, SortLink, sort_link


@dataclass(frozen=True, slots=True)
class Column:
    """A place in the JSON of the results; the addresses are None where there is nothing to change.

    `up` is one place further to the left in the table.
    """

    path: str
    label: str
    unit: str
    direction: str
    numeric: bool
    sort: SortLink | None = None
    without: str | None = None
    up: str | None = None
    down: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """The value that sums a result up, with its name."""

    label: str
    unit: str
    direction: str
    value: Shown


@dataclass(frozen=True, slots=True)
class BaseColumn:
    """A column that results of all benchmarks have, with the address that hides or shows it."""

    title: str
    shown: bool
    url: str


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
    compare_url: str
    """of the comparison with everything that is picked"""
    summary: Summary | None = None
    """where the rows are of several benchmarks"""


def default_paths(catalogue: Catalogue | None) -> list[str]:
    """Headline metrics, then parameters."""
    if catalogue is None:
        return []
    wanted = [*catalogue.headlines, *catalogue.inputs, *catalogue.machine]
    return list(dict.fromkeys(metric.path for metric in wanted))[:_MOST_BY_DEFAULT]


def columns(address: Address, paths: Sequence[str], catalogue: Catalogue | None) -> list[Column]:
    """The columns for these paths, with links that sort by, move and hide each."""
    found = []
    for place, path in enumerate(paths):
        others = [one for one in paths if one != path]
        last = place == len(paths) - 1
        found.append(
            dataclasses.replace(
                plain_column(path, catalogue),
                sort=sort_link(address, f"json.{path}"),
                without=address.with_(columns=others) if others else None,
                up=address.with_(columns=_swapped(paths, place - 1)) if place else None,
                down=None if last else address.with_(columns=_swapped(paths, place)),
            )
        )
    return found


def base_columns(address: Address, possible: Collection[str] = BASE) -> list[BaseColumn]:
    """What can be hidden, of those that tell something here, or shown beside the usual."""
    hidden, shown_too = address.all("hide"), address.all("show")
    found = [
        BaseColumn(
            _BASE[name],
            name not in hidden,
            address.without("hide", name) if name in hidden else address.adding("hide", name),
        )
        for name in BASE
        if name in possible
    ]
    for name in EXTRA:
        is_shown = name in shown_too
        url = address.without("show", name) if is_shown else address.adding("show", name)
        found.append(BaseColumn(_BASE[name], is_shown, url))
    return found


def further(
    address: Address, paths: Sequence[str], catalogue: Catalogue | None
) -> list[tuple[str, str, str]]:
    """Values that could be columns as well, those first that are suggested: label, path and address."""
    found = [metric for metric in catalogue or () if metric.path not in paths]
    found.sort(key=lambda metric: not (metric.headline or metric.parameter or metric.suggested))
    return [
        (f"{one.label} [{unit(one)}]" if unit(one) else one.label, one.path, url)
        for one in found[:_MOST_FURTHER]
        for url in (address.with_(columns=[*paths, one.path]),)
    ]


def plain_column(path: str, catalogue: Catalogue | None) -> Column:
    """A column as the catalogue calls it, else by its path."""
    metric = catalogue.get(path) if catalogue else None
    if metric is None:
        return Column(path, path, "", "", numeric=False)
    return Column(path, metric.label, unit(metric), direction(metric.better), metric.kind == "number")


def rows(
    documents: Iterable[Mapping[str, Any]],
    paths: Sequence[str],
    picked: Sequence[uuid.UUID] = (),
    compare: Callable[[Iterable[uuid.UUID]], str] = lambda picked: "",
    headlines: Mapping[uuid.UUID, Metric] = MappingProxyType({}),
) -> list[ResultRow]:
    """Results as the REST API shows them; `compare` is the address of a comparison of results.

    `headlines` are the values that sum results up, by benchmark.
    """
    places = [jsonpath.parse(path) for path in paths]
    found = []
    for said in documents:
        row = _row(said, places, picked, compare)
        headline = headlines.get(row.benchmark_id)
        if headline is not None:
            value = jsonpath.parse(headline.path).lookup(said["json"])
            summary = Summary(headline.label, unit(headline), direction(headline.better), shown(value))
            row = dataclasses.replace(row, summary=summary)
        found.append(row)
    return found


def unit(metric: Metric) -> str:
    return units.symbol(metric.unit) if metric.unit else ""


def _row(
    said: Mapping[str, Any],
    places: Sequence[jsonpath.Path],
    picked: Sequence[uuid.UUID],
    compare: Callable[[Iterable[uuid.UUID]], str],
) -> ResultRow:
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
        compare_url=compare(list(dict.fromkeys((*picked, identifier)))),
    )


def _swapped(paths: Sequence[str], place: int) -> list[str]:
    """With the neighbours at a place and after it exchanged."""
    changed = list(paths)
    changed[place : place + 2] = reversed(changed[place : place + 2])
    return changed


_BASE = {
    "benchmark": "Benchmark",
    "site": "Site",
    "flavor": "Flavor",
    "tags": "Tags",
    "executed": "Executed",
    "state": "State",
    "uploaded": "Uploaded",
}

_MOST_BY_DEFAULT = 8
_MOST_FURTHER = 20
