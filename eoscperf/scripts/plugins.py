"""`eoscperf-admin plugins`: what is installed, what of it is enabled, what it does and how it is set."""

from __future__ import annotations

import json
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa

from eoscperf import extend
from eoscperf.extend.claims import claims
from eoscperf.options import REQUIRED, Option
from eoscperf.scripts.context import Context, pass_context
from eoscperf.scripts.migrations import MigrationProblem, Migrations

SHOWN_KINDS = (
    "capability",
    "permission",
    "api_service",
    "identity_provider",
    "export_format",
    "result_check",
)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable: a JSON array of objects.")
@pass_context
def plugins(context: Context, as_json: bool) -> None:
    """List the installed plug-ins: enabled or not, what they add, their settings, their tables."""
    found = describe(context)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for plugin in found:
        click.echo(_as_text(plugin))
    if not found:
        click.echo("No plug-in is installed.")


def describe(context: Context) -> list[dict[str, Any]]:
    """Every installed plug-in, the enabled ones first and in their order, then by name."""
    enabled = list(context.settings["eoscperf.plugins"])
    registry = context.app().registry if enabled else None
    schema = _schema(context)
    points = extend.installed()
    order = enabled + [name for name in points if name not in enabled]
    return [_described(points[name], context.settings, registry, schema.get(name)) for name in order]


def _described(
    point: EntryPoint, settings: dict[str, Any], registry: Any, migrations: str | None
) -> dict[str, Any]:
    enabled = point.name in settings["eoscperf.plugins"]
    plugin: dict[str, Any] = {
        "name": point.name,
        "enabled": enabled,
        "distribution": extend.distribution(point),
        "package": point.module,
        "summary": "",
        "migrations": migrations,
        "settings": [],
    }
    try:
        package = extend.plugin_package(point.name)
    except LookupError as problem:
        return plugin | {"summary": f"unusable: {problem}"}
    plugin["summary"] = (package.__doc__ or "").strip().partition("\n")[0]
    plugin["settings"] = [_setting(option, settings) for option in extend.plugin_options(point.name)]
    if enabled:
        for kind in SHOWN_KINDS:
            made = claims(registry, owner=point.name, kind=kind)
            plugin[_plural(kind)] = [claim.name for claim in made]
    return plugin


def _plural(kind: str) -> str:
    return kind.removesuffix("y") + "ies" if kind.endswith("y") else kind + "s"


def _setting(option: Option, settings: dict[str, Any]) -> dict[str, Any]:
    value = settings.get(option.key, option.default)
    return {
        "key": option.key,
        "variable": option.variable,
        "value": _shown(value, option.secret),
        "default": value == option.default,
        "help": option.help,
    }


def _shown(value: Any, secret: bool) -> str:
    if value is REQUIRED:
        return "(required)"
    if secret:
        return "(set, not shown)" if value else "(not set)"
    if isinstance(value, (tuple, list)):
        return " ".join(map(str, value))
    return "" if value is None else str(value)


def _schema(context: Context) -> dict[str, str]:
    """The state of each plug-in's tables in a sentence; empty when the database cannot be asked."""
    engine = context.engine()
    try:
        if engine.dialect.name == "sqlite" and not _exists(engine):
            return {}  # asking would make the file
        return {
            branch.owner: f"at {branch.current or 'base'}, {branch.pending} pending"
            for branch in Migrations(engine, context.settings["eoscperf.plugins"]).status()
        }
    except (MigrationProblem, sa.exc.OperationalError, sa.exc.InterfaceError) as problem:
        click.echo(f"The state of the tables is unknown: {problem.args[0]}", err=True)
        return {}
    finally:
        engine.dispose()


def _exists(engine: sa.Engine) -> bool:
    return bool(engine.url.database) and Path(str(engine.url.database)).exists()


def _as_text(plugin: dict[str, Any]) -> str:
    state = "enabled" if plugin["enabled"] else "not enabled"
    lines = [f"{plugin['name']}: {state} ({plugin['distribution']})"]
    lines += [f"  {plugin['summary']}"] if plugin["summary"] else []
    for kind in SHOWN_KINDS:
        names = plugin.get(_plural(kind))
        lines += [f"  {_plural(kind).replace('_', ' ')}: {', '.join(names)}"] if names else []
    for setting in plugin["settings"]:
        origin = " (default)" if setting["default"] else ""
        lines.append(f"  setting {setting['key']} = {setting['value']}{origin}")
    lines += [f"  tables: {plugin['migrations']}"] if plugin["migrations"] else []
    return "\n".join(lines)
