from __future__ import annotations

import pytest

from eoscperf.users.addresses import LONGEST, mail_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ann@example.org", "ann@example.org"),
        ("  Ann+x@Example.org ", "Ann+x@Example.org"),
        ('"a@b"@example.org', '"a@b"@example.org'),
        ("müller@exämple.org", "müller@exämple.org"),
        ("ann@localhost", "ann@localhost"),
    ],
)
def test_an_address_is_taken_without_the_blanks_around_it(text, address):
    assert mail_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "   ",
        "ann",
        "@example.org",
        "ann@",
        "a nn@example.org",
        "ann@example.org\r\nBcc: eve@example.org",
        "ann\x00@example.org",
        "ann@example.org\x7fx",
        "ann@\ud800.org",
        "a" * LONGEST + "@example.org",
    ],
)
def test_what_no_mail_can_be_sent_to_is_no_address(text):
    assert mail_address(text) is None
