"""Addresses of servers: where their API is, and where a token may go."""

from __future__ import annotations

import ipaddress
import re

import httpx

from eoscperf.client.errors import Usage

API_PATH = "/api/v1"


def api_url(server: str) -> str:
    """The address of the API of a server, without a slash at its end.

    `https://perf.example.org` and `https://perf.example.org/api/v1/` mean the same.
    """
    text = server.strip()
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        raise Usage(f"{text!r} is no address of a server, such as https://perf.example.org") from None
    if url.scheme not in ("http", "https") or not url.host or any(one.isspace() for one in text):
        raise Usage(f"{text!r} is no address of a server, such as https://perf.example.org")
    if url.userinfo or url.query or url.fragment:
        raise Usage("The address of a server has no user name, query or fragment")
    path = re.sub(r"/+$", "", url.path)
    if not re.search(r"/v\d+$", path):
        path += API_PATH
    return str(url.copy_with(path=path))


def origin(url: str | httpx.URL) -> str:
    """Scheme, host and port, with the port always there."""
    url = httpx.URL(url)
    port = url.port or {"http": 80, "https": 443}.get(url.scheme)
    return f"{url.scheme}://{url.host.lower()}:{port}"


def shown(api: str) -> str:
    """The address of a server as people write it."""
    return api.removesuffix(API_PATH)


def is_private(url: str | httpx.URL) -> bool:
    """Whether nobody on the way can read what is sent there: by TLS, or as it stays on this machine."""
    url = httpx.URL(url)
    return url.scheme == "https" or _is_loopback(url.host)


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
