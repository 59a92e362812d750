"""The permissions around every kind of reviewed item."""

from __future__ import annotations

from typing import Any

from eoscperf.security.permissions import Level

_PERMISSIONS: dict[str, tuple[str, Level]] = {
    "list": ("list {kind}s", "public"),
    "read": ("look at a {kind}", "public"),
    "create": ("submit a {kind}", "user"),
    "update": ("change a {kind}", "admin"),
    "delete": ("delete a {kind}", "admin"),
    "approve": ("approve a {kind}", "admin"),
    "reject": ("reject a {kind}", "admin"),
    "restore": ("bring back a rejected or deleted {kind}", "admin"),
}


def add_item_permissions(config: Any, kind: str) -> None:
    """Declare `<kind>:list`, `<kind>:create` and so on."""
    for verb, (description, level) in _PERMISSIONS.items():
        scope = "moderate" if level == "admin" else None
        config.add_permission(f"{kind}:{verb}", description.format(kind=kind), default=level, scope=scope)
