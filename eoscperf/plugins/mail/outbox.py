"""The outbox: mails are put in by the transaction of what they tell of."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf import jsontext
from eoscperf.db import utcnow
from eoscperf.plugins.mail.addresses import address, sender
from eoscperf.plugins.mail.models import OutboxMail
from eoscperf.plugins.mail.texts import ACCOUNT
from eoscperf.users.models import User

KEPT_TRYING = datetime.timedelta(days=3)

MARGIN = datetime.timedelta(seconds=30)
"""Added to the time for undoing, as an undo that began in time may still be at work."""


class Outbox:
    """Puts mails in, holds back those about decisions that can be undone, and drops them."""

    def __init__(self, session: orm.Session, *, sender: str, support: str, undo_minutes: int) -> None:
        self._session = session
        self._sender = sender
        self._support = support or None
        self._undo_minutes = undo_minutes

    @classmethod
    def for_request(cls, request: Any) -> Outbox:
        settings = request.registry.settings
        return cls(
            request.dbsession,
            sender=settings["mail.from"],
            support=settings["mail.support"],
            undo_minutes=settings["moderation.undo_minutes"],
        )

    def to_user(
        self,
        kind: str,
        user_id: uuid.UUID | None,
        facts: dict[str, Any],
        *,
        action_id: int | None = None,
        decision: bool = False,
    ) -> None:
        """A mail to an account, with a copy to the support; to the support alone if the account is gone.

        A mail about a `decision` is held for as long as that can be undone.
        """
        user = self._session.get(User, user_id) if user_id is not None else None
        self._put(
            kind,
            facts,
            user_id=user_id if user is not None else None,
            recipient=user.email if user is not None else None,
            copy_to=self._support,
            action_id=action_id,
            decision=decision,
        )

    def to_address(self, kind: str, user_id: uuid.UUID, recipient: str, facts: dict[str, Any]) -> None:
        """A mail to one address of an account, without any copy."""
        self._put(kind, facts, user_id=user_id, recipient=recipient)

    def about_account(self, recipient: str, facts: dict[str, Any], *, deliver: bool) -> None:
        """A mail about log-in; one that nobody is to get is stored all the same, without what it says."""
        if deliver:
            self._put(ACCOUNT, facts, user_id=None, recipient=recipient)
        else:
            self._put(ACCOUNT, {}, user_id=None, recipient=recipient, status="cancelled")

    def add_along(
        self, kinds: tuple[str, ...], user_id: uuid.UUID | None, action_id: int, item: dict[str, str]
    ) -> bool:
        """Mention a further item in the mail that somebody gets about an action; False when there is none."""
        query = sa.select(OutboxMail).where(
            OutboxMail.action_id == action_id,
            OutboxMail.kind.in_(kinds),
            OutboxMail.user_id == user_id if user_id is not None else OutboxMail.user_id.is_(None),
            OutboxMail.status == "waiting",
        )
        mail = self._session.scalar(query.limit(1))
        if mail is None:
            return False
        facts: Any = jsontext.loads(mail.facts)
        facts["along"] = [*facts.get("along", ()), item]
        mail.facts = jsontext.dumps(facts)
        self._session.flush()
        return True

    def cancel(self, action_id: int) -> None:
        """Drop what is held about an action."""
        self._session.execute(
            sa.update(OutboxMail)
            .where(OutboxMail.action_id == action_id, OutboxMail.status == "waiting")
            .values(status="cancelled")
        )

    def forget(self, user_id: uuid.UUID) -> None:
        """Take the address of an account that is removed out of all mails; copies are still sent."""
        mine = OutboxMail.user_id == user_id
        reached = sa.or_(OutboxMail.copy_to.is_(None), OutboxMail.delivered == "copy_to")
        self._session.execute(
            sa.update(OutboxMail)
            .where(mine, OutboxMail.status == "waiting", reached)
            .values(status="cancelled")
        )
        self._session.execute(
            sa.update(OutboxMail).where(mine).values(recipient=None, user_id=None, last_error=None)
        )

    def _put(
        self,
        kind: str,
        facts: dict[str, Any],
        *,
        user_id: uuid.UUID | None,
        recipient: str | None,
        copy_to: str | None = None,
        action_id: int | None = None,
        decision: bool = False,
        status: str = "waiting",
    ) -> None:
        if address(recipient) is None:
            recipient = None
        if recipient is not None and copy_to is not None and recipient.lower() == copy_to.lower():
            copy_to = None
        if recipient is None and copy_to is None:
            return
        now = utcnow()
        due = now
        if decision and self._undo_minutes:
            due += datetime.timedelta(minutes=self._undo_minutes) + MARGIN
        mail_id = uuid.uuid4()
        self._session.add(
            OutboxMail(
                id=mail_id,
                kind=kind,
                facts=jsontext.dumps(facts),
                user_id=user_id,
                recipient=recipient if status == "waiting" else None,
                copy_to=copy_to,
                status=status,
                message_id=f"<{mail_id}@{sender(self._sender).domain}>",
                action_id=action_id,
                created_datetime=now,
                due_datetime=due,
                expires_datetime=due + KEPT_TRYING,
            )
        )
        self._session.flush()
