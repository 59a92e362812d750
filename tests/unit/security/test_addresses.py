"""Forwarding headers count only as far as proxies are trusted."""

import ipaddress
import types

import pytest

from eoscperf.security.addresses import client_address


def address(peer, forwarded=None, trusted=""):
    environ = {"REMOTE_ADDR": peer} if peer is not None else {}
    if forwarded is not None:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded
    networks = tuple(ipaddress.ip_network(word) for word in trusted.split())
    registry = types.SimpleNamespace(settings={"trusted_proxies": networks})
    return client_address(types.SimpleNamespace(environ=environ, registry=registry))


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "client"),
    [
        ("192.0.2.1", None, "", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", "", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", "10.0.0.0/8", "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9", "10.0.0.0/8", "203.0.113.9"),
        # What the client itself sent stands on the left and is not believed.
        ("10.0.0.1", "198.51.100.7, 203.0.113.9", "10.0.0.0/8", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "10.0.0.0/8", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.0/8", "10.0.0.3"),
        ("10.0.0.1", "", "10.0.0.0/8", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "10.0.0.0/8", "10.0.0.1"),
        ("10.0.0.1", "nonsense, 10.0.0.2", "10.0.0.0/8", "10.0.0.2"),
        ("::1", "2001:db8::9", "::1/128 10.0.0.0/8", "2001:db8::9"),
        ("unix:", "203.0.113.9", "10.0.0.0/8", "unix:"),
        (None, None, "", "unknown"),
    ],
)
def test_the_client_is_the_last_hop_that_is_no_trusted_proxy(peer, forwarded, trusted, client):
    assert address(peer, forwarded, trusted) == client
