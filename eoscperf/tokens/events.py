"""What happens to API tokens, as plain data for subscribers; never the token itself."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class TokenEvent:
    """Something happened to a token of the account `user_id`."""

    topic: ClassVar[str] = ""

    id: uuid.UUID
    user_id: uuid.UUID
    name: str
    hint: str
    scopes: tuple[str, ...]
    expires_datetime: datetime.datetime
    entry_id: int


@dataclass(frozen=True, kw_only=True)
class ApiTokenCreated(TokenEvent):
    topic: ClassVar[str] = "token.created"


@dataclass(frozen=True, kw_only=True)
class ApiTokenRevoked(TokenEvent):
    topic: ClassVar[str] = "token.revoked"
