"""What becomes of tokens when sessions end, passwords change, and people go."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from eoscperf.plugins.accounts.people.events import (
    IdentityDisabled,
    IdentityRemoved,
    PasswordChanged,
    SessionEnded,
)
from eoscperf.plugins.accounts.provider.ledger import Ledger
from eoscperf.plugins.accounts.provider.models import Authorization, OAuthClient


def session_ended(event: SessionEnded, request: Any) -> None:
    """Whoever logs out takes along what clients got in that session, unless they asked to stay."""
    padded = sa.literal(" ") + Authorization.scope + " "
    _ledger(request).revoke_where(
        Authorization.session_id == event.session_id, padded.not_like("% offline_access %")
    )


def password_changed(event: PasswordChanged, request: Any) -> None:
    """Whoever knew the old password may have used it to get tokens."""
    _ledger(request).revoke_where(Authorization.identity_id == event.identity_id)


def identity_gone(event: IdentityDisabled | IdentityRemoved, request: Any) -> None:
    """Nothing counts any longer that was given to the person or to the person's clients."""
    ids = request.dbsession.scalars(
        sa.select(OAuthClient.id).where(OAuthClient.owner_id == event.identity_id)
    )
    clients = [str(identifier) for identifier in ids]
    _ledger(request).revoke_where(
        sa.or_(Authorization.identity_id == event.identity_id, Authorization.client_id.in_(clients))
    )


def _ledger(request: Any) -> Ledger:
    return Ledger.for_request(request)
