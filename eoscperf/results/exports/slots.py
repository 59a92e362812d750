"""How many exports a process writes at the same time."""

from __future__ import annotations

import threading

from eoscperf.errors import RateLimited

AGAIN = 10
"""Seconds after which to try again."""


class Slots:
    """Each export keeps a thread and a database connection for as long as its reader takes.

    Others need some too, so that only so many are written at once.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.taken = 0
        self._lock = threading.Lock()

    def take(self) -> None:
        """One more; RateLimited when there are as many as may be."""
        with self._lock:
            if self.taken >= self.number:
                raise RateLimited(
                    f"{self.number} exports are being written already, more would hold up everybody else. "
                    f"Try again in {AGAIN} s.",
                    AGAIN,
                )
            self.taken += 1

    def give_back(self) -> None:
        """One is done."""
        with self._lock:
            self.taken -= 1
