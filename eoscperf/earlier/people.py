"""Accounts."""

from __future__ import annotations

import hashlib
import uuid

import sqlalchemy as sa

from eoscperf.earlier.run import Run, Taken
from eoscperf.listing import search_text
from eoscperf.users.models import User

_COMPARED = {"email": "email", "registration_datetime": "registration_datetime"}


def take_users(run: Run) -> None:
    """Add the accounts that are missing; who was removed here since an earlier run stays removed."""
    table = User.__table__
    removed = run.target.removed_people()
    counts = run.report.count("user")
    for chunk in run.source.users():
        keys = [(row.iss, row.sub) for row in chunk]
        same = sa.tuple_(table.c.iss, table.c.sub).in_(keys)
        here = {
            (row.iss, row.sub): row for row in run.target.connection.execute(sa.select(table).where(same))
        }
        new = []
        for row in chunk:
            counts.read += 1
            identifier = account_id(row.iss, row.sub)
            values = {
                "id": identifier,
                "iss": row.iss,
                "sub": row.sub,
                "email": row.email,
                "role": "user",
                "search_text": search_text(row.email),
            }
            one = Taken(row, values)
            run.app_time(one, "registration_datetime", row.registration_datetime)
            stored = here.get((row.iss, row.sub))
            if stored is not None:
                run.users[row.iss, row.sub] = stored.id
                run.skip("user", stored, one, _COMPARED, f"{row.sub} at {row.iss}")
            elif str(identifier) in removed:
                run.users[row.iss, row.sub] = None
                counts.skipped += 1
                run.report.note("removed_people", id=str(identifier))
            else:
                run.users[row.iss, row.sub] = identifier
                new.append(one)
        run.add("user", table, new)
        run.progress.advance(len(chunk))


def account_id(iss: str, sub: str) -> uuid.UUID:
    """The id that an account gets, always the same one.

    The log names removed accounts by id alone, so that only this tells a later run who was removed.
    """
    return uuid.UUID(bytes=hashlib.sha256(f"{iss}\n{sub}".encode()).digest()[:16], version=4)
