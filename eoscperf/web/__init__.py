"""What pages are made of: templates, layout, static files, error pages. And what operators ask for."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    config.add_jinja2_search_path("eoscperf:templates")
    replaced = config.get_settings()["pages.templates"]
    if replaced:
        config.add_jinja2_search_path(replaced, prepend=True)
    config.include(".headers")
    config.include(".posting")
    config.include(".notices")
    config.include(".pages")
    config.include(".formatting")
    config.include(".preferences")
    config.include(".chrome")
    config.include(".static")
    config.include(".errors")
    config.include(".apidocs")
    config.include(".probes")
    config.include(".metrics")
