"""What a setting is, and how its text becomes a value; plug-ins declare theirs with it, too."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import limits as rate_limits

ENVIRONMENT_PREFIX = "EOSCPERF_"

REQUIRED = object()


@dataclass(frozen=True, slots=True)
class Option:
    """One setting. `parse` turns text into the value or raises ValueError with what is allowed."""

    key: str
    parse: Callable[[str], Any]
    default: Any
    help: str
    secret: bool = False

    @property
    def variable(self) -> str:
        return variable(self.key)


def variable(key: str) -> str:
    """The environment variable of a setting."""
    return ENVIRONMENT_PREFIX + re.sub(r"[^A-Za-z0-9]", "_", key).upper()


def text(value: str) -> str:
    return value.strip()


def words(value: str) -> tuple[str, ...]:
    """Values separated by blanks or line breaks."""
    return tuple(value.split())


def boolean(value: str) -> bool:
    known = {"true": True, "yes": True, "on": True, "1": True}
    known |= {"false": False, "no": False, "off": False, "0": False}
    try:
        return known[value.strip().lower()]
    except KeyError:
        raise ValueError("must be true or false") from None


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """A whole number in a range."""
    allowed = f"must be a whole number of at least {least}" + ("" if most is None else f" and at most {most}")

    def parse(value: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,15}", value.strip()):
            raise ValueError(allowed)
        number = int(value)
        if number < least or (most is not None and number > most):
            raise ValueError(allowed)
        return number

    return parse


def seconds(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 < number < 3600:
        raise ValueError("must be a number of seconds above 0 and below 3600")
    return number


def choice(*allowed: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value.strip() not in allowed:
            raise ValueError("must be one of " + ", ".join(allowed))
        return value.strip()

    return parse


def rate(value: str) -> rate_limits.RateLimitItem:
    """A rate such as `300/minute`."""
    try:
        return rate_limits.parse(value.strip())
    except ValueError:
        raise ValueError("must be a rate such as 300/minute") from None


def url(value: str) -> str:
    value = value.strip()
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment):
        raise ValueError("must be an address such as https://perf.example.org")
    return value.rstrip("/")
