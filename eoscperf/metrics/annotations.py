"""The catalogue that a benchmark's JSON Schema states with annotations, and what is wrong with them.

| annotation | meaning |
|---|---|
| `title`, `description` | label (else the last part of the path), help |
| `suggestToUser` | offered first for filters, columns and axes |
| `x-unit` | a unit, or `{"path": "units"}`: where the schema fixes its name with `const` |
| `x-better` | `higher` or `lower` |
| `x-headline` | `true` (the first) or 1 to 3 |
| `x-samples` | path of an array of numbers, or `{"path": "result.all", "split": ":"}` for text |
| `x-aggregate` | `median`, `mean`, `min` or `max` of the samples is the value of the run |
| `x-parameter` | `true` or `"machine"`: an independent variable; `"input"`: a setting of the workload |
| `x-noise` | relative difference below which values count as the same |
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from eoscperf import jsontext
from eoscperf.metrics import units
from eoscperf.metrics.catalogue import MAX_HEADLINES, NOISE, Catalogue, Kind, Metric, Samples
from eoscperf.results import jsonpath
from eoscperf.results.projection.declared import MAX_SCHEMA_NESTING, Place, declared_places, declares

ANNOTATIONS = (
    "x-unit",
    "x-better",
    "x-headline",
    "x-samples",
    "x-aggregate",
    "x-parameter",
    "x-noise",
)

MAX_LABEL = 100
"""Characters of a label that are kept."""

MAX_DESCRIPTION = 1000

MAX_LOOKED_AT = 20_000
"""Parts of a schema that are searched for misspelt annotations."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about the annotations that their author should know; `path` is the place in results."""

    level: Literal["error", "warning"]
    path: str
    message: str


def derive(schema_text: str) -> Catalogue:
    """The catalogue that the schema states; annotations that say nothing valid are passed over.

    A schema without properties has an empty catalogue.
    """
    places = _places(schema_text)
    return Catalogue(tuple(_read(path, places, {}) for path in places))


def lint(schema_text: str) -> list[Finding]:
    """Everything that is wrong or doubtful about the annotations of a schema."""
    places = _places(schema_text)
    found: list[Finding] = []
    headlines: dict[int, str] = {}
    for path in places:
        problems: dict[str, str] = {}
        metric = _read(path, places, problems)
        found += [
            Finding("error", path, f"{name} at {path} {problem}.") for name, problem in problems.items()
        ]
        found += _doubts(metric, schema_text)
        if metric.headline is not None:
            first = headlines.setdefault(metric.headline, path)
            if first != path:
                message = f"x-headline {metric.headline} stands at {first} and at {path}; orders must differ."
                found.append(Finding("error", path, message))
    return [*found, *_misspelt(schema_text)]


def _places(schema_text: str) -> dict[str, Place]:
    return {place.path.text(): place for place in declared_places(schema_text)}


def _read(path: str, places: dict[str, Place], problems: dict[str, str]) -> Metric:
    """What the schema says about a place; what is invalid is told in `problems` by annotation."""
    place = places[path]
    said = _Said(place, problems)
    return Metric(
        path=path,
        kind=_kind(place.types),
        label=said.text("title", MAX_LABEL) or place.path.segments[-1],
        description=said.text("description", MAX_DESCRIPTION),
        unit=said.unit(places),
        better=said.one_of("x-better", ("higher", "lower")),
        headline=said.headline(),
        samples=said.samples(),
        aggregate=said.one_of("x-aggregate", ("median", "mean", "min", "max")),
        parameter=said.parameter(),
        noise=said.noise(),
        suggested=said.first("suggestToUser") is True,
    )


def constant_text(places: dict[str, Place], path: str) -> str:
    """The text that the schema fixes with `const` at a place; "" where it fixes none."""
    place = places.get(path)
    for schema in place.schemas if place else ():
        if isinstance(schema.get("const"), str):
            return schema["const"].strip()
    return ""


