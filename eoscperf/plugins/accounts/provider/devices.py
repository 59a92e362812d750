"""The device flow (RFC 8628): codes that people read from one screen and type into a browser."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf.db import utcnow
from eoscperf.plugins.accounts.people.digests import digest, new_secret
from eoscperf.plugins.accounts.provider.models import Authorization, DeviceCode

LIFETIME = datetime.timedelta(minutes=15)
SECONDS = 5
"""A program waits so long between two questions, and as much longer each time it does not."""

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""Neither vowels, which make words, nor what can be taken for a digit: 20 letters, 20^8 codes."""


class Devices:
    """Makes, finds and decides about codes. `now` tells the time."""

    def __init__(self, session: orm.Session, *, now: Callable[[], datetime.datetime] = utcnow) -> None:
        self._session = session
        self._now = now

    @classmethod
    def for_request(cls, request: Any) -> Devices:
        return cls(request.dbsession, now=request.registry.get("accounts.clock", utcnow))

    def begin(self, client_id: str, scope: str) -> tuple[str, str]:
        """A device code for the program and a user code to be typed."""
        device_code, user_code = new_secret(), new_user_code()
        self._session.add(
            DeviceCode(
                digest=digest(device_code),
                user_code_digest=digest(plain(user_code)),
                client_id=client_id,
                scope=scope,
                status="pending",
                seconds=SECONDS,
                expires_datetime=self._now() + LIFETIME,
            )
        )
        self._session.flush()
        return device_code, user_code

    def find(self, device_code: str, client_id: str) -> DeviceCode | None:
        query = sa.select(DeviceCode).where(
            DeviceCode.digest == digest(device_code), DeviceCode.client_id == client_id
        )
        return self._session.scalar(query.with_for_update())

    def typed(self, user_code: str) -> DeviceCode | None:
        """The request behind a code as somebody has typed it, if it waits for a decision."""
        query = sa.select(DeviceCode).where(
            DeviceCode.user_code_digest == digest(plain(user_code)),
            DeviceCode.status == "pending",
            DeviceCode.expires_datetime > self._now(),
        )
        return self._session.scalar(query.with_for_update())

    def is_over(self, row: DeviceCode) -> bool:
        return row.expires_datetime <= self._now()

    def too_soon(self, row: DeviceCode) -> bool:
        """Whether the program asks too often, which makes it wait longer from now on."""
        now, before = self._now(), row.asked_datetime
        row.asked_datetime = now
        hasty = before is not None and now - before < datetime.timedelta(seconds=row.seconds)
        if hasty:
            row.seconds += SECONDS
        self._session.flush()
        return hasty

    def decide(self, row: DeviceCode, authorization: Authorization | None) -> None:
        """Approve with what the program is to get, or deny."""
        row.status = "denied" if authorization is None else "approved"
        row.authorization_id = None if authorization is None else authorization.id
        if authorization is not None:
            authorization.expires_datetime = max(authorization.expires_datetime, row.expires_datetime)
        self._session.flush()

    def take(self, row: DeviceCode) -> Authorization | None:
        """What was approved; the code is gone with that."""
        found = None
        if row.authorization_id is not None:
            wanted = sa.select(Authorization).where(Authorization.id == row.authorization_id)
            found = self._session.scalar(wanted.with_for_update())
        self._session.delete(row)
        self._session.flush()
        return found


def new_user_code() -> str:
    letters = "".join(secrets.choice(LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def plain(user_code: str) -> str:
    """A code as it counts, however it was typed: case, blanks and dashes do not matter."""
    return "".join(letter for letter in user_code.upper() if letter in LETTERS)
