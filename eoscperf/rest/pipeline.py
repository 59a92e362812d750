"""What happens between the permission check and the view of a REST operation, in a fixed order.

Before it, in this order: route and path ids (404), method (405), declared length (413), token (401,
503), level (403). Then the steps below; the first that fails answers.
"""

from __future__ import annotations

import re
from typing import Any

import colander
from webob.acceptparse import create_accept_header

from eoscperf import errors, jsontext
from eoscperf.errors import Issue
from eoscperf.rest import idempotency, query, schema
from eoscperf.rest.guard import check_length
from eoscperf.rest.problems import challenge
from eoscperf.rest.renderer import bare_tag, dumps, entity_tag, tags_of
from eoscperf.security.addresses import counted_address
from eoscperf.security.permissions import permission_of
from eoscperf.security.policy import scope_problem


def prepare(request: Any, **options: Any) -> None:
    """The one cornice validator: every step, in order. Leaves `request.query` and `request.fields` behind."""
    operation = request.operation
    for step in (
        announce_ignored_token,
        limit_rate,
        negotiate,
        check_media_type,
        read_body,
        check_shape,
        replay,
        find_target,
        check_precondition,
        check_read_only,
    ):
        step(request, operation)


def announce_ignored_token(request: Any, operation: Any) -> None:
    """A public operation goes on without a token it cannot accept or may not read with, but says so."""
    if operation.ignores_caller:
        return
    failure = request.registry["eoscperf.policy"].failure(request)
    if isinstance(failure, errors.InvalidToken):
        request.ignored_token = challenge(failure)
    elif request.identity is not None and request.identity.scopes is not None:
        permission = permission_of(request.registry, operation.permission)
        lacking = scope_problem(permission, request.identity) if permission is not None else None
        if lacking is not None:
            request.ignored_token = challenge(lacking)


def limit_rate(request: Any, operation: Any) -> None:
    if operation.writes:
        request.registry["eoscperf.rates"].spend("writes", caller(request), "changes")
    if operation.check_rate is not None:
        operation.check_rate(request)


def caller(request: Any) -> str:
    """Whom a rate counts against: the identity, or the address of somebody anonymous."""
    return request.identity.key if request.identity else "address:" + counted_address(request)


def negotiate(request: Any, operation: Any) -> None:
    """Choose the media type of the answer: `request.media_type`."""
    header = request.environ.get("HTTP_ACCEPT")
    if not header or header == "*/*" or header.isspace():
        request.media_type = operation.offers[0]
        return
    offers = list(operation.offers)
    if operation.exports:
        from eoscperf.extend.directives import export_formats

        offers += [
            export.media_type
            for export in export_formats(request.registry).values()
            if export.by_accept and export.available() and export.media_type not in offers
        ]
    request.media_type = offers[0]
    if operation.exports and _names_format(request):
        return
    acceptable = _without_parameters(request.accept).acceptable_offers(offers)
    if not acceptable:
        raise errors.NotAcceptable(
            f"Accept asks for none of what there is: {', '.join(offers)}.", available=offers
        )
    best = max(quality for _, quality in acceptable)
    equal = {offer for offer, quality in acceptable if quality == best}
    if offers[0] not in equal:
        request.media_type = acceptable[0][0]


def _without_parameters(accept: Any) -> Any:
    """Accept without parameters of media types: `application/json; charset=utf-8` is asked for often."""
    if accept.parsed is None:
        return accept
    kept = (f"{media_type.partition(';')[0]};q={quality}" for media_type, quality, *_ in accept.parsed)
    return create_accept_header(", ".join(kept))


def _names_format(request: Any) -> bool:
    """Whether `format` chooses the export, whatever Accept says."""
    return any(key == "format" for key, _ in query.pairs(request.environ.get("QUERY_STRING", "")))


_STRUCTURED_JSON = re.compile(r"[^/\s]+/[^/\s]+\+json")


