"""Pages of text: what this is, what the rules are, how programs use it. Operators may replace them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eoscperf.rest.pages import absolute

PAGES = (
    ("code_guidelines", "/code-guidelines"),
    ("terms_of_service", "/terms-of-service"),
    ("privacy_policy", "/privacy-policy"),
    ("about", "/about"),
)


@dataclass(frozen=True, slots=True)
class Server:
    """Where programs find this installation."""

    base: str
    """address of the first page, without a slash at the end"""
    api: str
    """address of the REST API, without a slash at the end"""


def text_page(request: Any) -> dict[str, Any]:
    """A page of text, with this server's addresses filled in."""
    settings = request.registry.settings
    base = absolute(request, "")
    return {
        "server": Server(base, base + settings["api.prefix"]),
        "limits": {
            "result": settings["limits.result_bytes"],
            "batch": settings["limits.batch_items"],
            "writes": str(settings["rates.writes"]),
        },
    }


def includeme(config: Any) -> None:
    for name, path in (*PAGES, ("help_api", "/help/api")):
        config.add_page(
            name,
            path,
            text_page,
            f"texts/{name}.jinja2",
            permission="site:view",
            methods=("GET",),
        )
    config.add_nav_entry("Help", "help_api", order=800)
