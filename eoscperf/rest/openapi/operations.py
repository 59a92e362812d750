"""One operation of the document, from what the operation declares about itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

from eoscperf.extend.directives import export_formats
from eoscperf.rest import examples
from eoscperf.rest.openapi import nodes, samples
from eoscperf.rest.openapi.components import (
    PROBLEM_MEDIA_TYPE,
    TYPE,
    Schema,
    problem_example,
    reference,
    slugs_by_status,
)
from eoscperf.rest.service import UUID, ApiService, Operation
from eoscperf.security.permissions import permission_of
from eoscperf.security.scopes import SCOPES

LEVELS = {
    "public": "Everybody may do this; a token widens what is seen.",
    "token": "Needs a valid token; an account is not needed.",
    "user": "Needs the token of a registered user.",
    "owner": "Only for the uploader of the object, and for administrators where the object allows it.",
    "admin": "Only for administrators.",
}

MEANINGS = {
    400: "The request cannot be read: broken escapes, UTF-8 or JSON.",
    401: "There is no token, or it is not accepted.",
    403: "The caller may not do this.",
    404: "There is no such object, or the caller may not see it.",
    405: "The path has no such method.",
    406: "None of the media types in Accept is there.",
    409: "The state of things does not allow it.",
    410: "The object was public once and is gone.",
    412: "The object no longer has the ETag of If-Match.",
    413: "The body is too large.",
    415: "The media type or coding of the body is not accepted.",
    422: "The input was read but is not allowed; all errors are listed.",
    429: "Too many requests.",
    503: "The database or the identity provider cannot be reached now.",
}

_DETAILS = {
    "malformed-request": "The query string has a % that is not followed by two hex digits.",
    "unauthenticated": "Send a bearer token: Authorization: Bearer <token>",
    "invalid-token": "The token has expired.",
    "not-registered": "Register first: POST /users:register",
    "admin-required": "Only administrators may do this.",
    "owner-required": "Only the uploader may do this.",
    "submitter-required": "Your account may only read. Ask an administrator to make it one that may "
    "contribute.",
    "insufficient-scope": "The token lacks the scope upload; its scopes: read.",
    "login-required": "An API token cannot do this. Log in and use that token.",
    "last-administrator": "Nobody else is an administrator.",
    "not-found": "There is no such object.",
    "unknown-reference": "1 unknown reference",
    "method-not-allowed": "PATCH is not possible here; possible: GET, HEAD, OPTIONS.",
    "not-acceptable": "Accept asks for none of what there is: application/json.",
    "precondition-failed": "The object changed since you fetched it. Fetch it again.",
    "too-large": "The body may have at most 524288 bytes; this one has 600000.",
    "unsupported-media-type": "The body must be application/json in UTF-8; Content-Type says text/plain.",
    "validation": "1 error in the request",
    "rate-limited": "More than 300 changes per minute. Try again in 12 s.",
    "database-unavailable": "The database cannot be reached. Try again in a few seconds.",
}

_ERROR_HEADERS = {
    401: ("WWW-Authenticate",),
    403: ("WWW-Authenticate",),
    405: ("Allow",),
    415: ("Accept-Post",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}

_LEVEL_SLUGS = {
    "token": ["insufficient-scope"],
    "user": ["insufficient-scope", "not-registered", "submitter-required"],
    "owner": ["insufficient-scope", "not-registered", "submitter-required", "owner-required"],
    "admin": ["insufficient-scope", "not-registered", "admin-required"],
}


_IDEMPOTENCY = {"in-progress", "idempotency-mismatch"}


class Writer:
    """Writes the operations of one application."""

    def __init__(
        self, registry: Any, page_of: Callable[[str], str], schemas: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._registry = registry
        self._schemas = schemas
        self._page_of = page_of
        self._slugs = slugs_by_status()
        self.responses: dict[str, Schema] = {}
        """common responses that operations refer to"""

    def operation(self, service: ApiService, method: str, view: Any, operation: Operation) -> Schema:
        level = operation.level(self._registry) or "admin"
        summary, description = _words(view)
        written: Schema = {
            "operationId": operation.id,
            "tags": [operation.tag or "service"],
            "summary": summary,
            "description": f"{description}\n\nAccess: {LEVELS[level]}{self._scopes(operation)}".strip(),
            "security": self._security(operation, level),
            "x-level": level,
            "parameters": self._parameters(service, method, operation),
        }
        body = self._body(operation)
        if body:
            written["requestBody"] = body
        written["responses"] = self._responses(service, method, operation, level)
        return written

    def _security(self, operation: Operation, level: str) -> list[Schema]:
        """Any one of these; a token that is limited to scopes needs the one that is named."""
        if operation.ignores_caller:
            return []
        permission = permission_of(self._registry, operation.permission)
        needed = [{"bearer": [scope]} for scope in (permission.scopes if permission else SCOPES)]
        return [{}, *needed] if level == "public" else needed

    def _scopes(self, operation: Operation) -> str:
        permission = permission_of(self._registry, operation.permission)
        if operation.ignores_caller or permission is None:
            return ""
        named = " or ".join(f"`{scope}`" for scope in permission.scopes)
        if permission.level == "public":
            return f" What only its holder may see is shown to tokens with the scope {named}."
        return f" A token that is limited to scopes needs {named}."

    def _parameters(self, service: ApiService, method: str, operation: Operation) -> list[Schema]:
        written = examples.named(operation.examples)
        parameters = [
            {"name": name, "in": "path", "required": True, "description": description, "schema": shape}
            for name, description, shape in path_parameters(service)
        ]
        parameters += nodes.query_parameters(operation.query)
        if operation.exports:
            self._name_formats(parameters)
        for parameter in parameters:
            values = _example_values(written, parameter)
            if values:
                parameter["examples"] = values
        if operation.idempotent:
            parameters.append(reference("Idempotency-Key", "parameters"))
        if operation.conditional:
            parameters.append(reference("If-Match", "parameters"))
        if _has_tag(method, operation):
            parameters.append(reference("If-None-Match", "parameters"))
        return parameters

    def _name_formats(self, parameters: list[Schema]) -> None:
        """Say which export formats there are; plug-ins may have added some."""
        formats = sorted(export_formats(self._registry).values(), key=lambda export: export.name)
        chosen, columns = (one for one in parameters if one["name"] in ("format", "columns"))
        chosen["schema"] = {**chosen["schema"], "enum": [export.name for export in formats]}
        known = "; ".join(f"`{export.name}`: {export.help}" for export in formats)
        chosen["description"] += f". {known}."
        columns["description"] += f". Only with {', '.join(each.name for each in formats if each.columns)}."

    def _body(self, operation: Operation) -> Schema:
        if not operation.takes_body:
            return {}
        schema, required = _body_schema(operation)
        shown = {
            name: {"summary": example["summary"], "value": example["body"]}
            for name, example in examples.named(operation.examples).items()
            if "body" in example
        }
        content: dict[str, Schema] = {}
        for media_type in operation.media_types:
            textual = not media_type.endswith("json") or media_type == samples.NDJSON
            content[media_type] = {
                "schema": {"type": "string", "description": "One JSON object per line."}
                if textual
                else schema
            }
            fitting = {name: one for name, one in shown.items() if isinstance(one["value"], str) is textual}
            if media_type == samples.NDJSON:
                fitting |= {
                    name: {**one, "value": samples.lines(one["value"])}
                    for name, one in shown.items()
                    if isinstance(one["value"], list)
                }
            if fitting:
                content[media_type]["examples"] = fitting
        limit = self._registry.settings[f"limits.{operation.body_limit}"]
        return {
            "required": required,
            "description": f"At most {limit} bytes, UTF-8; media types ending in +json are accepted, too.",
            "content": content,
        }

    def _responses(self, service: ApiService, method: str, operation: Operation, level: str) -> Schema:
        responses = {
            str(operation.status): self._success(method, operation, operation.status, operation.returns)
        }
        for status, returns in operation.also_returns.items():
            responses[str(status)] = self._success(method, operation, status, returns)
        if _has_tag(method, operation):
            responses["304"] = reference("not-modified", "responses")
        for status, slugs in self._problems(service, operation, level).items():
            responses[str(status)] = self._problem(status, slugs, operation.errors.get(status))
        return dict(sorted(responses.items()))

    def _success(self, method: str, operation: Operation, status: int, returns: Any) -> Schema:
        headers = {"X-Request-ID": reference("X-Request-ID", "headers")}
        described: Schema = {"description": _SUCCESSES.get(status, "It worked."), "headers": headers}
        if status == 201 and operation.body_kind != "batch":
            headers["Location"] = reference("Location", "headers")
        if operation.idempotent:
            headers["Idempotent-Replayed"] = reference("Idempotent-Replayed", "headers")
        if operation.is_list:
            headers["Link"] = reference("Link", "headers")
        if status == 200 and _has_tag(method, operation):
            headers["ETag"] = reference("ETag", "headers")
        if level_is_public(operation, self._registry) and not operation.ignores_caller:
            headers["WWW-Authenticate"] = reference("WWW-Authenticate", "headers")
        if status == 204:
            return described
        schema = self._schema_of(returns)
        content: dict[str, Schema] = {operation.offers[0]: {} if schema is None else {"schema": schema}}
        for media_type in operation.offers[1:]:
            content[media_type] = {"schema": {"type": "string"}}
        if operation.exports:
            for export in export_formats(self._registry).values():
                if export.media_type == operation.offers[0]:
                    # The same media type as a page; `format` asks for everything in one array.
                    item = reference(str(operation.returns).removeprefix("page:"))
                    page = content[export.media_type]["schema"]
                    content[export.media_type] = {
                        "schema": {"oneOf": [page, {"type": "array", "items": item}]}
                    }
                else:
                    written = content.setdefault(export.media_type, {"schema": {"type": "string"}})
                    shown = samples.of_export(export.media_type, operation.returns, self._schemas)
                    if shown:
                        written["examples"] = shown
        answers = {
            name: {"summary": example["summary"], "value": example["answer"]}
            for name, example in examples.named(operation.examples).items()
            if example["status"] == status and "answer" in example
        }
        answers = answers or samples.of_answer(operation, status, returns, self._schemas)
        if answers:
            content[operation.offers[0]]["examples"] = answers
        described["content"] = content
        return described

    def _schema_of(self, returns: Any) -> Schema | None:
        if returns is None:
            return None
        if isinstance(returns, Mapping):
            return dict(returns)
        if returns.startswith("page:"):
            return reference(self._page_of(returns.removeprefix("page:")))
        return reference(returns)

    def _problems(self, service: ApiService, operation: Operation, level: str) -> dict[int, list[str]]:
        """The problem slugs by status: what follows from the operation's nature, and what it declares."""
        found: dict[int, list[str]] = {
            400: ["malformed-request"],
            405: ["method-not-allowed"],
            406: ["not-acceptable"],
            422: ["validation"],
        }
        if not operation.ignores_caller:
            found |= {429: ["rate-limited"], 503: ["database-unavailable", "identity-provider-unavailable"]}
            if level != "public":
                found[401] = ["unauthenticated", "invalid-token"]
            if level in _LEVEL_SLUGS:
                found[403] = list(_LEVEL_SLUGS[level])
                permission = permission_of(self._registry, operation.permission)
                if permission is not None and permission.for_readers and level != "admin":
                    found[403] = [slug for slug in found[403] if slug != "submitter-required"]
        if operation.target or path_parameters(service):
            found[404] = ["not-found"]
        if operation.takes_body:
            found |= {413: ["too-large"], 415: ["unsupported-media-type"]}
        if operation.conditional:
            found[412] = ["precondition-failed"]
        if operation.idempotent:
            found[409] = ["in-progress"]
            found[422].append("idempotency-mismatch")
        for status in operation.errors:
            # Declared in a sentence of its own: any problem of that status may be meant.
            known = found.setdefault(status, [])
            possible = set(self._slugs.get(status, [])) - (set() if operation.idempotent else _IDEMPOTENCY)
            known += sorted(possible - set(known))
        return found

    def _problem(self, status: int, slugs: list[str], when: str | None) -> Schema:
        if when is None:
            name = "-or-".join(slugs)
            self.responses.setdefault(name, self._problem_response(status, slugs, MEANINGS.get(status, "")))
            return reference(name, "responses")
        meaning = MEANINGS.get(status, "")
        return self._problem_response(status, slugs, f"{when[:1].upper()}{when[1:]}. {meaning}".strip())

    def _problem_response(self, status: int, slugs: list[str], description: str) -> Schema:
        headers = ["X-Request-ID", *_ERROR_HEADERS.get(status, ())]
        if "in-progress" in slugs:
            headers.append("Retry-After")
        return {
            "description": description,
            "headers": {name: reference(name, "headers") for name in headers},
            "content": {
                PROBLEM_MEDIA_TYPE: {
                    "schema": reference("Problem")
                    | {
                        "type": "object",
                        "properties": {
                            "type": {"enum": [TYPE + slug for slug in slugs]},
                            "status": {"const": status},
                        },
                    },
                    "examples": {
                        slug: {"value": problem_example([slug], status, _DETAILS.get(slug, description))}
                        for slug in slugs
                    },
                }
            },
        }


