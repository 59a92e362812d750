"""Forwarding headers count only as far as proxies are trusted; what rates count is not always one address."""

import ipaddress
import types

import pytest

from eoscperf.security.addresses import client_address, counted_address


def request_from(peer, forwarded=None, trusted=""):
    environ = {"REMOTE_ADDR": peer} if peer is not None else {}
    if forwarded is not None:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded
    networks = tuple(ipaddress.ip_network(word) for word in trusted.split())
    registry = types.SimpleNamespace(settings={"trusted_proxies": networks})
    return types.SimpleNamespace(environ=environ, registry=registry)


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
    assert client_address(request_from(peer, forwarded, trusted)) == client


def test_two_addresses_of_one_ipv6_network_count_together():
    one = counted_address(request_from("2001:db8:1:2::1"))
    other = counted_address(request_from("2001:db8:1:2:ffff:ffff:ffff:ffff"))
    assert one == other


def test_hosts_of_different_ipv6_networks_count_apart():
    assert counted_address(request_from("2001:db8:1:2::1")) != counted_address(
        request_from("2001:db8:1:3::1")
    )


def test_each_ipv4_address_counts_for_itself():
    assert counted_address(request_from("192.0.2.1")) != counted_address(request_from("192.0.2.2"))


def test_an_ipv4_address_in_the_spelling_of_ipv6_is_the_same_address():
    assert counted_address(request_from("::ffff:192.0.2.1")) == counted_address(request_from("192.0.2.1"))
    assert counted_address(request_from("::ffff:192.0.2.1")) != counted_address(
        request_from("::ffff:192.0.2.2")
    )


def test_a_trusted_proxy_is_recognised_in_the_spelling_of_ipv6():
    request = request_from("::ffff:127.0.0.1", forwarded="198.51.100.7", trusted="127.0.0.1/32")
    assert client_address(request) == "198.51.100.7"


def test_forwarded_networks_of_ipv6_count_together_behind_a_trusted_proxy():
    addresses = ("2001:db8::1", "2001:db8::2")
    counted = {counted_address(request_from("127.0.0.1", a, trusted="127.0.0.1/32")) for a in addresses}
    assert len(counted) == 1


@pytest.mark.parametrize("peer", [None, "unix:"])
def test_a_caller_without_an_address_is_counted_under_what_there_is(peer):
    assert counted_address(request_from(peer)) == (peer or "unknown")
