"""Logging in with the password of a directory (LDAP)."""

from __future__ import annotations

import logging
from typing import Any

from pyramid.exceptions import ConfigurationError

log = logging.getLogger(__name__)


def includeme(config: Any) -> None:
    settings = config.get_settings()
    if not settings["accounts.ldap.url"]:
        return
    from eoscperf.plugins.accounts.directory import subscribers
    from eoscperf.plugins.accounts.directory.backend import Directory
    from eoscperf.plugins.accounts.people.backends import add_password_backend
    from eoscperf.plugins.accounts.people.events import LoggedIn, VouchedAgain
    from eoscperf.users.events import UserRegistered

    check(settings)
    directory = Directory.of(settings)
    assert directory is not None  # noqa: S101 - there is an address
    for url in directory.servers.plain():
        log.warning("passwords travel to %s unencrypted (accounts.ldap.starttls is off)", url)
    add_password_backend(config.registry, directory)
    if settings["accounts.ldap.submitter_groups"] or settings["accounts.ldap.reader_groups"]:
        config.add_transaction_subscriber(subscribers.after_login, LoggedIn)
        config.add_transaction_subscriber(subscribers.after_looking_again, VouchedAgain)
        config.add_transaction_subscriber(subscribers.after_registration, UserRegistered)


def check(settings: Any) -> None:
    """ConfigurationError for settings that do not go together."""
    from eoscperf.plugins.accounts.directory.connections import is_loopback

    problems = []
    if not settings["accounts.ldap.user_dn"] and not settings["accounts.ldap.base"]:
        problems.append("accounts.ldap.base: is required where accounts.ldap.user_dn is empty")
    if bool(settings["accounts.ldap.bind_dn"]) != bool(settings["accounts.ldap.bind_password"]):
        problems.append("accounts.ldap.bind_dn and accounts.ldap.bind_password: only together")
    if not settings["accounts.ldap.starttls"] and not settings["accounts.ldap.allow_plain"]:
        problems += [
            f"accounts.ldap.url: {url} would get passwords unencrypted; switch accounts.ldap.starttls on, or "
            "accounts.ldap.allow_plain if nobody can listen"
            for url in settings["accounts.ldap.url"]
            if url.startswith("ldap://") and not is_loopback(url)
        ]
    for name in ("id_attribute", "email_attribute"):
        if not settings[f"accounts.ldap.{name}"]:
            problems.append(f"accounts.ldap.{name}: is required")
    if problems:
        raise ConfigurationError("These settings are wrong:\n" + "\n".join(f"  {line}" for line in problems))
