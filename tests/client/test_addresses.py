"""Addresses of servers, and where a token may go."""

from __future__ import annotations

import pytest

from eoscperf.client.addresses import api_url, is_private, origin, shown
from eoscperf.client.errors import Usage


@pytest.mark.parametrize(
    "text",
    [
        "https://perf.example.org",
        "https://perf.example.org/",
        " https://perf.example.org/api/v1 ",
        "https://perf.example.org/api/v1//",
        "HTTPS://PERF.example.org",
    ],
)
def test_a_server_may_be_named_with_or_without_its_api(text):
    assert api_url(text) == "https://perf.example.org/api/v1"


def test_a_platform_may_live_below_a_path():
    assert api_url("https://example.org/perf/") == "https://example.org/perf/api/v1"
    assert api_url("https://example.org/rest/v1") == "https://example.org/rest/v1"


def test_people_see_the_address_without_the_api():
    assert shown("https://perf.example.org/api/v1") == "https://perf.example.org"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "perf.example.org",
        "ftp://perf.example.org",
        "https://",
        "https://a b",
        "https://u:p@example.org",
        "https://example.org/?x=1",
        "https://example.org/#x",
        "http://[::1",
    ],
)
def test_what_is_no_address_of_a_server_is_refused(text):
    with pytest.raises(Usage):
        api_url(text)


def test_origins_have_a_port():
    assert origin("https://Example.org/x") == origin("https://example.org:443") == "https://example.org:443"
    assert origin("http://example.org") != origin("https://example.org")
    assert origin("https://example.org:8443") != origin("https://example.org")


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("https://perf.example.org", True),
        ("http://localhost:6543", True),
        ("http://perf.localhost", True),
        ("http://127.0.0.1:6543", True),
        ("http://127.8.8.8", True),
        ("http://[::1]:6543", True),
        ("http://perf.example.org", False),
        ("http://192.0.2.7", False),
        ("http://localhost.example.org", False),
        ("http://127.0.0.1.example.org", False),
    ],
)
def test_without_tls_only_this_machine_is_private(url, private):
    assert is_private(url) is private
