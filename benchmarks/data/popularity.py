"""Skewed choices: few things are used often, many rarely."""

from __future__ import annotations

import bisect
import itertools
import random
from collections.abc import Sequence
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Weighted(Generic[Thing]):
    """Draws things with given weights."""

    def __init__(self, things: Sequence[Thing], weights: Sequence[float]) -> None:
        if len(things) != len(weights) or not things:
            raise ValueError("there must be a weight for each thing, and at least one thing")
        self.things = things
        self._sums = list(itertools.accumulate(weights))

    def draw(self, chance: random.Random) -> Thing:
        return self.things[bisect.bisect(self._sums, chance.random() * self._sums[-1])]

    def share(self, index: int) -> float:
        """The part of all draws that gives the thing at this place."""
        before = self._sums[index - 1] if index else 0.0
        return (self._sums[index] - before) / self._sums[-1]


def zipf(things: Sequence[Thing], exponent: float) -> Weighted[Thing]:
    """The thing at place n is drawn in proportion to n to the power of minus `exponent`."""
    return Weighted(things, [number**-exponent for number in range(1, len(things) + 1)])
