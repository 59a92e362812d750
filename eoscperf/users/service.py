"""The rules about accounts."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf import errors, listing
from eoscperf.db import utcnow
from eoscperf.errors import Issue
from eoscperf.events import Events
from eoscperf.review.journal import Journal
from eoscperf.security.bearer import Profile
from eoscperf.security.identity import Identity
from eoscperf.users.addresses import mail_address
from eoscperf.users.authentication import fresh_profile
from eoscperf.users.events import (
    UserDisabled,
    UserEnabled,
    UserRegistered,
    UserRemoved,
    UserRoleChanged,
    UserUpdated,
)
from eoscperf.users.models import User

SORT = listing.SortFields(
    {
        "sub": listing.column_field("sub", User.sub),
        "iss": listing.column_field("iss", User.iss),
        "email": listing.column_field("email", User.email),
        "registration_datetime": listing.column_field("registration_datetime", User.registration_datetime),
    },
    default="+iss,+sub",
    last=("iss", "sub"),
)


class Users:
    """Registration, removal and roles of accounts.

    `profile` asks the caller's identity provider for email and its state. `initial_role` is what those have
    who register.
    """

    def __init__(
        self,
        session: Session,
        identity: Identity | None,
        journal: Journal,
        events: Events,
        profile: Callable[[], Profile],
        initial_role: str = "user",
    ) -> None:
        self._session = session
        self._identity = identity
        self._journal = journal
        self._events = events
        self._profile = profile
        self._initial_role = initial_role

    @classmethod
    def for_request(cls, request: Any) -> Users:
        return cls(
            request.dbsession,
            request.identity,
            request.find_service(Journal),
            request.events,
            lambda: fresh_profile(request),
            request.registry.settings["users.initial_role"],
        )

    def search(
        self,
        sort: Sequence[listing.SortKey],
        page: listing.PageRequest,
        binding: listing.CursorBinding,
        *,
        terms: Sequence[str] = (),
        **exactly: str,
    ) -> listing.Page[User]:
        """Accounts whose `sub`, `iss`, `email`, `role` and `kind` are those given and whose email holds
        every term."""
        wanted = [listing.matches_all(User.search_text, terms), *_equal(exactly)]
        return listing.paginate(
            self._session,
            sa.select(User).where(*wanted),
            sa.select(sa.func.count()).select_from(User).where(*wanted),
            sort,
            page,
            bind=binding,
        )

    def me(self) -> User:
        """The caller's account; NotFound when not registered."""
        identity = self._caller()
        if identity.user_id is None:
            raise errors.NotFound("You are not registered. Register first: POST /users:register")
        return self._session.get_one(User, identity.user_id)

    def register(self) -> User:
        """Make an account for the caller, with the address that the identity provider vouches for."""
        identity = self._caller()
        if identity.user_id is not None:
            raise _registered_already(identity.user_id)
        profile = self._profile()
        email = _address(profile)
        # Many providers say nothing about verification; only an explicit "no" keeps people out.
        if profile.email_verified is False:
            raise errors.Invalid(_UNVERIFIED, detail=_UNVERIFIED)
        user = User(
            iss=identity.iss,
            sub=identity.sub,
            email=email,
            role=self._initial_role,
            search_text=listing.search_text(email),
        )
        try:
            with self._session.begin_nested():
                self._session.add(user)
        except sa.exc.IntegrityError:
            mine = sa.select(User.id).where(User.iss == identity.iss, User.sub == identity.sub)
            existing = self._session.scalar(mine)
            if existing is None:
                raise
            raise _registered_already(existing) from None
        self._events.emit(UserRegistered(**_facts(user)))
        return user

    def update(self) -> User:
        """Take the caller's address over from the identity provider again."""
        profile = self._profile()
        email = _address(profile)
        # A new address replaces one that mails reach, so here it must be known to be good.
        if not profile.email_verified:
            raise errors.Invalid(_UNVERIFIED, detail=_UNVERIFIED)
        user = self.me()
        old, user.email = user.email, email
        user.search_text = listing.search_text(email)
        self._session.flush()
        self._events.emit(UserUpdated(**_facts(user), old_email=old))
        return user

    def remove(self, *, message: str | None = None, **exactly: str) -> int:
        """Remove the accounts whose `sub`, `iss` and `email` are those given; returns how many.

        What they contributed stays, without an uploader.
        """
        if not exactly:
            raise errors.Invalid([Issue("one of sub, iss and email is required", "query")])
        if set(exactly) == {"iss"}:
            raise errors.Invalid([Issue("removes everybody of an issuer; add sub or email", "query", "iss")])
        administrators = self._administrators()
        query = sa.select(User).where(*_equal(exactly)).order_by(User.iss, User.sub).with_for_update()
        found = list(self._session.scalars(query))
        caller = self._caller().user_id
        if any(user.id == caller for user in found):
            text = "You are among them: nobody was removed. Administrators cannot remove themselves."
            raise errors.Invalid([Issue(text, "query", next(iter(exactly)))], detail=text)
        _keep_one(administrators, found)
        for user in found:
            entry = self._journal.record("user_remove", "user", user.id, message=message)
            self._events.emit(UserRemoved(**_facts(user), entry_id=entry.id, message=message))
        # Set-based, so that the database, which knows every reference, takes the uploaders away.
        self._session.execute(sa.delete(User).where(User.id.in_([user.id for user in found])))
        # What this session has loaded may still name them.
        self._session.expire_all()
        return len(found)

    def set_role(self, *, sub: str, iss: str, role: str, message: str | None = None) -> User:
        """Make somebody an administrator, one who may contribute, or one who may only read."""
        self._not_oneself(sub, iss, "You cannot change your own role; another administrator can.")
        administrators = self._administrators()
        user = self._locked(sub, iss)
        before = user.role
        if before == role:
            return user
        if role == "admin" and user.kind == "service":
            text = "A service account cannot be an administrator."
            raise errors.Invalid([Issue(text, "body", "role", "/role")], detail=text)
        _keep_one(administrators, [user])
        user.role = role
        entry = self._journal.record(
            "user_role", "user", user.id, from_status=before, to_status=role, message=message
        )
        self._events.emit(
            UserRoleChanged(
                **_facts(user), entry_id=entry.id, from_role=before, to_role=role, message=message
            )
        )
        return user

    def disable(self, *, sub: str, iss: str, message: str | None = None) -> User:
        """Accept no token of an account from now on; what it contributed stays as it is."""
        self._not_oneself(sub, iss, "You cannot disable your own account; another administrator can.")
        administrators = self._administrators()
        user = self._locked(sub, iss)
        if user.disabled:
            return user
        _keep_one(administrators, [user])
        user.disabled_datetime = utcnow()
        entry = self._journal.record("user_disable", "user", user.id, message=message)
        self._events.emit(UserDisabled(**_facts(user), entry_id=entry.id, message=message))
        return user

    def enable(self, *, sub: str, iss: str, message: str | None = None) -> User:
        """Accept the tokens of a disabled account again."""
        self._administrators()
        user = self._locked(sub, iss)
        if not user.disabled:
            return user
        user.disabled_datetime = None
        entry = self._journal.record("user_enable", "user", user.id, message=message)
        self._events.emit(UserEnabled(**_facts(user), entry_id=entry.id, message=message))
        return user

    def _not_oneself(self, sub: str, iss: str, sentence: str) -> None:
        caller = self._caller()
        if (caller.iss, caller.sub) == (iss, sub):
            raise errors.Invalid([Issue(sentence, "query", "sub")], detail=sentence)

    def _administrators(self) -> set[uuid.UUID]:
        """Who is an administrator by role. Until the transaction ends nobody else makes them fewer.

        Always locked in the same order and before any other account, so that two who remove each other wait
        for one another, and the second finds itself the last.
        """
        query = sa.select(User.id).where(User.role == "admin", User.disabled_datetime.is_(None))
        found = set(self._session.scalars(query.order_by(User.id).with_for_update()))
        caller = self._caller().user_id
        enabled = sa.select(User.id).where(User.id == caller, User.disabled_datetime.is_(None))
        # Somebody else may have been faster.
        if caller is not None and self._session.scalar(enabled) is None:
            raise errors.AdminRequired("Your account was removed or disabled a moment ago.")
        if self._caller().by_role and caller not in found:
            raise errors.AdminRequired("You are no longer an administrator since a moment ago.")
        return found

    def _locked(self, sub: str, iss: str) -> User:
        query = sa.select(User).where(User.iss == iss, User.sub == sub).with_for_update()
        user = self._session.scalar(query.execution_options(populate_existing=True))
        if user is None:
            raise errors.NotFound("No registered user has this sub and iss.")
        return user

    def _caller(self) -> Identity:
        if self._identity is None:
            raise errors.Unauthenticated("Send a bearer token: Authorization: Bearer <token>")
        return self._identity


