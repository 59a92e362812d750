"""What clients may ask for: the scopes of the platform's API and those of OpenID Connect."""

from __future__ import annotations

from collections.abc import Iterable

from eoscperf.security.scopes import SCOPES as API_SCOPES

OPENID = {
    "openid": "know who you are",
    "email": "see your e-mail address",
    "profile": "see your name and the groups you belong to",
    "offline_access": "stay logged in when you log out here",
}
"""Each as words that follow "wants to"."""

SCOPES: dict[str, str] = OPENID | {
    name: f"act for you: {allowed.partition(';')[0]}" for name, allowed in API_SCOPES.items()
}
"""All scopes in the order they are shown, each as words that follow "wants to"."""

FOR_CLIENTS_THEMSELVES = ("read", "upload")
"""What a client may ask for that acts for itself: there is nobody to know anything about.

Nor does it decide about others, or make keys, which would outlive it and whoever registered it."""


def ordered(scopes: Iterable[str]) -> str:
    """The scopes once each, in the order they are shown."""
    wanted = set(scopes)
    return " ".join(name for name in SCOPES if name in wanted)
