"""How somebody wants the pages to look; kept in a cookie, as it concerns this browser only."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pyramid.httpexceptions import HTTPSeeOther

from eoscperf.rest import schema
from eoscperf.web.forms import Form

COOKIE = "theme"

THEMES = (("auto", "As my system"), ("light", "Light"), ("dark", "Dark"))

YEAR = 365 * 24 * 3600

PREFERENCES = Form(
    schema.choice("theme", *(theme for theme, _ in THEMES), required=True, title="Theme"),
    schema.exact("next", title="Where to go on"),
)


def theme(request: Any) -> str:
    """`request.theme`: light, dark, or auto for what the system says."""
    chosen = request.cookies.get(COOKIE)
    return chosen if chosen in dict(THEMES) else "auto"


def preferences(request: Any) -> Any:
    """Choose how pages look; without JavaScript as well."""
    if request.method != "POST":
        return {"form": PREFERENCES.blank(theme=request.theme), "themes": THEMES}
    form = PREFERENCES.read(request)
    if not form.ok:
        return {"form": form, "themes": THEMES}
    answer = HTTPSeeOther(location=here_only(form.values.get("next"), request.route_path("home")))
    answer.set_cookie(
        COOKIE,
        form.values["theme"],
        max_age=YEAR,
        httponly=True,
        samesite="Lax",
        secure=request.scheme == "https",
    )
    return answer


def here_only(address: str | None, default: str) -> str:
    """A path of this site to go on to, else the default; never an address elsewhere."""
    if not address or not address.startswith("/") or address.startswith("//") or "\\" in address:
        return default
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or any(ord(character) < 32 for character in address):
        return default
    return address


def includeme(config: Any) -> None:
    config.add_request_method(theme, "theme", reify=True)
    config.add_page(
        "preferences",
        "/preferences",
        preferences,
        "web/preferences.jinja2",
        permission="site:view",
    )
