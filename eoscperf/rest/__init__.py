"""The REST layer: services, problems, strict input, pages of lists, rendering, OpenAPI."""

from __future__ import annotations

from typing import Any

from eoscperf.rest.service import ApiService, Operation

__all__ = ["ApiService", "Operation"]


def includeme(config: Any) -> None:
    config.include(".renderer")
    config.include(".problems")
    config.include(".guard")
    config.include(".remembered")
    config.include(".service")
    config.include(".tween")
    config.include(".openapi")
