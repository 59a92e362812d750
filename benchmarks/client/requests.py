"""Requests as the bytes that are sent."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, urlencode

API = "/api/v1"

Query = Iterable[tuple[str, object]]


def path(operation: str, query: Query = ()) -> str:
    """The path of an operation with its query string."""
    encoded = urlencode([(key, str(value)) for key, value in query], quote_via=quote)
    return f"{API}{operation}{'?' if encoded else ''}{encoded}"


def get(target: str) -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: bench.example.org\r\n\r\n".encode()


def post(target: str, token: str, body: bytes, media_type: str = "application/json") -> bytes:
    head = (
        f"POST {target} HTTP/1.1\r\nHost: bench.example.org\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
