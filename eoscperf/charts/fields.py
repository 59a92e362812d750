"""From the metric catalogue to the axes of charts."""

from __future__ import annotations

from eoscperf.charts.runs import Field
from eoscperf.metrics import units
from eoscperf.metrics.catalogue import Catalogue, Metric

_COUNTS = ("count", "cores", "cpus", "threads", "procs", "processes", "nodes", "gpus")
"""Last segments of paths that say how large a machine is, in the order in which they are looked for."""

MOST_OFFERED = 200


def field_of(metric: Metric) -> Field:
    return Field(metric.path, metric.label, units.symbol(metric.unit) if metric.unit else "", metric.better)


def field_at(catalogue: Catalogue | None, path: str) -> Field:
    """A path as the catalogue calls it, else by itself."""
    metric = catalogue.get(path) if catalogue else None
    return field_of(metric) if metric else Field(path, path)


def size_field(catalogue: Catalogue | None) -> Field | None:
    """What a scaling chart has across unless somebody names another: how large the machines are."""
    if catalogue is None:
        return None
    numbers = [one for one in (*catalogue.machine, *catalogue.inputs) if one.kind in ("number", "mixed")]
    for name in _COUNTS:
        for metric in numbers:
            if metric.path.rpartition(".")[2].lower() == name:
                return field_of(metric)
    return field_of(numbers[0]) if numbers else None


def headline_field(catalogue: Catalogue | None) -> Field | None:
    """The first value that sums a result up."""
    headlines = catalogue.headlines if catalogue else []
    return field_of(headlines[0]) if headlines else None


def offered(catalogue: Catalogue | None) -> list[tuple[str, str]]:
    """Paths that forms offer for axes and series, with what each is; the suggested ones first."""
    if catalogue is None:
        return []
    ordered = sorted(catalogue, key=lambda metric: not metric.suggested)
    return [(metric.path, field_of(metric).name) for metric in ordered[:MOST_OFFERED]]
