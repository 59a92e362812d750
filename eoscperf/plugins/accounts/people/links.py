"""Links that work once and for a while."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.db import utcnow
from eoscperf.errors import NotFound
from eoscperf.plugins.accounts.people.digests import digest, new_secret
from eoscperf.plugins.accounts.people.models import OneTimeLink
from eoscperf.plugins.accounts.people.transactions import clock

UNDO = datetime.timedelta(days=7)
"""How long a change of the address can be taken back from the old one."""


class OneTimeLinks:
    """Makes links and takes them in. The secret of a link is stored as a digest only."""

    def __init__(
        self,
        session: Session,
        *,
        lifetime: datetime.timedelta,
        now: Callable[[], datetime.datetime] = utcnow,
    ) -> None:
        self._session = session
        self._lifetime = lifetime
        self._now = now

    @classmethod
    def for_request(cls, request: Any, session: Session | None = None) -> OneTimeLinks:
        minutes = request.registry.settings["accounts.link_minutes"]
        session = request.dbsession if session is None else session
        return cls(session, lifetime=datetime.timedelta(minutes=minutes), now=clock(request))

    @property
    def lifetime(self) -> datetime.timedelta:
        return self._lifetime

    def make(
        self,
        kind: str,
        email: str,
        *,
        identity_id: uuid.UUID | None = None,
        invitation_id: uuid.UUID | None = None,
        lifetime: datetime.timedelta | None = None,
    ) -> str:
        """The secret of a new link."""
        now = self._now()
        self._session.execute(
            sa.delete(OneTimeLink)
            .where(OneTimeLink.expires_datetime <= now)
            .execution_options(synchronize_session=False)
        )
        secret = new_secret()
        self._session.add(
            OneTimeLink(
                kind=kind,
                secret_digest=digest(secret),
                identity_id=identity_id,
                email=email,
                invitation_id=invitation_id,
                created_datetime=now,
                expires_datetime=now + (lifetime or self._lifetime),
            )
        )
        self._session.flush()
        return secret

    def look(self, secret: str) -> OneTimeLink:
        """What a link is for, without using it up: programs that check mails open links, too. NotFound."""
        query = sa.select(OneTimeLink).where(
            OneTimeLink.secret_digest == digest(secret),
            OneTimeLink.kind != "nothing",
            OneTimeLink.expires_datetime > self._now(),
        )
        found = self._session.scalar(query)
        if found is None:
            raise NotFound("This link was used already, is too old, or is not complete. Ask for a new one.")
        return found

    def use(self, secret: str) -> OneTimeLink:
        """What a link is for; it works no more. NotFound, for all but one of several who use it at once."""
        found = self.look(secret)
        self._session.expunge(found)
        gone = self._session.execute(
            sa.delete(OneTimeLink)
            .where(OneTimeLink.id == found.id)
            .returning(OneTimeLink.id)
            .execution_options(synchronize_session=False)
        )
        if gone.first() is None:
            raise NotFound("This link was used already. Ask for a new one.")
        return found

    def drop(self, identity_id: uuid.UUID, *kinds: str) -> None:
        """What was sent to a person before is of no use any more."""
        self._session.execute(
            sa.delete(OneTimeLink)
            .where(OneTimeLink.identity_id == identity_id, OneTimeLink.kind.in_(kinds))
            .execution_options(synchronize_session=False)
        )
