"""What can go wrong, one class per problem type; the REST layer and the pages turn them into answers.

Services raise these. `status` is the number a REST client sees, `slug` ends the problem's type
`urn:eoscperf:problem:<slug>`, `title` is the same for every occurrence, the detail is a sentence
about this one that a person can act on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing wrong with an input: where it is and what is allowed there."""

    detail: str
    location: str = "body"
    """query, body, path or header"""
    name: str = ""
    """dotted path of the field"""
    pointer: str | None = None
    """RFC 6901 pointer into the body"""
    keyword: str | None = None
    """the JSON Schema keyword that failed"""

    def as_dict(self) -> dict[str, str]:
        fields = {"in": self.location, "name": self.name, "detail": self.detail}
        if self.pointer is not None:
            fields["pointer"] = self.pointer
        if self.keyword is not None:
            fields["keyword"] = self.keyword
        return fields


class DomainError(Exception):
    """Base of everything that is answered as a problem."""

    status = 400
    slug = "malformed-request"
    title = "Malformed request"

    def __init__(self, detail: str, *, headers: Iterable[tuple[str, str]] = (), **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = tuple(headers)
        self.members = members


class MalformedRequest(DomainError):
    """The request cannot be read at all."""


class Unauthenticated(DomainError):
    status, slug, title = 401, "unauthenticated", "Authentication required"


class InvalidToken(DomainError):
    status, slug, title = 401, "invalid-token", "Token not accepted"


class NotRegistered(DomainError):
    status, slug, title = 403, "not-registered", "Not registered"


class AdminRequired(DomainError):
    status, slug, title = 403, "admin-required", "Administrators only"


class OwnerRequired(DomainError):
    status, slug, title = 403, "owner-required", "Owner only"


class SubmitterRequired(DomainError):
    """The account may only read."""

    status, slug, title = 403, "submitter-required", "Submitters only"


class LoginRequired(DomainError):
    """Only with a token from a log-in: not with an API token, whatever its scopes."""

    status, slug, title = 403, "login-required", "Log-in required"


class InsufficientScope(DomainError):
    """The token is limited to other scopes; `scope` is one that would do."""

    status, slug, title = 403, "insufficient-scope", "Token lacks the scope"


class NotFound(DomainError):
    status, slug, title = 404, "not-found", "Not found"


class UnknownReference(DomainError):
    """The request names objects that do not exist; `errors` lists every one."""

    status, slug, title = 404, "unknown-reference", "Unknown reference"

    def __init__(self, issues: Iterable[Issue]) -> None:
        issues = list(issues)
        super().__init__(_count(issues, "unknown reference"), errors=[i.as_dict() for i in issues])
        self.issues = issues


class MethodNotAllowed(DomainError):
    status, slug, title = 405, "method-not-allowed", "Method not allowed"


class NotAcceptable(DomainError):
    status, slug, title = 406, "not-acceptable", "Not acceptable"


class Conflict(DomainError):
    status, slug, title = 409, "conflict", "Conflict"


class Duplicate(Conflict):
    """The same thing exists already; `existing` is its id."""

    slug, title = "duplicate", "Duplicate"


class WrongState(Conflict):
    slug, title = "wrong-state", "Wrong state"


class NotOnReview(WrongState):
    """A decision about something that nobody has to decide any more."""

    status = 422


class InProgress(Conflict):
    slug, title = "in-progress", "Still in progress"


class Withdrawn(DomainError):
    """Gone by its uploader's wish; `since` says when."""

    status, slug, title = 410, "withdrawn", "Withdrawn"


class Removed(DomainError):
    """Gone by a moderator's decision; `since` says when."""

    status, slug, title = 410, "removed", "Removed"


class LastAdministrator(Conflict):
    """Nobody would be left who can make administrators."""

    slug, title = "last-administrator", "Last administrator"


class PreconditionFailed(DomainError):
    status, slug, title = 412, "precondition-failed", "Precondition failed"


class TooLarge(DomainError):
    status, slug, title = 413, "too-large", "Too large"


class UnsupportedMediaType(DomainError):
    status, slug, title = 415, "unsupported-media-type", "Unsupported media type"


class Invalid(DomainError):
    """Input that was read but is not allowed; lists every issue, up to 100."""

    status, slug, title = 422, "validation", "Validation failed"
    most = 100

    def __init__(
        self,
        issues: Iterable[Issue] | str,
        *,
        truncated: bool = False,
        detail: str | None = None,
        **members: Any,
    ) -> None:
        if isinstance(issues, str):
            issues = [Issue(issues)]
        issues = list(issues)
        shown = issues[: self.most]
        members["errors"] = [issue.as_dict() for issue in shown]
        if truncated or len(issues) > len(shown):
            members["errors_truncated"] = True
        super().__init__(detail or _count(issues, "error") + " in the request", **members)
        self.issues = issues


class NotApproved(DomainError):
    """The request refers to something that still waits for a moderator; `errors` lists what."""

    status, slug, title = 422, "not-approved", "Not approved yet"

    def __init__(self, issues: Iterable[Issue] | str) -> None:
        issues = [Issue(issues)] if isinstance(issues, str) else list(issues)
        shown = " ".join(issue.detail for issue in issues[:5])
        more = f" And {len(issues) - 5} more." if len(issues) > 5 else ""
        members: dict[str, Any] = {"errors": [issue.as_dict() for issue in issues[: Invalid.most]]}
        if len(issues) > Invalid.most:
            members["errors_truncated"] = True
        super().__init__(shown + more, **members)
        self.issues = issues


class SchemaInvalid(DomainError):
    status, slug, title = 422, "schema-invalid", "Stored schema unusable"


class ValidationTimedOut(DomainError):
    status, slug, title = 422, "validation-timeout", "Validation took too long"


class IdempotencyMismatch(DomainError):
    status, slug, title = 422, "idempotency-mismatch", "Idempotency key used for another request"


class RateLimited(DomainError):
    status, slug, title = 429, "rate-limited", "Too many requests"

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail, headers=[("Retry-After", str(max(1, retry_after)))])


class DatabaseUnavailable(DomainError):
    status, slug, title = 503, "database-unavailable", "Database unavailable"

    def __init__(self, detail: str = "The database cannot be reached. Try again in a few seconds.") -> None:
        super().__init__(detail, headers=[("Retry-After", "5")])


class ProviderUnavailable(DomainError):
    status, slug, title = 503, "identity-provider-unavailable", "Identity provider unavailable"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers=[("Retry-After", "5")])


def problem_types() -> dict[str, type[DomainError]]:
    """Every problem type by slug, in the order of this module."""
    found: dict[str, type[DomainError]] = {}
    queue: list[type[DomainError]] = [DomainError]
    while queue:
        kind = queue.pop(0)
        if kind is not DomainError:
            found.setdefault(kind.slug, kind)
        queue.extend(kind.__subclasses__())
    return found


def _count(issues: list[Issue], noun: str) -> str:
    return f"1 {noun}" if len(issues) == 1 else f"{len(issues)} {noun}s"
