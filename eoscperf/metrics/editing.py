"""From what an editor sends to metrics, with everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args

from eoscperf import jsontext
from eoscperf.errors import Invalid, Issue
from eoscperf.metrics import units
from eoscperf.metrics.annotations import MAX_DESCRIPTION, MAX_LABEL
from eoscperf.metrics.catalogue import (
    MAX_HEADLINES,
    Aggregate,
    Better,
    Catalogue,
    Metric,
    Parameter,
    Samples,
)
from eoscperf.results import jsonpath

MEMBERS = (
    "label",
    "description",
    "unit",
    "better",
    "headline",
    "samples",
    "aggregate",
    "parameter",
    "noise",
    "suggested",
)
"""What may be changed about a metric; path and kind are the schema's."""


def edited(catalogue: Catalogue, changes: Sequence[dict[str, Any]]) -> Catalogue:
    """The catalogue with these changes: objects with a `path` and what is to be different there.

    Raises Invalid with everything that is wrong.
    """
    issues: list[Issue] = []
    found = {metric.path: metric for metric in catalogue}
    named: set[str] = set()
    for number, change in enumerate(changes):
        reader = _Reader(change, f"/metrics/{number}", issues)
        path = reader.path(found, named)
        if path is not None:
            found[path] = reader.read(found[path])
    _check_headlines(found, changes, issues)
    if issues:
        raise Invalid(issues)
    return Catalogue(tuple(found.values()), catalogue.version)


class _Reader:
    def __init__(self, change: dict[str, Any], pointer: str, issues: list[Issue]) -> None:
        self._change, self._pointer, self._issues = change, pointer, issues

    def path(self, known: dict[str, Metric], named: set[str]) -> str | None:
        path = self._change.get("path")
        if not isinstance(path, str):
            self._fault("path", "must name the metric that is changed")
        elif path not in known:
            self._fault("path", "is not declared by the schema of the benchmark")
        elif path in named:
            self._fault("path", "is named twice")
        else:
            named.add(path)
            for name in self._change.keys() - {"path", *MEMBERS}:
                self._fault(name, f"cannot be changed; allowed: {', '.join(MEMBERS)}")
            return path
        return None

    def read(self, metric: Metric) -> Metric:
        readers = {
            "label": lambda value: self._text("label", value, MAX_LABEL, least=1),
            "description": lambda value: self._text("description", value, MAX_DESCRIPTION),
            "unit": lambda value: self._text("unit", value, units.MAX_LENGTH),
            "better": lambda value: self._one_of("better", value, get_args(Better)),
            "aggregate": lambda value: self._one_of("aggregate", value, get_args(Aggregate)),
            "parameter": lambda value: self._one_of("parameter", value, get_args(Parameter)),
            "headline": self._headline,
            "samples": self._samples,
            "noise": self._noise,
            "suggested": self._suggested,
        }
        given = {name: read(self._change[name]) for name, read in readers.items() if name in self._change}
        changed = replace(metric, **given)
        if changed.aggregate and changed.samples is None:
            self._fault("aggregate", "needs samples: there is nothing to aggregate")
        return changed

    def _text(self, name: str, value: Any, most: int, *, least: int = 0) -> str:
        if isinstance(value, str) and jsontext.find_unstorable(value) is None and value.isprintable():
            text = " ".join(value.split())
            if least <= len(text) <= most:
                return text
        self._fault(name, f"must be a text of one line with {least} to {most} characters")
        return ""

    def _one_of(self, name: str, value: Any, allowed: tuple[str, ...]) -> Any:
        if value is None or (isinstance(value, str) and value in allowed):
            return value
        self._fault(name, f"must be null or one of {', '.join(allowed)}")
        return None

    def _headline(self, value: Any) -> int | None:
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_HEADLINES:
            return int(value)
        self._fault("headline", f"must be null or a whole number from 1 to {MAX_HEADLINES}")
        return None

    def _samples(self, value: Any) -> Samples | None:
        if value is None:
            return None
        if isinstance(value, dict) and set(value) <= {"path", "split"} and isinstance(value.get("path"), str):
            split = value.get("split")
            try:
                path = jsonpath.parse(value["path"]).text()
            except jsonpath.BadPath as problem:
                self._fault("samples", f"holds a path that cannot be read: {problem.detail}")
                return None
            if split is None or (isinstance(split, str) and 0 < len(split) <= 5):
                return Samples(path, split)
        self._fault("samples", 'must be null or {"path": "result.all", "split": ":"}')
        return None

    def _noise(self, value: Any) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1:
            return float(value)
        self._fault("noise", "must be a number from 0 to below 1 (0.02 is two percent)")
        return 0.0

    def _suggested(self, value: Any) -> bool:
        if not isinstance(value, bool):
            self._fault("suggested", "must be true or false")
        return value is True

    def _fault(self, name: str, detail: str) -> None:
        pointer = f"{self._pointer}/{name.replace('~', '~0').replace('/', '~1')}"
        self._issues.append(Issue(detail, "body", pointer.lstrip("/").replace("/", "."), pointer))


def _check_headlines(
    found: dict[str, Metric], changes: Sequence[dict[str, Any]], issues: list[Issue]
) -> None:
    first: dict[int, str] = {}
    for metric in found.values():
        if metric.headline is None:
            continue
        other = first.setdefault(metric.headline, metric.path)
        if other == metric.path:
            continue
        for number, change in enumerate(changes):
            if change.get("path") in (metric.path, other) and "headline" in change:
                detail = f"{metric.headline} is the place of both {other} and {metric.path}; they must differ"
                pointer = f"/metrics/{number}/headline"
                issues.append(Issue(detail, "body", f"metrics.{number}.headline", pointer))
                break
