"""Whole answers of reading operations, remembered by a process while the database has not changed.

An operation declared with `remembered=True` answers the same bytes to the same question by the same viewer
as long as the database holds the same. That is asked once, with one small statement; then neither the
query nor the answer is looked into.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from pyramid.response import Response

from eoscperf.rest.renderer import is_known, not_modified

ANSWERS = "eoscperf.remembered_answers"
"""in the registry: the answers of this application"""

OVERHEAD = 1000
"""Bytes, about, that an answer takes beside its body."""

_ANY = ("", "*/*", "application/json")
"""What clients accept that have no particular wish."""


class Answer:
    """One answer and, once somebody asked for them, its compressed forms."""

    def __init__(self, tag: str, body: bytes, headers: list[tuple[str, str]]) -> None:
        self.tag = tag
        self.body = body
        self.headers = headers
        self.encoded: dict[str, bytes] = {}

    @property
    def size(self) -> int:
        return len(self.body) + sum(map(len, self.encoded.values())) + OVERHEAD


class RememberedAnswers:
    """At most so many bytes of answers; those not asked for longest go first."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[Hashable, Answer, int]] = OrderedDict()
        self._bytes = 0

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return self._bytes

    def find(self, key: Hashable, token: Hashable) -> Answer | None:
        """The answer that was given under the same key in the same state of the database."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept[0] != token:
                return None
            self._kept.move_to_end(key)
            return kept[1]

    def keep(self, key: Hashable, token: Hashable, answer: Answer) -> None:
        """Remember an answer, or what has been added to it, in place of any other under the key."""
        size = answer.size
        with self._lock:
            self._forget(key)
            if size > self._most:
                return
            self._kept[key] = (token, answer, size)
            self._bytes += size
            while self._bytes > self._most:
                self._forget(next(iter(self._kept)))

    def _forget(self, key: Hashable) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._bytes -= kept[2]


def remembering(view: Any, info: Any) -> Any:
    """View deriver: inside of the permission check, outside of everything that makes the answer."""
    operation = info.options.get("operation")
    most = info.registry.settings["answers.remembered_bytes"]
    if operation is None or not operation.remembered or not most:
        return view
    answers = info.registry.setdefault(ANSWERS, RememberedAnswers(most))

    def remembered(context: Any, request: Any) -> Any:
        state = request.database_state
        if state.token is None:
            return view(context, request)
        key = (state.place, _digest(_question(request)))
        answer = answers.find(key, state.token)
        if answer is not None:
            # A token that is not accepted is said so in the answer; whoever sent it is answered all the same.
            from eoscperf.rest.pipeline import announce_ignored_token

            announce_ignored_token(request, operation)
            response = _again(request, answer)
        else:
            response = view(context, request)
            rendered = getattr(request, "rendered", None)
            if rendered is None:
                return response
            tag, body = rendered
            headers = [(name, value) for name, value in response.headerlist if name in _KEPT_HEADERS]
            answer = Answer(tag, body, headers)
            answers.keep(key, state.token, answer)
        response.encoder = _encoder(answers, key, state.token, answer)
        return response

    return remembered


remembering.options = ("operation",)  # type: ignore[attr-defined]

_KEPT_HEADERS = ("ETag", "Link")


def _digest(question: tuple[Hashable, ...]) -> bytes:
    """Of one size, however long the query is."""
    return hashlib.blake2b(repr(question).encode("utf-8", "surrogatepass"), digest_size=20).digest()


def _question(request: Any) -> tuple[Hashable, ...]:
    """All of a request that its answer depends on, beside the database."""
    environ = request.environ
    accept = environ.get("HTTP_ACCEPT", "")
    viewer = request.viewer
    return (
        viewer.user_id,
        viewer.admin,
        request.registry.settings["public_url"] or request.host_url,
        environ.get("SCRIPT_NAME", ""),
        environ["PATH_INFO"],
        environ.get("QUERY_STRING", ""),
        "" if accept in _ANY else accept,
    )


def _again(request: Any, answer: Answer) -> Response:
    if is_known(request, answer.tag):
        response = Response(status=304, headerlist=list(answer.headers))
        return not_modified(response)
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(answer.body))),
        *answer.headers,
    ]
    return Response(headerlist=headers, app_iter=[answer.body])


def _encoder(
    answers: RememberedAnswers, key: Hashable, token: Hashable, answer: Answer
) -> Callable[..., bytes]:
    """Encodes the answer's body once for each coding."""

    def encode(coding: str, make: Callable[[bytes], bytes]) -> bytes:
        encoded = answer.encoded.get(coding)
        if encoded is None:
            encoded = answer.encoded[coding] = make(answer.body)
            answers.keep(key, token, answer)
        return encoded

    return encode


def includeme(config: Any) -> None:
    config.add_view_deriver(remembering, "eoscperf_remembered")
