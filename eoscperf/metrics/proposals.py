"""Guesses at what a schema without annotations means, each with its reason.

Nothing here is in force before a person has accepted it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from eoscperf.metrics import units
from eoscperf.metrics.annotations import constant_text
from eoscperf.metrics.catalogue import Catalogue, Metric
from eoscperf.results import jsonpath
from eoscperf.results.projection.declared import declared_places

MAX_SAMPLE_LEAVES = 5000
"""Values of example results that are looked at."""

_LOWER = ("time", "sec", "secs", "seconds", "latency", "duration", "elapsed", "runtime")
_HIGHER = ("per_sec", "per_second", "persec", "throughput", "flops", "gflops", "bandwidth", "iops", "fps")
_OF_MACHINES = ("machine", "cpu", "gpu", "host", "hardware", "system")
_SIZES = ("count", "cores", "ram", "memory", "threads", "cpus", "sockets")
_SUFFIXES = {
    "ns": "ns", "us": "us", "ms": "ms", "s": "s", "sec": "s", "secs": "s", "seconds": "s",
    "kb": "kB", "mb": "MB", "gb": "GB", "kib": "KiB", "mib": "MiB", "gib": "GiB", "bytes": "byte",
    "mhz": "MHz", "ghz": "GHz", "gflops": "GFLOPS", "mflops": "MFLOPS", "percent": "percent", "watts": "W",
}  # fmt: skip
_CONSTANTS = ("units", "unit")
_RESULTS = ("score", "result", "value", "total", "overall")
_JOINED = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?(:[-+]?\d+(\.\d+)?([eE][-+]?\d+)?)+")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True, slots=True)
class Proposal:
    """`metric.member` could be `value`, because of `reason`."""

    path: str
    member: str
    value: Any
    reason: str


def propose(schema_text: str, catalogue: Catalogue, samples: Sequence[Any] = ()) -> list[Proposal]:
    """What could be said of metrics that the catalogue leaves open; `samples` are results to look at."""
    places = {place.path.text(): place for place in declared_places(schema_text)}
    named = {path: constant_text(places, path) for path in places if _last(path) in _CONSTANTS}
    joined = list(_joined_samples(samples))
    found = [one for metric in catalogue for one in _of(metric, named, joined)]
    if not catalogue.headlines:
        found += _headline(catalogue, found)
    return found


def _of(metric: Metric, named: dict[str, str], joined: list[str]) -> Iterator[Proposal]:
    path = metric.path
    if metric.parameter is None and _is_size(path):
        yield Proposal(path, "parameter", "machine", "its name says how large the machine is")
    if metric.kind != "number" or metric.parameter is not None or _is_size(path):
        return
    if metric.better is None:
        yield from _direction(metric)
    if not metric.unit:
        yield from _unit(path, named)
    if metric.samples is None:
        for beside in joined:
            if _parent(beside) == _parent(path):
                value = {"path": beside, "split": ":"}
                reason = f"{beside} holds numbers joined by colons in a result"
                yield Proposal(path, "samples", value, reason)
                return


def _direction(metric: Metric) -> Iterator[Proposal]:
    text = f"{metric.label} {metric.description}".lower()
    for better in ("lower", "higher"):
        if f"{better} is better" in text:
            yield Proposal(metric.path, "better", better, f'its description says "{better} is better"')
            return
    name = _spelt(_last(metric.path))
    # Rates first: they name the time that they are per.
    for better, words in (("higher", _HIGHER), ("lower", _LOWER)):
        for word in words:
            if word in name:
                yield Proposal(metric.path, "better", better, f"its name holds {word!r}")
                return


def _unit(path: str, named: dict[str, str]) -> Iterator[Proposal]:
    for place in (f"{_parent(path)}.", ""):
        for word in _CONSTANTS:
            text = named.get(f"{place.lstrip('.')}{word}", "")
            if text and units.is_known(text):
                yield Proposal(path, "unit", text, f"the schema fixes {place.lstrip('.')}{word} to {text!r}")
                return
    suffix = _spelt(_last(path)).rpartition("_")[2]
    if "_" in _spelt(_last(path)) and suffix in _SUFFIXES:
        yield Proposal(path, "unit", _SUFFIXES[suffix], f"its name ends in {suffix!r}")


def _headline(catalogue: Catalogue, found: Iterable[Proposal]) -> Iterator[Proposal]:
    """The value that looks most like what the benchmark is about."""
    directed = {one.path for one in found if one.member == "better"}
    sizes = {one.path for one in found if one.member == "parameter"}
    numbers = [
        one for one in catalogue if one.kind == "number" and one.parameter is None and one.path not in sizes
    ]
    for metric in numbers:
        if _last(metric.path) in _RESULTS:
            yield Proposal(metric.path, "headline", 1, "its name is that of an outcome")
            return
    for metric in numbers:
        if metric.better or metric.path in directed:
            yield Proposal(metric.path, "headline", 1, "it is the first value with a better direction")
            return


def _is_size(path: str) -> bool:
    *above, last = jsonpath.parse(path).segments
    return _spelt(last).split("_")[-1] in _SIZES and any(
        word in _OF_MACHINES for name in above for word in _spelt(name).split("_")
    )


def _joined_samples(samples: Sequence[Any]) -> Iterator[str]:
    """Paths of texts such as "3.1:3.2:3.0" in results."""
    seen: set[str] = set()
    todo: list[tuple[tuple[str, ...], Any]] = [((), sample) for sample in samples]
    for _ in range(MAX_SAMPLE_LEAVES):
        if not todo:
            return
        place, value = todo.pop()
        if isinstance(value, dict):
            todo += [((*place, name), about) for name, about in value.items() if name]
        elif isinstance(value, str) and len(value) < 10_000 and _JOINED.fullmatch(value):
            path = jsonpath.Path(place).text()
            if path not in seen:
                seen.add(path)
                yield path


def _last(path: str) -> str:
    return jsonpath.parse(path).segments[-1]


def _parent(path: str) -> str:
    return jsonpath.Path(jsonpath.parse(path).segments[:-1]).text()


def _spelt(name: str) -> str:
    """`timePerRun_ms` -> `time_per_run_ms`"""
    return "_".join(word.lower() for word in _WORDS.findall(name))
