"""What two catalogues say differently."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from eoscperf.metrics.catalogue import Catalogue, Metric

MEMBERS = tuple(one.name for one in fields(Metric) if one.name != "path")
"""What may differ about a metric."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place that differs. `member` is None for a path that only one of the catalogues has."""

    path: str
    member: str | None
    before: Any
    """value of the member; for a path the metric, or None"""
    after: Any


def differences(before: Catalogue, after: Catalogue) -> list[Difference]:
    """From one to the other: what is gone, then what is new or changed in the order of the later one."""
    found = [Difference(one.path, None, one, None) for one in before if after.get(one.path) is None]
    for metric in after:
        was = before.get(metric.path)
        if was is None:
            found.append(Difference(metric.path, None, None, metric))
            continue
        found += [
            Difference(metric.path, name, getattr(was, name), getattr(metric, name))
            for name in MEMBERS
            if getattr(was, name) != getattr(metric, name)
        ]
    return found
