"""What happens to local identities and their sessions, as plain data for subscribers."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class IdentityEvent:
    """Something happened to a local identity; `topic` names it."""

    topic: ClassVar[str] = ""

    identity_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class LoggedIn(IdentityEvent):
    topic: ClassVar[str] = "accounts.logged_in"

    session_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class VouchedAgain(IdentityEvent):
    """The backend that knows the person was asked without a log-in; what it says may have changed."""

    topic: ClassVar[str] = "accounts.vouched_again"


@dataclass(frozen=True, kw_only=True)
class IdentityLeft(IdentityEvent):
    """The backend does not know the person any more, or lets them in no longer; they may come back."""

    topic: ClassVar[str] = "accounts.identity_left"


@dataclass(frozen=True, kw_only=True)
class SessionEnded(IdentityEvent):
    """A session is over: logged out, ended from elsewhere, or taken away with what it rested on."""

    topic: ClassVar[str] = "accounts.session_ended"

    session_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(IdentityEvent):
    topic: ClassVar[str] = "accounts.password_changed"


@dataclass(frozen=True, kw_only=True)
class SecondFactorChanged(IdentityEvent):
    """The one-time passwords were switched on or off, or a passkey came or went."""

    topic: ClassVar[str] = "accounts.second_factor_changed"


@dataclass(frozen=True, kw_only=True)
class EmailChanged(IdentityEvent):
    topic: ClassVar[str] = "accounts.email_changed"

    old_email: str
    email: str


@dataclass(frozen=True, kw_only=True)
class AccountTakenBack(IdentityEvent):
    """The owner has undone a change of the address; what was added `since` may be a stranger's."""

    topic: ClassVar[str] = "accounts.taken_back"

    since: datetime.datetime


@dataclass(frozen=True, kw_only=True)
class IdentityCreated(IdentityEvent):
    topic: ClassVar[str] = "accounts.identity_created"

    email: str


@dataclass(frozen=True, kw_only=True)
class IdentityDisabled(IdentityEvent):
    """Nobody logs in as this identity for now; nothing that was given out to it counts any longer."""

    topic: ClassVar[str] = "accounts.identity_disabled"


@dataclass(frozen=True, kw_only=True)
class IdentityRemoved(IdentityEvent):
    """The identity is gone, with its credentials and sessions."""

    topic: ClassVar[str] = "accounts.identity_removed"
