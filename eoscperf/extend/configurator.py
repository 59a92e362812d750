"""The Configurator of the platform."""

from __future__ import annotations

from pyramid.config import Configurator

from eoscperf.security.permissions import Level, declare_permission


class PlatformConfigurator(Configurator):
    """Pyramid's, whose `add_permission` also says what a permission is for and who holds it.

    A directive cannot replace a method that Pyramid has already; a subclass can, and `include`
    hands it on.
    """

    def add_permission(  # type: ignore[override]
        self, name: str, description: str = "", *, default: Level = "admin"
    ) -> None:
        declare_permission(self, name, description, default=default)

