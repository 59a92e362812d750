"""What becomes of tokens when sessions end, passwords change, and people go."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from eoscperf.login.sessions import WebSessions
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people.events import (
    AccountTakenBack,
    IdentityDisabled,
    IdentityLeft,
    IdentityRemoved,
    LoggedIn,
    PasswordChanged,
    SessionEnded,
    VouchedAgain,
)
from eoscperf.plugins.accounts.people.identities import LOCAL
from eoscperf.plugins.accounts.provider.clients import OAuthClients
from eoscperf.plugins.accounts.provider.consents import Consents
from eoscperf.plugins.accounts.provider.ledger import Ledger
from eoscperf.plugins.accounts.provider.models import Authorization, OAuthClient


def session_ended(event: SessionEnded, request: Any) -> None:
    """Whoever logs out takes along what clients got in that session, unless they asked to stay."""
    padded = sa.literal(" ") + Authorization.scope + " "
    _ledger(request).revoke_where(
        Authorization.session_id == event.session_id, padded.not_like("% offline_access %")
    )
    WebSessions(request.dbsession).end_at_provider(
        request.registry.settings["accounts.issuer"], str(event.session_id)
    )


def password_changed(event: PasswordChanged, request: Any) -> None:
    """Whoever knew the old password may have used it to get tokens."""
    _ledger(request).revoke_where(Authorization.identity_id == event.identity_id)


def vouched_again(event: LoggedIn | VouchedAgain, request: Any) -> None:
    """Who has lost a group has lost it in each browser."""
    identity = request.dbsession.get(LocalIdentity, event.identity_id)
    if identity is not None and identity.backend != LOCAL:
        WebSessions(request.dbsession).entitle(
            request.registry.settings["accounts.issuer"], str(identity.id), identity.entitlements
        )


def taken_back(event: AccountTakenBack, request: Any) -> None:
    """Clients that whoever had the account has registered are theirs, and so is what they have granted."""
    Consents.for_request(request).forget_since(event.identity_id, event.since)
    OAuthClients.for_request(request).distrust(event.identity_id, event.since)
    _end_clients(event.identity_id, request)


def identity_gone(event: IdentityDisabled | IdentityLeft | IdentityRemoved, request: Any) -> None:
    """Nothing counts any longer that was given to the person or to the person's clients."""
    _ledger(request).revoke_where(Authorization.identity_id == event.identity_id)
    _end_clients(event.identity_id, request)


def _end_clients(owner_id: uuid.UUID, request: Any) -> None:
    ids = request.dbsession.scalars(sa.select(OAuthClient.id).where(OAuthClient.owner_id == owner_id))
    clients = [str(identifier) for identifier in ids]
    _ledger(request).revoke_where(Authorization.client_id.in_(clients))


def _ledger(request: Any) -> Ledger:
    return Ledger.for_request(request)