class _Said:
    """The annotations about one place; of several the first counts."""

    def __init__(self, place: Place, problems: dict[str, str]) -> None:
        self._place = place
        self._problems = problems

    def first(self, name: str) -> Any:
        return next((schema[name] for schema in self._place.schemas if name in schema), None)

    def text(self, name: str, most: int) -> str:
        value = self.first(name)
        return " ".join(value.split())[:most] if isinstance(value, str) else ""

    def one_of(self, name: str, allowed: tuple[str, ...]) -> Any:
        value = self.first(name)
        if value is None or (isinstance(value, str) and value in allowed):
            return value
        return self._refuse(name, f"must be {' or '.join(allowed)}")

    def unit(self, places: dict[str, Place]) -> str:
        value = self.first("x-unit")
        if value is None:
            return ""
        if isinstance(value, str) and 0 < len(value.strip()) <= units.MAX_LENGTH:
            return value.strip()
        if not isinstance(value, dict) or not isinstance(value.get("path"), str):
            return self._refuse("x-unit", 'must be a unit such as "s", or {"path": "..."}', "")
        named = constant_text(places, value["path"])
        if not named or len(named) > units.MAX_LENGTH:
            problem = f"names {value['path'][:80]!r}, where the schema fixes no short text with const"
            return self._refuse("x-unit", problem, "")
        return named

    def headline(self) -> int | None:
        value = self.first("x-headline")
        if value is None or value is False:
            return None
        if value is True:
            return 1
        if isinstance(value, int) and 1 <= value <= MAX_HEADLINES:
            return int(value)
        return self._refuse("x-headline", f"must be true or a whole number from 1 to {MAX_HEADLINES}")

    def samples(self) -> Samples | None:
        value = self.first("x-samples")
        if value is None:
            return None
        given = {"path": value} if isinstance(value, str) else value
        if isinstance(given, dict) and set(given) <= {"path", "split"} and isinstance(given.get("path"), str):
            split = given.get("split")
            if split is None or (isinstance(split, str) and 0 < len(split) <= 5):
                try:
                    return Samples(jsonpath.parse(given["path"]).text(), split)
                except jsonpath.BadPath:
                    return self._refuse("x-samples", f"holds a path that cannot be read: {given['path']}")
        return self._refuse("x-samples", 'must be a path, or {"path": "...", "split": ":"}')

    def parameter(self) -> Any:
        value = self.first("x-parameter")
        if value is None or value is False:
            return None
        if value is True:
            return "machine"
        return self.one_of("x-parameter", ("machine", "input"))

    def noise(self) -> float:
        value = self.first("x-noise")
        if value is None:
            return NOISE
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1:
            return float(value)
        self._refuse("x-noise", "must be a number from 0 to below 1 (0.02 is two percent)")
        return NOISE

    def _refuse(self, name: str, problem: str, instead: Any = None) -> Any:
        self._problems[name] = problem
        return instead


def _kind(types: frozenset[str]) -> Kind:
    known = types & {"number", "string", "boolean"}
    if len(known) != 1:
        return "mixed"
    kind: dict[str, Kind] = {"number": "number", "string": "string", "boolean": "boolean"}
    return kind[next(iter(known))]


def _doubts(metric: Metric, schema_text: str) -> Iterator[Finding]:
    """What is valid about a metric and still not right."""
    path = metric.path
    if metric.samples is not None and not declares(schema_text, jsonpath.parse(metric.samples.path)):
        message = f"x-samples at {path} names {metric.samples.path}, which the schema does not declare."
        yield Finding("error", path, message)
    if metric.aggregate and metric.samples is None:
        yield Finding("error", path, f"x-aggregate at {path} needs x-samples: there is nothing to aggregate.")
    if metric.unit and not units.is_known(metric.unit):
        message = f"The unit {metric.unit!r} at {path} is not known; it is shown as it is written."
        yield Finding("warning", path, message)
    if metric.headline and metric.kind != "number":
        message = f"{path} is a headline but may hold other things than numbers; those are left out."
        yield Finding("warning", path, message)
    if metric.headline and metric.better is None:
        message = f"{path} is a headline without x-better: there will be no ranking and no verdict."
        yield Finding("warning", path, message)


def _misspelt(schema_text: str) -> Iterator[Finding]:
    """Annotations that are nearly ours."""
    try:
        document = jsontext.loads(schema_text, max_depth=MAX_SCHEMA_NESTING)
    except jsontext.JSONTextError:
        return
    todo, told = [document], set()
    for _ in range(MAX_LOOKED_AT):
        if not todo:
            return
        part = todo.pop()
        if isinstance(part, dict):
            for name in part:
                if not name.startswith("x-") or name in ANNOTATIONS or name in told:
                    continue
                told.add(name)
                near = difflib.get_close_matches(name, ANNOTATIONS, n=1)
                if near:
                    message = f"The annotation {name!r} is not known; did you mean {near[0]}?"
                    yield Finding("warning", "", message)
            todo += part.values()
        elif isinstance(part, list):
            todo += part
