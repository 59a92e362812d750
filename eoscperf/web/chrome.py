"""What stands around every page: the menu with the present place in it, the account, the foot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pyramid.interfaces import IRoutesMapper

import eoscperf
from eoscperf.web.preferences import THEMES


@dataclass(frozen=True, slots=True)
class MenuEntry:
    title: str
    url: str
    current: str | None
    """what aria-current says: page, or true for a page below the entry's"""


@dataclass(frozen=True, slots=True)
class FootLink:
    title: str
    url: str


class Chrome:
    """`request.chrome`: asks nobody who the caller is before it has to, as that may be what failed."""

    def __init__(self, request: Any) -> None:
        self._request = request
        self.version = eoscperf.__version__
        self.themes = THEMES
        self.name = request.registry.settings["pages.name"]

    def menu(self, entries: Any) -> list[MenuEntry]:
        """The entries of the menu with their addresses."""
        return [self._entry(entry.title, entry.route) for entry in entries]

    @property
    def foot(self) -> list[FootLink]:
        """Links at the foot of every page, as far as there are such pages."""
        request = self._request
        wanted = (
            ("Help", "help_api"),
            ("About", "about"),
            ("Terms of service", "terms_of_service"),
            ("Privacy", "privacy_policy"),
            ("REST API", "api_docs"),
        )
        links = [
            FootLink(title, request.route_path(route)) for title, route in wanted if self.has_route(route)
        ]
        support = request.registry.settings["pages.support"]
        if support:
            links.append(FootLink("Support", f"mailto:{support}" if "@" in support else support))
        return links

    @property
    def log_in(self) -> str | None:
        """Where one logs in and comes back from; None where no plug-in offers it."""
        if not self._request.registry.get("eoscperf.login"):
            return None
        return self._request.route_path("login", _query={"next": self.here})

    @property
    def here(self) -> str:
        """The path and query of this page, or what could be read of it."""
        environ = self._request.environ
        # Not Pyramid's: a path that is not UTF-8 has an error page as well.
        raw = (environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1")
        path, query = quote(raw, safe="/:@!$&'()*+,;=-._~") or "/", environ.get("QUERY_STRING", "")
        return f"{path}?{query}" if query and self._request.method in ("GET", "HEAD") else path

    def has_route(self, name: str) -> bool:
        return self._request.registry.getUtility(IRoutesMapper).get_route(name) is not None

    def link(self, page: str, service: str, **ids: Any) -> str:
        """The page of something or, where no feature has such a page, what the REST API says of it."""
        route = page if self.has_route(page) else service
        return self._request.route_path(route, **{key: str(value) for key, value in ids.items()})

    def _entry(self, title: str, route: str) -> MenuEntry:
        url = self._request.route_path(route)
        path = self.here.partition("?")[0]
        if path == url:
            return MenuEntry(title, url, "page")
        return MenuEntry(
            title, url, "true" if url != "/" and path.startswith(url.rstrip("/") + "/") else None
        )


def includeme(config: Any) -> None:
    config.add_request_method(Chrome, "chrome", reify=True)
