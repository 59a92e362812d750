"""How API tokens are written, and what their text tells without asking anybody."""

import hashlib
import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoscperf.security.token_text import (
    HINT,
    PATTERN,
    PREFIX,
    digest,
    is_api_token,
    is_well_formed,
    new_token,
)

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def number(text):
    found = 0
    for character in text:
        found = found * 62 + DIGITS.index(character)
    return found


def test_tokens_are_as_scanners_look_for_them():
    for _ in range(50):
        token = new_token()
        assert re.fullmatch(PATTERN, token)
        assert is_well_formed(token)
        assert is_api_token(token)


def test_tokens_are_all_different_beyond_what_is_shown_of_them():
    tokens = {new_token() for _ in range(200)}
    assert len({token[HINT:] for token in tokens}) == 200


def test_the_checksum_is_the_crc_of_the_random_part():
    token = new_token()
    body, checksum = token[len(PREFIX) : -6], token[-6:]
    assert len(body) == 43
    assert number(body) < 2**256
    assert number(checksum) == zlib.crc32(body.encode())


def test_the_digest_is_sha_256_of_the_whole_text():
    token = new_token()
    assert digest(token) == hashlib.sha256(token.encode()).hexdigest()


@given(place=st.integers(len(PREFIX), len(PREFIX) + 48), other=st.sampled_from(DIGITS))
def test_one_wrong_character_is_noticed(place, other):
    token = new_token()
    damaged = token[:place] + other + token[place + 1 :]
    assert is_well_formed(damaged) is (damaged == token)


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t + "0", lambda t: t + "\n", str.upper, lambda t: " " + t]
)
def test_anything_else_is_no_token(change):
    assert not is_well_formed(change(new_token()))


@given(st.text())
def test_made_up_text_is_no_token(text):
    assert not is_well_formed(PREFIX + text)
    assert is_api_token(PREFIX + text)
    assert is_api_token(text) is text.startswith(PREFIX)