def check_media_type(request: Any, operation: Any) -> None:
    if not operation.takes_body or not request.body:
        return
    check_length(request, len(request.body))
    accepted = ", ".join(operation.media_types)
    headers = [("Accept-Post", accepted)]
    if request.headers.get("Content-Encoding", "").strip().lower() not in ("", "identity"):
        raise errors.UnsupportedMediaType("Send the body without a Content-Encoding.", headers=headers)
    media_type = (request.content_type or "").lower()
    known = media_type in operation.media_types or _STRUCTURED_JSON.fullmatch(media_type)
    charset = request.headers.get("Content-Type", "").lower().partition("charset=")[2].strip(" \"';")
    if not known or charset not in ("", "utf-8", "utf8"):
        given = request.headers.get("Content-Type") or "nothing"
        raise errors.UnsupportedMediaType(
            f"The body must be {accepted} in UTF-8; Content-Type says {given[:100]}.", headers=headers
        )


def read_body(request: Any, operation: Any) -> None:
    """Parse the JSON: `request.json_value`. NDJSON is left to the view, where a broken line fails alone."""
    request.json_value = {}
    if not operation.takes_body or not request.body:
        return
    if (request.content_type or "").lower() == "application/x-ndjson":
        request.json_value = None
        return
    # The results of a batch, which stand two levels below its root, may be as deep as any.
    depth = jsontext.MAX_DEPTH + (2 if operation.body_kind == "batch" else 0)
    try:
        request.json_value = jsontext.loads(request.body, max_depth=depth)
    except jsontext.JSONTextError as problem:
        raise errors.MalformedRequest(problem.detail) from None


def check_shape(request: Any, operation: Any) -> None:
    """Query and body together against their schemas: `request.query`, `request.fields`."""
    raw, issues = query.read(request.environ.get("QUERY_STRING", ""), operation.query)
    request.query, found = _deserialized(operation.query, raw, "query")
    issues += found
    members: dict[str, Any] = {}
    if operation.check_query is not None:
        found, members = operation.check_query(request, raw)
        issues += found
    request.fields = {}
    request.sent_read_only = {}
    if operation.body_kind == "fields":
        body = request.json_value
        if isinstance(body, dict) and operation.read_only:
            request.sent_read_only = {key: body[key] for key in operation.read_only if key in body}
            body = {key: value for key, value in body.items() if key not in operation.read_only}
        request.fields, found = _deserialized(operation.body, body, "body")
        issues += found
    elif operation.body_kind == "result":
        issues += _result_issues(request)
    if issues:
        raise errors.Invalid(issues, **members)


def _deserialized(node: Any, raw: Any, location: str) -> tuple[dict[str, Any], list[Issue]]:
    if node is None:
        return {}, []
    try:
        return node.deserialize(raw), []
    except colander.Invalid as problem:
        return {}, schema.issues_of(problem, location)


def _result_issues(request: Any) -> list[Issue]:
    if not request.body:
        return [Issue("A result is a JSON object; the body is empty.", pointer="")]
    if not isinstance(request.json_value, dict):
        return [Issue("A result must be a JSON object.", pointer="")]
    where = jsontext.find_unstorable(request.json_value)
    if where is not None:
        name = jsontext.dotted(where)
        return [Issue("must not hold NUL or half of a surrogate pair", "body", name, where)]
    return []


def replay(request: Any, operation: Any) -> None:
    if operation.idempotent:
        idempotency.begin(request)


def find_target(request: Any, operation: Any) -> None:
    """Look the object up (404, 410), then ask its ACL (403)."""
    if not operation.target:
        return
    request.context.load(lock=request.method not in ("GET", "HEAD"))
    if not request.has_permission(operation.permission):
        policy = request.registry["eoscperf.policy"]
        raise policy.refusal(request, request.context, operation.permission)


def check_precondition(request: Any, operation: Any) -> None:
    header = request.headers.get("If-Match")
    if not operation.conditional or header is None:
        return
    wanted = tags_of(header)
    current = bare_tag(entity_tag(dumps(request.context.represent()), weak=False))
    if "*" not in wanted and current not in wanted:
        raise errors.PreconditionFailed("The object changed since you fetched it. Fetch it again.")


def check_read_only(request: Any, operation: Any) -> None:
    """A fetched object may be sent back; fields that cannot be changed must then be as they are."""
    if not request.sent_read_only:
        return
    current = jsontext.loads(dumps(request.context.represent()))
    issues = [
        Issue("cannot be changed; leave it out or send it as it is", "body", key, jsontext.pointer([key]))
        for key, value in request.sent_read_only.items()
        if key not in current or current[key] != value
    ]
    if issues:
        raise errors.Invalid(issues)
