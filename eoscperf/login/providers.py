"""The identity providers that people may log in with, side by side."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from eoscperf.extend.directives import identity_providers
from eoscperf.security.issuers import IssuerSettings, issuer_names


@dataclass(frozen=True, slots=True)
class LoginProvider:
    """A provider: `settings` say how it is reached, `iss` under which issuer its people are stored."""

    name: str
    title: str
    iss: str
    settings: IssuerSettings
    scope: str
    home: str | None = None
    """the address of the platform that the provider sends people back to; None: the one they came by"""


class LoginProviders:
    """Those of the settings with `login` switched on, and those that plug-ins bring along.

    Read at first use: plug-ins have added theirs by then.
    """

    def __init__(self, registry: Any) -> None:
        self._registry = registry

    @functools.cached_property
    def by_name(self) -> dict[str, LoginProvider]:
        found = {}
        for provider in identity_providers(self._registry).values():
            settings = provider.info.get("login")
            if settings is None and getattr(provider.issuer, "login", False):
                settings = provider.issuer
            if settings is None:
                continue
            found[provider.name] = LoginProvider(
                provider.name,
                settings.title or provider.title,
                issuer_names(provider.issuer)[-1],
                settings,
                " ".join(settings.login_scopes),
                provider.info.get("login_home"),
            )
        return found

    @property
    def titles(self) -> list[tuple[str, str]]:
        """Names and titles in the order of the settings."""
        return [(one.name, one.title) for one in self.by_name.values()]

    @functools.cached_property
    def origins(self) -> tuple[str, ...]:
        """Elsewhere, where browsers are sent to log out: form policies of pages have to name it."""
        parts = [urlsplit(one.settings.issuer) for one in self.by_name.values() if one.home is None]
        return tuple(dict.fromkeys(f"{part.scheme}://{part.netloc}" for part in parts))

    def __bool__(self) -> bool:
        return bool(self.by_name)
