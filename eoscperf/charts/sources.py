"""Where charts come from: each feature with a page that has some says how to make them from its address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eoscperf.charts.data import Drawable
from eoscperf.extend.claims import claim
from eoscperf.web.urls import Address, PageQuery

_SOURCES = "eoscperf.chart_sources"

Draw = Callable[[Any, Address], Drawable | None]
"""`function(request, address)`: the chart that an address of the page asks for, or None where it has none.

The address is good. Raises what the page does: Invalid for what does not go together, NotFound.
"""


@dataclass(frozen=True, slots=True)
class ChartSource:
    """The charts of one page. `query` has the keys of the page, and what stands in its path elsewhere."""

    view: str
    draw: Draw
    query: PageQuery
    permission: str


def add_chart_source(config: Any, view: str, function: Any, *, query: PageQuery, permission: str) -> None:
    """Directive: the charts of a page, which also answer at `/charts/{kind}.svg?view=<view>&<its query>`.

    `query` reads the same keys as the page; what the page has in its path, such as `benchmark_id`, is a key
    of it, too. `permission` is the one of the page.
    """
    source = ChartSource(view, config.maybe_dotted(function), query, permission)
    claim(config, "chart_source", view, lambda: sources(config.registry).update({view: source}), source)


def sources(registry: Any) -> dict[str, ChartSource]:
    found: dict[str, ChartSource] = registry[_SOURCES]
    return found


def includeme(config: Any) -> None:
    config.registry.setdefault(_SOURCES, {})
    config.add_directive("add_chart_source", add_chart_source)
