from __future__ import annotations

import pytest

from eoscperf.errors import InvalidToken
from eoscperf.users.authentication import sent_token


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer abc", "abc"),
        (" BEARER   abc\t", "abc"),
        ("Bearer a b", "a b"),
        ("Basic abc", None),
        ("Bearerabc", None),
        ("", None),
        ("\xff", None),
    ],
)
def test_the_token_is_what_follows_the_scheme(header, token):
    assert sent_token({"HTTP_AUTHORIZATION": header}) == token


def test_no_header_is_no_token():
    assert sent_token({}) is None


@pytest.mark.parametrize("header", ["Bearer", "Bearer  ", "bearer \t"])
def test_bearer_without_a_token_is_an_error(header):
    with pytest.raises(InvalidToken):
        sent_token({"HTTP_AUTHORIZATION": header})
