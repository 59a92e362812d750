"""Facets as a page shows them: what each value would change in the address."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from eoscperf import jsontext
from eoscperf.browse import builder
from eoscperf.browse.documents import shown
from eoscperf.metrics import units
from eoscperf.metrics.catalogue import Catalogue
from eoscperf.results.facets.views import FIELD_PREFIX, Facet, FacetReport, FacetValue
from eoscperf.web.urls import Address

FEW = 10
"""Values of a facet that are shown at first."""

MOST = 200
"""Values of a facet that can be shown."""

MOST_SEARCHED = 5000
"""Values of a facet among which words are looked for."""

MOST_TICKED = 20
"""Different numbers that are chosen one by one; of more the two ends are asked for."""

Value = TypeVar("Value")

Choice = tuple[str, int | None, str, bool]
"""text, number of results if it is known, address with it taken or taken off, whether it is chosen"""

Homes = Mapping[str, str]
"""The site of each chosen flavor, by their ids."""

_IDS = {"benchmark": "benchmark_id", "site": "site_id", "flavor": "flavor_id", "tag": "tags_ids"}

_TITLES = {
    "benchmark": "Benchmark",
    "site": "Site",
    "flavor": "Site / flavor",
    "tag": "Tag",
    "year": "Year of execution",
}


@dataclass(frozen=True, slots=True)
class Ends:
    """From and to of the numbers at a path; `least` and `greatest` are those that there are, if known."""

    path: str
    start: str
    end: str
    least: str
    greatest: str
    off: str | None
    """the address without the two"""


@dataclass(frozen=True, slots=True)
class Panel:
    """One facet; `more` values are behind `more_url`, and `fewer_url` hides them again."""

    name: str
    title: str
    choices: tuple[Choice, ...] = ()
    more: int = 0
    more_url: str | None = None
    fewer_url: str | None = None
    ends: Ends | None = None

    @property
    def opened(self) -> bool:
        return self.fewer_url is not None


def panels(
    address: Address,
    report: FacetReport,
    catalogue: Catalogue | None,
    homes: Homes,
    known: Mapping[str, Sequence[tuple[uuid.UUID, str]]],
    numbers: Iterable[str] = (),
) -> list[Panel]:
    """Those facets that tell something, in the order of the report, then those of `numbers`, which are paths.

    `known` has the things to choose of facets that could not be counted.
    """
    found = []
    for facet in report.facets:
        if facet.values is None and facet.path is None:
            found.append(_uncounted(address, facet, homes, known.get(facet.name, ())))
        elif _by_ends(facet, catalogue):
            found.append(_with_ends(address, facet, catalogue))
        else:
            found.append(_counted(address, facet, catalogue, homes))
    found += [_with_ends(address, Facet(name=FIELD_PREFIX + path), catalogue) for path in numbers]
    return [panel for panel in found if panel.choices or panel.ends or panel.opened]


def most(address: Address) -> int:
    """Values of each facet that are needed."""
    return MOST_SEARCHED if address.has("find") else MOST


def with_sites(address: Address, sites: Iterable[str], homes: Homes) -> str:
    """The address with these sites, without the flavors of others."""
    chosen = {site.lower() for site in sites}
    flavors = [one for one in address.all("flavor_id") if not chosen or homes.get(one.lower()) in chosen]
    return address.with_(site_id=list(sites), flavor_id=flavors)


def year_ends(year: int) -> tuple[str, str]:
    """What executions of a year come after and before.

    The ends are left out, so a year begins after the last instant of the one before.
    """
    return f"{year - 1:04}-12-31T23:59:59.999999Z", f"{year + 1:04}-01-01"


def _counted(address: Address, facet: Facet, catalogue: Catalogue | None, homes: Homes) -> Panel:
    values = [value for value in facet.values or () if value.count or value.selected]
    if facet.name == "year":
        values = [value for value in values if 1 < int(value.value or 0) < 9999]
        values.sort(key=lambda value: str(value.value), reverse=True)
    path = facet.path
    chosen = [_literal(value) for value in values if value.selected]

    def link(value: FacetValue) -> str:
        if path is not None:
            return _with_value(address, path, chosen, value)
        if facet.name == "year":
            return _with_year(address, value)
        return _with_id(address, facet.name, str(value.id), selected=value.selected, homes=homes)

    offers = [(_text(facet.name, one), one.count, one.selected, one) for one in values]
    panel = _panel(address, facet.name, _title(facet, catalogue), offers, facet.more or 0, link)
    if path is not None and not panel.opened and len(values) < 2 and not chosen:
        # One value that all results have narrows nothing.
        panel = dataclasses.replace(panel, choices=())
    return panel


def _uncounted(address: Address, facet: Facet, homes: Homes, known: Sequence[tuple[uuid.UUID, str]]) -> Panel:
    """The same where counting took too long: all that there is, by name."""
    if facet.name == "year":
        return Panel(facet.name, _title(facet, None))
    chosen = {one.lower() for one in address.all(_IDS[facet.name])}

    def link(identifier: str) -> str:
        return _with_id(address, facet.name, identifier, selected=identifier in chosen, homes=homes)

    offers = [(text, None, str(one) in chosen, str(one)) for one, text in known]
    return _panel(address, facet.name, _title(facet, None), offers, 0, link)


def _panel(
    address: Address,
    name: str,
    title: str,
    offers: Sequence[tuple[str, int | None, bool, Value]],
    more: int,
    link: Callable[[Value], str],
) -> Panel:
    """The first of what is offered, or all that hold the words that are looked for.

    An offer is a text, a number, whether it is chosen, and what `link` makes its address of.
    """
    if address["facet"] != name:
        shown = [one for place, one in enumerate(offers) if place < FEW or one[2]]
        left = len(offers) - len(shown) + more
        more_url, fewer_url = (address.with_(facet=name, find=None) if left else None), None
    else:
        words = address["find"].lower().split()
        found = [one for one in offers if one[2] or all(word in one[0].lower() for word in words)]
        shown, left = found[:MOST], more + max(0, len(found) - MOST)
        more_url, fewer_url = None, address.with_(facet=None, find=None)
    choices = tuple((text, count, link(value), selected) for text, count, selected, value in shown)
    return Panel(name, title, choices, left, more_url, fewer_url)


def _by_ends(facet: Facet, catalogue: Catalogue | None) -> bool:
    """Whether the two ends are asked for: of numbers that are many, or that results were made to find out."""
    metric = catalogue.get(facet.path) if catalogue and facet.path is not None else None
    if metric is None or metric.kind != "number":
        return False
    return metric.parameter is None or facet.values is None or (facet.distinct or 0) > MOST_TICKED


def _with_ends(address: Address, facet: Facet, catalogue: Catalogue | None) -> Panel:
    path = facet.path or ""
    texts = address.all("filters")
    start, end = builder.ends_of(texts, path)
    off = address.with_(filters=builder.ranged(texts, path, "", "")) if start or end else None
    least, greatest = (_end(one) for one in (facet.least, facet.greatest))
    return Panel(facet.name, _title(facet, catalogue), ends=Ends(path, start, end, least, greatest, off))


def _end(number: float | None) -> str:
    return "" if number is None else shown(number).text or ""


def _with_id(address: Address, name: str, identifier: str, *, selected: bool, homes: Homes) -> str:
    said = address.all(_IDS[name])
    changed = [one for one in said if one.lower() != identifier] if selected else [*said, identifier]
    if name == "site":
        return with_sites(address, changed, homes)
    return address.with_(**{_IDS[name]: changed})


def _with_year(address: Address, value: FacetValue) -> str:
    if value.selected:
        return address.with_(execution_after=None, execution_before=None)
    last, following = year_ends(int(value.value or 0))
    return address.with_(execution_after=last, execution_before=following)


def _with_value(address: Address, path: str, chosen: list[str], value: FacetValue) -> str:
    literal = _literal(value)
    changed = [one for one in chosen if one != literal] if value.selected else [*chosen, literal]
    return address.with_(filters=builder.toggled(address.all("filters"), path, changed))


def _literal(value: FacetValue) -> str:
    return jsontext.dumps(value.value)


def _text(name: str, value: FacetValue) -> str:
    if value.id is not None:
        return f"{value.site_name} / {value.name}" if name == "flavor" else value.name or str(value.id)
    return str(value.value).lower() if isinstance(value.value, bool) else str(value.value)


def _title(facet: Facet, catalogue: Catalogue | None) -> str:
    if facet.path is None:
        return _TITLES[facet.name]
    metric = catalogue.get(facet.path) if catalogue else None
    if metric is None:
        return facet.path
    return f"{metric.label} [{units.symbol(metric.unit)}]" if metric.unit else metric.label
