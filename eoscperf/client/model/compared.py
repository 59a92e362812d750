"""Comparisons and rankings."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from eoscperf.client.model.words import Better, Weight


class ComparedMetric(TypedDict):
    """The metric by which rows are ranked or compared."""

    path: str
    label: str
    unit: str
    unit_symbol: str
    better: Better | None
    noise: float


class Verdict(TypedDict):
    """What the data say about a row and the baseline; the code is for programs."""

    code: Literal[
        "missing", "unlike", "nonpos", "undirected", "few", "better", "worse", "same", "none", "unclear"
    ]
    sentence: str


Effect = Literal["negligible", "small", "medium", "large"]


class ComparedRow(TypedDict):
    """One of the things that are compared: a flavor, or a single result."""

    name: str
    found: bool
    flavor_id: str | None
    tag_id: str | None
    result_id: str | None


class ComparedItem(TypedDict):
    """The runs of a row; `row` is its place in the rows of the comparison."""

    row: int
    n: int
    sources: int
    median: float | None
    interval: list[float] | None
    min: float | None
    max: float | None
    values: list[float] | None
    within_spread: float | None
    between_spread: float | None
    ratio: float | None
    ratio_interval: list[float] | None
    p: float | None
    effect: Effect | None
    verdict: Verdict | None
    left_out: int
    machine: dict[str, list[Any]]


class ComparedTable(TypedDict):
    """The rows by one benchmark."""

    benchmark_id: str
    benchmark: str
    catalogue_version: int
    metric: ComparedMetric
    inputs: dict[str, Any]
    note: str | None
    false_alarms: str | None
    items: list[ComparedItem]


class GeometricMean(TypedDict):
    """Of the ratios of a row over several benchmarks."""

    value: float | None
    interval: list[float] | None
    over: int
    of: int
    penalised: int


class Comparison(TypedDict):
    """Several rows side by side, a table for each benchmark; `base` is the place of the baseline."""

    method: str
    weight: Weight
    base: int
    rows: list[ComparedRow]
    tables: list[ComparedTable]
    more_benchmarks: int
    geometric_means: list[GeometricMean] | None
    differing: list[str]


class OtherInputs(TypedDict):
    """Settings of the workload whose runs are not mixed in."""

    inputs: dict[str, Any]
    runs: int


class LeftOut(TypedDict):
    """Runs that do not count."""

    older: int
    not_finite: int


class RankedRow(TypedDict):
    """A flavor in a ranking."""

    site_id: str
    site: str
    flavor_id: str
    flavor: str
    rank: int | None
    rank_label: str | None
    provisional: bool
    n: int
    sources: int
    median: float
    interval: list[float] | None
    min: float
    max: float
    values: list[float] | None
    within_spread: float | None
    between_spread: float | None
    last_run: str
    ratio: float | None
    ratio_interval: list[float] | None
    p: float | None
    effect: Effect | None
    verdict: Verdict | None


class Leaderboard(TypedDict):
    """A page of the flavors on which a benchmark ran, best first."""

    benchmark_id: str
    benchmark: str
    method: str
    catalogue_version: int
    metric: ComparedMetric
    weight: Weight
    inputs: dict[str, Any]
    other_inputs: list[OtherInputs]
    headline: str
    false_alarms: str | None
    left_out: LeftOut
    base: str | None
    items: list[RankedRow]
    page: int
    pages: int
    per_page: int
    total: int
    has_next: bool
    has_prev: bool
