"""The thread that asks registries.

What has to be asked is read from the table, so that a restart forgets nothing. Who asks notes that
first, as a `pending` check with the time: others leave the benchmark alone for that long, and if the
process dies meanwhile somebody asks again afterwards.
"""

from __future__ import annotations

import datetime
import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf.db import utcnow
from eoscperf.plugins.registry_check.checks import ImageChecks, Unsettled
from eoscperf.plugins.registry_check.registries import Finding

log = logging.getLogger(__name__)

POLL_SECONDS = 30.0
"""How often the table is read without being told to: for what other processes have left."""

LONGEST_RETRY = datetime.timedelta(hours=1)
_MARGIN = datetime.timedelta(minutes=2)
"""What a check may take beyond the timeout: looking up a name is bounded by the system only."""


class Checker:
    """Asks for every image that is due; `start` does so in a thread of its own until `stop`."""

    def __init__(
        self,
        sessions: Callable[[], orm.Session],
        find: Callable[[str, str], Finding],
        *,
        retry: float,
        timeout: float,
        now: Callable[[], datetime.datetime] = utcnow,
    ) -> None:
        self._sessions = sessions
        self._find = find
        self._retry = datetime.timedelta(seconds=retry)
        self._lease = datetime.timedelta(seconds=timeout) + _MARGIN
        self._now = now
        self._failures: dict[tuple[uuid.UUID, str, str], int] = {}
        self._wanted = threading.Event()
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, unless it runs already."""
        if self._thread is not None:
            return
        with self._lock:
            if self._thread is None:
                # A daemon: what is being asked when the process ends is asked again later.
                self._thread = threading.Thread(target=self._run, name="registry-check", daemon=True)
                self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """End the thread; waits for a registry that is being asked, at most `timeout` seconds."""
        self._stopped.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def wake(self, event: object = None) -> None:
        """Something may have to be asked at once."""
        self._wanted.set()

    def check_due(self) -> int:
        """Ask for every image that is due, each once; how many were asked for."""
        asked = 0
        with self._sessions() as session:
            waiting = ImageChecks(session).unsettled()
        known = {_key(one) for one in waiting}
        self._failures = {key: count for key, count in self._failures.items() if key in known}
        for unsettled in waiting:
            if not self._stopped.is_set() and self._is_due(unsettled):
                asked += self._check(unsettled)
        return asked

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wanted.clear()
            try:
                self.check_due()
            except sa.exc.SQLAlchemyError:
                log.exception("the images to look for cannot be read; trying again")
            self._wanted.wait(POLL_SECONDS)

    def _is_due(self, unsettled: Unsettled) -> bool:
        status, asked = unsettled.check["status"], unsettled.asked
        if asked is None:
            return True
        if status == "pending":
            return self._now() >= asked + self._lease
        if status == "missing" and not unsettled.on_review:
            return False  # approved all the same, and the registry has been clear
        failures = self._failures.get(_key(unsettled), 1)
        return self._now() >= asked + min(self._retry * 2 ** min(failures - 1, 10), LONGEST_RETRY)

    def _check(self, unsettled: Unsettled) -> bool:
        with self._changing() as checks:
            taken = checks.replace(unsettled, Finding("pending"), self._now())
        if taken is None:
            return False
        try:
            finding = self._find(unsettled.image, unsettled.tag)
        except Exception:
            # One name that nobody has thought of must not end the checks of all others.
            log.exception("looking for the image %s:%s failed", unsettled.image, unsettled.tag)
            finding = Finding("error", detail="The check itself failed; the log of the server says why.")
        key = _key(unsettled)
        if finding.status == "ok":
            self._failures.pop(key, None)
        else:
            self._failures[key] = self._failures.get(key, 0) + 1
        with self._changing() as checks:
            checks.replace(taken, finding, self._now())
        log.info("image %s:%s: %s %s", *key[1:], finding.status, finding.detail or finding.digest or "")
        return True

    @contextmanager
    def _changing(self) -> Iterator[ImageChecks]:
        """A transaction of its own: none is open while a registry is asked."""
        with self._sessions() as session:
            if session.get_bind().dialect.name == "sqlite":
                session.connection(execution_options={"sqlite_immediate": True})
            yield ImageChecks(session)
            session.commit()


def _key(unsettled: Unsettled) -> tuple[Any, str, str]:
    return unsettled.id, unsettled.image, unsettled.tag
