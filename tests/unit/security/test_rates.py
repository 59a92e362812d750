"""Rates: so often and no oftener, each caller and each kind for itself."""

import pytest

from eoscperf.errors import RateLimited
from eoscperf.options import rate
from eoscperf.security.rates import TIDIED, RateLimits


@pytest.fixture
def rates():
    return RateLimits({"writes": rate("2/hour"), "exports": rate("1 per 2 hour")})


def test_over_the_rate_the_sentence_says_what_is_allowed_and_when_to_come_back(rates):
    rates.spend("writes", "ann", "changes")
    rates.spend("writes", "ann", "changes")
    with pytest.raises(RateLimited, match=r"More than 2 changes per hour\. Try again in \d+ s\.") as caught:
        rates.spend("writes", "ann", "changes")
    (header,) = caught.value.headers
    assert header[0] == "Retry-After"
    assert 3500 < int(header[1]) <= 3602


def test_callers_and_kinds_do_not_count_for_each_other(rates):
    for caller in ("ann", "bob"):
        rates.spend("writes", caller, "changes")
        rates.spend("writes", caller, "changes")
        rates.spend("exports", caller, "exports")


def test_checking_does_not_count(rates):
    for _ in range(5):
        rates.check("exports", "ann", "exports")
    rates.spend("exports", "ann", "exports")
    with pytest.raises(RateLimited, match="More than 1 exports per 2 hours"):
        rates.check("exports", "ann", "exports")


def test_two_applications_do_not_share_counts(rates):
    rates.spend("exports", "ann", "exports")
    RateLimits({"exports": rate("1/hour")}).spend("exports", "ann", "exports")


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def test_what_was_spent_counts_for_exactly_its_time():
    clock = Clock()
    rates = RateLimits({"writes": rate("2/minute")}, clock=clock)
    rates.spend("writes", "ann", "changes")
    clock.now += 40
    rates.spend("writes", "ann", "changes")
    for _ in range(3):
        with pytest.raises(RateLimited) as caught:
            rates.spend("writes", "ann", "changes")
        assert [int(value) for _, value in caught.value.headers] == [21]
    clock.now += 20
    rates.spend("writes", "ann", "changes")
    with pytest.raises(RateLimited, match="Try again in 41 s"):
        rates.spend("writes", "ann", "changes")


def test_callers_who_are_long_gone_are_forgotten():
    clock = Clock()
    rates = RateLimits({"writes": rate("2/minute"), "exports": rate("2/hour")}, clock=clock)
    for number in range(50):
        rates.spend("writes", f"caller {number}", "changes")
    rates.spend("exports", "ann", "exports")
    clock.now += TIDIED + 1
    rates.spend("writes", "bob", "changes")
    assert rates.size == 2
