"""How often passwords and codes may be tried. What others do never keeps a person out.

Tries are counted per network and per network and account, not for the account as a whole: who tries
passwords of somebody else uses up the tries of the own network. A browser that has logged in to an
account before is counted by itself. When very many networks try one account, unknown ones get fewer
tries each, and known browsers, mails for a new password and passkeys go on working.

The counts are in the database, the same for all processes, and are written before anything is checked,
in a transaction of their own: neither an error nor trying in parallel gets around them.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import math
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from eoscperf.db import utcnow
from eoscperf.errors import RateLimited
from eoscperf.plugins.accounts.people.models import Tries

QUARTER = datetime.timedelta(minutes=15)
HOUR = datetime.timedelta(hours=1)

PER_NETWORK = 100
"""Wrong passwords from one network, for all accounts, in a quarter of an hour."""

PER_NETWORK_AND_ACCOUNT = 10

PER_BROWSER = 20
"""Wrong passwords from a browser that is known to the account."""

MANY = 60
"""Wrong passwords for one account from unknown browsers that make it look like an attack."""

UNDER_ATTACK = 3
"""Tries of an unknown network for an account that is being attacked."""

MANY_CODES = 30
"""Wrong codes for one account from unknown browsers in an hour; then only known ones may send codes."""


@dataclass(frozen=True, slots=True)
class Count:
    """Something that is counted within a window; `most` of None only counts."""

    key: str
    window: datetime.timedelta
    most: int | None = None


class Throttle:
    """Counts tries in the given session; `secret` keeps what is counted from being readable."""

    def __init__(
        self, session: Session, secret: bytes, *, now: Callable[[], datetime.datetime] = utcnow
    ) -> None:
        self._session = session
        self._secret = hashlib.sha256(b"eoscperf accounts tries 1\0" + secret).digest()
        self._now = now

    def spend(self, *counts: Count, what: str) -> dict[str, int]:
        """One more of each; RateLimited when one is over its most. What each has come to."""
        now = self._now()
        found: dict[str, int] = {}
        wait = 0.0
        # Always in one order, so that two processes never wait for each other.
        for digest, count in sorted(
            ((self._digest(count.key), count) for count in counts), key=lambda pair: pair[0]
        ):
            reached, ends = self._add(digest, count, now)
            found[count.key] = reached
            if count.most is not None and reached > count.most:
                wait = max(wait, (ends - now).total_seconds())
        if wait:
            raise too_many(what, wait)
        return found

    def refund(self, *keys: str) -> None:
        """Take one back of each: it was no wrong try."""
        digests = [self._digest(key) for key in keys]
        self._session.execute(
            sa.update(Tries)
            .where(Tries.key_digest.in_(digests), Tries.count > 0)
            .values(count=Tries.count - 1)
            .execution_options(synchronize_session=False)
        )

    def forget(self, *keys: str) -> None:
        """Begin anew with these."""
        digests = [self._digest(key) for key in keys]
        self._session.execute(
            sa.delete(Tries).where(Tries.key_digest.in_(digests)).execution_options(synchronize_session=False)
        )

    def tidy(self) -> None:
        """Remove what has long been over."""
        self._session.execute(
            sa.delete(Tries)
            .where(Tries.ends_datetime < self._now() - HOUR)
            .execution_options(synchronize_session=False)
        )

    def _add(self, digest: str, count: Count, now: datetime.datetime) -> tuple[int, datetime.datetime]:
        insert: Any = (
            sqlite.insert if self._session.get_bind().dialect.name == "sqlite" else postgresql.insert
        )
        fresh = insert(Tries).values(key_digest=digest, count=1, ends_datetime=now + count.window)
        is_over = Tries.ends_datetime <= now
        statement = fresh.on_conflict_do_update(
            index_elements=[Tries.key_digest],
            set_={
                "count": sa.case((is_over, 1), else_=Tries.count + 1),
                "ends_datetime": sa.case((is_over, fresh.excluded.ends_datetime), else_=Tries.ends_datetime),
            },
        ).returning(Tries.count, Tries.ends_datetime)
        reached, ends = self._session.execute(
            statement, execution_options={"synchronize_session": False}
        ).one()
        return reached, ends

    def _digest(self, key: str) -> str:
        return hmac.new(self._secret, key.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def too_many(what: str, wait: float) -> RateLimited:
    """The refusal; it is the same whether there is such an account or not."""
    minutes = max(1, math.ceil(wait / 60))
    unit = "minute" if minutes == 1 else "minutes"
    return RateLimited(f"Too many {what}. Try again in {minutes} {unit}.", max(1, math.ceil(wait)))


def password_counts(login: str, network: str) -> list[Count]:
    """What a try of a password from an unknown browser is counted as; the last is the account's."""
    return [
        Count(f"network\n{network}", QUARTER, PER_NETWORK),
        Count(f"network and account\n{network}\n{login}", QUARTER, PER_NETWORK_AND_ACCOUNT),
        Count(f"account\n{login}", QUARTER),
    ]


def under_attack(login: str, network: str) -> Count:
    """What a try from an unknown browser counts as, too, while many try the same account."""
    return Count(f"attacked\n{network}\n{login}", QUARTER, UNDER_ATTACK)


def browser_count(login: str, device: str) -> Count:
    """What a try counts as from a browser that is known to the account."""
    return Count(f"browser\n{login}\n{device}", QUARTER, PER_BROWSER)


def person_count(identity_id: uuid.UUID) -> Count:
    """The same for all browsers of somebody of a directory together, whatever login is tried."""
    return Count(f"browsers of\n{identity_id}", QUARTER, PER_BROWSER)


def keys(counts: Iterable[Count]) -> list[str]:
    return [count.key for count in counts]
