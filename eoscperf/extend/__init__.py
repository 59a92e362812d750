"""Plug-ins: feature packages that live elsewhere, found by entry point, enabled by name."""

from __future__ import annotations

import importlib
import importlib.util
from importlib.machinery import ModuleSpec
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from eoscperf.extend import claims

GROUP = "eoscperf.plugins"

CORE_MODELS = (
    "eoscperf.rest.idempotency",
    "eoscperf.users.models",
    "eoscperf.tokens.models",
    "eoscperf.review.models",
    "eoscperf.sites.models",
    "eoscperf.benchmarks.models",
    "eoscperf.results.models",
    "eoscperf.results.projection.models",
    "eoscperf.results.tallies.models",
    "eoscperf.results.catalogue",
    "eoscperf.metrics.models",
    "eoscperf.comparison.models",
    "eoscperf.ciupload.models",
    "eoscperf.moderation.models",
    "eoscperf.login.models",
)


def installed() -> dict[str, EntryPoint]:
    """Every installed plug-in by name, enabled or not."""
    return {point.name: point for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)}


def plugin_package(name: str) -> Any:
    """The package of an installed plug-in; LookupError says why there is none to be had."""
    points = list(entry_points(group=GROUP, name=name))
    if not points:
        raise LookupError(f"no plug-in {name!r} is installed; installed: {', '.join(installed()) or 'none'}")
    modules = {point.module: f"{point.module} of {distribution(point)}" for point in points}
    if len(modules) > 1:
        raise LookupError(f"the plug-in {name!r} is installed more than once: {', '.join(modules.values())}")
    try:
        return importlib.import_module(points[0].module)
    except ImportError as problem:
        raise LookupError(f"the plug-in {name!r} cannot be imported: {problem}") from problem


def distribution(point: EntryPoint) -> str:
    """Name and version of the distribution that brings a plug-in."""
    return f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown distribution"


def plugin_options(name: str) -> tuple[Any, ...]:
    """The settings a plug-in declares: `SETTINGS` of its package, `eoscperf.options.Option`s."""
    return tuple(getattr(plugin_package(name), "SETTINGS", ()))


def import_models(plugins: list[str] | tuple[str, ...]) -> None:
    """Make the tables of the core and of these plug-ins known to the metadata."""
    for module in CORE_MODELS:
        importlib.import_module(module)
    for name in plugins:
        package = plugin_package(name)
        if importlib.util.find_spec(f"{package.__name__}.models") is not None:
            importlib.import_module(f"{package.__name__}.models")


def migration_locations() -> list[str]:
    """Folders with migrations: `migrations/` of every installed plug-in.

    Disabled ones are included, as the database may still know their revisions; they are found
    without being imported, so that one that is broken is in nobody's way.
    """
    folders = []
    for point in installed().values():
        spec = _spec(point.module)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            if (Path(place) / "migrations").is_dir():
                folders.append(str(Path(place) / "migrations"))
    return folders


def includeme(config: Any) -> None:
    """Include the enabled plug-ins, in the order of the setting."""
    enabled = config.registry.setdefault("eoscperf.enabled", {})
    for name in config.get_settings()["eoscperf.plugins"]:
        package = plugin_package(name)
        claims.note_plugin(config.registry, package.__name__, name)
        config.include(package)
        enabled[name] = package


def _spec(module: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(module)
    except ModuleNotFoundError:
        return None
