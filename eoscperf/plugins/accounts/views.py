"""The published key of the local issuer."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from eoscperf.rest.renderer import dumps


def jwks(request: Any) -> Response:
    """The public keys (RFC 7517), for services that are to accept the tokens, too."""
    keys = {"keys": request.registry["accounts.keys"].public_keys()}
    response = Response(body=dumps(keys), content_type="application/jwk-set+json", charset=None)
    response.cache_control = "public, max-age=300"
    return response
