"""What `pserve` runs for `use = egg:eoscperf`: waitress, on a port that may be given from outside."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from typing import Any

import waitress
from waitress.server import BaseWSGIServer, create_server

PORT_VARIABLE = "EOSCPERF_HTTP_PORT"

WAITING_BYTES = 1024 * 1024
"""What waits for a reader before the application waits as well; waitress itself would let 16 MiB wait."""

IN_MEMORY_BYTES = 8 * 1024 * 1024
"""Of what waits, more goes to a temporary file."""


def serve(
    app: Any,
    global_conf: Mapping[str, str],
    *,
    host: str = "localhost",
    environ: Mapping[str, str] = os.environ,
    **options: Any,
) -> int:
    """Serve on `host` and `http_port`; all other options are waitress's own.

    The port is `http_port` of [DEFAULT], replaced by `pserve INI http_port=7000` or EOSCPERF_HTTP_PORT.
    PasteDeploy itself would write the value of [DEFAULT] into `listen`, whatever the command line says.
    """
    port = environ.get(PORT_VARIABLE) or global_conf.get("http_port", "6543")
    # Whose X-Forwarded-For counts is the setting `trusted_proxies`; waitress would remove it before.
    options.setdefault("clear_untrusted_proxy_headers", "false")
    options.setdefault("outbuf_high_watermark", WAITING_BYTES)
    options.setdefault("outbuf_overflow", IN_MEMORY_BYTES)
    return waitress.serve_paste(
        app, dict(global_conf), listen=f"{host}:{port}", _server=make_server, **options
    )


def make_server(app: Any, **options: Any) -> Any:
    """waitress's server, which takes leave of readers that have stopped reading."""
    dispatchers: dict[Any, Any] = {}
    server = create_server(app, map=dispatchers, **options)
    for listening in [one for one in dispatchers.values() if isinstance(one, BaseWSGIServer)]:
        listening.maintenance = functools.partial(_close_silent, listening)
    return server


def _close_silent(server: BaseWSGIServer, now: float) -> None:
    """Close the channels on which nothing has happened for `channel_timeout` seconds.

    waitress spares those whose request is being answered. Where the answer waits for a reader that does not
    read, it would keep its thread, and an export its database connection, for ever.
    """
    cutoff = now - server.adj.channel_timeout
    for channel in list(server.active_channels.values()):
        if channel.last_activity >= cutoff:
            continue
        if channel.total_outbufs_len:
            # A socket that takes nothing more never asks to be written to. Whoever waits to write more is
            # told that the client is gone. Not here, where the server is about to wait for this very socket:
            # a closed one among them would end it.
            server.trigger.pull_trigger(channel.handle_close)
        elif not channel.requests:
            channel.will_close = True
