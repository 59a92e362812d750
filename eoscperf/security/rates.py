"""How often somebody may do something: moving windows, kept in the memory of each worker."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from limits import RateLimitItem

from eoscperf.errors import RateLimited

TIDIED = 300.0
"""Seconds after which those are forgotten whose windows are empty."""


class RateLimits:
    """Counts what is spent per kind and key; RateLimited says when to come back.

    `clock` tells seconds from any moment on.
    """

    def __init__(
        self, rates: dict[str, RateLimitItem], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rates = rates
        self._clock = clock
        self._lock = threading.Lock()
        self._spent: dict[tuple[str, str], deque[float]] = {}
        self._tidied = clock()

    def spend(self, kind: str, key: str, what: str) -> None:
        """One more of `kind` for `key`; RateLimited over the rate, `what` names it in the sentence."""
        with self._lock:
            now = self._clock()
            moments = self._window(kind, key, now)
            moments.append(now)
            self._spent[kind, key] = moments
            if len(moments) <= self._rates[kind].amount:
                return
            moments.pop()
            self._refuse(kind, moments, now, what)

    def check(self, kind: str, key: str, what: str) -> None:
        """Like `spend`, without counting this one."""
        with self._lock:
            now = self._clock()
            moments = self._window(kind, key, now)
            if len(moments) >= self._rates[kind].amount:
                self._refuse(kind, moments, now, what)

    @property
    def size(self) -> int:
        """How many windows are remembered."""
        return len(self._spent)

    def _window(self, kind: str, key: str, now: float) -> deque[float]:
        """The moments that still count."""
        if now - self._tidied > TIDIED:
            self._tidied = now
            for kept in list(self._spent):
                if not self._reduced(kept, now):
                    del self._spent[kept]
        return self._reduced((kind, key), now)

    def _reduced(self, which: tuple[str, str], now: float) -> deque[float]:
        moments = self._spent.get(which)
        if moments is None:
            return deque()
        since = now - self._rates[which[0]].get_expiry()
        while moments and moments[0] <= since:
            moments.popleft()
        return moments

    def _refuse(self, kind: str, moments: deque[float], now: float, what: str) -> None:
        item = self._rates[kind]
        reset = moments[0] + item.get_expiry() if moments else now
        wait = max(1, int(reset - now) + 1)
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
