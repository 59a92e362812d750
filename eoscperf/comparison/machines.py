"""The machines of flavors, as their results describe them, in the words of the metric catalogues."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from eoscperf.metrics import units
from eoscperf.metrics.catalogue import Catalogue, Metric
from eoscperf.results import jsonpath
from eoscperf.results.observed import PARTS, Observed, ObservedMachines, ObservedValue, Value

CORES = frozenset({"cores", "core_count", "cpu_count", "cpus", "n_cores", "ncores", "num_cores", "vcpus"})
"""Last parts of a path that name a number of cores wherever they stand; `count` does below a processor."""

PROCESSORS = frozenset({"cpu", "cpus", "processor"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something that results say of machines. Benchmarks may say the same at different places."""

    label: str
    """"" where no benchmark has a name for it"""
    unit: str
    paths: tuple[str, ...]
    is_cores: bool

    @property
    def name(self) -> str:
        return self.label or self.paths[0]


@dataclass(frozen=True, slots=True)
class Said:
    """What the results of one flavor say, the most frequent value first."""

    parameter: Parameter
    values: tuple[ObservedValue, ...]
    counted: bool
    """False: only the newest results were looked at"""

    @property
    def differs(self) -> bool:
        return len(self.values) > 1

    @property
    def number(self) -> float | None:
        """The one number that all results say."""
        if len(self.values) != 1:
            return None
        value = self.values[0].value
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


class Machines:
    """Asks results what machines they ran on."""

    def __init__(self, observed: ObservedMachines) -> None:
        self._observed = observed

    @classmethod
    def for_request(cls, request: Any) -> Machines:
        return cls(request.find_service(ObservedMachines))

    def of_flavors(
        self, flavors: Collection[uuid.UUID], catalogues: Mapping[uuid.UUID, Catalogue]
    ) -> dict[uuid.UUID, list[Said]]:
        """By flavor, from its results of these benchmarks: at most two statements.

        Parameters are in the order of the catalogues, so that it is the same for all flavors.
        """
        wanted = {benchmark_id: described(catalogue) for benchmark_id, catalogue in catalogues.items()}
        parameters = _parameters(wanted.values())
        paths = {key: [metric.path for metric in metrics] for key, metrics in wanted.items()}
        found = self._observed.of_flavors(flavors, paths)
        return {flavor_id: _said(parameters, observed) for flavor_id, observed in found.items()}


def described(catalogue: Catalogue) -> list[Metric]:
    """The values that tell of the machine: its parameters, then what stands among such or is suggested.

    Suggested numbers may be what was measured, so only texts and truth values are taken for descriptions.
    """
    free = [one for one in catalogue if one.parameter is None and not one.headline and one.better is None]
    below = [one for one in free if jsonpath.parse(one.path).segments[0].lower() in PARTS]
    suggested = [one for one in free if one.suggested and one.kind in ("string", "boolean")]
    by_path = {metric.path: metric for metric in (*catalogue.machine, *below, *suggested)}
    return list(by_path.values())


def per_core(metric: Metric, median: float, cores: float | None) -> float | None:
    """What a median comes to for each core: times are multiplied, rates divided.

    None for what is no speed, and where the number of cores is not known.
    """
    if not cores or cores < 0 or metric.better is None or not units.is_speed(metric.unit):
        return None
    return median * cores if metric.better == "lower" else median / cores


def _parameters(wanted: Iterable[list[Metric]]) -> dict[str, Parameter]:
    """By path. Paths of different benchmarks are one parameter where these call them the same."""
    wanted = list(wanted)
    by_path: dict[str, Metric] = {}
    for metric in (one for metrics in wanted for one in metrics):
        known = by_path.setdefault(metric.path, metric)
        if _called(metric)[0] and not _called(known)[0]:
            by_path[metric.path] = metric
    ambiguous: set[tuple[str, str]] = set()
    for metrics in wanted:
        counts = Counter(_called(by_path[metric.path]) for metric in metrics)
        ambiguous |= {called for called, number in counts.items() if number > 1}
    together: dict[tuple[str, str], list[Metric]] = {}
    for path, metric in by_path.items():
        called = _called(metric)
        alone = not called[0] or called in ambiguous
        together.setdefault(("", path) if alone else called, []).append(metric)
    found: dict[str, Parameter] = {}
    for alike in together.values():
        first = alike[0]
        parameter = Parameter(
            label=first.label if _called(first)[0] else "",
            unit=units.symbol(first.unit) if first.unit else "",
            paths=tuple(one.path for one in alike),
            is_cores=any(map(is_cores_metric, alike)),
        )
        found |= dict.fromkeys(parameter.paths, parameter)
    return found


def _called(metric: Metric) -> tuple[str, str]:
    """Title and unit; without a title its label is only the end of its path, which tells too little."""
    titled = metric.label != jsonpath.parse(metric.path).segments[-1]
    return metric.label.casefold() if titled else "", metric.unit


def is_cores_metric(metric: Metric) -> bool:
    """Whether a value is a number of processor cores, by the place that it has."""
    if metric.kind != "number" or metric.unit:
        return False
    *above, last = (segment.lower() for segment in jsonpath.parse(metric.path).segments)
    return last in CORES or (last == "count" and bool(above) and above[-1] in PROCESSORS)


def _said(parameters: Mapping[str, Parameter], observed: Iterable[Observed]) -> list[Said]:
    counts: dict[Parameter, Counter[tuple[type, Value]]] = {}
    counted: dict[Parameter, bool] = {}
    for one in observed:
        parameter = parameters[one.path]
        known = counts.setdefault(parameter, Counter())
        for value in one.values:
            # 1 and true are the same key to Python, but not the same to say.
            known[type(value.value), value.value] += value.count
        counted[parameter] = counted.get(parameter, True) and one.counted
    order = {parameter: place for place, parameter in enumerate(dict.fromkeys(parameters.values()))}
    return [
        Said(
            parameter,
            tuple(ObservedValue(value, number) for (_, value), number in known.most_common()),
            counted[parameter],
        )
        for parameter, known in sorted(counts.items(), key=lambda item: order[item[0]])
        if known
    ]
