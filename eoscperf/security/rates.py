"""How often somebody may do something: moving windows, kept in the memory of each worker."""

from __future__ import annotations

import time
from typing import Any

from limits import RateLimitItem
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from eoscperf.errors import RateLimited


class RateLimits:
    """Counts what is spent per kind and key; RateLimited says when to come back."""

    def __init__(self, rates: dict[str, RateLimitItem]) -> None:
        self._rates = rates
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def spend(self, kind: str, key: str, what: str) -> None:
        """One more of `kind` for `key`; RateLimited over the rate, `what` names it in the sentence."""
        item = self._rates[kind]
        if not self._limiter.hit(item, kind, key):
            self._refuse(item, kind, key, what)

    def check(self, kind: str, key: str, what: str) -> None:
        """Like `spend`, without counting this one."""
        item = self._rates[kind]
        if not self._limiter.test(item, kind, key):
            self._refuse(item, kind, key, what)

    def _refuse(self, item: RateLimitItem, kind: str, key: str, what: str) -> None:
        reset = self._limiter.get_window_stats(item, kind, key).reset_time
        wait = max(1, int(reset - time.time()) + 1)
        raise RateLimited(f"More than {item.amount} {what} per {_unit(item)}. Try again in {wait} s.", wait)


def _unit(item: RateLimitItem) -> str:
    name = item.GRANULARITY.name
    return name if item.multiples == 1 else f"{item.multiples} {name}s"


def includeme(config: Any) -> None:
    settings = config.get_settings()
    config.registry["eoscperf.rates"] = RateLimits(
        {
            "writes": settings["rates.writes"],
            "failed_authentications": settings["rates.failed_authentications"],
            "exports": settings["rates.exports"],
        }
    )
