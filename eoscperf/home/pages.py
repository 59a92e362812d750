"""The first page and its panels."""

from __future__ import annotations

from typing import Any

import eoscperf
from eoscperf.extend.directives import capabilities
from eoscperf.home.service import Figures


def home(request: Any) -> dict[str, Any]:
    """What this is, and how much of it there is."""
    return {"figures": request.find_service(Figures).public(), "version": eoscperf.__version__}


def capabilities_panel(request: Any, **values: Any) -> dict[str, Any]:
    """What this installation can do beside the core."""
    return {"capabilities": sorted(capabilities(request.registry).values(), key=lambda one: one.name)}
