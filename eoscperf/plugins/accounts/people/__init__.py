"""People: signing up, logging in, passwords and what stands beside them, sessions, invitations."""

from __future__ import annotations

from typing import Any

TEMPLATES = "eoscperf.plugins.accounts:templates/accounts"


def includeme(config: Any) -> None:
    from eoscperf.plugins.accounts.people import (
        api,
        api_identities,
        api_joining,
        pages_account,
        pages_factors,
        pages_invitations,
        pages_login,
        pages_signup,
        schemas,
    )
    from eoscperf.plugins.accounts.people.administration import Administration
    from eoscperf.plugins.accounts.people.identities import Identities
    from eoscperf.plugins.accounts.people.links import OneTimeLinks
    from eoscperf.plugins.accounts.people.login import LogIns
    from eoscperf.plugins.accounts.people.passkeys import Passkeys
    from eoscperf.plugins.accounts.people.passwords import Passwords
    from eoscperf.plugins.accounts.people.session import AccountSessions
    from eoscperf.plugins.accounts.people.signup import SignUp
    from eoscperf.plugins.accounts.people.totp import SecondFactors

    config.registry["accounts.passwords"] = Passwords.of(config.get_settings())
    for service in (
        AccountSessions,
        Administration,
        Identities,
        LogIns,
        OneTimeLinks,
        Passkeys,
        SecondFactors,
        SignUp,
    ):
        config.add_service(service, service.for_request)
    config.add_permission(
        "accounts:self",
        "see and change one's own local account",
        default="token",
        scope="admin",
        account=True,
    )
    config.add_permission("accounts:join", "get a local account, or back into it", default="public")
    config.add_permission("accounts:manage", "manage local accounts", default="admin", scope="admin")
    config.add_permission("accounts:invite", "invite people", default="admin", scope="admin")
    config.add_static_view("accounts/static", "eoscperf.plugins.accounts:static", cache_max_age=3600)
    for module in (pages_login, pages_signup, pages_account, pages_factors, pages_invitations):
        for name, path, view, template, methods in module.PAGES:
            config.add_page(
                f"accounts.{name}",
                path,
                view,
                f"{TEMPLATES}/{template}",
                permission="site:view",
                methods=methods,
            )
    for service in (*api_identities.SERVICES, *api.SERVICES, *api_joining.SERVICES):
        config.add_api_service(service)
    for name, schema in schemas.SCHEMAS.items():
        config.add_openapi_schema(name, schema)
