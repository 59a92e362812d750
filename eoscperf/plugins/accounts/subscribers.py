"""What the registration and the removal of users mean for the local issuer."""

from __future__ import annotations

import uuid
from typing import Any

from eoscperf.errors import InvalidToken
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people.identities import Identities
from eoscperf.plugins.accounts.provider.clients import OAuthClients
from eoscperf.plugins.accounts.provider.models import OAuthClient
from eoscperf.users.events import UserRegistered, UserRemoved


def check_identity(event: UserRegistered, request: Any) -> None:
    """Tokens from before a removal must not bring the account back, let alone its entitlements."""
    if event.iss != request.registry.settings["accounts.issuer"]:
        return
    identifier = uuid.UUID(event.sub)
    if all(request.dbsession.get(kind, identifier) is None for kind in (LocalIdentity, OAuthClient)):
        raise InvalidToken("The account that this token was made for was removed. Ask for a new token.")


def forget_identity(event: UserRemoved, request: Any) -> None:
    if event.iss != request.registry.settings["accounts.issuer"]:
        return
    request.find_service(Identities).remove(uuid.UUID(event.sub))
    # A client acts under its own id when it acts for itself.
    client = request.dbsession.get(OAuthClient, uuid.UUID(event.sub))
    if client is not None:
        OAuthClients.for_request(request).delete(client)
