"""Settings of the OpenID provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from eoscperf.options import Option, choice, url, whole


def _address(value: str) -> str:
    value = url(value)
    parts = urlsplit(value)
    if not value:
        return ""
    if not parts.path.endswith("/accounts") or not value.isascii() or parts.username is not None:
        raise ValueError(
            "must be an address that ends in /accounts, such as https://perf.example.org/accounts"
        )
    return value


def provider_address(settings: Mapping[str, Any]) -> str:
    """The address of the provider where it is not set: that of the platform, or of this machine."""
    origin = settings["public_url"] or f"http://localhost:{settings['http_port']}"
    return settings["accounts.url"] or f"{origin}/accounts"


SETTINGS = (
    Option(
        "accounts.url",
        _address,
        "",
        "address of the OpenID provider, which is the issuer in its tokens; empty: accounts below "
        "public_url, or of this machine",
    ),
    Option(
        "accounts.access_token_minutes",
        whole(1, 1440),
        15,
        "how long an access token of the provider is valid, in minutes",
    ),
    Option(
        "accounts.access_token_algorithm",
        choice("RS256", "ES256"),
        "RS256",
        "what access tokens are signed with: RS256, which every service can check, or ES256, which is "
        "shorter; tokens from before a change stay good",
    ),
    Option(
        "accounts.refresh_token_days",
        whole(1, 3650),
        30,
        "after how many days without use a client has to ask for a new log-in",
    ),
    Option(
        "accounts.key_days",
        whole(0, 3650),
        90,
        "after how many days the signing key is replaced; 0: by eoscperf-admin accounts rotate-keys only",
    ),
    Option("accounts.clients", whole(0, 1000), 20, "most OAuth clients that one person may have registered"),
)
