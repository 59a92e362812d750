"""What is known of the values in the results of one benchmark version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

Better = Literal["higher", "lower"]
Kind = Literal["number", "string", "boolean", "mixed"]
Parameter = Literal["machine", "input"]
Aggregate = Literal["median", "mean", "min", "max"]

NOISE = 0.02
"""Relative difference that nobody should care about, where a benchmark does not say another."""

MAX_HEADLINES = 3


@dataclass(frozen=True, slots=True)
class Samples:
    """Where the repetitions of a run stand: an array of numbers, or text such as "3.1:3.2" to be split."""

    path: str
    split: str | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """One value of each result, at `path`."""

    path: str
    kind: Kind
    label: str
    description: str = ""
    unit: str = ""
    """as it is written; "" where none is known"""
    better: Better | None = None
    headline: int | None = None
    """1 to 3: its place among the values that sum a result up"""
    samples: Samples | None = None
    aggregate: Aggregate | None = None
    """what of the samples is the value of the run; None: the stated value"""
    parameter: Parameter | None = None
    """an independent variable: of the machine, or an input that splits results into cells"""
    noise: float = NOISE
    suggested: bool = False
    """whether it is offered first for filters, columns and axes"""


@dataclass(frozen=True)
class Catalogue:
    """All metrics of a benchmark version; `version` 0 is what its schema says, later ones were edited."""

    metrics: tuple[Metric, ...]
    version: int = 0
    _by_path: dict[str, Metric] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_path", {metric.path: metric for metric in self.metrics})

    def __iter__(self) -> Iterator[Metric]:
        return iter(self.metrics)

    def get(self, path: str) -> Metric | None:
        return self._by_path.get(path)

    @property
    def headlines(self) -> list[Metric]:
        """The values that sum a result up, the first first."""
        return sorted((metric for metric in self if metric.headline), key=lambda metric: metric.headline or 0)

    @property
    def inputs(self) -> list[Metric]:
        return [metric for metric in self if metric.parameter == "input"]

    @property
    def machine(self) -> list[Metric]:
        return [metric for metric in self if metric.parameter == "machine"]


def to_plain(metrics: Iterable[Metric]) -> list[dict[str, Any]]:
    """As JSON: every member of every metric, in the order of their declaration."""
    return [
        {name: _plain(getattr(metric, name)) for name in (one.name for one in fields(Metric))}
        for metric in metrics
    ]


def from_plain(found: Iterable[Mapping[str, Any]]) -> tuple[Metric, ...]:
    """What `to_plain` wrote."""
    return tuple(
        Metric(**{**one, "samples": Samples(**one["samples"]) if one.get("samples") else None})
        for one in found
    )


def _plain(value: Any) -> Any:
    return {"path": value.path, "split": value.split} if isinstance(value, Samples) else value
