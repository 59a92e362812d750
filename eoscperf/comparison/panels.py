"""What pages of sites and flavors tell of rankings and machines."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eoscperf.comparison.cells import METHOD
from eoscperf.comparison.machines import Machines, Said, per_core
from eoscperf.comparison.pages.shaping import MetricShown, Spread, metric_shown
from eoscperf.comparison.sentences import percent
from eoscperf.comparison.standings import FlavorStanding, Standings
from eoscperf.metrics.catalogue import Catalogue
from eoscperf.metrics.service import MetricCatalogues
from eoscperf.results.activity import Cell, ResultActivity
from eoscperf.results.observed import NEWEST
from eoscperf.results.pages import folded
from eoscperf.review.activity import Activity

NOT_RANKED = (
    "Not ranked: the benchmark does not say which of its values sums a result up, or no result here has it "
    "with the usual settings."
)

MOST_BENCHMARKS = 20
"""Benchmarks whose results are asked what machine they ran on, those with most results first."""

MOST_VALUES = 5
"""Different values of a parameter that are named."""

MOST_IN_SHORT = 2
"""The same where flavors stand side by side."""

MOST_NEIGHBOURS = 20
"""Flavors of the same site that stand beside one."""

MOST_DIFFERENCES = 3
"""Parameters of the machine that are shown beside each other flavor."""

MOST_MEDIANS = 2
"""Benchmarks whose medians are shown beside each other flavor."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a flavor stands in one benchmark; `spread` and what follows are None where it has no rank."""

    benchmark_id: uuid.UUID
    benchmark: str
    runs: int
    """all results there, whatever their settings"""
    why: str | None
    """why there is no median"""
    flavor_id: uuid.UUID | None = None
    flavor: str | None = None
    metric: MetricShown | None = None
    inputs: tuple[tuple[str, Any], ...] = ()
    """settings that the runs have in common"""
    median: float | None = None
    spread: Spread | None = None
    n: int = 0
    sources: int = 0
    rank: str | None = None
    of: int = 0
    last_run: datetime.datetime | None = None


@dataclass(frozen=True, slots=True)
class Described:
    """A parameter of the machine with the values that results have."""

    name: str
    label: str
    unit: str
    paths: tuple[str, ...]
    values: tuple[tuple[str, int], ...]
    different: int
    more: int
    newest: int | None
    """looked at no more than so many results; None: at all of them"""


