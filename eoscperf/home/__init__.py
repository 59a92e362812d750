"""The first page: what this is, how much there is, where to go on."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    from eoscperf.home import pages
    from eoscperf.home.service import Figures

    config.add_service(Figures, Figures.for_request)
    config.add_route("home", "/")
    config.add_view(
        pages.home,
        route_name="home",
        request_method="GET",
        renderer="eoscperf:templates/home/home.jinja2",
        permission="site:view",
    )
    config.add_panel(
        "home.aside",
        "capabilities",
        "eoscperf:templates/home/capabilities.jinja2",
        view=pages.capabilities_panel,
    )
