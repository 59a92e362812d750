"""Permissions: each has a name, a sentence, and the level a caller must have reached to hold it at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from eoscperf.extend.claims import claim

Level = Literal["public", "token", "user", "owner", "admin"]
"""public: anybody; token: a valid token; user: registered; owner: registered, and the object
decides; admin: administrators."""

_PERMISSIONS = "eoscperf.permissions"


@dataclass(frozen=True, slots=True)
class Permission:
    name: str
    description: str
    level: Level


def declare_permission(config: Any, name: str, description: str, *, default: Level) -> None:
    """Behind `config.add_permission(name, description, default=level)`: views ask for declared ones only."""
    if default not in get_args(Level):
        raise ValueError(f"permission {name}: level {default!r} is none of {', '.join(get_args(Level))}")
    permission = Permission(name, description, default)

    def register() -> None:
        config.registry[_PERMISSIONS][name] = permission

    claim(config, "permission", name, register, permission)


def permissions(registry: Any) -> dict[str, Permission]:
    """All declared permissions by name."""
    return registry[_PERMISSIONS]


def level_of(registry: Any, name: str) -> Level | None:
    """The level of a permission; None for one that nobody declared."""
    permission = registry[_PERMISSIONS].get(name)
    return permission.level if permission else None


def includeme(config: Any) -> None:
    config.registry.setdefault(_PERMISSIONS, {})
    config.add_permission("site:view", "look at the public pages", default="public")
