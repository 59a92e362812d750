"""The parts of the document that operations refer to: problems, pages, headers, security."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eoscperf.errors import DomainError, problem_types
from eoscperf.rest.problems import TYPE
from eoscperf.security.scopes import SCOPES

Schema = dict[str, Any]

PROBLEM_MEDIA_TYPE = "application/problem+json"

INSTANCE = "urn:uuid:7d1b1c52-4b4f-4f0c-9d6a-0f6d2b8c9a11"


def reference(name: str, kind: str = "schemas") -> Schema:
    return {"$ref": f"#/components/{kind}/{name}"}


def slugs_by_status() -> dict[int, list[str]]:
    """The slugs of the problem types that each status can carry."""
    found: dict[int, list[str]] = {}
    queue: list[type[DomainError]] = [DomainError]
    while queue:
        kind = queue.pop(0)
        slugs = found.setdefault(kind.status, [])
        if kind.slug not in slugs:
            slugs.append(kind.slug)
        queue.extend(kind.__subclasses__())
    return found


def problem_catalogue() -> dict[str, Schema]:
    """Every problem type by its URN: title, statuses it comes with, meaning."""
    statuses = slugs_by_status()
    catalogue = {}
    kinds: dict[str, type[DomainError]] = {DomainError.slug: DomainError, **problem_types()}
    for slug, kind in kinds.items():
        entry: Schema = {
            "title": kind.title,
            "status": [status for status, slugs in sorted(statuses.items()) if slug in slugs],
        }
        # A docstring is not inherited by `__doc__`: a class without one says all in its title.
        if kind is not DomainError and kind.__doc__:
            entry["description"] = " ".join(kind.__doc__.split()).replace("`", "")
        catalogue[TYPE + slug] = entry
    return catalogue


def page_schema(item: str) -> Schema:
    """A page of a list of `item`s."""
    return {
        "description": f"A page of a list. The items are {item} objects.",
        "allOf": [reference("Page")],
        "type": "object",
        "properties": {"items": {"type": "array", "items": reference(item)}},
    }


def problem_example(slugs: Iterable[str], status: int, detail: str) -> Schema:
    slug = next(iter(slugs))
    kind = problem_types().get(slug, DomainError)
    example: Schema = {
        "type": TYPE + slug,
        "title": kind.title,
        "status": status,
        "code": status,
        "detail": detail,
        "instance": INSTANCE,
    }
    return example | _EXAMPLE_MEMBERS.get(slug, {})


_EXAMPLE_MEMBERS: Mapping[str, Schema] = {
    "validation": {"errors": [{"in": "query", "name": "per_page", "detail": "must be 1..100"}]},
    "unknown-reference": {
        "errors": [
            {
                "in": "query",
                "name": "benchmark_id",
                "detail": "There is no benchmark 3fa85f64-5717-4562-b3fc-2c963f66afa6.",
            }
        ]
    },
    "insufficient-scope": {"scope": "upload"},
    "not-acceptable": {"available": ["application/json"]},
    "duplicate": {"existing": "3fa85f64-5717-4562-b3fc-2c963f66afa6"},
    "withdrawn": {"since": "2024-05-01T12:30:00Z"},
    "removed": {"since": "2024-05-01T12:30:00Z"},
    "too-large": {"max_bytes": 524288},
}

_NULLABLE_COUNT: Schema = {"type": ["integer", "null"], "minimum": 0}

SCHEMAS: dict[str, Schema] = {
    "Problem": {
        "type": "object",
        "description": "What went wrong (RFC 9457). `type` names the kind of problem and never changes; "
        "`detail` is a sentence about this occurrence. Further members depend on the type.",
        "required": ["type", "title", "status", "code", "detail", "instance"],
        "properties": {
            "type": {"type": "string", "pattern": "^" + TYPE + "[a-z0-9-]+$"},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "code": {"type": "integer", "description": "The same as status."},
            "detail": {"type": "string"},
            "instance": {"type": "string", "description": "The request id, also in X-Request-ID."},
            "errors": {
                "type": "array",
                "items": reference("ProblemIssue"),
                "description": "Everything that is wrong with the input.",
            },
            "errors_truncated": {"type": "boolean", "description": "There are more errors than listed."},
            "existing": {"type": "string", "description": "Id of what exists already (duplicate)."},
            "since": {"type": "string", "format": "date-time", "description": "Since when it is gone."},
            "available": {
                "type": "array",
                "items": {"type": "string"},
                "description": "The media types there are.",
            },
            "max_bytes": {"type": "integer", "description": "The largest body that is accepted (too-large)."},
            "scope": {
                "type": "string",
                "description": "A scope that would do (insufficient-scope).",
            },
            "position": {"type": "integer", "minimum": 0, "description": "Where a filter cannot be read."},
            "example": {"type": "string", "description": "A filter that can be read."},
            "checks": {"type": "object", "description": "What is ready and what is not (GET /readyz)."},
        },
    },
    "ProblemIssue": {
        "type": "object",
        "description": "One thing that is wrong with the input.",
        "required": ["in", "name", "detail"],
        "properties": {
            "in": {"type": "string", "enum": ["query", "body", "path", "header"]},
            "name": {"type": "string", "description": "Dotted path of the field."},
            "detail": {"type": "string"},
            "pointer": {"type": "string", "description": "JSON Pointer into the body (RFC 6901)."},
            "keyword": {"type": "string", "description": "The JSON Schema keyword that failed."},
        },
    },
    "Page": {
        "type": "object",
        "description": "A page of a list. In cursor mode `next_cursor` is there and page, pages, next_num "
        "and prev_num are null; with total=false total and pages are null.",
        "required": [
            "has_next", "has_prev", "items", "next_num", "page", "pages", "per_page", "prev_num", "total",
        ],
        "properties": {
            "has_next": {"type": "boolean"},
            "has_prev": {"type": "boolean"},
            "items": {"type": "array", "items": {}},
            "next_num": _NULLABLE_COUNT,
            "page": _NULLABLE_COUNT,
            "pages": _NULLABLE_COUNT,
            "per_page": {"type": "integer", "minimum": 1, "maximum": 100},
            "prev_num": _NULLABLE_COUNT,
            "total": _NULLABLE_COUNT,
            "next_cursor": {"type": ["string", "null"]},
        },
    },
}  # fmt: skip


def _header(description: str, **options: Any) -> Schema:
    return {"description": description, "schema": {"type": "string", **options}}


HEADERS: dict[str, Schema] = {
    "X-Request-ID": _header("Names the request in the server's log.", format="uuid"),
    "ETag": _header("Validator for If-None-Match and If-Match; strong for objects, weak for lists."),
    "Link": _header("Addresses of the first, previous, next and last page (RFC 8288)."),
    "Location": _header("Address of the new object.", format="uri"),
    "Retry-After": {
        "description": "Seconds to wait before the next attempt.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": _header("How to authenticate, and what was wrong with the token that was sent."),
    "Allow": _header("The methods that are possible here."),
    "Accept-Post": _header("The media types that are accepted."),
    "Idempotent-Replayed": _header("`true` when this is the stored answer to an earlier request."),
}

SECURITY_SCHEMES: dict[str, Schema] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of a trusted identity provider, or of this installation. One that is limited "
        "to scopes may be used for what needs one of them; any other for all that its holder may do.\n\n"
        + "\n".join(f"- `{name}`: {meaning}" for name, meaning in SCOPES.items()),
    }
}

PARAMETERS: dict[str, Schema] = {
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "1 to 128 visible ASCII characters. For 24 hours a retry with the same key, query and "
        "body gets the answer of the first success instead of doing everything again.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
    },
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "description": "Do it only if the object still has this ETag.",
        "schema": {"type": "string"},
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "description": "Answer 304 if the representation still has this ETag.",
        "schema": {"type": "string"},
    },
}
