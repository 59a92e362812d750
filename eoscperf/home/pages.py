"""The first page and its panels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eoscperf.comparison.summing_up import first, ranked_by
from eoscperf.extend.directives import capabilities
from eoscperf.home.service import ActiveBenchmark, Overviews


@dataclass(frozen=True, slots=True)
class Card:
    """One of the most active benchmarks."""

    benchmark: ActiveBenchmark
    ranked_by: str
    """metric with unit and direction; "" where nobody has said"""
    best: str
    """who is first, in words"""


def home(request: Any) -> dict[str, Any]:
    """What is here, how fresh it is, what is missing and where to go on."""
    overview = request.find_service(Overviews).overview()
    return {"overview": overview, "cards": [_card(one) for one in overview.active]}


def capabilities_panel(request: Any, **values: Any) -> dict[str, Any]:
    """What this installation can do beside the core."""
    return {"capabilities": sorted(capabilities(request.registry).values(), key=lambda one: one.name)}


def _card(found: ActiveBenchmark) -> Card:
    standing = found.standing
    return Card(found, ranked_by(standing.metric) if standing.metric else "", first(standing))
