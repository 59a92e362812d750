"""What there is to be counted, and what came of it; two ways of counting speak this."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from eoscperf.results.facets.selection import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWish:
    """What to learn about a field: its values, the smallest and greatest number, or both."""

    id: int
    values: bool = False
    range: bool = False
    most: int | None = None
    """so many values are enough; None for all"""
    selected: frozenset[Value] = frozenset()
    """values to count in any case"""


@dataclass(slots=True, kw_only=True)
class Wanted:
    """What to count of one set of results."""

    total: bool = False
    kinds: set[str] = field(default_factory=set)
    """benchmark, flavor (which also tells of sites), tag, year"""
    fields: dict[int, FieldWish] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.total or bool(self.kinds) or bool(self.fields)


@dataclass(slots=True)
class ValueCounts:
    """How many results have which value at a field, and how many different values there are."""

    counts: dict[Value, int] = field(default_factory=dict)
    distinct: int = 0


@dataclass(slots=True, kw_only=True)
class Counts:
    """How many results there are of each kind; what was not asked for is missing."""

    total: int | None = None
    benchmarks: dict[uuid.UUID, int] = field(default_factory=dict)
    flavors: dict[uuid.UUID, int] = field(default_factory=dict)
    tags: dict[uuid.UUID, int] = field(default_factory=dict)
    years: dict[int, int] = field(default_factory=dict)
    values: dict[int, ValueCounts] = field(default_factory=dict)
    ranges: dict[int, tuple[float, float]] = field(default_factory=dict)

    def add(self, other: Counts) -> None:
        """Take over what another count found."""
        self.total = other.total if self.total is None else self.total
        self.benchmarks |= other.benchmarks
        self.flavors |= other.flavors
        self.tags |= other.tags
        self.years |= other.years
        self.values |= other.values
        self.ranges |= other.ranges


def plain(number: float) -> float | int:
    """A number as JSON writes it: whole ones without a fraction, as far as they are exact."""
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


def value_order(item: tuple[Value, int]) -> tuple[int, int, float, str]:
    """Most frequent first, then numbers, strings and booleans, each in their order."""
    (kind, value), count = item
    text = value if isinstance(value, str) else ""
    number = 0.0 if isinstance(value, str) else float(value)
    return -count, _KINDS.index(kind), number, text


def most_frequent(counts: Iterable[tuple[Value, int]]) -> list[tuple[Value, int]]:
    return sorted(counts, key=value_order)


_KINDS = ("number", "string", "boolean")
_EXACT = 2**53
