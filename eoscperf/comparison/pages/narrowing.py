"""Which machines a ranking is about: the values that its parameters have, to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eoscperf.comparison.presenting import literal
from eoscperf.metrics import units
from eoscperf.metrics.catalogue import Catalogue, Metric
from eoscperf.results import filters
from eoscperf.results.facets.service import Facets
from eoscperf.results.facets.views import FIELD_PREFIX, FacetValue
from eoscperf.results.query import Criteria
from eoscperf.results.search.search import Search
from eoscperf.web.urls import Address

MOST_PARAMETERS = 4
MOST_VALUES = 20


@dataclass(frozen=True, slots=True)
class MachineChoice:
    """A parameter of machines: the condition for each of its values, and the one that is set."""

    id: str
    label: str
    options: tuple[tuple[str, str], ...]
    selected: str


def machine_choices(
    request: Any, search: Search, catalogue: Catalogue, address: Address
) -> tuple[list[MachineChoice], list[str]]:
    """What can be chosen from in selects, and the conditions of the address that none of them shows."""
    criteria, fields = search.criteria, search.view.fields.get(search.criteria.benchmark_ids[0], {})
    wanted = [
        metric
        for metric in catalogue.machine
        if (field := fields.get(metric.path)) is not None and field.searchable and field.countable
    ][:MOST_PARAMETERS]
    rest = list(address.all("filters"))
    found: list[MachineChoice] = []
    if not wanted:
        return found, rest
    for number, (metric, values) in enumerate(_values(request, criteria, wanted)):
        set_here = [text for text in rest if _is_equality(text, metric.path)]
        if len(set_here) > 1:
            continue
        options = tuple((_condition(metric, one), _shown(metric, one)) for one in _ordered(values))
        selected = next(
            (text for text, _ in options if set_here and _value(text) == _value(set_here[0])),
            "",
        )
        if set_here and not selected:
            continue
        if len(options) > 1 or selected:
            rest = [text for text in rest if text not in set_here]
            found.append(MachineChoice(f"machine-{number}", metric.label, options, selected))
    return found, rest


def _values(
    request: Any, criteria: Criteria, wanted: Sequence[Metric]
) -> list[tuple[Metric, tuple[FacetValue, ...]]]:
    """The values of each parameter, where they are few."""
    report = request.find_service(Facets).report(
        criteria,
        [FIELD_PREFIX + metric.path for metric in wanted],
        MOST_VALUES + 1,
        seconds=request.registry.settings["limits.facet_seconds"],
    )
    found = []
    for metric in wanted:
        facet = report.facet(FIELD_PREFIX + metric.path)
        if facet is not None and facet.values and len(facet.values) <= MOST_VALUES:
            found.append((metric, facet.values))
    return found


def _ordered(values: Sequence[FacetValue]) -> list[FacetValue]:
    """Numbers by size, then texts."""
    return sorted(
        values,
        key=lambda one: (
            (0, float(one.value), "")
            if isinstance(one.value, (int, float)) and not isinstance(one.value, bool)
            else (1, 0.0, str(one.value))
        ),
    )


def _condition(metric: Metric, value: FacetValue) -> str:
    return f"{metric.path} == {literal(value.value)}"


def _shown(metric: Metric, value: FacetValue) -> str:
    unit = f" {units.symbol(metric.unit)}" if metric.unit else ""
    return f"{value.value}{unit}"


def _is_equality(text: str, path: str) -> bool:
    condition = filters.parse(text)
    return condition.operator == "==" and condition.path.text() == path


def _value(text: str) -> Any:
    return filters.parse(text).values[0].typed
