"""Publish, compare and moderate benchmark results of computing sites."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def main(global_config: dict[str, str] | None, **settings: Any) -> Any:
    """The WSGI application, as `pserve` and the tests make it.

    Stops with one message that names every unknown setting, bad value, unknown plug-in and
    every thing that two plug-ins claim.
    """
    from eoscperf.collecting import settle
    from eoscperf.extend.configurator import PlatformConfigurator
    from eoscperf.settings import load

    around = {name: (global_config or {}).get(name) for name in ("here", "http_port")}
    with PlatformConfigurator(settings=load({**settings, **around})) as config:
        config.include("eoscperf.core")
        # Committed first, so that a plug-in may replace a view of the core on purpose, while
        # two plug-ins that claim the same thing conflict with each other.
        config.commit()
        config.include("eoscperf.extend")
    application = config.make_wsgi_app()
    if "__file__" in (global_config or {}):
        # Made from a file of settings, so this process is there to serve it.
        settle()
    return application
