"""Probes for whoever runs the platform: is the process alive, can it do its work."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from eoscperf import errors
from eoscperf.rest.service import ApiService

health = ApiService("health", "/healthz", tag="service", root=True)
ready = ApiService("ready", "/readyz", tag="service", root=True)

_MIGRATIONS = "eoscperf.probe_migrations"


@health.get(
    operation_id="GetHealth",
    permission="",
    ignores_caller=True,
    returns={"type": "object", "required": ["status"], "properties": {"status": {"const": "ok"}}},
    examples=[{"summary": "The process runs", "status": 200, "answer": {"status": "ok"}}],
)
def get_health(request: Any) -> Any:
    """Tell that the process runs; touches neither database nor anything else."""
    return {"status": "ok"}


@ready.get(
    operation_id="GetReady",
    permission="",
    ignores_caller=True,
    returns={
        "type": "object",
        "required": ["status", "checks"],
        "properties": {
            "status": {"const": "ok"},
            "checks": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    },
    errors={503: "the database cannot be reached, or its schema is not up to date; `checks` tells which"},
    examples=[
        {
            "summary": "Everything is ready",
            "status": 200,
            "answer": {"status": "ok", "checks": {"database": "ok", "migrations": "ok"}},
        }
    ],
)
def get_ready(request: Any) -> Any:
    """Tell whether requests can be served: the database can be reached and its schema is up to date."""
    checks = check(request.registry)
    failed = [name for name, state in checks.items() if state != "ok"]
    if failed:
        error = errors.DatabaseUnavailable(
            "Not ready: " + "; ".join(f"{name} {checks[name]}" for name in failed)
        )
        error.members["checks"] = checks
        raise error
    return {"status": "ok", "checks": checks}


def check(registry: Any) -> dict[str, str]:
    """`ok` or what is wrong, by the name of the check."""
    try:
        pending = _pending(registry)
    except (sa.exc.DBAPIError, sa.exc.TimeoutError):
        # Without details: the probe is public, and they may name hosts and users.
        return {"database": "cannot be reached", "migrations": "unknown"}
    state = "ok" if not pending else "lacks revisions of " + ", ".join(pending)
    return {"database": "ok", "migrations": state}


def _pending(registry: Any) -> list[str]:
    """The owners whose part of the schema is not up to date."""
    from eoscperf.scripts.migrations import MigrationProblem, Migrations

    migrations = registry.get(_MIGRATIONS)
    if migrations is None:
        # Reads every revision file: once per process is enough, they do not change while it runs.
        migrations = Migrations(registry["dbengine"], registry.settings["eoscperf.plugins"])
        registry[_MIGRATIONS] = migrations
    try:
        return [branch.owner for branch in migrations.status() if branch.enabled and branch.pending]
    except MigrationProblem:
        return ["a newer version or of a plug-in that is not installed"]


def includeme(config: Any) -> None:
    config.add_api_service(health)
    config.add_api_service(ready)
