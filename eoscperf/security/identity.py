"""Who is asking, as plain data that outlives the request's session."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any


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

    @property
    def registered(self) -> bool:
        return self.user_id is not None

    @property
    def key(self) -> str:
        """Names the identity in rate limits and idempotency records."""
        return f"{self.iss}\n{self.sub}"

    @property
    def principals(self) -> list[str]:
        roles = ["role:user"] if self.registered else []
        if self.admin:
            roles.append("role:admin")
        return [f"user:{self.user_id}" if self.registered else f"identity:{self.key}", *roles]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whose eyes a service looks through: decides what is visible."""

    user_id: uuid.UUID | None = None
    admin: bool = False

    def owns(self, uploader_id: uuid.UUID | None) -> bool:
        return self.user_id is not None and self.user_id == uploader_id

    def sees_uploader(self, uploader_id: uuid.UUID | None) -> bool:
        return self.admin or self.owns(uploader_id)


ANONYMOUS = Viewer()


def viewer_of(identity: Identity | None) -> Viewer:
    return Viewer(identity.user_id, bool(identity.admin)) if identity else ANONYMOUS


def request_viewer(request: Any) -> Viewer:
    """`request.viewer`"""
    return viewer_of(request.identity)
