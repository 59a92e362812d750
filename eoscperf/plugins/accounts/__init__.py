"""Accounts of this installation: tokens that it signs itself, so that it works without an identity provider.

The issuer is named by the setting `accounts.issuer`; its signing key is kept in `<var>/accounts/`
and made when it is first needed. `eoscperf-admin token` prints tokens.
"""

from __future__ import annotations

from typing import Any

from eoscperf.settings import Option


def _issuer(value: str) -> str:
    value = value.strip()
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("must be a name of visible ASCII characters such as urn:eoscperf:local")
    return value


SETTINGS = (
    Option(
        "accounts.issuer",
        _issuer,
        "urn:eoscperf:local",
        "issuer named in the tokens of local accounts; another name makes strangers of all who registered",
    ),
)

NAME = "accounts"

ADMIN_ENTITLEMENT = "urn:eoscperf:local:admin"
"""Makes a registered user an administrator, in tokens of the local issuer only."""


def includeme(config: Any) -> None:
    from eoscperf.plugins.accounts import subscribers, views
    from eoscperf.plugins.accounts.keys import KeyStore
    from eoscperf.security.issuers import LocalIssuer
    from eoscperf.users.events import UserRegistered, UserRemoved

    settings = config.get_settings()
    store = KeyStore.of(settings)
    issuer = LocalIssuer(NAME, settings["accounts.issuer"], store.public_keys, algorithms=("ES256",))
    config.registry["accounts.keys"] = store
    config.add_identity_provider(
        NAME,
        title="Local accounts",
        issuer=issuer,
        # Not through the setting admin_entitlements: no other issuer may hand this one out.
        admin_entitlements=(ADMIN_ENTITLEMENT,),
    )
    config.add_capability(NAME, "Accounts with tokens signed by this installation", issuer=issuer.issuer)
    config.add_transaction_subscriber(subscribers.check_identity, UserRegistered)
    config.add_transaction_subscriber(subscribers.forget_identity, UserRemoved)
    config.add_route("accounts.jwks", "/accounts/jwks.json")
    config.add_view(views.jwks, route_name="accounts.jwks", request_method="GET", permission="site:view")
