"""RFC 9457 problem details for every failure under the API prefix."""

from __future__ import annotations

import logging
from typing import Any

import orjson
import sqlalchemy.exc
from pyramid.httpexceptions import HTTPException, HTTPForbidden, HTTPMethodNotAllowed, HTTPNotFound
from pyramid.response import Response

from eoscperf import errors
from eoscperf.security.permissions import permission_of
from eoscperf.security.policy import permission_problem

log = logging.getLogger(__name__)

_SQLITE_UNAVAILABLE = (
    "SQLITE_BUSY",
    "SQLITE_LOCKED",
    "SQLITE_CANTOPEN",
    "SQLITE_FULL",
    "SQLITE_IOERR",
    "SQLITE_READONLY",
)

TYPE = "urn:eoscperf:problem:"


class Problem(HTTPException):
    """A problem as a response that can be returned and raised: cornice does both with its errors."""

    def __init__(self, error: errors.DomainError, request_id: str) -> None:
        body = problem_body(error, request_id)
        Response.__init__(
            self,
            body=orjson.dumps(
                body, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z
            ),
            status=error.status,
            content_type="application/problem+json",
        )
        Exception.__init__(self, error.title)
        self.detail = error.detail
        for name, value in error.headers:
            self.headers[name] = value

    def prepare(self, environ: Any) -> None:
        """The body is complete; HTTPException's templates are not wanted."""


def problem_body(error: errors.DomainError, request_id: str) -> dict[str, Any]:
    """The members of a problem.

    What was sent may be quoted in them, half a surrogate pair included, which no answer could hold:
    it is shown as its escape.
    """
    body = {
        "type": TYPE + error.slug,
        "title": error.title,
        "status": error.status,
        "code": error.status,
        "detail": error.detail,
        "instance": f"urn:uuid:{request_id}",
        **error.members,
    }
    return {key: _writable(value) for key, value in body.items()}


def _writable(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, list):
        return [_writable(item) for item in value]
    if isinstance(value, dict):
        return {_writable(key): _writable(item) for key, item in value.items()}
    return value


def problem(request: Any, error: errors.DomainError) -> Problem:
    """The answer to an error, with the headers that go with its status."""
    answer = Problem(error, request.id)
    if answer.status_int == 401 or isinstance(error, errors.InsufficientScope):
        answer.headers["WWW-Authenticate"] = challenge(error)
    return answer


def challenge(error: errors.DomainError) -> str:
    """The WWW-Authenticate value; it names an error only when a token was sent (RFC 6750, 3)."""
    value = 'Bearer realm="eoscperf"'
    if isinstance(error, errors.InvalidToken):
        value += f', error="invalid_token", error_description="{_quotable(error.detail)}"'
    elif isinstance(error, errors.InsufficientScope):
        value += f', error="insufficient_scope", error_description="{_quotable(error.detail)}"'
        value += f', scope="{_quotable(error.members["scope"])}"'
    return value


def _quotable(text: str) -> str:
    # RFC 6750 allows %x20-21 / %x23-5B / %x5D-7E in an error_description.
    return "".join(c if " " <= c <= "~" and c not in '"\\' else "'" for c in text)


def domain_error(error: errors.DomainError, request: Any) -> Problem:
    return problem(request, error)


def http_exception(exc: Any, request: Any) -> Any:
    """Pyramid's own exceptions as problems; a Problem is one already."""
    if isinstance(exc, Problem):
        return exc
    if isinstance(exc, HTTPForbidden):
        return problem(request, denial(request))
    if isinstance(exc, HTTPNotFound):
        return problem(request, errors.NotFound(f"There is nothing at {request.path}."))
    if isinstance(exc, HTTPMethodNotAllowed):
        return problem(request, method_not_allowed(request, exc.allow or ()))
    if exc.status_int < 400:
        return exc
    error = errors.MalformedRequest(exc.detail or exc.title)
    error.status = exc.status_int
    return problem(request, error)


def method_not_allowed(request: Any, methods: Any) -> errors.MethodNotAllowed:
    allow = sorted({*methods, "OPTIONS"})
    return errors.MethodNotAllowed(
        f"{request.method} is not possible here; possible: {', '.join(allow)}.",
        headers=[("Allow", ", ".join(allow))],
    )


def denial(request: Any) -> errors.DomainError:
    """Why the policy refused: the permission that the operation asks for, or else the object."""
    policy = request.registry["eoscperf.policy"]
    operation = getattr(request, "operation", None)
    permission = permission_of(request.registry, operation.permission) if operation else None
    found = permission_problem(permission, request.identity, policy.failure(request))
    return found or errors.OwnerRequired("Only the uploader may do this.")


def database_error(exc: Exception, request: Any) -> Problem:
    """A database that is away, full or too busy is a 503, anything else it says is a defect of ours."""
    if isinstance(exc, sqlalchemy.exc.DBAPIError) and not _unavailable(exc):
        return unexpected(exc, request)
    log.error("the database is unavailable: %s", exc)
    return problem(request, errors.DatabaseUnavailable())


def _unavailable(exc: sqlalchemy.exc.DBAPIError) -> bool:
    """Whether trying again later may help.

    PostgreSQL's operational errors all are of that kind, deadlocks that outlived the retries included.
    SQLite calls a missing table operational too and tells them apart by the name of the error.
    """
    if exc.connection_invalidated:
        return True
    name = getattr(exc.orig, "sqlite_errorname", None)
    if name is None:
        return isinstance(exc, sqlalchemy.exc.OperationalError)
    return name.startswith(_SQLITE_UNAVAILABLE)


def unexpected(exc: Exception, request: Any) -> Problem:
    log.error("request %s failed", request.id, exc_info=exc)
    error = errors.DomainError(
        "Something went wrong on our side. The request id helps to find it in the log."
    )
    error.status, error.slug, error.title = 500, "internal", "Internal error"
    return problem(request, error)


def includeme(config: Any) -> None:
    from eoscperf.rest.tween import ApiPath

    config.add_view_predicate("api_path", ApiPath)
    config.add_exception_view(http_exception, context=HTTPException, api_path=True)
    config.add_notfound_view(http_exception, api_path=True)
    config.add_forbidden_view(http_exception, api_path=True)
    config.add_exception_view(domain_error, context=errors.DomainError, api_path=True)
    config.add_exception_view(database_error, context=sqlalchemy.exc.OperationalError, api_path=True)
    config.add_exception_view(database_error, context=sqlalchemy.exc.InterfaceError, api_path=True)
    config.add_exception_view(database_error, context=sqlalchemy.exc.TimeoutError, api_path=True)
    config.add_exception_view(unexpected, context=Exception, api_path=True)
