"""Which version of the terms of service somebody has accepted."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.db import utcnow
from eoscperf.login.models import TermsAcceptance
from eoscperf.login.sessions import clock


class Terms:
    """The terms in force, `version`, and who has accepted them."""

    def __init__(
        self, session: Session, version: str, *, now: Callable[[], datetime.datetime] = utcnow
    ) -> None:
        self._session = session
        self._now = now
        self.version = version

    @classmethod
    def for_request(cls, request: Any) -> Terms:
        return cls(
            request.dbsession,
            request.registry.settings["pages.terms_version"],
            now=clock(request),
        )

    def accepted(self, user_id: uuid.UUID) -> TermsAcceptance | None:
        """When a user accepted the present version; None when not yet."""
        return self._session.get(TermsAcceptance, (user_id, self.version))

    def last(self, user_id: uuid.UUID) -> TermsAcceptance | None:
        """The newest version that a user accepted."""
        query = sa.select(TermsAcceptance).where(TermsAcceptance.user_id == user_id)
        return self._session.scalar(query.order_by(TermsAcceptance.accepted_datetime.desc()).limit(1))

    def accept(self, user_id: uuid.UUID) -> None:
        """Record that a user accepts the present version; once is enough."""
        try:
            with self._session.begin_nested():
                self._session.add(
                    TermsAcceptance(user_id=user_id, version=self.version, accepted_datetime=self._now())
                )
        except sa.exc.IntegrityError:
            if self.accepted(user_id) is None:
                raise
