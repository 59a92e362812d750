"""Who is asking, as plain data that outlives the request's session."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from eoscperf.security.permissions import PUBLIC, permission_of
from eoscperf.security.scopes import ADMINISTRATIVE


@dataclass(frozen=True, slots=True)
class Identity:
    """An authenticated person or script."""

    iss: str
    sub: str
    user_id: uuid.UUID | None = None
    """None while not registered"""
    admin: bool | None = False
    """None when the provider that knows the entitlements cannot be asked"""
    method: str = "bearer"
    scopes: frozenset[str] | None = None
    """None: everything the account may do"""
    reader: bool = False
    """its role lets it read only; does not count for administrators"""
    by_role: bool = False
    """it is an administrator by its role, which somebody else may be taking away just now"""
    discreet: bool = False
    """it is not shown its own account: what it is answered ends up where others read it"""

    @property
    def administers(self) -> bool | None:
        """Whether the caller is an administrator whose token may be used as one; None when nobody knows."""
        return self.admin if self.scopes is None or self.scopes & ADMINISTRATIVE else False

    def may_use(self, scopes: Collection[str]) -> bool:
        """Whether what the caller sent is good for something of one of these scopes."""
        return self.scopes is None or not self.scopes.isdisjoint(scopes)

    @property
    def registered(self) -> bool:
        return self.user_id is not None

    @property
    def key(self) -> str:
        """Names the identity in rate limits and idempotency records."""
        return f"{self.iss}\n{self.sub}"

    @property
    def principals(self) -> list[str]:
        roles = []
        if self.registered:
            roles.append("role:reader" if self.reader and not self.administers else "role:user")
        if self.administers:
            roles.append("role:admin")
        return [f"user:{self.user_id}" if self.registered else f"identity:{self.key}", *roles]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whose eyes a service looks through: decides what is visible."""

    user_id: uuid.UUID | None = None
    admin: bool = False
    discreet: bool = False
    """is shown nothing that others are not shown"""

    def owns(self, uploader_id: uuid.UUID | None) -> bool:
        return self.user_id is not None and self.user_id == uploader_id and not self.discreet

    def sees_uploader(self, uploader_id: uuid.UUID | None) -> bool:
        return self.admin or self.owns(uploader_id)


ANONYMOUS = Viewer()


def viewer_of(identity: Identity | None) -> Viewer:
    if identity is None:
        return ANONYMOUS
    return Viewer(identity.user_id, bool(identity.administers), identity.discreet)


def request_viewer(request: Any) -> Viewer:
    """`request.viewer`: without the scope for it, what is open to everybody is shown as to anybody."""
    identity = request.identity
    if identity is not None and identity.scopes is not None:
        operation = getattr(request, "operation", None)
        # Pages say nothing about themselves: they are for looking at.
        permission = permission_of(request.registry, operation.permission) if operation else PUBLIC
        if (
            permission is not None
            and permission.level == "public"
            and not identity.may_use(permission.scopes)
        ):
            return ANONYMOUS
    return viewer_of(identity)
