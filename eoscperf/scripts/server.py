"""What `pserve` runs for `use = egg:eoscperf`: waitress, on a port that may be given from outside."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import waitress

PORT_VARIABLE = "EOSCPERF_HTTP_PORT"


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
    return waitress.serve_paste(app, dict(global_conf), listen=f"{host}:{port}", **options)
