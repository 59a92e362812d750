"""What happens to accounts, as plain data for subscribers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class UserEvent:
    """Something happened to an account; `topic` names it."""

    topic: ClassVar[str] = ""

    id: uuid.UUID
    iss: str
    sub: str
    email: str


@dataclass(frozen=True, kw_only=True)
class UserRegistered(UserEvent):
    topic: ClassVar[str] = "user.registered"


@dataclass(frozen=True, kw_only=True)
class UserUpdated(UserEvent):
    """The address was taken over from the identity provider again; it may be the same."""

    topic: ClassVar[str] = "user.updated"

    old_email: str


@dataclass(frozen=True, kw_only=True)
class UserRemoved(UserEvent):
    """The account is gone; what it contributed has no uploader any more."""

    topic: ClassVar[str] = "user.removed"

    entry_id: int
    message: str | None = None


@dataclass(frozen=True, kw_only=True)
class UserRoleChanged(UserEvent):
    topic: ClassVar[str] = "user.role_changed"

    entry_id: int
    from_role: str
    to_role: str
    message: str | None = None
