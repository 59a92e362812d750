"""Scopes: what a token may be used for, out of all that its holder may do.

A scope only ever takes away. Whoever holds a token of all scopes may do what the account may do, no more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal, get_args

Scope = Literal["read", "upload", "moderate", "admin"]

SCOPES: dict[str, str] = {
    "read": "see what its holder sees: the account, and one's own results, submissions and claims",
    "upload": "contribute results, benchmarks, sites, flavors, tags and claims, and take them back",
    "moderate": "decide about contributions of others; only of use to administrators",
    "admin": "manage the tokens of the account and, as an administrator, users and service accounts",
}
"""What each scope allows, as a sentence that follows "A token with it may"."""

ADMINISTRATIVE = frozenset({"moderate", "admin"})
"""With none of these a token of an administrator is like one of anybody else: it sees no more either."""

FEDERATED = "eoscperf:"
"""What our scopes begin with in tokens of other issuers, whose own scopes mean other things."""

_READING = {"list", "read", "view", "show"}


def default_scopes(level: str, verb: str) -> tuple[str, ...]:
    """The scopes of a permission that names none, by its level and what it allows to do.

    An administrator's permission takes the strongest scope until somebody says that less will do.
    """
    if level == "public":
        return ("read",)
    if level == "admin":
        return ("admin",)
    return ("read",) if verb.partition("_")[0] in _READING else ("upload",)


def checked(scopes: str | Collection[str]) -> tuple[str, ...]:
    """The scopes of a declaration, one or several of which any will do; ValueError for what is none."""
    given = (scopes,) if isinstance(scopes, str) else tuple(scopes)
    for scope in given:
        if scope not in SCOPES:
            raise ValueError(f"scope {scope!r} is none of {', '.join(SCOPES)}")
    if not given:
        raise ValueError(f"scopes are missing; there are {', '.join(SCOPES)}")
    return given


def granted(told: Iterable[str] | None, *, scoped: bool) -> frozenset[str] | None:
    """What a bearer token may be used for, by its claim `scope` (None: it has none); None: for everything.

    An issuer that is `scoped` speaks of our scopes by their own names, and a token of it without any is good
    for nothing. Others limit a token by naming scopes that begin with `eoscperf:`.
    """
    if scoped:
        return frozenset(told or ()) & frozenset(SCOPES)
    ours = [name.removeprefix(FEDERATED) for name in told or () if name.startswith(FEDERATED)]
    return frozenset(ours) & frozenset(SCOPES) if ours else None


assert set(get_args(Scope)) == set(SCOPES)  # noqa: S101 - two spellings of one list
