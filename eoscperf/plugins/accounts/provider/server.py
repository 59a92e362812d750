"""authlib's authorization server in Pyramid: requests in, answers out, and how clients prove who they are."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit, urlunsplit

from authlib.oauth2.base import invalid_error_characters
from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidClientError, InvalidRequestError, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from pyramid.response import Response

from eoscperf.plugins.accounts.provider.clients import Client, OAuthClients
from eoscperf.plugins.accounts.provider.ledger import Ledger
from eoscperf.plugins.accounts.provider.scopes import SCOPES
from eoscperf.rest.renderer import dumps
from eoscperf.security.addresses import counted_address
from eoscperf.security.oidc_tokens import storable

MOST_BYTES = 64 * 1024
"""The largest request of the protocol: its parameters are short."""

MOST_PARAMETERS = 100

_BODY = "accounts.body"

FORM = "application/x-www-form-urlencoded"


class ProtocolRequest(OAuth2Request):
    """A request of the protocol with its parameters, each of which was sent once and is not empty."""

    def __init__(self, request: Any, parameters: Mapping[str, str]) -> None:
        # Which scheme browsers and programs use is known from the address of the provider, not from here.
        super().__init__(request.method, "https://localhost/", headers=request.headers)
        self.payload = BasicOAuth2Payload(dict(parameters))
        self.pyramid = request
        self.authorization: Any = None
        """what the code or the tokens of the answer belong to"""
        self.ledger: Any = None
        """where a code is written"""

    @property
    def args(self) -> Mapping[str, str]:
        return self.payload.data

    @property
    def form(self) -> Mapping[str, str]:
        return self.payload.data


class ProviderServer(AuthorizationServer):
    """The authorization server for one request."""

    def __init__(self, request: Any) -> None:
        super().__init__(scopes_supported=tuple(SCOPES))
        from eoscperf.plugins.accounts.provider import endpoints, grants

        self.request = request
        self.issuer = request.registry.settings["accounts.url"]
        self.clients = OAuthClients.for_request(request)
        self.ledger = Ledger.for_request(request)
        for grant, extensions in grants.GRANTS:
            self.register_grant(grant, [extension() for extension in extensions])
        for endpoint in endpoints.ENDPOINTS:
            self.register_endpoint(endpoint)

    def query_client(self, client_id: str) -> Client | None:
        return self.clients.find(client_id)

    def save_token(self, token: Any, request: Any) -> None:
        """Nothing: the ledger has it already."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: Any) -> ProtocolRequest:
        if isinstance(request, ProtocolRequest):
            return request
        return ProtocolRequest(request, parameters_of(request))

    def create_token_response(self, request: Any = None) -> Response:
        asked = self.create_oauth2_request(request)
        if not asked.payload.grant_type:
            raise InvalidRequestError("Missing 'grant_type' in request.")
        return super().create_token_response(asked)

    def authenticate_client(self, request: Any, methods: Iterable[str], endpoint: str = "token") -> Client:
        """The client, by exactly one method; InvalidClientError, the same whatever was wrong."""
        sent = request.payload.data
        identifier, secret, method = _credentials(request.headers.get("Authorization"), sent)
        rates, address = self.request.registry["eoscperf.rates"], counted_address(self.request)
        rates.check("failed_authentications", address, "refused credentials")
        client = self.query_client(identifier) if identifier else None
        proved = client is not None and (
            client.public if method == "none" else client.check_client_secret(secret)
        )
        if client is None or not proved or method not in methods:
            rates.spend("failed_authentications", address, "refused credentials")
            raise InvalidClientError("The client is unknown or its credentials are wrong.", status_code=401)
        request.auth_method = method
        return client

    def handle_response(self, status: int, body: Any, headers: Iterable[tuple[str, str]]) -> Response:
        if status == 302:
            location = dict(headers)["Location"]
            return _headed(Response(status=303, location=with_parameters(location, iss=self.issuer)))
        text = body if isinstance(body, str) else dumps(_plain(body)).decode()
        response = Response(body=text.encode(), status=status, content_type="application/json", charset=None)
        response.headers.update({name: value for name, value in headers if name == "WWW-Authenticate"})
        if status >= 400:
            # What was noted of the attempt counts all the same: a used code, a poll that came too soon.
            response.headers["X-Tm"] = "commit"
            self.request.add_response_callback(_no_hint)
        return _headed(response)


