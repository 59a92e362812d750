"""Chosen flavors, sites, tags or single results side by side, one table for each benchmark."""

from __future__ import annotations

import dataclasses
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from eoscperf.comparison.cells import Cell, Run, Weighting, between, eligible
from eoscperf.comparison.contrasts import Contrast
from eoscperf.comparison.ranking import geometric_mean
from eoscperf.comparison.reading import Inputs, Measured, by_frequency
from eoscperf.comparison.remembering import MakeCell
from eoscperf.metrics.catalogue import Catalogue, Metric

Missing = Literal["common", "penalise"]

MOST_ROWS = 30
PENALTY = 0.5
"""What a row without runs gets where missing ones are penalised: this much of the worst ratio."""

TWO_RUNS = "This compares two runs, not two flavors."


@dataclass(frozen=True, slots=True)
class Subject:
    """A row of the comparison: one flavor, perhaps of one tag, or a single result."""

    name: str
    flavor_id: uuid.UUID | None = None
    tag_id: uuid.UUID | None = None
    result_id: uuid.UUID | None = None
    found: bool = True
    """False: what was asked for is not there, or not for this viewer"""


@dataclass(frozen=True, slots=True)
class Part:
    """What is known of one benchmark: the runs of each subject, by its place in the list."""

    benchmark_id: uuid.UUID
    benchmark: str
    catalogue: Catalogue
    metric: Metric
    runs: Mapping[int, Sequence[Measured]]
    machine: Mapping[int, Mapping[str, Sequence[object]]] = dataclasses.field(default_factory=dict)
    """what the runs of a subject say of their machine, by path"""


@dataclass(frozen=True, slots=True)
class Row:
    """A subject in the table of one benchmark."""

    subject: Subject
    cell: Cell | None
    contrast: Contrast
    left_out: int
    """runs that do not count: no finite number, or beyond the newest of their source"""
    machine: Mapping[str, Sequence[object]]


@dataclass(frozen=True, slots=True)
class Table:
    """One benchmark."""

    part: Part
    inputs: tuple[Metric, ...]
    chosen: Inputs
    rows: tuple[Row, ...]
    base: int
    of_runs: bool
    """whether the samples of single results are compared"""

    @property
    def verdicts(self) -> int:
        """Rows of which something is said with confidence, right or wrong."""
        return sum(at != self.base and row.contrast.has_evidence for at, row in enumerate(self.rows))


@dataclass(frozen=True, slots=True)
class Summary:
    """The geometric mean of the ratios of a row; `over` benchmarks of all that are shown."""

    value: float | None
    interval: tuple[float, float] | None
    over: int
    penalised: int
    """benchmarks in which the row has no runs and got less than the worst"""


def table(
    part: Part, subjects: Sequence[Subject], base: int, weighting: Weighting, make_cell: MakeCell
) -> Table:
    """The subjects side by side, each against the one at `base`."""
    inputs = tuple(part.catalogue.inputs)
    chosen = _most_frequent(part.runs.values())
    of_runs = all(subject.result_id is not None for subject in subjects)
    cells: dict[int, Cell | None] = {}
    left_out: dict[int, int] = {}
    reasons: dict[int, str] = {}
    for index in range(len(subjects)):
        found = part.runs.get(index, ())
        alike = [one.run for one in found if one.inputs == chosen]
        if found and not alike:
            # Shown, but not held against the others.
            alike = [one.run for one in found if one.inputs == found[0].inputs]
            reasons[index] = f"other inputs ({_described(inputs, found[0].inputs)})"
        kept = eligible(alike)
        left_out[index] = kept.infinite + kept.older
        if not kept.runs:
            cells[index] = None
        elif of_runs:
            cells[index] = Cell(part.metric.path, _samples_as_runs(kept.runs), "run")
        else:
            cells[index] = make_cell(part.metric, kept.runs, weighting)
    rows = []
    for index, subject in enumerate(subjects):
        reason = reasons.get(index) or reasons.get(base, "")
        reason = reason or ("" if index == base else _shared(cells[index], cells[base], of_runs))
        contrast = Contrast(cells[index], cells[base], part.metric.better, part.metric.noise, reason)
        machine = part.machine.get(index, {})
        rows.append(Row(subject, cells[index], contrast, left_out[index], machine))
    return Table(part, inputs, chosen, tuple(rows), base, of_runs)


def summaries(tables: Sequence[Table], missing: Missing) -> list[Summary] | None:
    """For each row the geometric mean over the benchmarks that have a direction; None with fewer than two.

    `common` takes the benchmarks in which every row has a ratio; `penalise` all of them, where a row
    without runs counts as `PENALTY` times the worst.
    """
    directed = [one for one in tables if one.part.metric.better is not None]
    if len(directed) < 2:
        return None
    if missing == "common":
        directed = [one for one in directed if all(row.contrast.ratio is not None for row in one.rows)]
    usable = [one for one in directed if any(row.contrast.ratio is not None for row in one.rows)]
    return [_summary(usable, index) for index in range(len(tables[0].rows))]


def differing(tables: Sequence[Table]) -> list[str]:
    """Paths of parameters of the machine that the rows do not have in common."""
    seen: dict[str, set[tuple[object, ...]]] = defaultdict(set)
    for one in tables:
        for row in one.rows:
            for path, values in row.machine.items():
                seen[path].add(tuple(sorted(map(repr, values))))
    return sorted(path for path, values in seen.items() if len(values) > 1)


def _summary(tables: Sequence[Table], index: int) -> Summary:
    ratios: list[float] = []
    penalised = 0
    for one in tables:
        ratio = one.rows[index].contrast.ratio
        if ratio is None:
            ratio = PENALTY * min(row.contrast.ratio for row in one.rows if row.contrast.ratio is not None)
            penalised += 1
        ratios.append(ratio)
    if not ratios:
        return Summary(None, None, 0, 0)
    return Summary(geometric_mean(ratios), _interval(tables, index), len(ratios), penalised)


def _interval(tables: Sequence[Table], index: int) -> tuple[float, float] | None:
    """Of the geometric mean, draw by draw; None unless every part has one."""
    import numpy as np

    logarithms = []
    for one in tables:
        pair = one.rows[index].contrast.pair
        if pair is None or not pair.has_evidence:
            return None
        mine, theirs = pair.a.draws, pair.base.draws
        logarithms.append(np.log(theirs / mine if pair.better == "lower" else mine / theirs))
    return between(np.exp(np.mean(logarithms, axis=0)))


def _most_frequent(runs: Iterable[Sequence[Measured]]) -> Inputs:
    counts: Counter[Inputs] = Counter()
    for found in runs:
        counts.update(one.inputs for one in found)
    ordered = by_frequency(counts)
    return ordered[0][0] if ordered else ()


def _described(inputs: Sequence[Metric], values: Inputs) -> str:
    return ", ".join(f"{metric.label} {value}" for metric, value in zip(inputs, values, strict=True))


def _samples_as_runs(runs: Sequence[Run]) -> tuple[Run, ...]:
    """The samples of a single result as if each were a run; its stated value where it has none."""
    return tuple(
        dataclasses.replace(run, value=value, samples=())
        for run in runs
        for value in (run.samples or (run.value,))
    )


def _shared(a: Cell | None, base: Cell | None, of_runs: bool) -> str:
    """Why two rows that hold the same runs are not compared."""
    if a is None or base is None:
        return ""
    common = len({run.id for run in a.runs} & {run.id for run in base.runs})
    if not common or (of_runs and a is base):
        return ""
    return f"both hold the same {'run' if common == 1 else f'{common} runs'}"
