"""API tokens over REST: those of the caller and, for administrators, those of service accounts."""

from __future__ import annotations

import uuid
from typing import Any

from eoscperf.rest import ApiService
from eoscperf.rest.pages import answer_page, location, sort_keys
from eoscperf.tokens import schemas
from eoscperf.tokens.schemas import present_token
from eoscperf.tokens.service import SORT, ApiTokens

OWN, SERVICE = "/users/self/tokens", "/users/services/{user_id}"

own_tokens = ApiService("own_tokens", OWN, tag="tokens")
own_token = ApiService("own_token", OWN + "/{token_id}", traverse="/api_tokens/{token_id}", tag="tokens")
service_tokens = ApiService(
    "service_tokens", SERVICE + "/tokens", traverse="/services/{user_id}", tag="services"
)
service_token = ApiService(
    "service_token", SERVICE + "/tokens/{token_id}", traverse="/services/{user_id}", tag="services"
)

SERVICES = [own_tokens, own_token, service_tokens, service_token]

_NEW = {"name": "nightly upload", "scopes": ["read", "upload"], "days": 30}
_REFUSALS = {
    403: "an API token was sent: it cannot make others",
    409: "the account has as many valid tokens as it may have",
    422: "a scope is beyond what the caller's own token, or the account, may do",
}


@own_tokens.get(
    operation_id="ListOwnTokens",
    permission="token:list",
    query=schemas.LIST,
    is_list=True,
    returns="page:ApiToken",
    examples=[{"summary": "Your tokens, the newest first", "as": "user", "status": 200}],
)
def list_own_tokens(request: Any) -> Any:
    """List the caller's API tokens.

    Those that expired stay in the list for a while.
    """
    return _answer(request, request.identity.user_id)


@own_tokens.post(
    operation_id="CreateOwnToken",
    permission="token:create",
    body=schemas.NEW,
    status=201,
    returns="NewApiToken",
    errors=_REFUSALS,
    examples=[{"summary": "A token for a script that uploads", "as": "user", "body": _NEW, "status": 201}],
)
def create_own_token(request: Any) -> Any:
    """Make an API token for a script.

    It is shown this once and not stored. It may do what its scopes say and the account may do: both are
    looked at whenever it is used. Only a token from a log-in makes API tokens.
    """
    return _create(request, request.identity.user_id, "own_token")


@own_token.get(
    operation_id="GetOwnToken",
    permission="token:list",
    target=True,
    returns="ApiToken",
    examples=[{"summary": "One token", "path": {"token_id": "$token"}, "as": "owner", "status": 200}],
)
def get_own_token(request: Any) -> Any:
    """Get one of the caller's API tokens."""
    return request.context.represent()


@own_token.delete(
    operation_id="RevokeOwnToken",
    permission="token:revoke",
    target=True,
    status=204,
    examples=[{"summary": "Revoke a token", "path": {"token_id": "$token"}, "as": "owner", "status": 204}],
)
def revoke_own_token(request: Any) -> None:
    """Revoke one of the caller's API tokens, at once and for good."""
    request.find_service(ApiTokens).revoke(request.context.model)
    request.response.status_int = 204


@service_tokens.get(
    operation_id="ListServiceTokens",
    permission="service:tokens",
    query=schemas.LIST,
    is_list=True,
    target=True,
    returns="page:ApiToken",
    examples=[
        {
            "summary": "The tokens of a service account",
            "path": {"user_id": "$service"},
            "as": "admin",
            "status": 200,
        }
    ],
)
def list_service_tokens(request: Any) -> Any:
    """List the API tokens of a service account."""
    return _answer(request, request.context.model.id)


@service_tokens.post(
    operation_id="CreateServiceToken",
    permission="service:tokens",
    target=True,
    body=schemas.NEW,
    status=201,
    returns="NewApiToken",
    errors=_REFUSALS,
    examples=[
        {
            "summary": "A token for a nightly job",
            "path": {"user_id": "$service"},
            "as": "admin",
            "body": _NEW,
            "status": 201,
        }
    ],
)
def create_service_token(request: Any) -> Any:
    """Make an API token for a service account; it is shown this once and not stored."""
    return _create(request, request.context.model.id, "service_token", user_id=request.context.model.id)


@service_token.get(
    operation_id="GetServiceToken",
    permission="service:tokens",
    target=True,
    returns="ApiToken",
    examples=[
        {
            "summary": "One token of a service account",
            "path": {"user_id": "$service", "token_id": "$token_of_service"},
            "as": "admin",
            "status": 200,
        }
    ],
)
def get_service_token(request: Any) -> Any:
    """Get an API token of a service account."""
    return present_token(_of_service(request))


@service_token.delete(
    operation_id="RevokeServiceToken",
    permission="service:tokens",
    target=True,
    status=204,
    examples=[
        {
            "summary": "Revoke a token of a service account",
            "path": {"user_id": "$service", "token_id": "$token_of_service"},
            "as": "admin",
            "status": 204,
        }
    ],
)
def revoke_service_token(request: Any) -> None:
    """Revoke an API token of a service account, at once and for good."""
    request.find_service(ApiTokens).revoke(_of_service(request, lock=True))
    request.response.status_int = 204


def _answer(request: Any, user_id: Any) -> dict[str, Any]:
    tokens = request.find_service(ApiTokens)
    sort = sort_keys(request, SORT)
    return answer_page(
        request, lambda page, binding: tokens.search(user_id, sort, page, binding), present_token
    )


def _create(request: Any, owner_id: Any, route: str, **path: Any) -> dict[str, Any]:
    token, text = request.find_service(ApiTokens).create(owner_id, **request.fields)
    request.response.status_int = 201
    request.response.headers["Location"] = location(request, route, token_id=token.id, **path)
    # No cache between here and the caller keeps it either.
    request.response.headers["Cache-Control"] = "no-store"
    return present_token(token) | {"token": text}


def _of_service(request: Any, *, lock: bool = False) -> Any:
    token_id = uuid.UUID(request.matchdict["token_id"])
    return request.find_service(ApiTokens).get(request.context.model.id, token_id, lock=lock)
