"""What catalogues say, in the words of pages."""

from __future__ import annotations

from typing import Any

from eoscperf.metrics import units
from eoscperf.metrics.catalogue import Better, Metric, Samples
from eoscperf.metrics.differences import Difference

MEMBERS = {
    "kind": "type",
    "label": "label",
    "description": "description",
    "unit": "unit",
    "better": "direction",
    "headline": "headline",
    "samples": "samples",
    "aggregate": "value of a run",
    "parameter": "parameter",
    "noise": "noise",
    "suggested": "offered first",
}

_DIRECTIONS = {"higher": "higher is better", "lower": "lower is better"}
_PARAMETERS = {"machine": "of the machine", "input": "setting of the workload"}
_AGGREGATES = {
    "median": "median of the samples",
    "mean": "mean of the samples",
    "min": "smallest of the samples",
    "max": "largest of the samples",
}


def direction(better: Better | None) -> str:
    return _DIRECTIONS[better] if better else ""


def unit(text: str) -> str:
    """The short form of a unit; "" for none."""
    return units.symbol(text) if text else ""


def percent(share: float) -> str:
    return f"{share * 100:g} %"


def samples(found: Samples | None) -> str:
    if found is None:
        return ""
    return f"{found.path}, split at {found.split}" if found.split else found.path


def value(member: str, found: Any) -> str:
    """What a member of a metric is set to; "none" where nothing is said."""
    if isinstance(found, dict):
        found = Samples(**found)
    if isinstance(found, Samples):
        return samples(found)
    if found is None or found == "":
        return "none"
    if member == "noise":
        return percent(found)
    if isinstance(found, bool):
        return "yes" if found else "no"
    return {"better": _DIRECTIONS, "parameter": _PARAMETERS, "aggregate": _AGGREGATES}.get(member, {}).get(
        found, str(found)
    )


def parameter(metric: Metric) -> str:
    return _PARAMETERS[metric.parameter] if metric.parameter else ""


def aggregate(metric: Metric) -> str:
    """What is the value of a run."""
    return _AGGREGATES[metric.aggregate] if metric.aggregate else "as stated"


def in_short(metric: Metric) -> str:
    """A metric in a line: its type, unit and direction."""
    parts = [metric.kind, unit(metric.unit), direction(metric.better)]
    parts += [f"headline {metric.headline}" if metric.headline else "", parameter(metric)]
    return ", ".join(filter(None, parts))


def told(found: Difference) -> tuple[str, str, str]:
    """What differs, what it was and what it is."""
    if found.member is not None:
        before, after = (value(found.member, one) for one in (found.before, found.after))
        return MEMBERS[found.member], before, after
    if found.after is None:
        return "no longer there", in_short(found.before), "none"
    return "new", "none", in_short(found.after)
