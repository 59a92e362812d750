"""The first page: what this is, how much there is, where to go on."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    from eoscperf.home import pages
    from eoscperf.home.service import Overviews

    config.add_service(Overviews, Overviews.for_request)
    config.add_page(
        "home",
        "/",
        pages.home,
        "home/home.jinja2",
        permission="site:view",
        methods=("GET",),
    )
    config.add_panel(
        "home.aside",
        "capabilities",
        "home/capabilities.jinja2",
        view=pages.capabilities_panel,
    )
    config.include("eoscperf.home.texts")
    config.include("eoscperf.home.moved")
