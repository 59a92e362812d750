"""Pages on which people register clients and see what they have granted."""

from __future__ import annotations

import uuid
from typing import Any

from eoscperf.errors import DomainError
from eoscperf.plugins.accounts.people.session import require_login
from eoscperf.plugins.accounts.provider.clients import OAuthClients
from eoscperf.plugins.accounts.provider.consents import Consents
from eoscperf.plugins.accounts.provider.models import OAuthClient
from eoscperf.plugins.accounts.provider.pages import scope_words, unsaved
from eoscperf.plugins.accounts.provider.schemas import KINDS, present_grant
from eoscperf.plugins.accounts.provider.scopes import SCOPES
from eoscperf.rest import schema
from eoscperf.rest.service import UUID
from eoscperf.web.forms import Form, Submitted, see_other

_SHARED = (
    schema.name("name", title="Name"),
    schema.prose("description", title="Description"),
    schema.prose("redirect_uris", title="Redirect addresses"),
    schema.prose("post_logout_redirect_uris", title="Addresses after log-out"),
    schema.several(schema.choice("scopes", *SCOPES), most=len(SCOPES), required=True, title="Scopes"),
)

NEW = Form(*_SHARED, schema.choice("kind", *KINDS, required=True, title="Kind"))
EDIT = Form(*(node.clone() for node in _SHARED))


def clients(request: Any) -> Any:
    """The clients that the person has registered."""
    account = require_login(request)
    found = request.find_service(OAuthClients).listed(account.identity_id)
    return {"clients": found, "most": request.registry.settings["accounts.clients"]}


def new(request: Any) -> Any:
    """Register a client; its secret is shown in the answer and never again."""
    account = require_login(request)
    unsaved(request.response)
    form = NEW.blank(kind="confidential", scopes=["openid", "email", "read"])
    if request.method == "POST":
        form = NEW.read(request)
        if form.ok:
            values = _values(form)
            kind = values.pop("kind")
            try:
                client, secret = request.find_service(OAuthClients).register(
                    account.identity_id, confidential=kind == "confidential", **values
                )
            except DomainError as problem:
                form = form.refused(problem)
            else:
                return _shown(request, client, _filled(client), secret=secret)
    return {"form": form, "scopes": list(SCOPES.items()), "client": None, "secret": None}


def client(request: Any) -> Any:
    """One client: change it, give it a new secret, delete it."""
    account = require_login(request)
    unsaved(request.response)
    services = request.find_service(OAuthClients)
    found = services.get(
        uuid.UUID(request.matchdict["client_id"]),
        owner_id=account.identity_id,
        lock=request.method == "POST",
    )
    if request.method == "GET":
        return _shown(request, found, _filled(found))
    action = request.POST.get("action", "save")
    if action == "delete":
        services.delete(found)
        request.notices.add("success", f"{found.name} is deleted; its tokens are of no use any longer.")
        return see_other(request, "accounts.clients")
    form = EDIT.read(request) if action == "save" else _filled(found)
    secret = None
    if form.ok:
        try:
            if action == "rotate":
                secret = services.rotate_secret(found)
            else:
                services.edit(found, **_values(form))
        except DomainError as problem:
            form = form.refused(problem)
        else:
            if secret is None:
                request.notices.add("success", "The client is changed.")
                return see_other(request, "accounts.client", client_id=found.id)
    return _shown(request, found, form, secret=secret)


def grants(request: Any) -> Any:
    """What the person lets programs do, to be taken back."""
    account = require_login(request)
    consents = request.find_service(Consents)
    if request.method == "POST":
        try:
            consents.revoke(account.identity_id, uuid.UUID(request.POST.get("grant", "")))
        except ValueError:
            request.notices.add("error", "You have no such grant.")
        else:
            request.notices.add("success", "It is taken back; the program has to ask you again.")
        return see_other(request, "accounts.grants")
    found = consents.of_identity(account.identity_id)
    names = request.find_service(OAuthClients).names([row.client_id for row in found])
    shown = [present_grant(row, names) | {"words": scope_words(row.scope)} for row in found]
    return {"grants": shown}


def _shown(request: Any, found: OAuthClient, form: Submitted, *, secret: str | None = None) -> dict[str, Any]:
    return {"form": form, "scopes": list(SCOPES.items()), "client": found, "secret": secret}


def _filled(found: OAuthClient) -> Submitted:
    return EDIT.blank(
        name=found.name,
        description=found.description,
        redirect_uris="\n".join(found.redirect_uris),
        post_logout_redirect_uris="\n".join(found.post_logout_redirect_uris),
        scopes=found.scope.split(),
    )


def _values(form: Submitted) -> dict[str, Any]:
    """One address per line; what was left empty is empty."""
    values = {"description": ""} | form.values
    for name in ("redirect_uris", "post_logout_redirect_uris"):
        lines = [line.strip() for line in str(values.get(name) or "").splitlines()]
        values[name] = [line for line in lines if line]
    return values


PAGES = (
    ("clients", "/accounts/clients", clients, "clients.jinja2", ("GET",)),
    ("client_new", "/accounts/clients/new", new, "client.jinja2", ("GET", "POST")),
    ("client", f"/accounts/clients/{{client_id:{UUID}}}", client, "client.jinja2", ("GET", "POST")),
    ("grants", "/accounts/grants", grants, "grants.jinja2", ("GET", "POST")),
)
