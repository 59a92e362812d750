"""A test issuer, a clock that stands still until it is told to move, and a factory of verifiers."""

import pytest

from eoscperf.security.bearer import BearerTokens, ProviderUnavailable
from eoscperf.testing.issuer import TestIssuer


class Clock:
    def __init__(self):
        self.now = 1_800_000_000.0

    def __call__(self):
        return self.now

    def pass_seconds(self, seconds):
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def issuer(clock):
    with TestIssuer(clock=clock) as issuer:
        yield issuer


@pytest.fixture
def other_issuer(clock):
    with TestIssuer(clock=clock) as issuer:
        yield issuer


@pytest.fixture
def verifier(clock):
    """Makes a BearerTokens on the test's clock; a generous timeout, unless the test is about it."""
    made = []

    def make(*issuers, **options):
        made.append(BearerTokens(issuers, clock=clock, **({"timeout": 20.0} | options)))
        return made[-1]

    yield make
    for tokens in made:
        tokens.close()


@pytest.fixture
def eventually(clock):
    """Repeats a call with some pause on the test's clock while the provider is unavailable."""

    def repeat(call, attempts=50):
        for _ in range(attempts - 1):
            clock.pass_seconds(5)
            try:
                return call()
            except ProviderUnavailable:
                continue
        return call()

    return repeat


@pytest.fixture
def tokens(verifier, issuer):
    """Trusts the test issuer's JSON Web Tokens."""
    return verifier(issuer.settings())
