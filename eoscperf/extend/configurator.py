"""The Configurator of the platform."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from pyramid.config import Configurator
from pyramid.config.actions import action_method
from pyramid.exceptions import ConfigurationConflictError, ConfigurationError

from eoscperf.extend import claims
from eoscperf.security.permissions import Level, declare_permission


class PlatformConfigurator(Configurator):
    """Pyramid's, which knows on whose behalf it is called and says what a permission is for.

    A directive cannot replace a method that Pyramid has already; a subclass can, and `include`
    hands it on.
    """

    @property
    def owner(self) -> str:
        """The plug-in that is being included, or `core`."""
        return claims.owner_of(self.registry, self.includepath)

    @property
    def action_info(self) -> Any:
        return claims.OwnedInfo(self.owner, super().action_info)

    @action_method
    def add_permission(
        self,
        name: str,
        description: str = "",
        *,
        default: Level = "admin",
        scope: str | Collection[str] | None = None,
        account: bool = False,
    ) -> None:
        """Declare a permission: what it allows, and the level that a caller must have reached.

        A token that is limited to scopes needs `scope`, or one of several; without it level and name decide
        (`eoscperf.security.scopes`). `account`: it is about nothing but the caller's own account, so that
        those may do it as well who may only read.
        """
        declare_permission(self, name, description, default=default, scope=scope, account=account)

    @action_method
    def add_route(self, name: str, pattern: str | None = None, **options: Any) -> None:
        """Pyramid's; a name and, unless predicates tell them apart, a path can be claimed once.

        A plug-in that wants another view of the core's pages adds the view to the core's route.
        """
        free = claims.claim(self, "route", name, _nothing)
        if pattern is not None and not set(options) - _NO_PREDICATES:
            free &= claims.claim(self, "path", self._whole_path(pattern), _nothing, name)
        if free:
            super().add_route(name, pattern, **options)

    def _whole_path(self, pattern: str) -> str:
        """The path that a route matches, whatever its placeholders are called."""
        parts = [part.strip("/") for part in (self.route_prefix or "", pattern)]
        whole = "/" + "/".join(part for part in parts if part) + ("/" if pattern.endswith("/") else "")
        return _PLACEHOLDER.sub("{", whole.replace("//", "/"))

    def commit(self) -> None:
        """Carry out what was registered; ConfigurationError names everything that is claimed twice."""
        problems = claims.take_refused(self.registry)
        try:
            super().commit()
        except ConfigurationConflictError as problem:
            problems += claims.conflict_lines(problem)
        if problems:
            raise ConfigurationError(
                "Some things are claimed more than once:\n" + "\n".join(f"  {line}" for line in problems)
            )


_NO_PREDICATES = {"factory", "traverse", "pregenerator", "static", "inherit_slash", "use_global_views"}
_PLACEHOLDER = re.compile(r"\{[_a-zA-Z]\w*")


def _nothing() -> None:
    """What a claim registers that only takes the name."""
