"""Where a browser may be sent back to: which addresses a client may register, and which match them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

MOST = 2000
"""Characters in a redirect URI."""

_HOST = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")

_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")


def redirect_fault(uri: str, *, public: bool) -> str | None:
    """Why a client may not register this address, if so."""
    if len(uri) > MOST:
        return f"must have at most {MOST} characters"
    if not uri.isascii() or not uri.isprintable() or set(uri) & set(' "<>\\^`{|}'):
        return "must hold only characters that addresses may have"
    parts = _split(uri)
    if parts is None or not parts.scheme:
        return "must be a whole address such as https://app.example.org/callback"
    if "#" in uri:
        return "must not have a fragment"
    if "*" in parts.netloc or ".." in parts.path.split("/"):
        return "must name one address: neither wildcards nor .. are allowed"
    if parts.netloc and not _HOST.fullmatch(parts.netloc):
        return "must have a host of letters, digits, dots and dashes, and neither user name nor password"
    if parts.scheme in ("http", "https"):
        if not parts.hostname:
            return "must have a host"
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            return (
                "must begin with https://; http is for addresses of the user's own machine such as 127.0.0.1"
            )
        return None
    if not public:
        return "must begin with https://"
    if not _PRIVATE_SCHEME.fullmatch(parts.scheme):
        return "must begin with https:// or with a scheme of its own such as org.example.app:/callback"
    return None


def is_registered(uri: str, registered: Iterable[str], *, public: bool) -> bool:
    """Whether an address is one of those registered, character by character.

    A program on the user's machine takes whatever port is free: for public clients the port of an address
    of that machine may be another one.
    """
    known = list(registered)
    if uri in known:
        return True
    return public and any(_same_but_port(uri, other) for other in known)


def is_claimed(uri: str) -> bool:
    """Whether only the owner of a domain receives what is sent to this address."""
    return uri.startswith("https://")


def origin(uri: str) -> str:
    """Scheme and host of a registered address, or the scheme alone, as content security policies name it."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"


def _same_but_port(uri: str, registered: str) -> bool:
    asked, known = _split(uri), _split(registered)
    if asked is None or known is None or known.scheme != "http" or not _is_loopback(known.hostname or ""):
        return False
    if "@" in asked.netloc or "#" in uri or "\\" in uri or not uri.isascii() or not uri.isprintable():
        return False
    # Compared as text, so that nothing that reads like the same host is taken for it.
    host, port = known.netloc.removesuffix(f":{known.port}"), asked.port
    return uri == f"http://{host}" + (f":{port}" if port else "") + registered.removeprefix(
        f"http://{known.netloc}"
    )


def _split(uri: str) -> SplitResult | None:
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
