"""Medians by flavor, computed here from the results, for every server and whatever is asked."""

from __future__ import annotations

import json as jsonlib
import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eoscperf.client.errors import Usage
from eoscperf.client.frames import MISSING, joined, look_up, split_path
from eoscperf.client.model import Benchmark, Better, Result


@dataclass(frozen=True)
class Metric:
    """A number in the results of a benchmark, as its schema describes it."""

    path: str
    title: str = ""
    unit: str = ""
    better: Better | None = None


@dataclass(frozen=True)
class Cell:
    """The results of a benchmark on a flavor with the same inputs.

    `inputs` are the values that the schema calls inputs, by path. `ratio` says how many times as good as
    the best median with these inputs this one is, at most 1; it is None where nobody declared what is
    better, or a median is not positive.
    """

    site: str
    flavor: str
    flavor_id: str
    inputs: dict[str, Any]
    count: int
    median: float
    min: float
    max: float
    ratio: float | None


def metrics(benchmark: Benchmark) -> list[Metric]:
    """The numbers that the schema of a benchmark declares, headlines first."""
    found = [
        (_headline(part), _metric(path, part)) for path, part in _declared(benchmark) if _is_number(part)
    ]
    return [metric for _, metric in sorted(found, key=lambda pair: pair[0])]


def metric(benchmark: Benchmark, path: str | None = None) -> Metric:
    """The metric at a path, or the one that matters most."""
    declared = metrics(benchmark)
    if path is not None:
        split_path(path)
        return next((one for one in declared if one.path == path), Metric(path))
    headlines = [path for path, part in _declared(benchmark) if _is_number(part) and _headline(part) < _NONE]
    if not headlines:
        name = f"{benchmark['docker_image']}:{benchmark['docker_tag']}"
        raise Usage(f"{name} does not say which of its numbers matters: name one by its path, such as time")
    return declared[0]


def inputs(benchmark: Benchmark) -> list[str]:
    """The paths of what the schema of a benchmark calls inputs: what differs there is not compared."""
    return [path for path, part in _declared(benchmark) if part.get("x-parameter") == "input"]


def compare(results: Iterable[Result], metric: Metric, inputs: Sequence[str] = ()) -> list[Cell]:
    """A cell for each flavor and each combination of inputs, best first.

    Results without a number at the path count nowhere.
    """
    path, given = split_path(metric.path), [(one, split_path(one)) for one in inputs]
    values: dict[tuple[str, str], list[float]] = {}
    cells: dict[tuple[str, str], tuple[str, str, str, dict[str, Any]]] = {}
    for result in results:
        number = number_of(look_up(result["json"], path))
        if number is None:
            continue
        found = {one: look_up(result["json"], way) for one, way in given}
        found = {one: value for one, value in found.items() if value is not MISSING}
        flavor = result["flavor"]
        key = (flavor["id"], jsonlib.dumps(found, sort_keys=True))
        values.setdefault(key, []).append(number)
        cells[key] = (result["site"]["name"], flavor["name"], flavor["id"], found)
    medians = {key: statistics.median(numbers) for key, numbers in values.items()}
    ratios: dict[tuple[str, str], float] = {}
    for same in {inputs for _, inputs in medians}:
        group = {key: median for key, median in medians.items() if key[1] == same}
        ratios |= _ratios(group, metric.better)
    sign = -1 if metric.better == "higher" else 1
    order = sorted(medians, key=lambda key: (key[1], sign * medians[key], cells[key][:3]))
    return [
        Cell(*cells[key], len(values[key]), medians[key], min(values[key]), max(values[key]), ratios.get(key))
        for key in order
    ]


def _ratios(medians: Mapping[tuple[str, str], float], better: Better | None) -> dict[tuple[str, str], float]:
    if better is None or min(medians.values()) <= 0:
        return {}
    if better == "higher":
        best = max(medians.values())
        return {key: median / best for key, median in medians.items()}
    best = min(medians.values())
    return {key: best / median for key, median in medians.items()}


_NONE = 99
"""After every headline, which are numbered from 1 to 3."""


def _headline(part: Mapping[str, Any]) -> int:
    said = part.get("x-headline")
    if said is True:
        return 1
    return said if isinstance(said, int) and said > 0 else _NONE


def _metric(path: str, part: Mapping[str, Any]) -> Metric:
    better = part.get("x-better")
    return Metric(
        path,
        str(part.get("title", "")),
        str(part.get("x-unit", "")),
        better if better in ("higher", "lower") else None,
    )


def _is_number(part: Mapping[str, Any]) -> bool:
    kinds = part.get("type")
    return bool({"number", "integer"} & set(kinds if isinstance(kinds, list) else [str(kinds)]))


def _declared(benchmark: Benchmark) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What the schema says about each place below `properties`, outer places first."""
    open_ends: list[tuple[str, Any]] = [("", benchmark["json_schema"])]
    while open_ends:
        path, part = open_ends.pop(0)
        if not isinstance(part, dict):
            continue
        if path:
            yield path, part
        inside = part.get("properties")
        if isinstance(inside, dict):
            open_ends += [(joined(path, key), one) for key, one in inside.items()]


def number_of(value: Any) -> float | None:
    """A finite number, or None if the value is none."""
    if value is MISSING or isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
