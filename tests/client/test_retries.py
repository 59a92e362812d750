"""When the client tries again, and how long it waits."""

from __future__ import annotations

import datetime

import httpx
import pytest

from eoscperf.client import Retries

NOW = datetime.datetime(2025, 3, 2, 14, 0, tzinfo=datetime.UTC)


def test_waits_grow_up_to_a_limit(waits):
    retries = Retries(attempts=8, first=1.0, most=10.0, sleep=waits, jitter=lambda: 1.0)
    assert [retries.wait(attempt) for attempt in range(1, 9)] == [True] * 7 + [False]
    assert waits.seconds == [1, 2, 4, 8, 10, 10, 10]


def test_jitter_spreads_them_over_the_upper_half(waits):
    Retries(first=4.0, sleep=waits, jitter=lambda: 0.0).wait(1)
    Retries(first=4.0, sleep=waits, jitter=lambda: 0.5).wait(1)
    assert waits.seconds == [2, 3]


def test_what_the_server_asks_for_comes_first(waits):
    retries = Retries(sleep=waits, jitter=lambda: 0.0)
    assert retries.wait(1, 17.0)
    assert waits.seconds == [17]


def test_a_server_that_asks_for_too_much_is_not_waited_for(waits):
    assert not Retries(longest=60.0, sleep=waits).wait(1, 61.0)
    assert waits.seconds == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Sun, 02 Mar 2025 14:00:30 GMT", 30.0),
        ("Sun, 02 Mar 2025 13:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("٣", None),
        ("9" * 30, None),
        ("", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(text, seconds):
    retries = Retries(now=lambda: NOW)
    assert retries.asked(httpx.Headers({"Retry-After": text.encode()})) == seconds
    assert retries.asked({}) is None
