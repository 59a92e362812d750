"""Pages of the provider: asking a person for consent, confirming devices, logging out."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode

from authlib.oauth2 import OAuth2Error
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response

from eoscperf.db import write_from_the_start
from eoscperf.plugins.accounts.people.session import (
    COOKIE,
    AccountSessions,
    current_session,
    drop_cookie,
    require_login,
)
from eoscperf.plugins.accounts.people.transactions import clock, own_transaction
from eoscperf.plugins.accounts.provider import confirming
from eoscperf.plugins.accounts.provider.flow import AuthorizationRequest, Unanswerable, parameters_in
from eoscperf.plugins.accounts.provider.ledger import Ledger
from eoscperf.plugins.accounts.provider.redirects import origin, redirect_fault
from eoscperf.plugins.accounts.provider.scopes import SCOPES
from eoscperf.plugins.accounts.provider.server import ProviderServer, parameters_of
from eoscperf.web.headers import policy

TEMPLATES = "eoscperf.plugins.accounts:templates/accounts/provider/"


def authorize(request: Any) -> Any:
    """The authorization endpoint: back to the client at once, or the question whether it may."""
    unsaved(request.response)
    server = ProviderServer(request)
    try:
        asked = AuthorizationRequest(server, parameters_of(request))
        account = current_session(request)
        asked.check_silently(account, clock(request)())
        if "none" not in asked.prompts:
            prompt = "login" if asked.prompts & {"login", "select_account"} else None
            account = require_login(request, max_age=asked.max_age, prompt=prompt)
        assert account is not None  # noqa: S101  who is not logged in was sent away
        if asked.needs_consent(request.dbsession, account.identity_id):
            return consent_page(request, asked, account, request.environ.get("QUERY_STRING", ""))
        with own_transaction(request) as session:
            return asked.grant(Ledger.on(session, request.registry), session, account)
    except Unanswerable as problem:
        return refused(request, str(problem))
    except OAuth2Error as problem:
        return answered_error(request, server, problem)


def authorize_by_form(request: Any) -> Any:
    """The same request as a POST, which OpenID Connect asks for: as a page that can be come back to."""
    try:
        query = urlencode(parameters_of(request))
    except OAuth2Error as problem:
        return refused(request, str(problem.description))
    return HTTPSeeOther(location=f"{request.route_path('accounts.authorize')}?{query}")


def consent(request: Any) -> Any:
    """What the person has decided; the request is checked anew, as a form can hold anything."""
    unsaved(request.response)
    server = ProviderServer(request)
    raw = str(request.POST.get("request", ""))
    page = f"{request.route_path('accounts.authorize')}?{raw}"
    account = current_session(request)
    try:
        asked = AuthorizationRequest(server, parameters_in(raw))
        is_same = account is not None and request.POST.get("session") == str(account.id)
        is_due = asked.wants_log_in(account, clock(request)()) and not asked.is_proved(account, page)
        if account is None or not is_same or is_due:
            # Somebody else has logged in meanwhile, or has to: the question is put again.
            return HTTPSeeOther(location=page)
        asked.check_silently(account, clock(request)())
        if request.POST.get("decision") != "allow":
            return asked.deny()
        return asked.grant(server.ledger, request.dbsession, account)
    except Unanswerable as problem:
        return refused(request, str(problem))
    except OAuth2Error as problem:
        return answered_error(request, server, problem)


def consent_page(request: Any, asked: AuthorizationRequest, account: Any, raw: str) -> dict[str, Any]:
    # Browsers apply form-action to where the answer of a form redirects to, too.
    allow_forms_to(request.response, asked.redirect_uri)
    return {
        "client": asked.client,
        "account": account,
        "scopes": scope_words(asked.scope),
        "target": origin(asked.redirect_uri),
        "raw": raw,
    }


def device(request: Any) -> Any:
    """A code from another device is typed in, looked at and decided about."""
    unsaved(request.response)
    if request.method == "GET":
        account = require_login(request)
        return {"code": request.GET.get("user_code", "")[:20], "errors": {}, "account": account}
    return confirming.decide(request)


def end_session(request: Any) -> Any:
    """RP-initiated logout. Whoever cannot prove to be a client of this session has the person asked."""
    unsaved(request.response)
    # A session is ended by a GET, too: on SQLite the request has to queue as a writer before it reads.
    write_from_the_start(request.dbsession)
    server = ProviderServer(request)
    try:
        asked = server.validate_endpoint_request("end_session", request)
    except OAuth2Error as problem:
        return refused(
            request, f"The application's request to log you out cannot be carried out: {problem.description}"
        )
    account = AccountSessions.for_request(request).find(request.cookies.get(COOKIE, ""))
    hint = asked.id_token_claims or {}
    is_theirs = account is not None and hint.get("sub") == str(account.identity_id)
    if account is not None and is_theirs and hint.get("sid") == str(account.id):
        return ended(request, account, asked.redirect_uri)
    if account is None:
        return HTTPSeeOther(location=asked.redirect_uri) if asked.redirect_uri else gone(request)
    return {"client": asked.client, "account": account, "back": asked.redirect_uri if is_theirs else None}


def end_session_confirmed(request: Any) -> Any:
    """The person has confirmed it, on our page."""
    account = current_session(request)
    if account is None or request.POST.get("session") != str(account.id):
        return gone(request)
    return ended(request, account, None)


def ended(request: Any, account: Any, back: str | None) -> Any:
    """End the session and go back to the client, or say that it is over."""
    AccountSessions.for_request(request).end(account.id)
    answer = HTTPSeeOther(location=back) if back else gone(request)
    drop_cookie(request, answer, COOKIE)
    return answer


def gone(request: Any) -> Any:
    return unsaved(render_to_response(TEMPLATES + "logged_out.jinja2", {}, request))


def refused(request: Any, sentence: str) -> Any:
    """A request that leads nowhere: told to the person, never to the address that it names."""
    answer = render_to_response(TEMPLATES + "refused.jinja2", {"sentence": sentence}, request)
    answer.status_int = 400
    return unsaved(answer)


def answered_error(request: Any, server: ProviderServer, problem: OAuth2Error) -> Any:
    if not problem.redirect_uri:
        return refused(request, str(problem.description or problem.error))
    return server.handle_error_response(None, problem)


def scope_words(scope: str) -> list[tuple[str, str]]:
    return [(name, SCOPES[name]) for name in scope.split() if name in SCOPES]


def unsaved(response: Any) -> Any:
    """Nothing of it is kept, nor is its address told to whom it links to."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Frame-Options"] = "DENY"
    return response


def allow_forms_to(response: Any, address: str) -> None:
    response.headers["Content-Security-Policy"] = policy(form_action=f"'self' {origin(address)}")


def let_log_in_lead_on(event: Any) -> None:
    """Subscriber: a form to log in may lead on to the client, by way of the authorization endpoint."""
    request, response = event.request, event.response
    route = getattr(request, "matched_route", None)
    if route is None or response.content_type != "text/html" or not route.name.startswith("accounts.log"):
        return
    path, _, query = request.params.get("next", "").partition("?")
    address = parse_qs(query).get("redirect_uri", [""])[0]
    if path == request.route_path("accounts.authorize") and redirect_fault(address, public=True) is None:
        allow_forms_to(response, address)
