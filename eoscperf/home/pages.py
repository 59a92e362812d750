"""The first page and its panels."""

from __future__ import annotations

from typing import Any

from eoscperf.extend.directives import capabilities
from eoscperf.home.service import Overviews


def home(request: Any) -> dict[str, Any]:
    """What is here, how fresh it is, what is missing and where to go on."""
    return {"overview": request.find_service(Overviews).overview()}


def capabilities_panel(request: Any, **values: Any) -> dict[str, Any]:
    """What this installation can do beside the core."""
    return {"capabilities": sorted(capabilities(request.registry).values(), key=lambda one: one.name)}
