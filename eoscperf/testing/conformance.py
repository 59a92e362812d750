"""Holds answers against the OpenAPI document: the status is documented, the body is as its schema says.

conformance = Conformance(document(app.registry))
conformance.check("GET", "/api/v1/sites", response)   # Nonconforming when it is not
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

_BASE = "urn:eoscperf:openapi"


class Nonconforming(AssertionError):
    """An answer that the document does not describe."""


class Answer(Protocol):
    """What is looked at of a response; those of webtest, httpx and requests can be adapted in a line."""

    status_int: int
    headers: Mapping[str, str]
    body: bytes


formats = FormatChecker(())


@formats.checks("uuid")
def _is_uuid(value: Any) -> bool:
    return not isinstance(value, str) or bool(
        re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", value)
    )


@formats.checks("date-time")
def _is_instant(value: Any) -> bool:
    # As the platform writes them: six fraction digits or none.
    return not isinstance(value, str) or bool(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", value)
    )


class Conformance:
    """The document, prepared for looking answers up quickly."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._registry: Any = Registry().with_resource(
            _BASE, Resource.from_contents(dict(document), default_specification=DRAFT202012)
        )
        default = self._prefix = urlsplit(document["servers"][0]["url"]).path
        self._paths = []
        for template, item in document["paths"].items():
            prefix = urlsplit(item["servers"][0]["url"]).path if "servers" in item else default
            pattern = re.sub(r"\\\{\w+\\\}", "[^/:]+", re.escape(prefix.rstrip("/") + template))
            self._paths.append((re.compile(pattern), template, item))
        # Literal paths before those with placeholders: `/users/self` is no user called self.
        self._paths.sort(key=lambda entry: entry[1].count("{"))
        self._validators: dict[tuple[str, str, str, str], Draft202012Validator | None] = {}

    def operation(self, method: str, path: str) -> tuple[str, Mapping[str, Any]] | None:
        """Template and operation that answer a request, if the document has one."""
        path = re.sub("/{2,}", "/", path)
        for pattern, template, item in self._paths:
            if pattern.fullmatch(path):
                found = item.get("get" if method == "HEAD" else method.lower())
                return (template, found) if found else None
        return None

    def check(self, method: str, path: str, answer: Answer) -> None:
        """Nonconforming unless status, media type and body of the answer are documented so.

        Requests below the API prefix that no operation is for are only held to the form of problems,
        others (pages, static files) to nothing.
        """
        media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        body = b"" if method == "HEAD" else answer.body
        found = self.operation(method, path)
        if found is None:
            below = re.sub("/{2,}", "/", path).startswith(self._prefix + "/")
            if below and answer.status_int >= 400:
                self._check_body(method, path, answer.status_int, media_type, body, self._problem_content())
            return
        template, operation = found
        responses = operation["responses"]
        where = f"{method} {template}"
        if str(answer.status_int) not in responses:
            known = ", ".join(sorted(responses))
            raise Nonconforming(
                f"{where} answered {answer.status_int}, documented are {known}: {answer.body[:500]!r}"
            )
        response = self._resolved(responses[str(answer.status_int)])
        content = response.get("content", {})
        if not content:
            if body:
                raise Nonconforming(
                    f"{where} answered {answer.status_int} with an undocumented body: {body[:200]!r}"
                )
            return
        self._check_body(method, template, answer.status_int, media_type, body, content)

    def _check_body(
        self,
        method: str,
        template: str,
        status: int,
        media_type: str,
        body: bytes,
        content: Mapping[str, Any],
    ) -> None:
        where = f"{method} {template}"
        if media_type not in content:
            known = ", ".join(content)
            raise Nonconforming(f"{where} answered {status} as {media_type}, documented are {known}")
        if method == "HEAD" or not media_type.endswith("json") or media_type == "application/x-ndjson":
            return
        key = (method, template, str(status), media_type)
        if key not in self._validators:
            self._validators[key] = self._validator(content[media_type].get("schema"))
        validator = self._validators[key]
        if validator is None:
            return
        error = next(validator.iter_errors(json.loads(body)), None)
        if error is not None:
            place = "/".join(map(str, error.absolute_path)) or "the answer"
            raise Nonconforming(f"{where} answered {status}; {place}: {error.message[:400]}")

    def _validator(self, schema: Mapping[str, Any] | None) -> Draft202012Validator | None:
        if not schema:
            return None
        absolute = json.loads(json.dumps(schema).replace('"#/', f'"{_BASE}#/'))
        return Draft202012Validator(absolute, registry=self._registry, format_checker=formats)

    def _problem_content(self) -> Mapping[str, Any]:
        return {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}

    def _resolved(self, thing: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in thing:
            return thing
        found: Any = self._document
        for step in thing["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return found
