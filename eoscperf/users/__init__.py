"""Users: who has registered, and what bearer tokens say about callers."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    config.include(".authentication")
