"""What pages are made of: templates, layout, static files, error pages. And what operators ask for."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    config.add_jinja2_search_path("eoscperf:templates")
    config.include(".headers")
    config.include(".static")
    config.include(".errors")
    config.include(".apidocs")
    config.include(".probes")
    config.include(".metrics")
