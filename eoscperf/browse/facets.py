"""Facets as a page shows them: what each value would change in the address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from eoscperf import jsontext
from eoscperf.browse import conditions
from eoscperf.metrics import units
from eoscperf.metrics.catalogue import Catalogue
from eoscperf.results.facets.views import Facet, FacetReport, FacetValue
from eoscperf.web.urls import Address

FEW = 10
"""Values of a facet that are shown at first."""

MOST = 200
"""Values of a facet that can be shown."""

Choice = tuple[str, int, str, bool]
"""text, number of results, address with it taken or taken off, whether it is chosen"""

_IDS = {"benchmark": "benchmark_id", "site": "site_id", "flavor": "flavor_id", "tag": "tags_ids"}

_TITLES = {
    "benchmark": "Benchmark",
    "site": "Site",
    "flavor": "Site / flavor",
    "tag": "Tag",
    "year": "Year of execution",
}


@dataclass(frozen=True, slots=True)
class Panel:
    """One facet; `more` values are behind `more_url`, and `fewer_url` hides them again."""

    title: str
    choices: tuple[Choice, ...]
    more: int
    more_url: str | None
    fewer_url: str | None


def panels(address: Address, report: FacetReport, catalogue: Catalogue | None) -> list[Panel]:
    """Those facets that tell something, in the order of the report."""
    found = [_panel(address, facet, catalogue) for facet in report.facets]
    return [panel for panel in found if panel.choices]


def year_ends(year: int) -> tuple[str, str]:
    """What executions of a year come after and before.

    The ends are left out, so a year begins after the last instant of the one before.
    """
    return f"{year - 1:04}-12-31T23:59:59.999999Z", f"{year + 1:04}-01-01"


def _panel(address: Address, facet: Facet, catalogue: Catalogue | None) -> Panel:
    values = [value for value in facet.values or () if value.count or value.selected]
    if facet.name == "year":
        values.sort(key=lambda value: str(value.value), reverse=True)
    opened = address["facet"] == facet.name
    few = values if opened else [value for place, value in enumerate(values) if place < FEW or value.selected]
    more = len(values) - len(few) + (facet.more or 0)
    choices = _choices(address, facet, few)
    if facet.name not in _IDS and not opened and len(values) < 2 and not any(c[3] for c in choices):
        # One value that all results have narrows nothing.
        choices = []
    return Panel(
        title=_title(facet, catalogue),
        choices=tuple(choices),
        more=more,
        more_url=address.with_(facet=facet.name) if more and not opened else None,
        fewer_url=address.without("facet") if opened and len(values) > FEW else None,
    )


def _choices(address: Address, facet: Facet, values: Iterable[FacetValue]) -> list[Choice]:
    if facet.path is not None:
        chosen = [_literal(value) for value in facet.values or () if value.selected]
        return [
            (_text(facet.name, one), one.count, _with_value(address, facet.path, chosen, one), one.selected)
            for one in values
        ]
    return [
        (_text(facet.name, one), one.count, _address(address, facet.name, one), one.selected)
        for one in values
        if facet.name != "year" or 1 < int(one.value or 0) < 9999
    ]


def _address(address: Address, name: str, value: FacetValue) -> str:
    if name == "year":
        if value.selected:
            return address.with_(execution_after=None, execution_before=None)
        last, following = year_ends(int(value.value or 0))
        return address.with_(execution_after=last, execution_before=following)
    key, said = _IDS[name], address.all(_IDS[name])
    changed = [one for one in said if one.lower() != str(value.id)] if value.selected else [*said, value.id]
    if name == "site":
        # Flavors belong to sites: other sites have none of them.
        return address.with_(site_id=changed, flavor_id=None)
    return address.with_(**{key: changed})


def _with_value(address: Address, path: str, chosen: list[str], value: FacetValue) -> str:
    literal = _literal(value)
    changed = [one for one in chosen if one != literal] if value.selected else [*chosen, literal]
    return address.with_(filters=conditions.toggled(address.all("filters"), path, changed))


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
