"""Asking a provider that runs in this application, without a network.

Over one, each log-in would take a second thread of the server while the first waits for it: as many at once
as there are threads would wait for nothing. Nor need the server reach its own address.
"""

from __future__ import annotations

from collections.abc import Iterable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import httpx

_FROM_HERE = "eoscperf.from_here"


def client_beside(app: Any, home: str) -> httpx.Client:
    """A client whose requests this application answers, which browsers find at the address `home`."""
    prefix = urlsplit(home).path.rstrip("/")

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"].removeprefix(prefix)
        return app(environ | {"SCRIPT_NAME": prefix, "PATH_INFO": path, _FROM_HERE: True}, start_response)

    return httpx.Client(
        transport=httpx.WSGITransport(answer),
        # A cookie set for one person must not go along with the next one.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        trust_env=False,
    )


def is_from_here(request: Any) -> bool:
    """Whether the platform itself asks: no caller can say so."""
    return _FROM_HERE in request.environ
