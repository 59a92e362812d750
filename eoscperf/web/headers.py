"""Headers that every page carries: what a browser may load and where it may be shown. And its compression."""

from __future__ import annotations

from typing import Any

from pyramid.events import NewResponse

from eoscperf.rest import compression
from eoscperf.rest.tween import is_api_path

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
"""The content security policy: nothing from elsewhere, no script or style inside a page."""


FORM_TARGETS = "eoscperf.form_targets"
"""in the registry: origins that our forms may be redirected to"""


def policy(**changes: str) -> str:
    """The policy as a header; `img_src="'self' data:"` replaces one directive, for a page that needs more."""
    directives = POLICY | {name.replace("_", "-"): value for name, value in changes.items()}
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def harden(event: NewResponse) -> None:
    """Add what an HTML answer has not said itself."""
    response = event.response
    if response.content_type != "text/html":
        return
    headers = response.headers
    # Browsers check where a form leads in the end: logging out goes on to the identity provider.
    targets = event.request.registry.get(FORM_TARGETS, ())
    headers.setdefault("Content-Security-Policy", policy(form_action=" ".join(("'self'", *targets))))
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cache-Control", "private, no-cache")


def shorten(event: NewResponse) -> None:
    """Compress pages, styles and scripts; the REST API sees to its own answers."""
    request, response = event.request, event.response
    if is_api_path(request) or "Range" in request.headers:
        return
    if (response.content_type or "").startswith("text/") and response.status_int != 206:
        response.headers["Vary"] = ", ".join(dict.fromkeys((*(response.vary or ()), "Accept-Encoding")))
        compression.compress(request, response)


def includeme(config: Any) -> None:
    config.add_subscriber(harden, NewResponse)
    config.add_subscriber(shorten, NewResponse)
