"""The application under test: the platform, and beside it answers that cost nothing to make.

`/floor/BYTES` answers so many constant bytes through the same web server, Pyramid and tweens,
`/floor/stream/BYTES` in pieces: what no view can be faster than.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

import eoscperf

PIECE = 65_536


def app(global_config: dict[str, str], **settings: Any) -> Any:
    """For `paste.app_factory`: the platform with the floor. The process ends when its standard input does."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    made = eoscperf.main(global_config, **settings)
    config = Configurator(registry=made.registry)
    config.add_route("floor", r"/floor/{bytes:\d{1,8}}")
    config.add_route("floor_stream", r"/floor/stream/{bytes:\d{1,11}}")
    config.add_view(floor, route_name="floor", permission=NO_PERMISSION_REQUIRED)
    config.add_view(stream, route_name="floor_stream", permission=NO_PERMISSION_REQUIRED)
    config.commit()
    return made


def floor(request: Any) -> Response:
    """As many bytes as asked for, with the status 201 for a POST, whose body is read."""
    sent = request.body
    status = 201 if request.method == "POST" and sent else 200
    return Response(
        _body(int(request.matchdict["bytes"])), status=status, content_type="application/json", charset=None
    )


def stream(request: Any) -> Response:
    """As many bytes in pieces, as an export sends them."""
    return Response(
        app_iter=_pieces(int(request.matchdict["bytes"])), content_type="application/x-ndjson", charset=None
    )


def _pieces(total: int) -> Iterator[bytes]:
    piece = b"x" * (PIECE - 1) + b"\n"
    while total > 0:
        yield piece[:total]
        total -= PIECE


def _body(size: int) -> bytes:
    kept = _BODIES.get(size)
    if kept is None:
        if len(_BODIES) > 200:
            _BODIES.clear()
        kept = _BODIES[size] = b'"' + b"x" * (size - 3) + b'"\n'
    return kept


def _end_with_parent() -> None:
    """Whatever happens to who started it, the server does not outlive that."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os._exit(0)


_BODIES: dict[int, bytes] = {}
