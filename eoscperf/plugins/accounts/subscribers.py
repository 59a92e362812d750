"""What becomes of users means for the local issuer: their registration, their end, and a pause."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from eoscperf.ciupload.service import TrustRules
from eoscperf.errors import Invalid, InvalidToken, Issue
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people.events import AccountTakenBack
from eoscperf.plugins.accounts.people.identities import Identities
from eoscperf.plugins.accounts.provider.clients import OAuthClients
from eoscperf.plugins.accounts.provider.models import OAuthClient
from eoscperf.tokens.service import ApiTokens
from eoscperf.users.events import UserDisabled, UserEnabled, UserRegistered, UserRemoved, UserRoleChanged
from eoscperf.users.models import User


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


def refuse_administrating_client(event: UserRoleChanged, request: Any) -> None:
    """A program has nobody who answers for what it decides, and must not be the administrator who is left."""
    if event.to_role != "admin" or event.iss != request.registry.settings["accounts.issuer"]:
        return
    if request.dbsession.get(OAuthClient, uuid.UUID(event.sub)) is not None:
        text = "An OAuth client cannot be an administrator."
        raise Invalid([Issue(text, "body", "role", "/role")], detail=text)


def distrust_what_was_added(event: AccountTakenBack, request: Any) -> None:
    """Whoever had the account meanwhile must not go on with what needs no log-in."""
    iss, sub = request.registry.settings["accounts.issuer"], str(event.identity_id)
    user_id = request.dbsession.scalar(sa.select(User.id).where(User.iss == iss, User.sub == sub))
    if user_id is not None:
        request.find_service(ApiTokens).revoke_since(user_id, event.since)
        request.find_service(TrustRules).delete_since(user_id, event.since)


def _is_local_person(event: UserDisabled | UserEnabled, request: Any) -> bool:
    if event.iss != request.registry.settings["accounts.issuer"]:
        return False
    return request.dbsession.get(LocalIdentity, uuid.UUID(event.sub)) is not None
