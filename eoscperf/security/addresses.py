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


def counted_address(request: Any) -> str:
    """What rates count for a caller without a name: the address; of IPv6 the /64 that a single host is given.

    Such a host could otherwise take another address for every request.
    """
    text = client_address(request)
    if not _is_address(text):
        return text
    address = _address(text)
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((int(address), 64), strict=False))


def _is_address(text: str) -> bool:
    try:
        _address(text)
    except ValueError:
        return False
    return True


def _within(text: str, networks: tuple[Any, ...]) -> bool:
    if not _is_address(text):
        return False
    address = _address(text)
    return any(address.version == network.version and address in network for network in networks)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address; one of IPv4 that a socket of both families spells `::ffff:192.0.2.1` is of IPv4."""
    address = ipaddress.ip_address(text)
    return getattr(address, "ipv4_mapped", None) or address
