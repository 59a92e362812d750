"""One cell against another: how much better, how sure, and what can honestly be said."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from eoscperf.comparison.cells import Cell, between

if TYPE_CHECKING:
    import numpy as np

Better = Literal["higher", "lower"]

Code = Literal[
    "missing", "unlike", "nonpos", "undirected", "few", "better", "worse", "same", "none", "unclear"
]

SIGNIFICANT = 0.05
"""The p below which a difference counts."""

EXACT_UP_TO = 8
"""Runs of the smaller side up to which the rank test enumerates, not approximates."""

RESAMPLES = 9999

NOISE = 0.02
"""Relative difference below which nobody should care, unless the catalogue says otherwise."""

SIZES = ((0.147, "negligible"), (0.33, "small"), (0.474, "medium"))
"""|2A - 1| below which an effect is called so (Romano et al. 2006, for Cliff's delta); else it is large."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What there is to say with runs enough on both sides and positive values."""

    ratio: float
    low: float
    high: float
    """95 % interval of the ratio, draw by draw"""
    p: float
    """of the two-sided Mann-Whitney test of the unweighted values"""
    superiority: float
    """A: the chance that a run of the one is better (without a direction: higher) than one of the other"""

    @property
    def effect(self) -> str:
        """The size of the effect in a word."""
        extent = abs(2 * self.superiority - 1)
        return next((word for bound, word in SIZES if extent < bound), "large")


@dataclass(frozen=True)
class Pair:
    """Cell `a` against the cell `base`, both with runs."""

    a: Cell
    base: Cell
    better: Better | None

    @functools.cached_property
    def ratio(self) -> float | None:
        """How many times as good as the baseline: above 1 is better; None unless all values are positive.

        Without a better direction: how many times as high.
        """
        if self.a.lowest <= 0 or self.base.lowest <= 0:
            return None
        mine, theirs = self.a.median, self.base.median
        return theirs / mine if self.better == "lower" else mine / theirs

    @property
    def has_evidence(self) -> bool:
        """Whether there are runs enough on both sides and all values are positive."""
        return self.a.is_enough and self.base.is_enough and self.ratio is not None

    @functools.cached_property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the ratio, draw by draw; None without evidence."""
        if not self.has_evidence:
            return None
        mine, theirs = self.a.draws, self.base.draws
        return between(theirs / mine if self.better == "lower" else mine / theirs)

    @functools.cached_property
    def evidence(self) -> Evidence | None:
        """None with too few runs on a side, or values that are not positive."""
        if self.interval is None or self.ratio is None:
            return None
        statistic, p = _rank_test(self.a, self.base)
        share = statistic / (self.a.n * self.base.n)
        return Evidence(self.ratio, *self.interval, p, 1 - share if self.better == "lower" else share)


@dataclass(frozen=True)
class Contrast:
    """A row against the baseline; either may be without a run.

    `reason` says why the two must not be compared, if so; `noise` is a relative floor.
    """

    a: Cell | None
    base: Cell | None
    better: Better | None
    noise: float = NOISE
    reason: str = ""

    @functools.cached_property
    def pair(self) -> Pair | None:
        return None if self.a is None or self.base is None else Pair(self.a, self.base, self.better)

    @property
    def ratio(self) -> float | None:
        """See `Pair.ratio`; None where the two must not be compared."""
        return None if self.pair is None or self.reason else self.pair.ratio

    @property
    def has_evidence(self) -> bool:
        """See `Pair.has_evidence`; not where the two must not be compared."""
        return self.pair is not None and not self.reason and self.pair.has_evidence

    @property
    def evidence(self) -> Evidence | None:
        """See `Pair.evidence`; None where the two must not be compared."""
        return None if self.pair is None or self.reason else self.pair.evidence

    @functools.cached_property
    def code(self) -> Code:
        """The verdict: the first that applies."""
        if self.pair is None:
            return "missing"
        if self.reason:
            return "unlike"
        if self.ratio is None:
            return "nonpos"
        if self.better is None:
            return "undirected"
        return "few" if self.evidence is None else _weighed(self.evidence, self.noise)


def is_within(ratio: float, noise: float) -> bool:
    """Whether a ratio is inside the noise floor."""
    return 1 / (1 + noise) <= ratio <= 1 + noise


def _weighed(found: Evidence, noise: float) -> Code:
    ceiling = 1 + noise
    if found.low > 1 and found.p < SIGNIFICANT and found.ratio >= ceiling:
        return "better"
    if found.high < 1 and found.p < SIGNIFICANT and found.ratio <= 1 / ceiling:
        return "worse"
    if is_within(found.low, noise) and is_within(found.high, noise):
        return "same"
    if found.low <= 1 <= found.high or is_within(found.ratio, noise):
        return "none"
    return "unclear"


def _rank_test(a: Cell, base: Cell) -> tuple[float, float]:
    """The statistic U of `a` and the two-sided p, as `scipy.stats.mannwhitneyu` has them."""
    import numpy as np

    values = np.concatenate((a.values, base.values))
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(times) - (times - 1) / 2)[place]
    least = a.n * (a.n + 1) / 2
    statistic = float(ranks[: a.n].sum() - least)
    if min(a.n, base.n) > EXACT_UP_TO:
        return statistic, _asymptotic(statistic, a.n, base.n, times)
    from scipy import stats

    if len(times) == len(values):
        exact = stats.mannwhitneyu(a.values, base.values, alternative="two-sided", method="exact")
        return statistic, float(exact.pvalue)

    def of_ranks(mine: np.ndarray, theirs: np.ndarray, axis: int) -> np.ndarray:
        return mine.sum(axis=axis) - least

    # As its PermutationMethod, which ranks all values anew for each permutation.
    permuted = stats.permutation_test(
        (ranks[: a.n], ranks[a.n :]),
        of_ranks,
        vectorized=True,
        n_resamples=RESAMPLES,
        rng=np.random.default_rng(a.seed),
    )
    return statistic, float(permuted.pvalue)


def _asymptotic(statistic: float, mine: int, theirs: int, times: np.ndarray) -> float:
    """p by the normal approximation, corrected for ties (so many times each value) and continuity."""
    every = mine + theirs
    ties = float((times.astype(float) ** 3 - times).sum())
    spread = math.sqrt(mine * theirs / 12 * ((every + 1) - ties / (every * (every - 1))))
    if not spread:
        # All values are alike on both sides.
        return 1.0
    larger = max(statistic, mine * theirs - statistic)
    return min(1.0, math.erfc((larger - mine * theirs / 2 - 0.5) / spread / math.sqrt(2)))
