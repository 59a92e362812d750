"""The server that `benchmarks.load` measures: the platform, and beside it answers that cost nothing to make.

    python -m benchmarks.server INI

`/floor/BYTES` answers so many constant bytes through the same web server, Pyramid and tweens: what
no view can be faster than. The process ends when its standard input does, so it outlives nobody.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

from pyramid import paster
from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from eoscperf.scripts.server import serve


def main() -> None:
    app = paster.get_app(sys.argv[1])
    with_floor(app)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    serve(app, {}, host="127.0.0.1", threads="4")


def with_floor(app: Any) -> None:
    """Add `/floor/BYTES` to a finished application."""
    config = Configurator(registry=app.registry)
    config.add_route("floor", r"/floor/{bytes:\d{1,8}}")
    config.add_view(floor, route_name="floor", permission=NO_PERMISSION_REQUIRED)
    config.commit()


def floor(request: Any) -> Response:
    """As many bytes as asked for, with the status 201 for a POST, whose body is read."""
    sent = request.body
    status = 201 if request.method == "POST" and sent else 200
    body = b'"' + b"x" * (int(request.matchdict["bytes"]) - 3) + b'"\n'
    return Response(body, status=status, content_type="application/json", charset=None)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
