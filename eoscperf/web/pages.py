"""How a feature adds a page: one route, its views, and what every page has in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther

from eoscperf.rest.service import UUID
from eoscperf.web.forms import Submitted
from eoscperf.web.urls import Address

View = Callable[[Any], Any]

_ID = re.compile(r"\{(\w+_id)\}")


def add_page(
    config: Any,
    name: str,
    pattern: str,
    view: Any,
    renderer: str,
    *,
    permission: str,
    methods: Sequence[str] = ("GET", "POST"),
    target: bool = False,
    api: str | None = None,
    traverse: str | None = None,
    **options: Any,
) -> None:
    """Directive: a page under a path; `view(request)` returns the values of its template or an answer.

    A placeholder whose name ends in `_id` takes UUIDs only.
    With POST among the methods the same view is called for it, and the form's `csrf_token` is checked
    before. `target`: the route's context is an item, which is looked up first (404, 410) and whose access
    control list decides (403); the view finds it as `request.context.model`. `api` names the REST service
    with the same placeholders, where who asks for JSON is sent.
    """
    view = config.maybe_dotted(view)
    pattern = _ID.sub(lambda found: f"{{{found[1]}:{UUID}}}", pattern)
    config.add_route(name, pattern, **({"traverse": traverse} if traverse else {}))
    for method in methods:
        config.add_view(
            _page(view, permission, target=target, api=api),
            route_name=name,
            request_method=method,
            renderer=renderer,
            permission=permission,
            require_csrf=method not in ("GET", "HEAD"),
            eoscperf_page=True,
            **options,
        )


def _page(view: View, permission: str, *, target: bool, api: str | None) -> View:
    def page(request: Any) -> Any:
        if api is not None:
            request.response.vary = ("Accept",)
            if _prefers_json(request):
                answer = HTTPSeeOther(location=request.route_path(api, **request.matchdict))
                answer.vary = ("Accept",)
                return answer
        if target:
            request.context.load(lock=request.method == "POST")
            if not request.has_permission(permission):
                policy = request.registry["eoscperf.policy"]
                raise policy.refusal(request, request.context, permission)
        found = view(request)
        if request.response.status_int == 200 and _has_faults(found):
            request.response.status_int = 422
        return found

    # Where it comes from, for whoever looks at the registered views.
    page.__name__, page.__doc__ = view.__name__, view.__doc__
    page.__module__, page.__wrapped__ = view.__module__, view  # type: ignore[attr-defined]
    return page


def _has_faults(values: Any) -> bool:
    return isinstance(values, Mapping) and any(
        isinstance(value, (Submitted, Address)) and not value.ok for value in values.values()
    )


def _prefers_json(request: Any) -> bool:
    """Whether a program asks, which wants the data and not the page."""
    offers = request.accept.acceptable_offers(["text/html", "application/json"])
    return bool(offers) and offers[0][0] == "application/json"


def includeme(config: Any) -> None:
    config.add_directive("add_page", add_page)
