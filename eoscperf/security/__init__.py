"""Who is asking and what they may do."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    config.include(".permissions")
    config.include(".rates")
    config.include(".policy")
