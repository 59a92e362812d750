"""The renderer `api`: canonical JSON with validators (ETag) and 304.

Keys sorted, compact, a newline at the end. Stored JSON is passed through as it is: wrap its text in
`raw(text)` and it becomes part of the answer unparsed.
"""

from __future__ import annotations

import datetime
import hashlib
import uuid
from typing import Any

import orjson

raw = orjson.Fragment
"""JSON text that goes into the answer as it stands."""

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME


def dumps(value: Any) -> bytes:
    """Canonical JSON, without the newline."""
    return orjson.dumps(value, default=_default, option=_OPTIONS)


def timestamp(value: datetime.datetime) -> str:
    """RFC 3339 in UTC with `Z`; six fraction digits, none when they are all zero."""
    text = value.isoformat()
    if not text.endswith("+00:00"):
        text = value.astimezone(datetime.UTC).isoformat()
    return text[:-6] + "Z"


def _default(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return timestamp(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def entity_tag(body: bytes | memoryview, *, weak: bool) -> str:
    """The validator of a representation without its newline."""
    digest = hashlib.blake2b(body, digest_size=16).hexdigest()
    return f'W/"{digest}"' if weak else f'"{digest}"'


def bare_tag(tag: str) -> str:
    """A tag as compared: without weakness and without the suffix of a content coding."""
    tag = tag.strip()
    if tag.startswith("W/"):
        tag = tag[2:]
    tag = tag.strip('"')
    for coding in ("-gzip", "-zstd"):
        tag = tag.removesuffix(coding)
    return tag


def tags_of(header: str) -> list[str]:
    """The bare tags of an If-Match or If-None-Match header; `*` stays."""
    return [bare_tag(tag) for tag in header.split(",") if tag.strip()]


class ApiRenderer:
    def __init__(self, info: Any) -> None:
        self._info = info

    def __call__(self, value: Any, system: Any) -> bytes:
        request = system["request"]
        response = request.response
        if value is None:
            response.content_type = None
            return b""
        # With the newline from the start: to add it later copies all of the body.
        body = orjson.dumps(value, default=_default, option=_OPTIONS | orjson.OPT_APPEND_NEWLINE)
        response.content_type = "application/json"
        # JSON is UTF-8 by definition; a charset parameter has no meaning for it (RFC 8259, 11).
        response.charset = None
        if request.method in ("GET", "HEAD") and response.status_int == 200:
            weak = bool(getattr(request, "operation", None) and request.operation.is_list)
            tag = entity_tag(_validated(request, value, body), weak=weak)
            response.headers["ETag"] = tag
            request.rendered = (tag, body)
            if is_known(request, tag):
                not_modified(response)
                return b""
        return body


def _validated(request: Any, value: Any, body: bytes) -> bytes | memoryview:
    """What stands for the body: itself, or the digest of its items with all that stands around them."""
    digest = getattr(request, "items_digest", None)
    if not digest:
        return memoryview(body)[:-1]
    return digest + dumps({key: member for key, member in value.items() if key != "items"})


def is_known(request: Any, tag: str) -> bool:
    """Whether the client has this representation already."""
    header = request.environ.get("HTTP_IF_NONE_MATCH")
    if not header:
        return False
    wanted = tags_of(header)
    return "*" in wanted or bare_tag(tag) in wanted


def not_modified(response: Any) -> Any:
    """The response as a 304, which has no body and hence no type."""
    response.status_int = 304
    response.content_type = None
    return response


def includeme(config: Any) -> None:
    config.add_renderer("api", ApiRenderer)
