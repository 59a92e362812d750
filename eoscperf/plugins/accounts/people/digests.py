"""Secrets that are handed out once, and the digests that are kept of them."""

from __future__ import annotations

import hashlib
import secrets


def new_secret() -> str:
    """256 random bits as text for a cookie or a link."""
    return secrets.token_urlsafe(32)


def digest(text: str) -> str:
    """What is stored of a secret that nobody can guess; slow hashes are for what people choose."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
