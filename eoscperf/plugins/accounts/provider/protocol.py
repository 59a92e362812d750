"""What programs call, over plain HTTP: errors are JSON as the RFCs have it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from authlib.oauth2 import OAuth2Error
from pyramid.response import Response

from eoscperf import errors
from eoscperf.db import reading, utcnow
from eoscperf.login.beside import is_from_here
from eoscperf.plugins.accounts.keys import UnusableKey
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people.digests import digest
from eoscperf.plugins.accounts.people.identities import LOCAL
from eoscperf.plugins.accounts.people.vouching import still_vouched
from eoscperf.plugins.accounts.provider.clients import REFRESH
from eoscperf.plugins.accounts.provider.discovery import metadata
from eoscperf.plugins.accounts.provider.ledger import Ledger
from eoscperf.plugins.accounts.provider.models import Authorization, RefreshToken
from eoscperf.plugins.accounts.provider.server import ProviderServer, parameters_of, protocol_error
from eoscperf.rest.renderer import dumps
from eoscperf.security.addresses import counted_address

PURGED = "accounts.purged"
PURGED_EVERY = 600
"""Seconds between two times that a process removes what has ended."""


def discovery(request: Any) -> Response:
    """Endpoints and abilities, for clients that are given the issuer only."""
    body = dumps(metadata(request.registry.settings["accounts.url"]))
    return _public(Response(body=body, content_type="application/json", charset=None))


def jwks(request: Any) -> Response:
    """The public keys (RFC 7517)."""
    try:
        keys = request.registry["accounts.keys"]
        for store in keys.signing:
            # A client may come for the keys before anything was signed.
            store.signing_key()
        body = dumps({"keys": keys.public_keys()})
    except (UnusableKey, errors.ProviderUnavailable):
        return protocol_error("temporarily_unavailable", "The keys cannot be read now.", 503, Retry_After="5")
    return _public(Response(body=body, content_type="application/jwk-set+json", charset=None))


def token(request: Any) -> Response:
    try:
        _look_again(request)
    except errors.ProviderUnavailable as problem:
        return protocol_error("temporarily_unavailable", problem.detail, 503, Retry_After="60")
    _purge_now_and_then(request)
    return _answered(request, lambda server: server.create_token_response(request))


def device_authorization(request: Any) -> Response:
    return _answered(request, lambda server: server.create_endpoint_response("device_authorization", request))


def introspect(request: Any) -> Response:
    return _answered(request, lambda server: server.create_endpoint_response("introspection", request))


def revoke(request: Any) -> Response:
    return _answered(request, lambda server: server.create_endpoint_response("revocation", request))


def userinfo(request: Any) -> Response:
    return _answered(request, lambda server: server.create_endpoint_response("userinfo", request))


def preflight(request: Any) -> Response:
    """Scripts of other origins may ask, with a token but without cookies."""
    return Response(status=204)


def _answered(request: Any, work: Callable[[ProviderServer], Any]) -> Response:
    server = ProviderServer(request)
    try:
        if not is_from_here(request):
            request.registry["eoscperf.rates"].spend(
                "writes", f"accounts {counted_address(request)}", "requests for tokens"
            )
        # Else somebody logs in to the pages, which was counted with their own address.
        return work(server)
    except OAuth2Error as problem:
        return server.handle_error_response(None, problem)
    except errors.RateLimited as problem:
        headers = {name.replace("-", "_"): value for name, value in problem.headers}
        return protocol_error("temporarily_unavailable", "Too many requests; wait a little.", 429, **headers)
    except UnusableKey:
        return protocol_error("temporarily_unavailable", "Tokens cannot be signed now.", 503, Retry_After="5")


def _public(response: Response) -> Response:
    response.cache_control = "public, max-age=300"
    return response


def _look_again(request: Any) -> None:
    """Before a refresh token is used: whether the directory of the person still knows them.

    Those it does not know any longer have lost the token when this returns. ProviderUnavailable.
    """
    try:
        sent = parameters_of(request)
    except OAuth2Error:
        # Told by the server, which reads them again.
        return
    if sent.get("grant_type") != REFRESH or "refresh_token" not in sent:
        return
    query = (
        sa.select(LocalIdentity)
        .join(Authorization, Authorization.identity_id == LocalIdentity.id)
        .join(RefreshToken, RefreshToken.authorization_id == Authorization.id)
        .where(
            RefreshToken.digest == digest(sent["refresh_token"]),
            RefreshToken.used_datetime.is_(None),
            Authorization.client_id == sent.get("client_id", Authorization.client_id),
            Authorization.revoked_datetime.is_(None),
            LocalIdentity.backend != LOCAL,
        )
    )
    with reading(request) as session:
        identity = session.scalar(query)
    if identity is not None and still_vouched(request, identity) is None:
        raise errors.ProviderUnavailable(
            "The directory cannot be asked now whether this person may still come in."
        )


def _purge_now_and_then(request: Any) -> None:
    moment = request.registry.get("accounts.clock", utcnow)().timestamp()
    if moment - request.registry.get(PURGED, 0.0) >= PURGED_EVERY:
        request.registry[PURGED] = moment
        Ledger.for_request(request).purge()


def allow_scripts(event: Any) -> None:
    """Subscriber: CORS for what programs in browsers call, which takes no cookies."""
    route = getattr(event.request, "matched_route", None)
    if route is None or route.name not in OPEN_TO_SCRIPTS:
        return
    headers = event.response.headers
    headers["Access-Control-Allow-Origin"] = "*"
    if event.request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = "GET, POST"
        headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        headers["Access-Control-Max-Age"] = "86400"
    else:
        headers["Access-Control-Expose-Headers"] = "WWW-Authenticate, Retry-After"


OPEN_TO_SCRIPTS = {
    "accounts.discovery",
    "accounts.server_metadata",
    "accounts.jwks",
    "accounts.token",
    "accounts.userinfo",
    "accounts.revoke",
    "accounts.device_authorization",
}
