"""An authorization request on its way: what a client asks of a person, and what may be answered."""

from __future__ import annotations

import datetime
import re
from typing import Any
from urllib.parse import parse_qsl

import sqlalchemy as sa
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AccessDeniedError, InvalidRequestError, UnsupportedResponseTypeError
from authlib.oidc.core.errors import (
    ConsentRequiredError,
    LoginRequiredError,
    RegistrationNotSupportedError,
    RequestNotSupportedError,
    RequestURINotSupportedError,
)
from sqlalchemy import orm

from eoscperf.db import utcnow
from eoscperf.plugins.accounts.people.digests import digest
from eoscperf.plugins.accounts.people.models import AccountSession
from eoscperf.plugins.accounts.provider.checking import ID_TOKEN
from eoscperf.plugins.accounts.provider.clients import Client
from eoscperf.plugins.accounts.provider.ledger import Ledger
from eoscperf.plugins.accounts.provider.models import Grant
from eoscperf.plugins.accounts.provider.scopes import ordered
from eoscperf.plugins.accounts.provider.server import ProtocolRequest, ProviderServer
from eoscperf.security.oidc_tokens import storable

PROMPTS = {"none", "login", "consent", "select_account"}

_NOT_SUPPORTED: dict[str, type[OAuth2Error]] = {
    "request": RequestNotSupportedError,
    "request_uri": RequestURINotSupportedError,
    "registration": RegistrationNotSupportedError,
}

_SECONDS = re.compile(r"[0-9]{1,9}")


class Unanswerable(Exception):
    """A request that must not be answered with a redirect: nobody knows where to. The message says why."""


