"""The address of the caller, believing forwarding headers only of proxies we trust."""

from __future__ import annotations

import ipaddress
from typing import Any


def client_address(request: Any) -> str:
    """The address the request came from: the last hop in X-Forwarded-For that is no trusted proxy."""
    peer = request.environ.get("REMOTE_ADDR") or "unknown"
    trusted = request.registry.settings["trusted_proxies"]
    if not trusted or not _within(peer, trusted):
        return peer
    hops = [hop.strip() for hop in request.environ.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    for hop in reversed([hop for hop in hops if hop]):
        if not _is_address(hop):
            return peer
        peer = hop
        if not _within(hop, trusted):
            return hop
    return peer


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _within(text: str, networks: tuple[Any, ...]) -> bool:
    if not _is_address(text):
        return False
    address = ipaddress.ip_address(text)
    return any(address.version == network.version and address in network for network in networks)
