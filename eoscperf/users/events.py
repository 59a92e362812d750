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
class AccountMail:
    """A mail about log-in that is to be sent to an address, whoever delivers mails.

    `link` stands below the first paragraph and may be a secret: it belongs into the mail and nowhere else.
    With `deliver=False` everything is done as for any other mail and nobody gets it, so that the time
    an answer takes does not tell who has an account.
    """

    topic: ClassVar[str] = "account.mail"

    to: str
    subject: str
    paragraphs: tuple[str, ...]
    link: str = ""
    deliver: bool = True


@dataclass(frozen=True, kw_only=True)
class UserDisabled(UserEvent):
    """Nothing of the account's tokens is accepted any more."""

    topic: ClassVar[str] = "user.disabled"

    entry_id: int
    message: str | None = None


@dataclass(frozen=True, kw_only=True)
class UserEnabled(UserEvent):
    topic: ClassVar[str] = "user.enabled"

    entry_id: int
    message: str | None = None


@dataclass(frozen=True, kw_only=True)
class ServiceAccountCreated(UserEvent):
    """An administrator made an account for a machine; `email` reaches the people behind it."""

    topic: ClassVar[str] = "service.created"

    entry_id: int


@dataclass(frozen=True, kw_only=True)
class UserRoleChanged(UserEvent):
    topic: ClassVar[str] = "user.role_changed"

    entry_id: int
    from_role: str
    to_role: str
    message: str | None = None
