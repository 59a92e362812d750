"""What people are told by mail about their accounts."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Mapping
from typing import Any

from eoscperf.events import Events
from eoscperf.plugins.accounts.people import addresses
from eoscperf.users.events import AccountMail

log = logging.getLogger(__name__)


_ADDED = "passkeys, one-time codes, OAuth clients, API tokens and trust rules"


class Letters:
    """Hands mails to whoever delivers them, in the transaction of what they tell of."""

    def __init__(self, events: Events, settings: Mapping[str, Any]) -> None:
        self._events = events
        self._settings = settings

    @classmethod
    def for_request(cls, request: Any) -> Letters:
        return cls(request.events, request.registry.settings)

    def sign_up(self, to: str, secret: str, *, deliver: bool = True) -> None:
        self._send(
            to,
            "Finish signing up",
            "Somebody, probably you, wants an account with this address. Follow this link to go on:",
            self._once(),
            "If it was not you, do nothing: there will be no account.",
            link=addresses.page(self._settings, addresses.VERIFY, link=secret),
            deliver=deliver,
        )

    def has_account(self, to: str, *, deliver: bool = True) -> None:
        self._send(
            to,
            "You have an account already",
            "Somebody, probably you, wanted to sign up with this address. It has an account already. "
            "You can log in, or choose a new password, here:",
            "If it was not you, do nothing.",
            link=addresses.page(self._settings, "login"),
            deliver=deliver,
        )

    def new_password(self, to: str, secret: str, *, deliver: bool = True) -> None:
        self._send(
            to,
            "Choose a new password",
            "Somebody, probably you, wants a new password for the account with this address. Follow this "
            "link to choose one:",
            self._once(),
            "If it was not you, do nothing: your password stays as it is.",
            link=addresses.page(self._settings, addresses.VERIFY, link=secret),
            deliver=deliver,
        )

    def password_elsewhere(self, to: str, *, deliver: bool = True) -> None:
        self._send(
            to,
            "Your password is kept elsewhere",
            "Somebody, probably you, wants a new password for the account with this address. Its password "
            "is that of your organisation's directory and can only be changed there.",
            deliver=deliver,
        )

    def password_changed(self, to: str) -> None:
        self._send(
            to,
            "Your password was changed",
            "The password of your account was changed. All other sessions have ended. If it was not you, "
            "choose a new password at once:",
            link=addresses.page(self._settings, "recover"),
        )

    def second_factor_changed(self, to: str, what: str) -> None:
        self._send(
            to,
            "How you log in was changed",
            f"{what} If it was not you, change your password at once and look through your account:",
            link=addresses.page(self._settings, "login"),
        )

    def confirm_email(self, to: str, secret: str, *, deliver: bool = True) -> None:
        self._send(
            to,
            "Confirm your new address",
            "Somebody, probably you, wants to use this address for an account. Follow this link to confirm:",
            self._once(),
            "If it was not you, do nothing.",
            link=addresses.page(self._settings, addresses.VERIFY, link=secret),
            deliver=deliver,
        )

    def address_taken(self, to: str, *, deliver: bool = True) -> None:
        self._send(
            to,
            "This address has an account",
            "Somebody wanted to use this address for another account. It has an account already, so nothing "
            "was changed.",
            deliver=deliver,
        )

    def email_changed(self, to: str, new: str, secret: str, kept: datetime.timedelta) -> None:
        self._send(
            to,
            "The address of your account was changed",
            f"Your account now has the address {new}. If it was not you, take it back within {kept.days} "
            "days with this link:",
            f"The link also ends all sessions, takes the password away and removes the {_ADDED} that were "
            "added since. Then you choose a new password.",
            link=addresses.page(self._settings, addresses.VERIFY, link=secret),
        )

    def taken_back(self, to: str) -> None:
        self._send(
            to,
            "The address of your account was taken back",
            "Your account has this address again. All sessions have ended, the password is gone, and the "
            f"{_ADDED} that were added meanwhile are removed. Choose a new password if you have not done so:",
            "Then look through what is left in your account: whoever changed the address may have added "
            "something before.",
            link=addresses.page(self._settings, "recover"),
        )

    def invited(self, to: str, secret: str, until: datetime.datetime) -> None:
        self._send(
            to,
            "You are invited",
            "You are invited to make an account here. Follow this link to accept:",
            f"The link works once, until {until:%Y-%m-%d %H:%M} UTC.",
            link=addresses.page(self._settings, addresses.INVITED, invitation=secret),
        )

    def _once(self) -> str:
        minutes = self._settings["accounts.link_minutes"]
        return f"The link works once, within {minutes} minutes."

    def _send(self, to: str, subject: str, *paragraphs: str, link: str = "", deliver: bool = True) -> None:
        if link and deliver and self._settings["accounts.log_links"]:
            log.info("%s: link for %s: %s", subject, to, link)
        self._events.emit(
            AccountMail(to=to, subject=subject, paragraphs=paragraphs, link=link, deliver=deliver)
        )
