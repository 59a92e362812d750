"""When to try again, and how long to wait before."""

from __future__ import annotations

import datetime
import email.utils
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Retries:
    """Exponential back-off with jitter; what the server asks for (`Retry-After`) comes first.

    `attempts` counts the first one. Waiting times are in seconds; a server that wants more than
    `longest` is not waited for. `sleep`, `jitter` (0 to 1) and `now` can be replaced in tests.
    """

    attempts: int = 5
    first: float = 0.5
    most: float = 20.0
    longest: float = 120.0
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    jitter: Callable[[], float] = field(default=random.random, repr=False)
    now: Callable[[], datetime.datetime] = field(
        default=lambda: datetime.datetime.now(datetime.UTC), repr=False
    )

    def wait(self, attempt: int, asked: float | None = None) -> bool:
        """Wait after a failed attempt (from 1); False if there should be no further one."""
        if attempt >= self.attempts or (asked is not None and asked > self.longest):
            return False
        backoff = min(self.most, self.first * 2 ** (attempt - 1)) * (0.5 + self.jitter() / 2)
        # A little later than asked, so that clients that were refused together do not return together.
        self.sleep(backoff if asked is None else asked + self.jitter() * min(1.0, self.first))
        return True

    def asked(self, headers: Mapping[str, str]) -> float | None:
        """Seconds of Retry-After, a number or a date; None without one that can be read."""
        text = headers.get("Retry-After", "").strip()
        if text.isascii() and text.isdigit() and len(text) < 10:
            return float(text)
        try:
            moment = email.utils.parsedate_to_datetime(text)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.UTC)
        return max(0.0, (moment - self.now()).total_seconds())
