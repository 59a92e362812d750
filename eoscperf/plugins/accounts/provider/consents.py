"""What a person has granted to programs: seeing it and taking it back."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf import errors
from eoscperf.plugins.accounts.provider.ledger import Ledger
from eoscperf.plugins.accounts.provider.models import Authorization, Grant


class Consents:
    """The grants of people."""

    def __init__(self, session: orm.Session, ledger: Ledger) -> None:
        self._session = session
        self._ledger = ledger

    @classmethod
    def for_request(cls, request: Any) -> Consents:
        return cls(request.dbsession, Ledger.for_request(request))

    def of_identity(self, identity_id: uuid.UUID) -> list[Grant]:
        """What somebody has granted, the newest first."""
        query = (
            sa.select(Grant)
            .where(Grant.identity_id == identity_id)
            .order_by(Grant.used_datetime.desc(), Grant.id)
        )
        return list(self._session.scalars(query))

    def forget_since(self, identity_id: uuid.UUID, since: datetime.datetime) -> None:
        """Ask anew for what somebody has first granted since then."""
        mine = sa.delete(Grant).where(Grant.identity_id == identity_id, Grant.created_datetime >= since)
        self._session.execute(mine, execution_options={"synchronize_session": False})

    def revoke(self, identity_id: uuid.UUID, grant_id: uuid.UUID) -> None:
        """Take a grant back, with all that the program got by it; NotFound."""
        query = sa.select(Grant).where(Grant.id == grant_id, Grant.identity_id == identity_id)
        found = self._session.scalar(query.with_for_update())
        if found is None:
            raise errors.NotFound("You have no grant with this id.")
        self._ledger.revoke_where(
            Authorization.identity_id == identity_id, Authorization.client_id == found.client_id
        )
        self._session.delete(found)
        self._session.flush()
