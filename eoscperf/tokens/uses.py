"""When and from where API tokens were last used: noted by requests, written by a thread beside them.

Requests that read must neither wait for the database's one writer nor fail because of it, so they only
leave a note. What a process had noted and not yet written when it ended is lost, which is less than a
minute of something that nobody decides by.
"""

from __future__ import annotations

import datetime
import ipaddress
import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from eoscperf.tokens.models import ApiToken

log = logging.getLogger(__name__)

USES = "eoscperf.token_uses"
"""in the registry: the notes of this process"""

EVERY = datetime.timedelta(minutes=1)
"""How much newer a use must be than the one that is known, to be written down."""

DELAY = 2.0
"""Seconds that notes are collected for, so that many are written at once."""

MOST_REMEMBERED = 10_000
"""Tokens whose last note is remembered; when there are more all are forgotten, and noted once more."""


@dataclass(frozen=True, slots=True)
class Use:
    """A token was used."""

    token_id: uuid.UUID
    network: str | None
    when: datetime.datetime


class TokenUses:
    """Collects uses and writes them down; thread-safe, one for a process.

    `engine` is asked for when there is something to write. Without `background` nothing is written but by
    `write`.
    """

    def __init__(self, engine: Callable[[], sa.Engine], *, delay: float = DELAY) -> None:
        self._engine = engine
        self._delay = delay
        self._lock = threading.Lock()
        self._noted: dict[uuid.UUID, datetime.datetime] = {}
        self._waiting: dict[uuid.UUID, Use] = {}
        self._thread: threading.Thread | None = None
        self._now = threading.Event()
        self.background = True

    def note(
        self,
        token_id: uuid.UUID,
        network: str | None,
        when: datetime.datetime,
        known: datetime.datetime | None,
    ) -> None:
        """A token was used; `known` is the use that the database tells of. Neither waits nor fails."""
        with self._lock:
            for earlier in (known, self._noted.get(token_id)):
                if earlier is not None and when - earlier < EVERY:
                    return
            if len(self._noted) >= MOST_REMEMBERED:
                self._noted.clear()
            self._noted[token_id] = when
            self._waiting[token_id] = Use(token_id, network, when)
            if self.background and self._thread is None:
                # Begun with the first use, and gone when there is nothing to write: a process that is
                # divided into workers before that has none that would be missing in them.
                self._thread = threading.Thread(target=self._run, name="token-uses", daemon=True)
                self._thread.start()

    def write(self, bind: sa.Engine | sa.Connection | None = None) -> int:
        """Write down what waits; returns how many. What cannot be written is dropped, and said in the log."""
        with self._lock:
            uses, self._waiting = list(self._waiting.values()), {}
        if not uses:
            return 0
        try:
            if isinstance(bind, sa.Connection):
                _write(bind, uses)
            else:
                with (bind or self._engine()).connect() as connection:
                    connection = connection.execution_options(sqlite_immediate=True)
                    with connection.begin():
                        _write(connection, uses)
        except sa.exc.SQLAlchemyError as problem:
            log.warning("the last use of %d API tokens could not be written down: %s", len(uses), problem)
            return 0
        return len(uses)

    def close(self) -> None:
        """Write what waits now, and end the thread."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            self._now.set()
            thread.join(5.0)

    def _run(self) -> None:
        while True:
            self._now.wait(self._delay)
            self.write()
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return


def network_of(address: str) -> str | None:
    """The network around an address: enough to see that it is a strange one, too little to follow anybody."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    # By number: the text of an address may name an interface, which networks do not have.
    if parsed.version == 4:
        return str(ipaddress.IPv4Network((int(parsed), 24), strict=False))
    return str(ipaddress.IPv6Network((int(parsed), 48), strict=False))


def _write(connection: sa.Connection, uses: list[Use]) -> None:
    for use in uses:
        used = ApiToken.last_used_datetime
        connection.execute(
            sa.update(ApiToken)
            .where(ApiToken.id == use.token_id, sa.or_(used.is_(None), used < use.when))
            .values(last_used_datetime=use.when, last_used_network=use.network)
        )
