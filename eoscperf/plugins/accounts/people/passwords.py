"""Which passwords are accepted, and how they are kept."""

from __future__ import annotations

import functools
import secrets
import threading
import unicodedata
from typing import Any

from argon2 import PasswordHasher, Type
from argon2.exceptions import Argon2Error, InvalidHashError

from eoscperf.errors import RateLimited
from eoscperf.plugins.accounts.people.guessable import is_about, is_common

LONGEST = 1024

AT_ONCE = 4
"""Passwords that a process checks at the same time: each takes memory."""

PATIENCE = 10.0
"""Seconds that one waits for its turn."""


class Passwords:
    """The rules for passwords and their hashes (argon2id). `memory` is in MiB."""

    def __init__(self, *, shortest: int, memory: int) -> None:
        self.shortest = shortest
        self._hasher = PasswordHasher(time_cost=3, memory_cost=memory * 1024, parallelism=1, type=Type.ID)
        self._turn = threading.BoundedSemaphore(AT_ONCE)

    @classmethod
    def of(cls, settings: Any) -> Passwords:
        return cls(shortest=settings["accounts.password_length"], memory=settings["accounts.password_memory"])

    def fault(self, password: str, *about: str) -> str | None:
        """Why a new password is not accepted, as a sentence; `about` is what is known of the person."""
        if len(password) < self.shortest:
            return f"A password has at least {self.shortest} characters; several words in a row are good."
        if len(password) > LONGEST:
            return f"A password has at most {LONGEST} characters."
        if is_common(password):
            return "This password is among the first that others would try. Choose another one."
        if is_about(password, *about):
            return "This password is too close to your address or name. Choose another one."
        return None

    def hash(self, password: str) -> str:
        with _Turn(self._turn):
            return self._hasher.hash(_normal(password))

    def verify(self, stored: str | None, password: str) -> bool:
        """Whether it is the password; without a stored one it takes as long to say no."""
        with _Turn(self._turn):
            try:
                return self._hasher.verify(stored or self._nobodys, _normal(password)) and stored is not None
            except (Argon2Error, InvalidHashError):
                return False

    def is_outdated(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(stored)

    @functools.cached_property
    def _nobodys(self) -> str:
        """The hash of a password that nobody has."""
        return self._hasher.hash(secrets.token_urlsafe(32))


class _Turn:
    def __init__(self, turn: threading.BoundedSemaphore) -> None:
        self._turn = turn

    def __enter__(self) -> None:
        if not self._turn.acquire(timeout=PATIENCE):
            raise RateLimited("Many people are logging in just now. Try again in a few seconds.", 5)

    def __exit__(self, *exception: Any) -> None:
        self._turn.release()


def _normal(password: str) -> str:
    """The same text however a keyboard composes its characters."""
    return unicodedata.normalize("NFKC", password)
