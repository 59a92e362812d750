"""What rankings need and takes long to load, loaded before the first request that asks for one."""

from __future__ import annotations

from typing import Any


def load_libraries(event: Any) -> None:
    """With the application, whatever the event."""
    import numpy  # noqa: F401

    from eoscperf.metrics import units

    units.symbol("s")
