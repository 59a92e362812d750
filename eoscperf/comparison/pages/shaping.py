"""What the pages of rankings and comparisons have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from eoscperf.charts import query as chart_query
from eoscperf.comparison.cells import Cell
from eoscperf.comparison.sentences import direction, percent
from eoscperf.metrics import units
from eoscperf.metrics.catalogue import Metric
from eoscperf.results import filters
from eoscperf.results.query import Criteria
from eoscperf.results.schemas import conditions as conditions
from eoscperf.web.urls import Address


@dataclass(frozen=True, slots=True)
class Spread:
    """How sure a median is: an interval, or every value where there are few."""

    low: float | None
    high: float | None
    values: tuple[float, ...]
    within: str | None


@dataclass(frozen=True, slots=True)
class MetricShown:
    path: str
    label: str
    unit: str
    direction: str


def criteria(asked: dict[str, Any], **more: Any) -> Criteria:
    return Criteria(
        filters=tuple(filters.parse(text) for text in asked.get("filters", ())),
        upload_before=asked.get("upload_before"),
        status="visible",
        **more,
    )


def spread_of(cell: Cell) -> Spread:
    low, high = cell.interval or (None, None)
    values = () if cell.is_enough else cell.values
    within = percent(cell.within_spread) if cell.within_spread is not None else None
    return Spread(low, high, values, within)


def metric_shown(metric: Metric) -> MetricShown:
    unit = units.symbol(metric.unit) if metric.unit else ""
    return MetricShown(metric.path, metric.label, unit, direction(metric.better))


def api_url(request: Any, service: str, address: Address, **ids: Any) -> str:
    """The same question to the REST API."""
    pairs = [pair for pair in address.pairs if pair[0] not in ("same", "q", *chart_query.KEYS)]
    path = request.route_path(service, **ids)
    return f"{path}?{urlencode(pairs)}" if pairs else path
