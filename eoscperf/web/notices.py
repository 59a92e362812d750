"""Notices: sentences that a page says once, usually the one after a redirect."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal, get_args

from webob.cookies import SignedSerializer

Kind = Literal["success", "info", "warning", "error"]

COOKIE = "notices"

MOST, LONGEST, SECONDS = 4, 300, 300


@dataclass(frozen=True, slots=True)
class Notice:
    kind: str
    text: str


class Notices:
    """`request.notices`: what is added is said on the next page that is shown, this one or a later one."""

    def __init__(self, request: Any) -> None:
        self._request = request
        self._serializer = SignedSerializer(
            hashlib.sha256(b"eoscperf notices 1\0" + request.registry.settings["secret"]).hexdigest(),
            "notices",
        )
        self._waiting: list[Notice] = []
        self._received = self._read()
        request.add_response_callback(self._keep)

    def add(self, kind: Kind, text: str) -> None:
        """Say something once."""
        if kind not in get_args(Kind):
            raise ValueError(f"a notice is one of {', '.join(get_args(Kind))}")
        self._waiting.append(Notice(kind, text[:LONGEST]))

    def take(self) -> list[Notice]:
        """What is to be said now; it will not be said again."""
        found = self._received + self._waiting
        self._received, self._waiting = [], []
        return found

    def _read(self) -> list[Notice]:
        cookie = self._request.cookies.get(COOKIE)
        if not cookie:
            return []
        try:
            kept = self._serializer.loads(cookie.encode("latin-1", "replace"))
        except ValueError:
            return []
        return [Notice(kind, text) for kind, text in kept]

    def _keep(self, request: Any, response: Any) -> None:
        left = (self._received + self._waiting)[-MOST:]
        if left:
            text = self._serializer.dumps([[one.kind, one.text] for one in left]).decode("ascii")
            response.set_cookie(
                COOKIE, text, max_age=SECONDS, httponly=True, samesite="Lax", secure=request.scheme == "https"
            )
        elif COOKIE in request.cookies:
            response.delete_cookie(COOKIE)


def includeme(config: Any) -> None:
    config.add_request_method(Notices, "notices", reify=True)
