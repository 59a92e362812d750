"""The OpenID provider: other programs, and the platform itself, let people log in here.

Its address is the setting `accounts.url`, which is the issuer in its tokens; the platform knows the same
people under the fixed name `accounts.issuer`, so that moving to another address makes nobody a stranger.
"""

from __future__ import annotations

from typing import Any

from eoscperf.plugins.accounts.provider.settings import SETTINGS

__all__ = ["SETTINGS", "includeme"]

PROTOCOL = (
    ("accounts.discovery", "/accounts/.well-known/openid-configuration", "discovery", ("GET",)),
    ("accounts.server_metadata", "/.well-known/oauth-authorization-server/accounts", "discovery", ("GET",)),
    ("accounts.jwks", "/accounts/jwks.json", "jwks", ("GET",)),
    ("accounts.token", "/accounts/token", "token", ("POST",)),
    ("accounts.userinfo", "/accounts/userinfo", "userinfo", ("GET", "POST")),
    ("accounts.introspect", "/accounts/introspect", "introspect", ("POST",)),
    ("accounts.revoke", "/accounts/revoke", "revoke", ("POST",)),
    ("accounts.device_authorization", "/accounts/device_authorization", "device_authorization", ("POST",)),
)
"""Route, path, view and methods of what programs call."""


def includeme(config: Any) -> None:
    from pyramid.events import NewResponse

    from eoscperf.plugins.accounts import ADMIN_ENTITLEMENT, NAME
    from eoscperf.plugins.accounts.keys import KINDS, SigningKeys
    from eoscperf.plugins.accounts.people import events
    from eoscperf.plugins.accounts.provider import api, pages, protocol, schemas, subscribers
    from eoscperf.plugins.accounts.provider.checking import is_good
    from eoscperf.plugins.accounts.provider.clients import CLI, WEB, OAuthClients
    from eoscperf.plugins.accounts.provider.consents import Consents
    from eoscperf.plugins.accounts.tokens import AUDIENCE
    from eoscperf.security.issuers import IssuerSettings, LocalIssuer

    settings = config.get_settings()
    keys = SigningKeys(settings)
    config.registry["accounts.keys"] = keys
    issuer = LocalIssuer(
        NAME,
        settings["accounts.url"],
        keys.public_keys,
        audience=(AUDIENCE,),
        algorithms=tuple(KINDS),
        known_as=settings["accounts.issuer"],
        scoped=True,
    )
    config.add_identity_provider(
        NAME,
        title="Local accounts",
        issuer=issuer,
        # Not through the setting admin_entitlements: no other issuer may hand this one out.
        admin_entitlements=(ADMIN_ENTITLEMENT,),
        is_good=is_good,
        login=IssuerSettings(
            NAME,
            settings["accounts.url"],
            client_id=WEB,
            allow_loopback_http=True,
            login=True,
            title="Account here",
        ),
        login_home=settings["accounts.url"].removesuffix("/accounts"),
    )
    config.add_capability(
        NAME,
        "Accounts with tokens signed by this installation, an OpenID provider",
        issuer=issuer.issuer,
        cli_client_id=CLI,
    )
    config.add_panel("account.menu", NAME, "eoscperf.plugins.accounts:templates/accounts/menu.jinja2")
    config.add_service(OAuthClients, OAuthClients.for_request)
    for name, path, view, methods in PROTOCOL:
        config.add_route(name, path)
        config.add_view(
            getattr(protocol, view), route_name=name, request_method=methods, permission="site:view"
        )
        if name in protocol.OPEN_TO_SCRIPTS:
            config.add_view(
                protocol.preflight, route_name=name, request_method="OPTIONS", permission="site:view"
            )
    _add_pages(config, pages)
    for service in api.SERVICES:
        config.add_api_service(service)
    for name, schema in schemas.SCHEMAS.items():
        config.add_openapi_schema(name, schema)
    config.add_service(Consents, Consents.for_request)
    config.add_subscriber(protocol.allow_scripts, NewResponse)
    config.add_subscriber(pages.let_log_in_lead_on, NewResponse)
    config.add_transaction_subscriber(subscribers.session_ended, events.SessionEnded)
    config.add_transaction_subscriber(subscribers.password_changed, events.PasswordChanged)
    config.add_transaction_subscriber(subscribers.taken_back, events.AccountTakenBack)
    for again in (events.LoggedIn, events.VouchedAgain):
        config.add_transaction_subscriber(subscribers.vouched_again, again)
    for gone in (events.IdentityDisabled, events.IdentityLeft, events.IdentityRemoved):
        config.add_transaction_subscriber(subscribers.identity_gone, gone)


def _add_pages(config: Any, pages: Any) -> None:
    from eoscperf.plugins.accounts.provider.pages_clients import PAGES

    shown = pages.TEMPLATES
    for name, path, view, template, methods in PAGES:
        config.add_page(
            f"accounts.{name}", path, view, shown + template, permission="site:view", methods=methods
        )
    config.add_page(
        "accounts.authorize",
        "/accounts/authorize",
        pages.authorize,
        shown + "consent.jinja2",
        permission="site:view",
        methods=("GET",),
    )
    config.add_view(
        pages.authorize_by_form,
        route_name="accounts.authorize",
        request_method="POST",
        permission="site:view",
    )
    config.add_page(
        "accounts.consent",
        "/accounts/consent",
        pages.consent,
        shown + "consent.jinja2",
        permission="site:view",
        methods=("POST",),
    )
    config.add_page(
        "accounts.device", "/accounts/device", pages.device, shown + "device.jinja2", permission="site:view"
    )
    config.add_route("accounts.end_session", "/accounts/end-session")
    config.add_view(
        pages.end_session,
        route_name="accounts.end_session",
        request_method=("GET", "POST"),
        renderer=shown + "end_session.jinja2",
        permission="site:view",
    )
    config.add_page(
        "accounts.end_session_confirmed",
        "/accounts/end-session/confirmed",
        pages.end_session_confirmed,
        shown + "end_session.jinja2",
        permission="site:view",
        methods=("POST",),
    )
