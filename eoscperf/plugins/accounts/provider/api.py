"""The REST operations on OAuth clients and grants."""

from __future__ import annotations

import uuid
from typing import Any

from eoscperf import errors
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.provider import schemas
from eoscperf.plugins.accounts.provider.clients import OAuthClients
from eoscperf.plugins.accounts.provider.consents import Consents
from eoscperf.plugins.accounts.provider.models import OAuthClient
from eoscperf.plugins.accounts.provider.schemas import present_client, present_grant
from eoscperf.rest import ApiService
from eoscperf.rest.pages import location
from eoscperf.rest.schema import NULL

_TAG = "accounts"

clients = ApiService("accounts_clients", "/accounts/clients", tag=_TAG)
client = ApiService("accounts_client", "/accounts/clients/{client_id}", tag=_TAG)
secret = ApiService("accounts_client_secret", "/accounts/clients/{client_id}:rotate_secret", tag=_TAG)
grants = ApiService("accounts_grants", "/accounts/self/grants", tag=_TAG)
grant = ApiService("accounts_grant", "/accounts/self/grants/{grant_id}", tag=_TAG)

SERVICES = [clients, client, secret, grants, grant]

_NO_ACCOUNT = {404: "the caller has no local account"}
_UNKNOWN = {404: "the caller has no client with this id"}


@clients.get(
    operation_id="ListOAuthClients",
    permission="accounts:self",
    returns="OAuthClients",
    errors=_NO_ACCOUNT,
)
def list_clients(request: Any) -> Any:
    """List the OAuth clients that the caller has registered.

    Administrators see those of everybody.
    """
    owner = None if request.viewer.admin else own_identity(request).id
    return {"items": [present_client(row) for row in request.find_service(OAuthClients).listed(owner)]}


@clients.post(
    operation_id="RegisterOAuthClient",
    permission="accounts:self",
    body=schemas.NEW_CLIENT,
    status=201,
    returns="NewOAuthClient",
    errors={**_NO_ACCOUNT, 409: "the caller has as many clients as one person may have"},
)
def register_client(request: Any) -> Any:
    """Register a program that lets people log in here.

    The secret of a confidential client is shown this once and not stored. With it the program may also get
    tokens of its own (client credentials), whose `sub` is its id.
    """
    owner = own_identity(request)
    given = _given(request)
    kind = given.pop("kind")
    row, made = request.find_service(OAuthClients).register(
        owner.id, confidential=kind == "confidential", **given
    )
    request.response.status_int = 201
    request.response.headers["Location"] = location(request, "accounts_client", client_id=row.id)
    return _with_secret(request, row, made)


@client.get(operation_id="GetOAuthClient", permission="accounts:self", returns="OAuthClient", errors=_UNKNOWN)
def get_client(request: Any) -> Any:
    """Get one of the caller's OAuth clients."""
    return present_client(_found(request))


@client.put(
    operation_id="UpdateOAuthClient",
    permission="accounts:self",
    body=schemas.CLIENT,
    status=204,
    errors=_UNKNOWN,
)
def update_client(request: Any) -> None:
    """Change one of the caller's OAuth clients.

    What is left out stays as it is. Scopes that are taken away are gone from its next tokens.
    """
    request.find_service(OAuthClients).edit(_found(request, lock=True), **_given(request))
    request.response.status_int = 204


@client.delete(operation_id="DeleteOAuthClient", permission="accounts:self", status=204, errors=_UNKNOWN)
def delete_client(request: Any) -> None:
    """Delete one of the caller's OAuth clients, with all that was granted and given out to it."""
    request.find_service(OAuthClients).delete(_found(request, lock=True))
    request.response.status_int = 204


@secret.post(
    operation_id="RotateOAuthClientSecret",
    permission="accounts:self",
    returns="NewOAuthClient",
    errors={**_UNKNOWN, 409: "a public client has no secret"},
)
def rotate_secret(request: Any) -> Any:
    """Replace the secret of a confidential client; the old one is of no use from then on."""
    row = _found(request, lock=True)
    return _with_secret(request, row, request.find_service(OAuthClients).rotate_secret(row))


@grants.get(
    operation_id="ListOwnGrants", permission="accounts:self", returns="OAuthGrants", errors=_NO_ACCOUNT
)
def list_grants(request: Any) -> Any:
    """List what the caller lets programs do."""
    found = request.find_service(Consents).of_identity(own_identity(request).id)
    names = request.find_service(OAuthClients).names([row.client_id for row in found])
    return {"items": [present_grant(row, names) for row in found]}


@grant.delete(
    operation_id="RevokeOwnGrant",
    permission="accounts:self",
    status=204,
    errors={404: "the caller has no such grant"},
)
def revoke_grant(request: Any) -> None:
    """Take back what the caller lets a program do; its tokens are of no use from then on."""
    grant_id = uuid.UUID(request.matchdict["grant_id"])
    request.find_service(Consents).revoke(own_identity(request).id, grant_id)
    request.response.status_int = 204


def own_identity(request: Any) -> LocalIdentity:
    """The caller's local account; NotFound for people of other identity providers."""
    caller = request.identity
    if caller.iss == request.registry.settings["accounts.issuer"]:
        found = request.dbsession.get(LocalIdentity, uuid.UUID(caller.sub))
        if found is not None:
            return found
    raise errors.NotFound("You have no local account here.")


def _found(request: Any, *, lock: bool = False) -> OAuthClient:
    owner = None if request.viewer.admin else own_identity(request).id
    client_id = uuid.UUID(request.matchdict["client_id"])
    return request.find_service(OAuthClients).get(client_id, owner_id=owner, lock=lock)


def _given(request: Any) -> dict[str, Any]:
    return {name: "" if value is NULL else value for name, value in request.fields.items()}


def _with_secret(request: Any, row: OAuthClient, made: str | None) -> dict[str, Any]:
    # No cache between here and the caller keeps it either.
    request.response.headers["Cache-Control"] = "no-store"
    return present_client(row) | ({} if made is None else {"client_secret": made})
