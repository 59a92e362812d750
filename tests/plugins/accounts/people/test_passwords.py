"""Which passwords are accepted, how they are kept, and what the rest is made of."""

from __future__ import annotations

import threading

import pytest

from eoscperf import errors
from eoscperf.plugins.accounts.people import passwords
from eoscperf.plugins.accounts.people.browsers import device_name
from eoscperf.plugins.accounts.people.guessable import is_about, is_common
from eoscperf.plugins.accounts.people.passwords import Passwords


@pytest.fixture(scope="module")
def rules():
    return Passwords(shortest=10, memory=8)


class TestCommonPasswords:
    @pytest.mark.parametrize(
        "password",
        [
            "password123", "Password2024!", "P@ssw0rd12", "passwordpassword", "1234567890", "0987654321",
            "12345678901234567890", "qwertyuiop", "QWERTYUIOP1", "1q2w3e4r5t6y", "1qaz2wsx3edc",
            "asdfghjkl123", "iloveyou2024", "ILoveYou!!!", "aaaaaaaaaa", "abababababab", "abcabcabcabc",
            "letmein12345",
            "Sommer2024!", "summerwinter", "administrator", "@dmin12345678", "11112222333", "2024-05-01-99",
            "football2000", "michaeljordan", "benchmark2025", "!!!!!!!!!!!!", "pássword1234", "trustno12345",
        ],
    )  # fmt: skip
    def test_are_refused(self, password):
        assert is_common(password)

    @pytest.mark.parametrize(
        "password",
        [
            "correct horse battery", "some quite ordinary words", "tr0ub4dor&3xyz", "xk7qp2vmw9",
            "mostly harmless", "My dog ate bread", "gnirps-flonk-wumpe",
            "ünbelieveably gut", "7 Zwerge sind 8",

            "東京で食べた寿司はおいしい",
        ],
    )  # fmt: skip
    def test_are_few(self, password):
        assert not is_common(password)


class TestPasswordsAboutAPerson:
    @pytest.mark.parametrize(
        "password",
        ["ann.miller@example.org", "annmiller2024", "Miller-Miller", "example.org!", "ANNMILLER!!"],
    )
    def test_are_refused(self, password):
        assert is_about(password, "ann.miller@example.org", "Ann Miller")

    @pytest.mark.parametrize("password", ["millers have flour", "ordinary words", "some example of a phrase"])
    def test_are_those_that_hold_little_else(self, password):
        assert not is_about(password, "ann.miller@example.org", "Ann Miller")


class TestRules:
    def test_ask_for_length_and_for_no_kinds_of_characters(self, rules):
        assert rules.fault("plumgarden") is None
        assert "at least 10" in rules.fault("plumgarde")
        assert rules.fault("x7" * 6) is not None
        assert rules.fault("only lower letters", "ann@example.org") is None

    def test_bound_the_length(self, rules):
        assert "at most 1024" in rules.fault("some words " * 100)


class TestHashes:
    def test_are_argon2id_and_differ_each_time(self, rules):
        one, other = rules.hash("some words"), rules.hash("some words")
        assert one.startswith("$argon2id$")
        assert one != other
        assert rules.verify(one, "some words")
        assert not rules.verify(one, "some word")

    def test_are_not_found_where_there_is_none(self, rules):
        assert not rules.verify(None, "some words")
        assert not rules.verify("", "some words")
        assert not rules.verify("not a hash", "some words")

    def test_are_outdated_when_made_otherwise(self, rules):
        assert not rules.is_outdated(rules.hash("some words"))
        assert rules.is_outdated(Passwords(shortest=10, memory=9).hash("some words"))

    def test_are_made_a_few_at_a_time(self, rules, monkeypatch):
        monkeypatch.setattr(passwords, "PATIENCE", 0.01)
        monkeypatch.setattr(rules, "_turn", threading.BoundedSemaphore(1))
        with passwords._Turn(rules._turn), pytest.raises(errors.RateLimited):
            rules.hash("some words")
        assert rules.hash("some words")


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "Unknown browser"),
        ("\x00\x1b[31m", "[31m"),
    ],
)
def test_browsers_have_names_that_people_know(agent, name):
    assert device_name(agent) == name
