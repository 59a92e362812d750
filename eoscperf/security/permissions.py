"""Permissions: each has a name, a sentence, the level a caller must have reached, and scopes of tokens."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal, get_args

from eoscperf.extend.claims import claim
from eoscperf.security.scopes import checked, default_scopes

Level = Literal["public", "token", "user", "owner", "admin"]
"""public: anybody; token: a valid token; user: registered; owner: registered, and the object
decides; admin: administrators."""

_PERMISSIONS = "eoscperf.permissions"


@dataclass(frozen=True, slots=True)
class Permission:
    name: str
    description: str
    level: Level
    scopes: tuple[str, ...] = ()
    """a limited token must have one of these"""
    account: bool = False
    """it is about nothing but the caller's own account"""

    def __post_init__(self) -> None:
        if not self.scopes:
            scopes = default_scopes(self.level, self.name.partition(":")[2])
            object.__setattr__(self, "scopes", scopes)

    @property
    def for_readers(self) -> bool:
        """Whether those may do it who may only read, beside caring for their own account."""
        return self.level in ("public", "token") or self.account or "read" in self.scopes


PUBLIC = Permission("", "do what everybody may", "public")
"""Of operations that ask for no permission."""


def declare_permission(
    config: Any,
    name: str,
    description: str,
    *,
    default: Level,
    scope: str | Collection[str] | None = None,
    account: bool = False,
) -> None:
    """Behind `config.add_permission(name, description, default=level)`: views ask for declared ones only."""
    if default not in get_args(Level):
        raise ValueError(f"permission {name}: level {default!r} is none of {', '.join(get_args(Level))}")
    try:
        scopes = () if scope is None else checked(scope)
    except ValueError as problem:
        raise ValueError(f"permission {name}: {problem}") from None
    permission = Permission(name, description, default, scopes, account)

    def register() -> None:
        config.registry[_PERMISSIONS][name] = permission

    claim(config, "permission", name, register, permission)


def permissions(registry: Any) -> dict[str, Permission]:
    """All declared permissions by name."""
    return registry[_PERMISSIONS]


def permission_of(registry: Any, name: str) -> Permission | None:
    """A permission by its name, `PUBLIC` where none is asked for; None for one that nobody declared."""
    return registry[_PERMISSIONS].get(name) if name else PUBLIC


def level_of(registry: Any, name: str) -> Level | None:
    """The level of a permission; None for one that nobody declared."""
    permission = registry[_PERMISSIONS].get(name)
    return permission.level if permission else None


def includeme(config: Any) -> None:
    config.registry.setdefault(_PERMISSIONS, {})
    config.add_permission("site:view", "look at the public pages", default="public")