_SUCCESSES = {
    200: "What was asked for.",
    201: "It was made.",
    204: "It was done; there is nothing to show.",
}


def level_is_public(operation: Operation, registry: Any) -> bool:
    return operation.level(registry) == "public"


def path_parameters(service: ApiService) -> list[tuple[str, str, Schema]]:
    """Name, description and schema of the placeholders of a path, in order."""
    found = []
    for name in re.findall(r"\{(\w+)\}", service.template):
        pattern = _pattern_of(service.path, name)
        if pattern == UUID:
            shape: Schema = {"type": "string", "format": "uuid"}
        elif pattern is not None and re.fullmatch(
            r"\[0-9\](\+|\{\d+(,\d+)?\})|\\d(\+|\{\d+(,\d+)?\})", pattern
        ):
            shape = {"type": "integer", "minimum": 0}
        else:
            shape = {"type": "string"} | ({"pattern": f"^(?:{pattern})$"} if pattern else {})
        found.append((name, f"Id of the {name.removesuffix('_id').replace('_', ' ')}.", shape))
    return found


def _pattern_of(path: str, name: str) -> str | None:
    """The pattern of a placeholder of a route; it may hold braces itself."""
    start = path.find("{" + name + ":")
    if start < 0:
        return None
    start += len(name) + 2
    depth, end = 1, start
    while depth:
        depth += {"{": 1, "}": -1}.get(path[end], 0)
        end += 1
    return path[start : end - 1]