_UNVERIFIED = "Your identity provider does not vouch for your email address. Verify it there, then try again."
_NO_EMAIL = "Your identity provider tells no email address. Let it release the scope email, then try again."


def _equal(exactly: dict[str, str]) -> list[sa.ColumnElement[bool]]:
    columns = {"sub": User.sub, "iss": User.iss, "email": User.email, "role": User.role, "kind": User.kind}
    return [columns[name] == value for name, value in exactly.items()]


def _keep_one(administrators: set[uuid.UUID], leaving: Sequence[User]) -> None:
    """LastAdministrator when nobody would be left of them."""
    going = administrators & {user.id for user in leaving}
    if going and going == administrators:
        raise errors.LastAdministrator(
            "Nobody else has the role of administrator. Give it to somebody first. (Entitlements do not "
            "count: an identity provider can take them away.)"
        )


def _address(profile: Profile) -> str:
    """The email address of a profile; Invalid when there is none that mail could be sent to."""
    address = mail_address(profile.email)
    if address is None:
        raise errors.Invalid(_NO_EMAIL, detail=_NO_EMAIL)
    return address


def _registered_already(existing: Any) -> errors.Duplicate:
    return errors.Duplicate("You are registered already.", existing=str(existing))


def _facts(user: User) -> dict[str, Any]:
    return {"id": user.id, "iss": user.iss, "sub": user.sub, "email": user.email}
