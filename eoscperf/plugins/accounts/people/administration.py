"""What administrators do about other people's accounts; the log has each of it, with who, when and why."""

from __future__ import annotations

import uuid
from typing import Any

from eoscperf import errors
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people.identities import Identities
from eoscperf.plugins.accounts.people.session import AccountSessions
from eoscperf.plugins.accounts.people.signup import SignUp
from eoscperf.plugins.accounts.people.totp import SecondFactors
from eoscperf.review.journal import Journal
from eoscperf.security.identity import Identity
from eoscperf.users.service import Users

KIND = "local_account"
"""What the log calls an account; its id is the `sub` of its tokens."""


class Administration:
    """Acts for `caller`, of whom it is known that they may. People are registered under `issuer`."""

    def __init__(
        self,
        caller: Identity,
        journal: Journal,
        identities: Identities,
        sessions: AccountSessions,
        sign_up: SignUp,
        factors: SecondFactors,
        users: Users,
        *,
        issuer: str,
    ) -> None:
        self._caller = caller
        self._journal = journal
        self._identities = identities
        self._sessions = sessions
        self._sign_up = sign_up
        self._factors = factors
        self._users = users
        self._issuer = issuer

    @classmethod
    def for_request(cls, request: Any) -> Administration:
        return cls(
            request.identity,
            request.find_service(Journal),
            request.find_service(Identities),
            request.find_service(AccountSessions),
            request.find_service(SignUp),
            request.find_service(SecondFactors),
            request.find_service(Users),
            issuer=request.registry.settings["accounts.issuer"],
        )

    def create(
        self, email: str, *, name: str = "", password_hash: str | None = None
    ) -> tuple[LocalIdentity, str]:
        """An account and, without a password, the secret of a link with which one is chosen. Duplicate."""
        made = self._sign_up.add(email, name=name, password_hash=password_hash)
        self._note("create", made)
        return made, "" if password_hash else self._sign_up.password_link(made, mail=False)

    def disable(self, identity_id: uuid.UUID, message: str | None = None) -> LocalIdentity:
        """Nobody logs in to it; who is registered is disabled on the platform, too. NotFound, WrongState."""
        if (self._caller.iss, self._caller.sub) == (self._issuer, str(identity_id)):
            raise errors.WrongState("You cannot disable your own account; another administrator can.")
        found = self._identities.get(identity_id)
        try:
            self._users.disable(iss=self._issuer, sub=str(identity_id), message=message)
        except errors.NotFound:
            if not found.disabled:
                self._note("disable", found, message)
        return self._identities.disable(identity_id)

    def enable(self, identity_id: uuid.UUID, message: str | None = None) -> LocalIdentity:
        """The same the other way round."""
        found = self._identities.get(identity_id)
        try:
            self._users.enable(iss=self._issuer, sub=str(identity_id), message=message)
        except errors.NotFound:
            if found.disabled:
                self._note("enable", found, message)
        return self._identities.enable(identity_id)

    def password_link(self, identity_id: uuid.UUID, message: str | None = None) -> str:
        """The secret of a link with which somebody chooses a password; WrongState with a directory."""
        found = self._identities.get(identity_id, lock=True)
        secret = self._sign_up.password_link(found, mail=False)
        self._note("password_link", found, message)
        return secret

    def reset_second_factor(self, identity_id: uuid.UUID, message: str | None = None) -> LocalIdentity:
        """Switch codes off for somebody who has lost app and recovery codes; all sessions end."""
        found = self._identities.get(identity_id, lock=True)
        self._factors.switch_off(found)
        self._sessions.end_all(found.id)
        self._note("reset_second_factor", found, message)
        return found

    def _note(self, what: str, identity: LocalIdentity, message: str | None = None) -> None:
        self._journal.record(f"{KIND}_{what}", KIND, identity.id, message=message)