@dataclass(frozen=True, slots=True)
class Column:
    """A benchmark by whose median flavors stand side by side."""

    benchmark_id: uuid.UUID
    benchmark: str
    metric: MetricShown
    core_unit: str | None
    """what the value for each core is in; None where there is none"""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A flavor of the same site; the first one is the flavor itself."""

    id: uuid.UUID
    name: str
    machine: tuple[str | None, ...]
    medians: tuple[tuple[float | None, float | None], ...]
    """for each column the median, and what it comes to for each core"""


def of_site(request: Any, *, site_id: uuid.UUID) -> dict[str, Any]:
    """The panel of a site: its best flavor in each benchmark."""
    activity: ResultActivity = request.find_service(Activity)
    flavors = activity.view.flavors_of_site.get(site_id, ())
    cells = activity.cells(flavors=flavors) if flavors else []
    known = {one.benchmark_id: one for one in request.find_service(Standings).of_site(site_id)}
    rows = _standings(activity, cells, known)
    return {"site_id": site_id, "standings": folded(rows), "method": METHOD}


def of_flavor(request: Any, *, flavor_id: uuid.UUID) -> dict[str, Any]:
    """The panel of a flavor: its machine, its ranks, the other flavors of its site."""
    activity: ResultActivity = request.find_service(Activity)
    view = activity.view
    flavor = view.flavors.get(flavor_id)
    cells = activity.cells(flavors=view.flavors_of_site.get(flavor.site_id, ())) if flavor else []
    own = [cell for cell in cells if cell.flavor_id == flavor_id]
    if flavor is None or not own:
        return {"standings": folded(())}
    site = view.site_of(flavor_id)
    catalogues = request.find_service(MetricCatalogues).in_force_of({cell.benchmark_id for cell in cells})
    ranked = request.find_service(Standings).of_flavors({cell.flavor_id for cell in cells})
    known = {one.benchmark_id: one for one in ranked if one.flavor_id == flavor_id}
    rows = _standings(activity, own, known, catalogues)
    main = [known[row.benchmark_id] for row in rows if row.benchmark_id in known][:MOST_MEDIANS]
    near = _near(flavor_id, cells, ranked, [one.benchmark_id for one in main])
    asked = _most_run(own)[:MOST_BENCHMARKS]
    machines = request.find_service(Machines).of_flavors(near, {one: catalogues[one] for one in asked})
    differences = _differences(machines, near)
    columns = _columns(main, machines)
    return {
        "flavor_id": flavor_id,
        "flavor": flavor.name,
        "site_id": site.id,
        "site": site.name,
        "machine": [_described(said) for said in machines.get(flavor_id, ())],
        "standings": folded(rows),
        "differences": differences,
        "columns": columns,
        "neighbours": [
            Neighbour(
                one,
                view.flavors[one].name,
                _at(machines.get(one, ()), differences),
                _medians(one, columns, ranked, machines.get(one, ())),
            )
            for one in near
        ],
        "together": [("item", f"flavor:{one}") for one in near],
        "more_neighbours": len({cell.flavor_id for cell in cells}) - len(near),
        "method": METHOD,
    }


def _standings(
    activity: ResultActivity,
    cells: Iterable[Cell],
    known: Mapping[uuid.UUID, FlavorStanding],
    catalogues: Mapping[uuid.UUID, Catalogue] | None = None,
) -> list[Standing]:
    """One for each benchmark, those with most results first; the catalogues tell why there is no rank."""
    runs: dict[uuid.UUID, int] = {}
    for cell in cells:
        runs[cell.benchmark_id] = runs.get(cell.benchmark_id, 0) + cell.runs
    names = activity.view.benchmarks
    found = []
    for identifier, number in sorted(runs.items(), key=lambda item: (-item[1], names[item[0]].name)):
        standing, name = known.get(identifier), names[identifier].name
        if standing is None:
            why = NOT_RANKED if catalogues is None else _why(catalogues.get(identifier))
            found.append(Standing(identifier, name, number, why))
            continue
        found.append(
            Standing(
                identifier,
                name,
                number,
                None if standing.rank else "No better direction is declared, so there is no rank.",
                flavor_id=standing.flavor_id,
                flavor=standing.flavor,
                metric=metric_shown(standing.metric),
                median=standing.median,
                inputs=tuple((one.label, value) for one, value in standing.inputs),
                spread=_spread(standing),
                n=standing.n,
                sources=standing.sources,
                rank=standing.rank,
                of=standing.of,
                last_run=standing.last_run,
            )
        )
    return found


def _spread(standing: FlavorStanding) -> Spread:
    low, high = standing.interval or (None, None)
    within = None if standing.within_spread is None else percent(standing.within_spread)
    return Spread(low, high, standing.values, within)


def _why(catalogue: Catalogue | None) -> str:
    if catalogue is None or not catalogue.headlines:
        return "This benchmark does not say which of its values sums a result up."
    return f"No result with the usual settings has a number as its {catalogue.headlines[0].label}."


def _most_run(cells: Sequence[Cell]) -> list[uuid.UUID]:
    return [cell.benchmark_id for cell in sorted(cells, key=lambda cell: -cell.runs)]


def _near(
    flavor_id: uuid.UUID,
    cells: Iterable[Cell],
    ranked: Iterable[FlavorStanding],
    main: Sequence[uuid.UUID],
) -> list[uuid.UUID]:
    """The flavor, then others of its site: the best of the first benchmark, then those with most results."""
    runs: dict[uuid.UUID, int] = {}
    for cell in cells:
        runs[cell.flavor_id] = runs.get(cell.flavor_id, 0) + cell.runs
    best = [one.flavor_id for one in ranked if main and one.benchmark_id == main[0]]
    others = sorted(runs, key=lambda one: (-runs[one], one.bytes))
    return list(dict.fromkeys([flavor_id, *best, *others]))[: MOST_NEIGHBOURS + 1]


def _described(said: Said) -> Described:
    parameter = said.parameter
    return Described(
        name=parameter.name,
        label=parameter.label,
        unit=parameter.unit,
        paths=parameter.paths,
        values=tuple((value.text, value.count) for value in said.values[:MOST_VALUES]),
        different=len(said.values),
        more=max(0, len(said.values) - MOST_VALUES),
        newest=None if said.counted else NEWEST,
    )


def _differences(machines: Mapping[uuid.UUID, Sequence[Said]], near: Sequence[uuid.UUID]) -> list[str]:
    """Names of parameters that the flavors do not have in common."""
    seen: dict[str, set[str | None]] = {}
    for said in (one for flavor_id in near for one in machines.get(flavor_id, ())):
        seen.setdefault(said.parameter.name, set())
    for flavor_id in near:
        for name, values in seen.items():
            values.add(_at(machines.get(flavor_id, ()), [name])[0])
    return [name for name, values in seen.items() if len(values - {None}) > 1][:MOST_DIFFERENCES]


def _at(machine: Sequence[Said], names: Sequence[str]) -> tuple[str | None, ...]:
    """What a machine says of these parameters."""
    known = {said.parameter.name: [value.text for value in said.values] for said in machine}
    return tuple(_in_short(known[name]) if name in known else None for name in names)


def _in_short(values: Sequence[str]) -> str:
    more = len(values) - MOST_IN_SHORT
    return ", ".join(values[:MOST_IN_SHORT]) + (f" and {more} more" if more > 0 else "")


def _cores(machine: Iterable[Said]) -> float | None:
    return next((said.number for said in machine if said.parameter.is_cores), None)


def _columns(
    main: Sequence[FlavorStanding], machines: Mapping[uuid.UUID, Sequence[Said]]
) -> tuple[Column, ...]:
    known = any(_cores(machine) for machine in machines.values())
    columns = []
    for standing in main:
        metric = metric_shown(standing.metric)
        has_cores = known and per_core(standing.metric, standing.median, 1) is not None
        unit = f"{metric.unit} × cores" if standing.metric.better == "lower" else f"{metric.unit} per core"
        columns.append(Column(standing.benchmark_id, standing.benchmark, metric, unit if has_cores else None))
    return tuple(columns)


def _medians(
    flavor_id: uuid.UUID,
    columns: Iterable[Column],
    ranked: Iterable[FlavorStanding],
    machine: Iterable[Said],
) -> tuple[tuple[float | None, float | None], ...]:
    known = {one.benchmark_id: one for one in ranked if one.flavor_id == flavor_id}
    cores = _cores(machine)
    found: list[tuple[float | None, float | None]] = []
    for column in columns:
        standing = known.get(column.benchmark_id)
        if standing is None:
            found.append((None, None))
        else:
            found.append((standing.median, per_core(standing.metric, standing.median, cores)))
    return tuple(found)


def includeme(config: Any) -> None:
    config.add_service(Machines, Machines.for_request)
    config.add_panel("site.detail", "standings", "comparison/panels/site.jinja2", view=of_site)
    config.add_panel("flavor.detail", "standings", "comparison/panels/flavor.jinja2", view=of_flavor)
