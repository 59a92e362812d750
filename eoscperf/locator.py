"""The service locator: `request.find_service(Results)`, the request's one instance of a domain service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from eoscperf.extend.claims import claim

T = TypeVar("T")

_FACTORIES = "eoscperf.services"


def add_service(config: Any, cls: type[T], factory: Callable[[Any], T]) -> None:
    """Directive: `factory(request)` makes the domain service `cls`; a second factory stops the start."""
    cls, factory = config.maybe_dotted(cls), config.maybe_dotted(factory)
    name = f"{cls.__module__}.{cls.__qualname__}"

    def register() -> None:
        config.registry.setdefault(_FACTORIES, {})[cls] = factory

    claim(config, "service", name, register, factory)


def find_service(request: Any, cls: type[T]) -> T:
    """The request's instance of `cls`, made at first use; LookupError when nobody offers it."""
    made = request.__dict__.setdefault("_eoscperf_services", {})
    if cls not in made:
        try:
            factory = request.registry[_FACTORIES][cls]
        except KeyError:
            raise LookupError(f"no service {cls.__module__}.{cls.__qualname__} is registered") from None
        made[cls] = factory(request)
    return made[cls]


def includeme(config: Any) -> None:
    config.registry.setdefault(_FACTORIES, {})
    config.add_directive("add_service", add_service)
    config.add_request_method(find_service)
