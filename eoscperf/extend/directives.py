"""The directives a feature registers itself with, ours and those of plug-ins alike.

A name can be claimed once: two that claim the same thing stop the start, and the message names both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup
from pyramid.renderers import render

from eoscperf.extend.claims import claim

_NAVIGATION = "eoscperf.navigation"
_PANELS = "eoscperf.panels"
_RESULT_CHECKS = "eoscperf.result_checks"
_EXPORT_FORMATS = "eoscperf.export_formats"
_IDENTITY_PROVIDERS = "eoscperf.identity_providers"
_CAPABILITIES = "eoscperf.capabilities"


@dataclass(frozen=True, slots=True)
class NavEntry:
    """A menu entry; hidden from those without the permission."""

    title: str
    route: str
    permission: str | None = None
    order: int = 100


@dataclass(frozen=True, slots=True)
class Panel:
    """A block that a feature adds to a named slot of a page."""

    slot: str
    name: str
    renderer: str
    view: Callable[..., Mapping[str, Any]] | None = None
    permission: str | None = None
    order: int = 100


@dataclass(frozen=True, slots=True)
class ResultCheck:
    """Extra validation: `function(submission, request)` yields `eoscperf.errors.Issue`s, or none."""

    name: str
    function: Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """Another way to write a result search.

    `writer(rows, columns)` takes `eoscperf.results.exports.rows.Rows`, to be read once, and the paths asked
    for, none unless `columns` says that they may be, and yields bytes. `most` bounds the number of rows,
    `by_accept` says whether Accept chooses it or only `format=<name>` does.
    """

    name: str
    media_type: str
    writer: Callable[..., Iterator[bytes]]
    extension: str
    columns: bool = False
    most: int | None = None
    by_accept: bool = True
    available: Callable[[], bool] = field(default=lambda: True)
    help: str = ""


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """A source of identities; `issuer` (`eoscperf.security.issuers`) answers for the tokens of one `iss`."""

    name: str
    title: str
    issuer: Any = None
    info: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Capability:
    """Something this installation can do, announced to clients."""

    name: str
    description: str
    info: Mapping[str, Any] = field(default_factory=dict)


def add_nav_entry(
    config: Any, title: str, route: str, *, permission: str | None = None, order: int = 100
) -> None:
    entry = NavEntry(title, route, permission, order)
    claim(config, "nav_entry", route, lambda: config.registry[_NAVIGATION].append(entry), entry)


def add_panel(
    config: Any,
    slot: str,
    name: str,
    renderer: str,
    *,
    view: Any = None,
    permission: str | None = None,
    order: int = 100,
) -> None:
    panel = Panel(slot, name, renderer, config.maybe_dotted(view), permission, order)
    claim(config, "panel", f"{slot} {name}", lambda: config.registry[_PANELS].append(panel), panel)


def add_result_check(config: Any, name: str, function: Any) -> None:
    check = ResultCheck(name, config.maybe_dotted(function))
    _claim(config, "result_check", name, _RESULT_CHECKS, check)


def add_export_format(config: Any, name: str, media_type: str, writer: Any, **options: Any) -> None:
    export = ExportFormat(name, media_type, config.maybe_dotted(writer), **{"extension": name, **options})
    _claim(config, "export_format", name, _EXPORT_FORMATS, export)


def add_identity_provider(
    config: Any, name: str, *, title: str = "", issuer: Any = None, **info: Any
) -> None:
    provider = IdentityProvider(name, title or name, issuer, info)
    _claim(config, "identity_provider", name, _IDENTITY_PROVIDERS, provider)


def add_capability(config: Any, name: str, description: str, **info: Any) -> None:
    _claim(config, "capability", name, _CAPABILITIES, Capability(name, description, info))


def result_checks(registry: Any) -> dict[str, ResultCheck]:
    return registry[_RESULT_CHECKS]


def export_formats(registry: Any) -> dict[str, ExportFormat]:
    return registry[_EXPORT_FORMATS]


def identity_providers(registry: Any) -> dict[str, IdentityProvider]:
    return registry[_IDENTITY_PROVIDERS]


def capabilities(registry: Any) -> dict[str, Capability]:
    return registry[_CAPABILITIES]


def navigation(request: Any) -> list[NavEntry]:
    """`request.navigation`: the menu entries this caller may use, in order."""
    entries = sorted(request.registry[_NAVIGATION], key=lambda entry: (entry.order, entry.title))
    return [entry for entry in entries if not entry.permission or request.has_permission(entry.permission)]


def panels(request: Any, slot: str, **values: Any) -> Markup:
    """`request.panels(slot, ...)`: the rendered blocks of a slot that this caller may see, in order."""
    found = [panel for panel in request.registry[_PANELS] if panel.slot == slot]
    rendered = []
    for panel in sorted(found, key=lambda panel: (panel.order, panel.name)):
        if panel.permission and not request.has_permission(panel.permission):
            continue
        given = panel.view(request, **values) if panel.view else values
        # The renderer autoescapes; what it returns is the finished block.
        rendered.append(Markup(render(panel.renderer, dict(given), request)))  # noqa: S704
    return Markup("").join(rendered)


def _claim(config: Any, kind: str, name: str, where: str, thing: Any) -> None:
    def register() -> None:
        config.registry[where][name] = thing

    claim(config, kind, name, register, thing)


def includeme(config: Any) -> None:
    for name in (_NAVIGATION, _PANELS):
        config.registry.setdefault(name, [])
    for name in (_RESULT_CHECKS, _EXPORT_FORMATS, _IDENTITY_PROVIDERS, _CAPABILITIES):
        config.registry.setdefault(name, {})
    config.add_directive("add_nav_entry", add_nav_entry)
    config.add_directive("add_panel", add_panel)
    config.add_directive("add_result_check", add_result_check)
    config.add_directive("add_export_format", add_export_format)
    config.add_directive("add_identity_provider", add_identity_provider)
    config.add_directive("add_capability", add_capability)
    config.add_request_method(navigation, "navigation", reify=True)
    config.add_request_method(panels, "panels")
