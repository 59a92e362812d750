"""The rules about service accounts: those of machines, which have API tokens and no log-in."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf import errors, listing
from eoscperf.errors import Issue
from eoscperf.events import Events
from eoscperf.review.journal import Journal
from eoscperf.users.addresses import mail_address
from eoscperf.users.events import ServiceAccountCreated, UserRemoved
from eoscperf.users.models import SERVICE_ISSUER, User

SORT = listing.SortFields(
    {
        "id": listing.column_field("id", User.id),
        "name": listing.column_field("name", User.sub),
        "registration_datetime": listing.column_field("registration_datetime", User.registration_datetime),
    },
    default="+name",
)

NAME = r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?"
"""What a service account may be called."""


class ServiceAccounts:
    """Accounts that administrators make for workers and continuous integration.

    They hold roles like people do, but for that of an administrator.
    """

    def __init__(self, session: Session, journal: Journal, events: Events) -> None:
        self._session = session
        self._journal = journal
        self._events = events

    @classmethod
    def for_request(cls, request: Any) -> ServiceAccounts:
        return cls(request.dbsession, request.find_service(Journal), request.events)

    def get(self, user_id: uuid.UUID, *, lock: bool = False) -> User:
        """One service account; NotFound, also for the account of a person."""
        query = sa.select(User).where(User.id == user_id, User.kind == "service")
        user = self._session.scalar(query.with_for_update() if lock else query)
        if user is None:
            raise errors.NotFound(f"No service account {user_id}.")
        return user

    def named(self, name: str) -> User | None:
        """The service account of that name, if there is one."""
        return self._session.scalar(
            sa.select(User).where(User.iss == SERVICE_ISSUER, User.sub == name, User.kind == "service")
        )

    def search(
        self,
        sort: Sequence[listing.SortKey],
        page: listing.PageRequest,
        binding: listing.CursorBinding,
    ) -> listing.Page[User]:
        """All of them, a page at a time."""
        query = sa.select(User).where(User.kind == "service")
        count = sa.select(sa.func.count()).select_from(User).where(User.kind == "service")
        return listing.paginate(self._session, query, count, sort, page, bind=binding)

    def by_name(self) -> list[User]:
        """All of them, in the order of their names."""
        return list(self._session.scalars(sa.select(User).where(User.kind == "service").order_by(User.sub)))

    def create(self, *, name: str, email: str, role: str = "user", description: str | None = None) -> User:
        """A new account; `email` reaches the people who answer for the service."""
        if not re.fullmatch(NAME, name):
            text = "must be 1 to 64 of a-z, 0-9, '.', '_' and '-', a letter or digit at both ends"
            raise errors.Invalid([Issue(text, "body", "name", "/name")])
        address = _address(email)
        user = User(
            iss=SERVICE_ISSUER,
            sub=name,
            kind="service",
            email=address,
            role=role,
            description=description,
            search_text=listing.search_text(address),
        )
        try:
            with self._session.begin_nested():
                self._session.add(user)
        except sa.exc.IntegrityError:
            existing = self.named(name)
            if existing is None:
                raise
            raise errors.Duplicate(
                f"There is a service account {name} already.", existing=str(existing.id)
            ) from None
        entry = self._journal.record("service_create", "user", user.id, to_status=role)
        self._events.emit(ServiceAccountCreated(**_facts(user), entry_id=entry.id))
        return user

    def update(self, user: User, *, email: str, description: str | None = None) -> None:
        """Replace what can be changed about an account."""
        user.email = _address(email)
        user.search_text = listing.search_text(user.email)
        user.description = description
        self._session.flush()
        self._journal.record("service_update", "user", user.id)

    def remove(self, user: User, message: str | None = None) -> None:
        """Remove an account with its tokens; what it contributed stays, without an uploader."""
        entry = self._journal.record("service_remove", "user", user.id, message=message)
        self._events.emit(UserRemoved(**_facts(user), entry_id=entry.id, message=message))
        # Set-based, so that the database, which knows every reference, takes the uploaders away.
        self._session.execute(sa.delete(User).where(User.id == user.id))
        self._session.expire_all()


def _address(email: str) -> str:
    address = mail_address(email)
    if address is None:
        issue = Issue("must be an email address such as team@example.org", "body", "email", "/email")
        raise errors.Invalid([issue])
    return address


def _facts(user: User) -> dict[str, Any]:
    return {"id": user.id, "iss": user.iss, "sub": user.sub, "email": user.email}
