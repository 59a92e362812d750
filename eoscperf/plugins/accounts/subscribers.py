"""What the registration and the removal of users mean for the local issuer."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from eoscperf.errors import InvalidToken
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.users.events import UserRegistered, UserRemoved


def check_identity(event: UserRegistered, request: Any) -> None:
    """Tokens from before a removal must not bring the account back, let alone its entitlements."""
    if event.iss != request.registry.settings["accounts.issuer"]:
        return
    known = sa.select(LocalIdentity.id).where(LocalIdentity.id == uuid.UUID(event.sub))
    if request.dbsession.scalar(known) is None:
        raise InvalidToken("The account that this token was made for was removed. Ask for a new token.")


def forget_identity(event: UserRemoved, request: Any) -> None:
    if event.iss != request.registry.settings["accounts.issuer"]:
        return
    request.dbsession.execute(sa.delete(LocalIdentity).where(LocalIdentity.id == uuid.UUID(event.sub)))
