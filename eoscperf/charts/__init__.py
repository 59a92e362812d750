"""Charts: what runs show, drawn on the server, with the same as a table and as files."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    config.add_permission("chart:read", "see charts of what may be seen", default="public")
    config.include("eoscperf.charts.sources")
    config.include("eoscperf.charts.pages")
