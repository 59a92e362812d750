"""What becomes of users means for the local issuer: their registration, their end, and a pause."""

from __future__ import annotations

import uuid
from typing import Any

from eoscperf.errors import InvalidToken
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people.identities import Identities
from eoscperf.plugins.accounts.provider.clients import OAuthClients
from eoscperf.plugins.accounts.provider.models import OAuthClient
from eoscperf.users.events import UserDisabled, UserEnabled, UserRegistered, UserRemoved


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


def disable_identity(event: UserDisabled, request: Any) -> None:
    """Who is shut out must not go on under the name of a client, which has an account of its own."""
    if _is_local_person(event, request):
        request.find_service(Identities).disable(uuid.UUID(event.sub))


def enable_identity(event: UserEnabled, request: Any) -> None:
    if _is_local_person(event, request):
        request.find_service(Identities).enable(uuid.UUID(event.sub))


def _is_local_person(event: UserDisabled | UserEnabled, request: Any) -> bool:
    if event.iss != request.registry.settings["accounts.issuer"]:
        return False
    return request.dbsession.get(LocalIdentity, uuid.UUID(event.sub)) is not None
