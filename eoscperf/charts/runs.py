"""Runs as charts take them: what they are told apart by, and why some have no place."""

from __future__ import annotations

import dataclasses
import datetime
import math
import uuid
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from eoscperf.charts.data import COLOURS, DASHES, SHAPES, LeftOut, Look, Part
from eoscperf.charts.scales import LARGEST

Better = Literal["higher", "lower"]

NAMED = 50
"""Runs that are not drawn of which each reason names as many."""


@dataclass(frozen=True, slots=True)
class Field:
    """What an axis is about: a path of the JSON, as its benchmark calls it where that is known."""

    path: str
    label: str
    unit: str = ""
    better: Better | None = None

    @property
    def name(self) -> str:
        """With its unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


@dataclass(frozen=True, slots=True)
class Run:
    """One result. `values` by path; a path that it does not have is missing there, null is None."""

    id: uuid.UUID
    flavor_id: uuid.UUID
    executed: datetime.datetime
    source: Hashable
    values: Mapping[str, object]
    tags: tuple[str, ...] = ()
    benchmark: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """What some runs come to: their centre, its interval if there are enough of them, and their ends."""

    median: float
    low: float
    high: float
    n: int
    interval: tuple[float, float] | None = None

    def whisker(self, error: str) -> tuple[float, float] | tuple[None, None]:
        """What `err` asks for."""
        if error == "ci" and self.interval is not None:
            return self.interval
        return (self.low, self.high) if error == "range" and self.n > 1 else (None, None)


Summarise = Callable[[str, Sequence[Run]], Summary]
"""Sums up the runs of one cell by their values at a path, all of which are finite numbers."""


@dataclass(frozen=True, slots=True)
class Place:
    """A flavor and its site, with their numbers in the order in which they were approved."""

    flavor: str
    site: str
    site_id: uuid.UUID
    site_order: int = 0
    flavor_order: int = 0
    """within the site"""

    @property
    def name(self) -> str:
        return f"{self.site} / {self.flavor}"

    @property
    def look(self) -> Look:
        """The colour and shape of the site; dash and filling tell its flavors apart."""
        look = site_look(self.site_order)
        return Look(look.colour, look.shape, self.flavor_order % DASHES, self.flavor_order % 2 == 1)


@dataclass(frozen=True, slots=True)
class Measurements:
    """All runs that there are to draw, in the order of the list that they are from.

    `nothing` are runs that were left out before, by reason; `cut` says how many were taken of more.
    """

    runs: tuple[Run, ...]
    places: Mapping[uuid.UUID, Place]
    cut: int | None = None
    nothing: tuple[Part, ...] = ()


@dataclass(slots=True)
class Sieve:
    """Keeps the runs that can be drawn and counts the others by reason."""

    total: int = 0
    _left: dict[str, list[tuple[uuid.UUID, str]]] = field(default_factory=lambda: defaultdict(list))
    _counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _before: tuple[Part, ...] = ()

    @classmethod
    def of(cls, measured: Measurements) -> Sieve:
        before = sum(part.count for part in measured.nothing)
        return cls(total=len(measured.runs) + before, _before=measured.nothing)

    def number(self, run: Run, place: Place, field: Field, scale: str = "lin") -> float | None:
        """The number of a run at a path, or None if it has none that can be drawn.

        `scale` is that of its axis, or "positive" for what is divided by.
        """
        value = run.values.get(field.path, MISSING)
        reason = _fault(value, field, scale)
        if reason or not isinstance(value, int | float):
            self._leave(run, place, reason)
            return None
        return float(value)

    def left_out(self) -> LeftOut:
        reasons = sorted(self._counts, key=lambda reason: (-self._counts[reason], reason))
        parts = [
            Part(self._counts[reason], _worded(reason, self._counts[reason]), tuple(self._left[reason]))
            for reason in reasons
        ]
        return LeftOut(self.total, (*self._before, *parts))

    def _leave(self, run: Run, place: Place, reason: str) -> None:
        self._counts[reason] += 1
        if len(self._left[reason]) < NAMED:
            self._left[reason].append((run.id, named(run, place)))


MISSING = object()


def _fault(value: object, field: Field, scale: str) -> str:
    """Why a value cannot be drawn, with `{singular|plural}` for words that depend on a number; or nothing."""
    if value is MISSING:
        return f"{{lacks|lack}} {field.label}"
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return f"{{is not a number|are not numbers}} in {field.label}"
    if scale == "log" and value <= 0:
        return f"{{is|are}} <= 0 on a log axis ({field.label})"
    if scale == "positive" and value <= 0:
        return f"{{is|are}} <= 0 and without efficiency ({field.label})"
    if abs(value) > LARGEST or (scale == "log" and value < 1 / LARGEST):
        return f"{{is|are}} too large or too small for an axis ({field.label})"
    return ""


def sifted(measured: Measurements, keep: Callable[[Run, Place], bool]) -> Measurements:
    """The runs that are kept."""
    runs = tuple(run for run in measured.runs if keep(run, measured.places[run.flavor_id]))
    return dataclasses.replace(measured, runs=runs)


def number_of(run: Run, path: str) -> float:
    """The number of a run that a sieve has let through."""
    return float(cast("float", run.values[path]))


def named(run: Run, place: Place) -> str:
    """`CESNET / hpc.8, 2022-02-01 10:00`"""
    return f"{place.name}, {run.executed:%Y-%m-%d %H:%M}"


def site_look(order: int) -> Look:
    """The colour and shape of a site, everywhere the same; `order` is its number among the approved."""
    return Look(order % COLOURS + 1, order // COLOURS % SHAPES)


@dataclass(frozen=True, slots=True)
class Group:
    """Runs that are one series."""

    key: str
    name: str
    look: Look
    runs: tuple[Run, ...]


def grouped(measured: Measurements, series: str | None) -> list[Group]:
    """The runs by site and flavor (None), by site, by the name of the flavor, by tag or by their value at a
    path; in the order of their names.

    A run with several tags is in a group of each. Runs of different benchmarks are never in one group.
    """
    benchmarks = sorted({run.benchmark for run in measured.runs})
    if len(benchmarks) > 1:
        return [
            dataclasses.replace(
                group, key=f"{name} {group.key}", name=f"{group.name}, {name.rpartition('/')[2]}"
            )
            for name in benchmarks
            for group in grouped(sifted(measured, _is_of(name)), series)
        ]
    if series is None:
        return _by_flavor(measured)
    if series == "site":
        return _by_site(measured)
    found: dict[str, list[Run]] = defaultdict(list)
    for run in measured.runs:
        for name in _names(measured, run, series):
            found[name].append(run)
    ordered = sorted(found, key=_by_number)
    return [
        Group(
            name,
            name,
            Look(at % COLOURS + 1, at // COLOURS % SHAPES, at // COLOURS % DASHES),
            tuple(found[name]),
        )
        for at, name in enumerate(ordered)
    ]


def _short(benchmark: str) -> str:
    """`c-ray:1.2`, of an image with the path to it."""
    return benchmark.rpartition("/")[2]


def _is_of(benchmark: str) -> Callable[[Run, Place], bool]:
    return lambda run, place: run.benchmark == benchmark


def _names(measured: Measurements, run: Run, series: str) -> tuple[str, ...]:
    if series == "tag":
        return run.tags or ("no tag",)
    if series == "flavor":
        return (measured.places[run.flavor_id].flavor,)
    return (_told(run.values.get(series, MISSING), series),)


def _by_flavor(measured: Measurements) -> list[Group]:
    found: dict[uuid.UUID, list[Run]] = defaultdict(list)
    for run in measured.runs:
        found[run.flavor_id].append(run)
    groups = [
        Group(str(key), measured.places[key].name, measured.places[key].look, tuple(runs))
        for key, runs in found.items()
    ]
    return sorted(groups, key=lambda group: (group.name, group.key))


def _by_site(measured: Measurements) -> list[Group]:
    found: dict[uuid.UUID, list[Run]] = defaultdict(list)
    sites: dict[uuid.UUID, Place] = {}
    for run in measured.runs:
        place = measured.places[run.flavor_id]
        found[place.site_id].append(run)
        sites[place.site_id] = place
    groups = [
        Group(str(key), sites[key].site, site_look(sites[key].site_order), tuple(runs))
        for key, runs in found.items()
    ]
    return sorted(groups, key=lambda group: (group.name, group.key))


def _told(value: object, path: str) -> str:
    if value is MISSING or value is None:
        return f"no {path}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _by_number(name: str) -> tuple[bool, float, str]:
    """4 before 16, numbers before words."""
    try:
        number = float(name)
    except ValueError:
        return (True, 0.0, name)
    return (False, number, name) if math.isfinite(number) else (True, 0.0, name)


def _worded(reason: str, count: int) -> str:
    start, opening, rest = reason.partition("{")
    if not opening:
        return reason
    words, _, end = rest.partition("}")
    singular, _, plural = words.partition("|")
    return start + (singular if count == 1 else plural) + end


def paths(*fields: Field | None, series: str | None = None) -> list[str]:
    """The paths that have to be read for these axes and series, each once."""
    more: Iterable[str] = () if series in (None, "site", "flavor", "tag") else (series or "",)
    return list(dict.fromkeys([*(one.path for one in fields if one is not None), *more]))