class AuthorizationRequest:
    """A checked request; Unanswerable, or OAuth2Error with the address that the error goes back to."""

    def __init__(self, server: ProviderServer, parameters: dict[str, str]) -> None:
        self.server = server
        client = server.query_client(parameters.get("client_id", ""))
        if client is None:
            raise Unanswerable("No application is registered here under this client_id.")
        self.client: Client = client
        self.redirect_uri = parameters.get("redirect_uri", "")
        if not client.check_redirect_uri(self.redirect_uri):
            raise Unanswerable(
                f"The application {client.name} has not registered the address (redirect_uri) that this link "
                "would send you back to."
            )
        self.oauth = ProtocolRequest(server.request, parameters)
        try:
            self._check(parameters)
        except OAuth2Error as problem:
            raise self.problem(problem) from None

    @property
    def scope(self) -> str:
        return self.oauth.scope

    def problem(self, error: OAuth2Error) -> OAuth2Error:
        """The error on its way back to the client."""
        error.redirect_uri = self.redirect_uri
        error.state = self.oauth.payload.state
        return error

    def wants_log_in(self, session: AccountSession | None, now: datetime.datetime) -> bool:
        """Whether the person has to log in (again) for it."""
        if session is None or self.prompts & {"login", "select_account"}:
            return True
        return self.max_age is not None and now - session.auth_time > datetime.timedelta(seconds=self.max_age)

    def check_silently(self, session: AccountSession | None, now: datetime.datetime) -> None:
        """For prompt=none and hints at a person: LoginRequiredError when somebody would have to log in."""
        if "none" in self.prompts and self.wants_log_in(session, now):
            raise self.problem(LoginRequiredError())
        if session is not None and self.hinted not in (None, str(session.identity_id)):
            raise self.problem(LoginRequiredError("Another person is logged in than the one of the hint."))

    def needs_consent(self, session: orm.Session, identity_id: Any) -> bool:
        """Whether the person has to be asked; ConsentRequiredError if that is not allowed."""
        needed = "consent" in self.prompts or not self._is_granted(session, identity_id)
        if needed and "none" in self.prompts:
            raise self.problem(ConsentRequiredError())
        return needed

    def grant(self, ledger: Ledger, session: orm.Session, account: AccountSession) -> Any:
        """The answer that takes a code to the client; remembers what was granted."""
        if not self.client.trusted:
            remember(session, account.identity_id, self.client.client_id, self.scope, ledger_now(self.server))
        self.oauth.ledger = ledger
        self.oauth.authorization = ledger.begin(
            self.client, self.scope, session=account, issued_for=account.identity_id
        )
        return self.server.create_authorization_response(
            self.oauth, grant_user=account.identity, grant=self._grant
        )

    def deny(self) -> Any:
        return self.server.handle_error_response(None, self.problem(AccessDeniedError()))

    def is_proved(self, session: AccountSession | None, page: str) -> bool:
        """Whether the person has logged in for this very request."""
        return session is not None and session.proved_for == digest(page)

    def _check(self, parameters: dict[str, str]) -> None:
        for name, problem in _NOT_SUPPORTED.items():
            if name in parameters:
                raise problem()
        if parameters.get("response_mode", "query") != "query":
            raise InvalidRequestError("The only response_mode is query.")
        if "response_type" not in parameters:
            raise InvalidRequestError("Missing 'response_type' in request.")
        if parameters["response_type"] != "code":
            # Not left to authlib, whose description repeats what was sent.
            raise UnsupportedResponseTypeError(parameters["response_type"])
        self._grant = self.server.get_consent_grant(self.oauth)
        self.prompts = set(parameters.get("prompt", "").split())
        if not self.prompts <= PROMPTS or ("none" in self.prompts and len(self.prompts) > 1):
            raise InvalidRequestError("The prompt is none of none, login, consent, select_account.")
        max_age = parameters.get("max_age")
        if max_age is not None and not _SECONDS.fullmatch(max_age):
            raise InvalidRequestError("The max_age is no number of seconds.")
        self.max_age = None if max_age is None else int(max_age)
        self.hinted = self._hinted(parameters.get("id_token_hint"))

    def _hinted(self, hint: str | None) -> str | None:
        if hint is None:
            return None
        claims = self.server.ledger.signed_claims(hint, typ=ID_TOKEN)
        if claims is None:
            raise InvalidRequestError("The id_token_hint is no ID token of this provider.")
        return str(claims["sub"])

    def _is_granted(self, session: orm.Session, identity_id: Any) -> bool:
        if self.client.trusted:
            return True
        if not self.client.may_remember(self.redirect_uri):
            return False
        found = session.scalar(
            sa.select(Grant.scope).where(
                Grant.identity_id == identity_id, Grant.client_id == self.client.client_id
            )
        )
        return found is not None and set(self.scope.split()) <= set(found.split())


def remember(session: orm.Session, identity_id: Any, client_id: str, scope: str, now: Any) -> None:
    """Note what a person lets a client do, beside what was granted before."""
    query = sa.select(Grant).where(Grant.identity_id == identity_id, Grant.client_id == client_id)
    found = session.scalar(query.with_for_update())
    if found is None:
        made = Grant(
            identity_id=identity_id,
            client_id=client_id,
            scope=scope,
            created_datetime=now,
            used_datetime=now,
        )
        try:
            with session.begin_nested():
                session.add(made)
            return
        except sa.exc.IntegrityError:
            # Granted in two windows at the same time.
            found = session.scalars(query).one()
    found.scope = ordered([*found.scope.split(), *scope.split()])
    found.used_datetime = now
    session.flush()


def ledger_now(server: ProviderServer) -> datetime.datetime:
    return server.request.registry.get("accounts.clock", utcnow)()


def parameters_in(text: str) -> dict[str, str]:
    """The parameters of a request that a page of ours has sent along; Unanswerable for anything else."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        pairs = []
    given = [(name, value) for name, value in pairs if value and storable(name + value)]
    found = dict(given)
    if not found or len(found) != len(given) or not text.isascii() or not text.isprintable():
        raise Unanswerable("The request of the application cannot be read.")
    return found
