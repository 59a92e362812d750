"""What the runs of one cell say: the same benchmark, metric, inputs, site and flavor.

The rules are those of `METHOD`; docs/statistics.md explains them in plain words.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import math
import uuid
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np

METHOD = "eoscperf-stats-1"
"""Names the rules; numbers computed by other rules carry another name."""

RUNS_PER_SOURCE = 20
"""The newest runs of one source that count in a cell."""

ENOUGH = 5
"""Runs from which on there is an interval and a verdict: three against three cannot get below p = 0.1."""

DRAWS = 2000
"""Medians drawn for an interval."""

COVERED = (2.5, 97.5)
"""The percentiles between which an interval lies."""

UNKNOWN = "unknown"
"""The source of results whose uploader is gone: all of them count as one."""

Weighting = Literal["source", "run"]


@dataclass(frozen=True, slots=True)
class Run:
    """One result: `value` in the unit of the metric, `source` its uploader, `samples` its repetitions."""

    id: uuid.UUID
    source: Hashable
    value: float
    executed: datetime.datetime
    samples: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Eligible:
    """The runs that count, newest first, and how many others there are, by reason."""

    runs: tuple[Run, ...]
    infinite: int
    """whose value is no finite number"""
    older: int
    """beyond the newest of their source"""


def eligible(runs: Iterable[Run]) -> Eligible:
    """The newest runs of each source with a finite value."""
    kept: list[Run] = []
    infinite = older = 0
    seen: Counter[Hashable] = Counter()
    for run in sorted(runs, key=lambda run: (run.executed, run.id), reverse=True):
        if not math.isfinite(run.value):
            infinite += 1
        elif seen[run.source] == RUNS_PER_SOURCE:
            older += 1
        else:
            seen[run.source] += 1
            kept.append(run)
    return Eligible(tuple(kept), infinite, older)


@dataclass(frozen=True)
class Cell:
    """The runs of a cell (at least one, all finite) for the metric at `path`, and what follows from them."""

    path: str
    runs: tuple[Run, ...]
    weighting: Weighting = "source"

    def __post_init__(self) -> None:
        if not self.runs:
            raise ValueError("a cell needs at least one run")
        if not all(math.isfinite(run.value) for run in self.runs):
            raise ValueError("the values of a cell must be finite")

    @functools.cached_property
    def n(self) -> int:
        """Number of runs."""
        return len(self.runs)

    @functools.cached_property
    def sources(self) -> int:
        """Number of uploaders."""
        return len({run.source for run in self.runs})

    @property
    def is_enough(self) -> bool:
        """Whether there are runs enough for an interval and a verdict."""
        return self.n >= ENOUGH

    @functools.cached_property
    def ordered(self) -> tuple[Run, ...]:
        """The runs by value."""
        return tuple(sorted(self.runs, key=lambda run: (run.value, run.id)))

    @functools.cached_property
    def values(self) -> tuple[float, ...]:
        """The values of the runs, ascending."""
        return tuple(run.value for run in self.ordered)

    @functools.cached_property
    def weights(self) -> tuple[float, ...]:
        """Of `values`: 1 / sqrt(runs of the same source), so that one busy source does not own the cell."""
        if self.weighting == "run":
            return (1.0,) * self.n
        of_source = Counter(run.source for run in self.runs)
        return tuple(1 / math.sqrt(of_source[run.source]) for run in self.ordered)

    @functools.cached_property
    def median(self) -> float:
        """The weighted median, the centre of the cell."""
        return weighted_median(self.values, self.weights)

    @functools.cached_property
    def lowest(self) -> float:
        return self.values[0]

    @functools.cached_property
    def highest(self) -> float:
        return self.values[-1]

    @functools.cached_property
    def last_run(self) -> datetime.datetime:
        """When the latest run was executed."""
        return max(run.executed for run in self.runs)

    @functools.cached_property
    def seed(self) -> int:
        """What random numbers of this cell start from: the same runs always give the same interval."""
        ids = sorted(str(run.id) for run in self.runs)
        text = "\n".join((METHOD, self.path, *ids))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")

    @functools.cached_property
    def draws(self) -> np.ndarray:
        """`DRAWS` medians, each of as many weighted draws as the runs are worth: W^2 / sum of w^2."""
        import numpy as np

        weights = np.asarray(self.weights)
        total = weights.sum()
        size = math.floor(total**2 / (weights**2).sum() + 0.5)
        # As `Generator.choice(values, (DRAWS, size), p=weights / total)`, which looks a value up for each
        # random number. The values ascend, so the median of those belongs to the median of the numbers.
        reached = (weights / total).cumsum()
        reached /= reached[-1]
        numbers = np.random.default_rng(self.seed).random((DRAWS, size))
        half = size // 2
        middles = [half] if size % 2 else [half - 1, half]
        numbers.partition(middles, axis=1)
        drawn = np.asarray(self.values)[reached.searchsorted(numbers[:, middles], side="right")]
        return drawn[:, 0] if size % 2 else (drawn[:, 0] + drawn[:, 1]) / 2

    @functools.cached_property
    def interval(self) -> tuple[float, float] | None:
        """95 % bootstrap interval of the median; None with fewer than `ENOUGH` runs."""
        return between(self.draws) if self.is_enough else None

    @functools.cached_property
    def within_spread(self) -> float | None:
        """Median over the runs of (max - min) / median of their samples; None where no run has two."""
        spreads = [spread for run in self.runs if (spread := sample_spread(run.samples)) is not None]
        return middle(spreads) if spreads else None

    @functools.cached_property
    def between_spread(self) -> float | None:
        """Interquartile range, with few runs the whole range, over the median; None for a median of 0."""
        if not self.median:
            return None
        if self.is_enough:
            import numpy as np

            low, high = np.percentile(self.values, (25, 75))
        else:
            low, high = self.lowest, self.highest
        return float(high - low) / abs(self.median)


def weighted_median(values: Sequence[float], weights: Sequence[float]) -> float:
    """Of ascending `values`: the first at which the weights add up to half of all, with the next one's mean
    where they add up to exactly half."""
    half = math.fsum(weights) / 2
    about = 0.0
    for position, value in enumerate(values):
        about += weights[position]
        if about < half * (1 - _CLOSE):
            continue
        # Only near the half does it matter what the sum is exactly.
        so_far = math.fsum(weights[: position + 1])
        if math.isclose(so_far, half, rel_tol=1e-12) and position + 1 < len(values):
            return value / 2 + values[position + 1] / 2
        if so_far >= half:
            return value
    return values[-1]


_CLOSE = 1e-9


def sample_spread(samples: Sequence[float]) -> float | None:
    """(max - min) / median of the repetitions inside a run; None for fewer than two or a median of 0."""
    if len(samples) < 2 or not (centre := middle(samples)):
        return None
    return (max(samples) - min(samples)) / abs(centre)


def middle(values: Iterable[float]) -> float:
    """The plain median."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else ordered[half - 1] / 2 + ordered[half] / 2


def between(draws: np.ndarray) -> tuple[float, float]:
    """The percentiles `COVERED`, interpolated linearly."""
    import numpy as np

    # As `numpy.percentile`, without its preparations, which take longer than all the rest.
    places = [(len(draws) - 1) * (percent / 100) for percent in COVERED]
    below = [math.floor(place) for place in places]
    above = [min(place + 1, len(draws) - 1) for place in below]
    ordered = np.partition(draws, sorted({*below, *above}))
    low, high = (
        _at(float(ordered[first]), float(ordered[second]), place - first)
        for first, second, place in zip(below, above, places, strict=True)
    )
    return low, high


def _at(low: float, high: float, share: float) -> float:
    """Between two values, computed from the nearer one."""
    apart = high - low
    return high - apart * (1 - share) if share >= 0.5 else low + apart * share
