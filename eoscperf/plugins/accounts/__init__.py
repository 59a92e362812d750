"""Accounts of this installation: an OpenID provider of its own, so that it works without another one.

People are stored under the setting `accounts.issuer`, whatever address the provider has; its signing keys are
kept in `<var>/accounts/` and made when first needed. `eoscperf-admin token` prints tokens.
"""

from __future__ import annotations

from typing import Any

from eoscperf.options import Option
from eoscperf.plugins.accounts.directory.settings import SETTINGS as DIRECTORY
from eoscperf.plugins.accounts.people.settings import SETTINGS as PEOPLE
from eoscperf.plugins.accounts.provider.settings import SETTINGS as PROVIDER
from eoscperf.plugins.accounts.provider.settings import provider_address


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
        "issuer that local accounts are stored under; another name makes strangers of all who registered",
    ),
    *PEOPLE,
    *PROVIDER,
    *DIRECTORY,
)

NAME = "accounts"

ADMIN_ENTITLEMENT = "urn:eoscperf:local:admin"
"""Makes a registered user an administrator, in tokens of the local issuer only."""


def includeme(config: Any) -> None:
    from eoscperf.plugins.accounts import subscribers
    from eoscperf.plugins.accounts.people.events import AccountTakenBack
    from eoscperf.users.events import (
        UserDisabled,
        UserEnabled,
        UserRegistered,
        UserRemoved,
        UserRoleChanged,
    )

    settings = config.get_settings()
    settings["accounts.url"] = provider_address(settings)
    config.add_transaction_subscriber(subscribers.check_identity, UserRegistered)
    config.add_transaction_subscriber(subscribers.forget_identity, UserRemoved)
    config.add_transaction_subscriber(subscribers.disable_identity, UserDisabled)
    config.add_transaction_subscriber(subscribers.enable_identity, UserEnabled)
    config.add_transaction_subscriber(subscribers.refuse_administrating_client, UserRoleChanged)
    config.add_transaction_subscriber(subscribers.distrust_what_was_added, AccountTakenBack)
    config.include(".people")
    config.include(".provider")
    config.include(".directory")
