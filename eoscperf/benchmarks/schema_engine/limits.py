"""How far an evaluation may go, and the errors that end it."""

from __future__ import annotations

import time


class ValidationTimeout(Exception):
    """The time for checking or validating is over; nothing is known about the verdict."""


class SchemaUnusable(Exception):
    """The schema cannot be evaluated: broken, or it refers to itself without end."""


class Deadline:
    """A moment after which every `tick` raises `ValidationTimeout`; `None` seconds never end."""

    __slots__ = ("_end", "seconds")

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        # The longest stretch between two ticks has to fit in the promised time too.
        self._end = float("inf") if seconds is None else time.monotonic() + seconds * 0.85

    def part(self, share: float) -> Deadline:
        """The deadline of something that may take only a share of the time that is left."""
        part = Deadline(None)
        part.seconds = self.seconds
        now = time.monotonic()
        part._end = now + (self._end - now) * share
        return part

    def tick(self) -> None:
        if time.monotonic() >= self._end:
            raise ValidationTimeout(f"not finished within {self.seconds:g} s")
