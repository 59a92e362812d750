"""Failures outside the REST API, as pages."""

from __future__ import annotations

import logging
from typing import Any

import sqlalchemy.exc
from pyramid.exceptions import PredicateMismatch
from pyramid.httpexceptions import HTTPException, HTTPSeeOther
from pyramid.renderers import render_to_response

from eoscperf import errors

log = logging.getLogger(__name__)

ERROR_PAGE = "eoscperf.error_page"
"""in the registry: `page(request, error)`, for failures before any view is chosen"""


def error_page(request: Any, error: errors.DomainError) -> Any:
    """The page that tells of an error. It asks nobody who the caller is: that may be what failed."""
    open_to_all = [entry for entry in request.registry["eoscperf.navigation"] if not entry.permission]
    values = {
        "error": error,
        "navigation": sorted(open_to_all, key=lambda entry: (entry.order, entry.title)),
        "facts": _facts(error),
        "advice": _advice(error),
        "again": request.chrome.here if error.status in _TRY_AGAIN and request.method == "GET" else None,
        "log_in": request.chrome.log_in if error.status == 401 else None,
    }
    answer = render_to_response("web/error.jinja2", values, request)
    answer.status_int = error.status
    for name, value in error.headers:
        answer.headers[name] = value
    return answer


def not_found(exc: Any, request: Any) -> Any:
    if isinstance(exc, PredicateMismatch) and getattr(request, "matched_route", None) is not None:
        methods = _methods(request.registry, request.matched_route.name)
        if methods and request.method not in methods:
            allow = ", ".join(sorted(methods))
            detail = f"{request.method} is not possible here; possible: {allow}."
            return error_page(request, errors.MethodNotAllowed(detail, headers=[("Allow", allow)]))
    return error_page(request, errors.NotFound("There is no such page."))


def forbidden(exc: Any, request: Any) -> Any:
    """Who is not logged in is asked to, where that is possible; others learn which role is missing."""
    if request.identity is None:
        if request.method == "GET" and request.chrome.log_in:
            return HTTPSeeOther(location=request.chrome.log_in)
        return error_page(request, errors.Unauthenticated("Log in first, then open this page again."))
    if not request.identity.registered:
        detail = "Register first: this page is for registered users."
        return error_page(request, errors.NotRegistered(detail))
    if not request.identity.admin:
        return error_page(request, errors.AdminRequired("Only administrators may see this page."))
    return error_page(request, _failure(403, "Not allowed", "Nobody may see this page."))


def domain_error(exc: errors.DomainError, request: Any) -> Any:
    return error_page(request, exc)


def http_exception(exc: Any, request: Any) -> Any:
    """Pyramid's own exceptions; redirects are answers already."""
    if exc.status_int < 400:
        return exc
    detail = exc.detail or exc.explanation or exc.title
    return error_page(request, _failure(exc.status_int, exc.title, detail))


def database_away(exc: Exception, request: Any) -> Any:
    log.error("request %s: the database is unavailable: %s", request.id, exc)
    return error_page(request, errors.DatabaseUnavailable())


def unexpected(exc: Exception, request: Any) -> Any:
    log.error("request %s failed", request.id, exc_info=exc)
    detail = "Something went wrong on our side. The request id helps to find it in the log."
    return error_page(request, _failure(500, "Internal error", detail))


def _failure(status: int, title: str, detail: str) -> errors.DomainError:
    """An error of pages alone. A class of its own would become a problem type of the API."""
    error = errors.DomainError(detail)
    error.status, error.title = status, title
    return error


_TRY_AGAIN = (429, 500, 502, 503, 504)


def _facts(error: errors.DomainError) -> list[tuple[str, Any]]:
    """What is still told about something that is gone."""
    if not isinstance(error, (errors.Withdrawn, errors.Removed)):
        return []
    names = {"since": "Since", "message": "Note", "id": "Id"}
    return [(shown, error.members[key]) for key, shown in names.items() if error.members.get(key)]


def _advice(error: errors.DomainError) -> list[str]:
    """What one can do about it."""
    wait = dict(error.headers).get("Retry-After")
    if wait is not None:
        return [f"Try again in {wait} second{'' if wait == '1' else 's'}."]
    return {
        404: ["It may have been moved or never been here. Search for it, or start at the first page."],
        410: ["Its address stays, so that whoever cites it finds out what became of it."],
    }.get(error.status, [])


def _methods(registry: Any, route: str) -> set[str]:
    """The methods that the views of a route take."""
    methods: set[str] = set()
    for entry in registry.introspector.get_category("views") or ():
        view = entry["introspectable"]
        if view["route_name"] == route:
            taken = view["request_methods"] or ()
            methods |= {taken} if isinstance(taken, str) else set(taken)
    return methods | ({"HEAD"} if "GET" in methods else set())


def includeme(config: Any) -> None:
    config.registry[ERROR_PAGE] = error_page
    config.add_notfound_view(not_found, api_path=False)
    config.add_forbidden_view(forbidden, api_path=False)
    config.add_exception_view(http_exception, context=HTTPException, api_path=False)
    config.add_exception_view(domain_error, context=errors.DomainError, api_path=False)
    for away in (sqlalchemy.exc.OperationalError, sqlalchemy.exc.InterfaceError, sqlalchemy.exc.TimeoutError):
        config.add_exception_view(database_away, context=away, api_path=False)
    config.add_exception_view(unexpected, context=Exception, api_path=False)