def protocol_error(error: str, description: str, status: int = 400, **headers: str) -> Response:
    """An error as RFC 6749 section 5.2 has it."""
    body = dumps({"error": error, "error_description": description})
    response = Response(body=body, status=status, content_type="application/json", charset=None)
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return _headed(response)


def parameters_of(request: Any, *, repeatable: Iterable[str] = ()) -> dict[str, str]:
    """The parameters of a request, from the query of a GET and the form of a POST.

    InvalidRequestError for what is no form, or has a parameter twice. Empty ones count as not sent.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in _pairs(request):
        if value:
            found[name].append(value)
    for name, values in found.items():
        if len(values) > 1 and name not in repeatable:
            raise InvalidRequestError("A parameter was sent more than once.")
    return {name: " ".join(values) for name, values in found.items()}


def with_parameters(address: str, **parameters: str | None) -> str:
    """The address with more parameters in its query; what it has stays as it is."""
    parts = urlsplit(address)
    more = urlencode({name: value for name, value in parameters.items() if value is not None})
    return urlunsplit(parts._replace(query="&".join(part for part in (parts.query, more) if part)))


def _pairs(request: Any) -> list[tuple[str, str]]:
    if request.method == "POST":
        if request.content_type != FORM and request.content_length != 0:
            raise InvalidRequestError(f"The parameters must be sent as {FORM}.")
        if (request.content_length or 0) > MOST_BYTES:
            raise InvalidRequestError("The request is too large.", status_code=413)
        # Kept: a body can be read once.
        raw = request.environ.get(_BODY)
        if raw is None:
            raw = request.environ[_BODY] = request.body_file.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise InvalidRequestError("The request is too large.", status_code=413)
    else:
        raw = request.environ.get("QUERY_STRING", "").encode("latin-1")
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except (UnicodeDecodeError, ValueError):
        raise InvalidRequestError("The parameters cannot be read.") from None
    if not all(storable(name) and storable(value) for name, value in pairs):
        raise InvalidRequestError("A parameter holds characters that are not allowed.")
    return pairs


def _credentials(header: str | None, sent: Mapping[str, str]) -> tuple[str | None, str, str]:
    """Client id, secret and method; InvalidRequestError for two methods at once."""
    scheme, _, encoded = (header or "").strip().partition(" ")
    if scheme.lower() != "basic":
        secret = sent.get("client_secret", "")
        return sent.get("client_id"), secret, "client_secret_post" if secret else "none"
    if "client_secret" in sent:
        raise InvalidRequestError("The client must authenticate by one method only.")
    try:
        identifier, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        identifier, secret = (unquote_plus(text, errors="strict") for text in (identifier, secret))
    except ValueError:
        return None, "", "client_secret_basic"
    if not colon or not identifier or not secret or not storable(identifier) or not storable(secret):
        return None, "", "client_secret_basic"
    if sent.get("client_id", identifier) != identifier:
        raise InvalidRequestError("The client ids of header and body differ.")
    return identifier, secret, "client_secret_basic"


def _plain(body: Any) -> Any:
    """Descriptions may hold only some ASCII characters; those of authlib can repeat what was sent."""
    if not isinstance(body, Mapping) or "error_description" not in body:
        return body
    description = str(body["error_description"])
    bad = set(invalid_error_characters(description))
    return {**body, "error_description": "".join("?" if one in bad else one for one in description)}


def _headed(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def _no_hint(request: Any, response: Any) -> None:
    """The hint for the transaction manager, which has seen it by now, is nobody else's business."""
    response.headers.pop("X-Tm", None)
