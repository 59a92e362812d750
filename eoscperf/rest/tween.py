"""What every request and response goes through: readable addresses, request ids, CORS, common headers."""

from __future__ import annotations

import re
import uuid
from typing import Any
from urllib.parse import unquote_to_bytes

from pyramid.response import Response
from pyramid.tweens import EXCVIEW, INGRESS

from eoscperf import errors
from eoscperf.rest import compression
from eoscperf.rest.problems import problem

CORS_HEADERS = "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key"
CORS_EXPOSED = "ETag, Link, Location, Retry-After, X-Request-ID"
CORS_METHODS = "GET, HEAD, POST, PUT, DELETE, OPTIONS"
VARY = "Accept, Accept-Encoding, Authorization, Origin"

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_SERVICE_PATHS = ("/healthz", "/readyz", "/metrics")


def is_api_path(request: Any) -> bool:
    """Whether a request is for the REST API, so that its failures are problems."""
    path, prefix = request.environ.get("PATH_INFO", ""), request.registry.settings["api.prefix"]
    return path == prefix or path.startswith(prefix + "/") or path in _SERVICE_PATHS


class ApiPath:
    """View predicate `api_path=True`."""

    def __init__(self, value: bool, config: Any) -> None:
        self.value = value

    def text(self) -> str:
        return f"api_path = {self.value}"

    phash = text

    def __call__(self, context: Any, request: Any) -> bool:
        return is_api_path(request) is self.value


def request_id(request: Any) -> str:
    """`request.id`: names the request in the log, in X-Request-ID and in problems."""
    return str(uuid.uuid4())


def gateway(handler: Any, registry: Any) -> Any:
    """The outermost tween."""
    origins = frozenset(registry.settings["cors.origins"])

    def tween(request: Any) -> Any:
        environ = request.environ
        # Published notebooks join a base URL that ends in a slash with a path that begins with one.
        environ["PATH_INFO"] = re.sub("/{2,}", "/", environ.get("PATH_INFO", "/") or "/")
        error = _unreadable(environ)
        origin = request.headers.get("Origin")
        answer: Any
        if error is not None:
            page = problem if is_api_path(request) else registry["eoscperf.error_page"]
            answer = page(request, error)
        elif _is_preflight(request) and is_api_path(request) and origin in origins:
            answer = handler(request)
            if answer.status_int != 204:
                # The browser shall go on, so that the request itself is told what is wrong.
                answer = Response(status=204)
            answer.headers["Access-Control-Allow-Methods"] = CORS_METHODS
            answer.headers["Access-Control-Allow-Headers"] = CORS_HEADERS
            answer.headers["Access-Control-Max-Age"] = "3600"
        else:
            answer = handler(request)
        _finish(request, answer, origin if origin in origins else None)
        return answer

    return tween


def _is_preflight(request: Any) -> bool:
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def _unreadable(environ: dict[str, Any]) -> errors.DomainError | None:
    try:
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8")
    except UnicodeError:
        return errors.MalformedRequest("The path is not valid UTF-8.")
    if path.endswith("\n"):
        # The patterns of routes, which end in a $, would overlook it.
        return errors.NotFound("There is nothing at a path that ends in a line feed.")
    query = environ.get("QUERY_STRING", "")
    try:
        raw = query.encode("latin-1")
        if _BAD_ESCAPE.search(raw):
            return errors.MalformedRequest("The query string has a % that is not followed by two hex digits.")
        unquote_to_bytes(raw).decode("utf-8")
    except UnicodeError:
        return errors.MalformedRequest("The query string is not valid UTF-8.")
    return None


def _finish(request: Any, answer: Any, origin: str | None) -> None:
    headers = answer.headers
    headers["X-Request-ID"] = request.id
    headers["X-Content-Type-Options"] = "nosniff"
    if not is_api_path(request):
        return
    if origin is not None:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = CORS_EXPOSED
    headers["Vary"] = VARY
    private = "Authorization" in request.headers
    headers.setdefault("Cache-Control", "private, no-cache" if private else "no-cache")
    ignored_token = getattr(request, "ignored_token", None)
    if ignored_token is not None:
        headers.setdefault("WWW-Authenticate", ignored_token)
    compression.compress(request, answer)


def includeme(config: Any) -> None:
    config.add_request_method(request_id, "id", reify=True)
    config.add_tween(
        "eoscperf.rest.tween.gateway", under=INGRESS, over=[EXCVIEW, "pyramid_tm.tm_tween_factory"]
    )
