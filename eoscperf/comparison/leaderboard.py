"""The ranking of a benchmark: its cells, best first, each against a baseline."""

from __future__ import annotations

import datetime
import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from eoscperf import errors
from eoscperf.comparison.boards import Cells, Counted
from eoscperf.comparison.cells import Cell, Run, Weighting, eligible
from eoscperf.comparison.contrasts import Contrast
from eoscperf.comparison.ranking import Ranked, ranked
from eoscperf.comparison.reading import Inputs, Measured, by_frequency
from eoscperf.comparison.remembering import MakeCell
from eoscperf.comparison.sentences import best
from eoscperf.errors import Issue
from eoscperf.metrics import units
from eoscperf.metrics.catalogue import Catalogue, Metric
from eoscperf.results.catalogue import CatalogueView

Order = Literal["rank", "site", "n", "last"]


@dataclass(frozen=True, slots=True)
class Row:
    """A cell in the ranking; `rank` is None where no direction is declared."""

    flavor_id: uuid.UUID
    flavor: str
    site_id: uuid.UUID
    site: str
    cell: Cell
    rank: Ranked | None
    contrast: Contrast
    last_run: datetime.datetime

    @property
    def name(self) -> str:
        return f"{self.site} {self.flavor}"


@dataclass(frozen=True, slots=True)
class OtherInputs:
    """Runs with another setting of the workload, which were not mixed in."""

    inputs: Inputs
    runs: int


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """What the ranking says and how it came about."""

    benchmark: str
    """image:tag"""
    metric: Metric
    inputs: tuple[Metric, ...]
    chosen: Inputs
    """the values of the inputs that the rows have in common"""
    others: tuple[OtherInputs, ...]
    weighting: Weighting
    rows: tuple[Row, ...]
    base: Row | None
    older: int
    """runs left out as beyond the newest of their source"""
    infinite: int
    """runs left out for want of a finite number"""
    headline: str

    @property
    def verdicts(self) -> int:
        """Rows of which something is said with confidence, right or wrong."""
        return sum(row is not self.base and row.contrast.has_evidence for row in self.rows)


def chosen_metric(catalogue: Catalogue, path: str | None) -> Metric:
    """The metric to rank by: the one named, else the first headline. Raises Invalid, and NotFound when the
    benchmark declares none."""
    if path is not None:
        metric = catalogue.get(path)
        if metric is None or metric.kind not in ("number", "mixed"):
            allowed = ", ".join(one.path for one in catalogue if one.kind in ("number", "mixed"))
            detail = f"is no number that the benchmark declares; allowed: {allowed or 'none'}"
            raise errors.Invalid([Issue(detail, "query", "metric")])
        return metric
    if not catalogue.headlines:
        raise errors.NotFound(
            "This benchmark declares no headline metric. Name a metric, or propose one for its catalogue."
        )
    return catalogue.headlines[0]


def leaderboard(
    view: CatalogueView,
    benchmark_id: uuid.UUID,
    cells: Cells,
    catalogue: Catalogue,
    metric: Metric,
    *,
    weighting: Weighting = "source",
    base: uuid.UUID | None = None,
    order: Order = "rank",
) -> Leaderboard:
    """These cells as a ranking. Invalid for a base without a row."""
    counted = cells.by_flavor
    rows = _rows(view, {one: found.cell for one, found in counted.items() if found.cell}, metric, base)
    leader = next((row for row in rows if row.contrast.base is row.cell), None)
    return Leaderboard(
        benchmark=view.benchmarks[benchmark_id].name,
        metric=metric,
        inputs=tuple(catalogue.inputs),
        chosen=cells.chosen,
        others=tuple(OtherInputs(inputs, runs) for inputs, runs in cells.others),
        weighting=weighting,
        rows=tuple(_ordered(rows, order)),
        base=leader,
        older=sum(found.older for found in counted.values()),
        infinite=sum(found.infinite for found in counted.values()),
        headline=_headline(rows, metric),
    )


def cells_of(found: Sequence[Measured], metric: Metric, make_cell: MakeCell, weighting: Weighting) -> Cells:
    """The cells of these results, which are all that are asked for."""
    ordered = by_frequency(Counter(one.inputs for one in found))
    if not ordered:
        return Cells((), (), {})
    chosen = ordered[0][0]
    by_flavor: dict[uuid.UUID, list[Run]] = defaultdict(list)
    for one in found:
        if one.inputs == chosen:
            by_flavor[one.flavor_id].append(one.run)
    counted = {}
    for flavor_id, runs in by_flavor.items():
        kept = eligible(runs)
        cell = make_cell(metric, kept.runs, weighting) if kept.runs else None
        counted[flavor_id] = Counted(cell, kept.older, kept.infinite)
    return Cells(chosen, tuple(ordered[1:]), counted)


def _rows(
    view: CatalogueView, computed: dict[uuid.UUID, Cell], metric: Metric, base: uuid.UUID | None
) -> list[Row]:
    """The rows, best first; without a direction by site and flavor."""
    flavors = sorted(computed, key=lambda one: (view.site_of(one).name, view.flavors[one].name, one.bytes))
    cells = [computed[flavor_id] for flavor_id in flavors]
    ranks: list[Ranked | None] = [None] * len(cells)
    order = list(range(len(cells)))
    if metric.better is not None:
        sorted_cells = ranked(cells, metric.better, metric.noise)
        order = [one.index for one in sorted_cells]
        ranks = list(sorted_cells)
    if base is not None and base not in computed:
        raise errors.Invalid([Issue("is no flavor with a row in this ranking", "query", "base")])
    baseline = computed[base] if base is not None else cells[order[0]] if order else None
    return [
        Row(
            flavor_id=flavors[index],
            flavor=view.flavors[flavors[index]].name,
            site_id=view.site_of(flavors[index]).id,
            site=view.site_of(flavors[index]).name,
            cell=cells[index],
            rank=rank,
            contrast=Contrast(cells[index], baseline, metric.better, metric.noise),
            last_run=cells[index].last_run,
        )
        for index, rank in zip(order, ranks, strict=True)
    ]


def _ordered(rows: list[Row], order: Order) -> list[Row]:
    if order == "site":
        return sorted(rows, key=lambda row: (row.site, row.flavor))
    if order == "n":
        return sorted(rows, key=lambda row: -row.cell.n)
    if order == "last":
        return sorted(rows, key=lambda row: row.last_run, reverse=True)
    return rows


def _headline(rows: list[Row], metric: Metric) -> str:
    if not rows:
        return "No visible result has this metric."
    if metric.better is None:
        return "No better direction is declared, so there is no ranking."
    first = [row for row in rows if row.rank is not None and row.rank.rank == 1]
    provisional = not any(row.cell.is_enough for row in rows)
    unit = units.symbol(metric.unit) if metric.unit else ""
    return best([row.name for row in first], rows[0].cell.median, unit, provisional=provisional)
