"""What is found out about fields while their values are written."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.results.catalogue import catalogue_changed
from eoscperf.results.tables import FIELDS


def flag_fields(
    session: Session, *, irregular: Collection[int] = (), uncountable: Collection[int] = ()
) -> None:
    """Note that fields have values that fit no row, or too many different ones; both ends the tallying."""
    concerned = sorted({*irregular, *uncountable})
    # In one order, so that two uploads that find out the same do not wait in a circle.
    session.execute(
        sa.select(FIELDS.c.id).where(FIELDS.c.id.in_(concerned)).order_by(FIELDS.c.id).with_for_update()
    )
    for identifiers, values in (
        (concerned, {"countable": False}),
        (sorted(set(irregular)), {"irregular": True}),
    ):
        if identifiers:
            session.execute(sa.update(FIELDS).where(FIELDS.c.id.in_(identifiers)).values(values))
    catalogue_changed(session)