def _has_tag(method: str, operation: Operation) -> bool:
    return method.upper() == "GET" and operation.status == 200 and operation.offers[0] == "application/json"


def _body_schema(operation: Operation) -> tuple[Schema, bool]:
    """The schema of a JSON body, and whether there has to be one."""
    if operation.body_kind == "result":
        return {
            "type": "object",
            "description": "The result: any JSON object that its benchmark accepts.",
        }, True
    own = nodes.object_schema(operation.body, operation.read_only) if operation.body is not None else None
    if operation.body_kind == "batch":
        return {"type": "array", "items": own or {"type": "object"}}, True
    own = own or {"type": "object"}
    return own, bool(own.get("required"))


def _words(view: Any) -> tuple[str, str]:
    """Summary and description from the docstring of a view."""
    text = inspect.getdoc(view) or ""
    first, _, rest = text.partition("\n")
    return first.strip().rstrip("."), rest.strip()


def _example_values(written: Mapping[str, Schema], parameter: Schema) -> Schema:
    values = {}
    for name, example in written.items():
        given = example.get(parameter["in"], {})
        if parameter["name"] in given:
            values[name] = {
                "summary": example["summary"],
                "value": _typed(given[parameter["name"]], parameter),
            }
    return values


def _typed(value: Any, parameter: Schema) -> Any:
    """An example's text as the type of its parameter: examples are written as they are sent."""
    kind = parameter["schema"].get("type")
    if kind == "integer" and isinstance(value, str) and value.isdigit():
        return int(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    if kind == "array" and not isinstance(value, list):
        return [value]
    return value
