"""What all steps of one run share: both databases, the report, the accounts, the clocks."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import sqlalchemy as sa

from eoscperf import jsontext
from eoscperf.db import utcnow
from eoscperf.earlier.report import Report
from eoscperf.earlier.source import Source
from eoscperf.earlier.target import Target
from eoscperf.earlier.zones import LocalTimes
from eoscperf.review.journal import Journal
from eoscperf.review.models import LogEntry
from eoscperf.security.identity import ANONYMOUS


class Progress(Protocol):
    """Who watches: hears what is being read and how many rows of it are done."""

    def stage(self, name: str, total: int) -> None: ...

    def advance(self, number: int) -> None: ...


@dataclass(slots=True)
class Taken:
    """A row of the earlier database as it is to be stored here."""

    source: Any
    values: dict[str, Any]
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """what the report says of it once it is stored: the finding, more about it"""
    repaired: bool = False

    @property
    def id(self) -> Any:
        return self.values["id"]


class Run:
    """One run of taking over, see `eoscperf.earlier.taking.take_over`."""

    def __init__(
        self,
        source: Source,
        target: Target,
        report: Report,
        *,
        app_times: LocalTimes,
        db_times: LocalTimes,
        schema_seconds: float,
        progress: Progress,
    ) -> None:
        self.source = source
        self.target = target
        self.report = report
        self.schema_seconds = schema_seconds
        self.progress = progress
        self.now = utcnow()
        self.users: dict[tuple[str, str], uuid.UUID | None] = {}
        """the account here by issuer and subject; None for one that was removed here"""
        self.site_of: dict[uuid.UUID, uuid.UUID] = {}
        """the site of every flavor"""
        self.taken_names: list[str] = []
        """names in use here under other ids, in words"""
        self.benchmarks: set[uuid.UUID] = set()
        """those that are new, or with other results or tags than before"""
        self.submits: set[uuid.UUID] = set()
        """the submissions that were met"""
        self._app_times = app_times
        self._db_times = db_times
        self._entry: LogEntry | None = None

    # Times

    def app_time(self, taken: Taken, column: str, naive: datetime.datetime) -> None:
        """Keep a time that the earlier service took from the clock of its host."""
        self._time(self._app_times, taken, column, naive)

    def db_time(self, taken: Taken, column: str, naive: datetime.datetime) -> None:
        """Keep a time that its database turned to its own zone."""
        self._time(self._db_times, taken, column, naive)

    def shown_time(self, naive: datetime.datetime) -> datetime.datetime:
        """The instant at which the clock of the earlier host showed this."""
        return self._app_times.instant(naive)[0]

    def _time(self, times: LocalTimes, taken: Taken, column: str, naive: datetime.datetime) -> None:
        taken.values[column], oddity = times.instant(naive)
        if oddity is not None:
            taken.notes.append((f"{oddity}_times", {"column": column}))
            taken.repaired |= oddity == "missing"

    # Rows

    def uploader(self, row: Any) -> uuid.UUID | None:
        return self.users[row.uploader_iss, row.uploader_sub]

    def sort_out(
        self, name: str, table: Any, taken: Sequence[Taken], compared: Mapping[str, str]
    ) -> tuple[list[Taken], dict[Any, Any]]:
        """The new ones among these rows, and what is here already; differences go into the report.

        `compared` says by which columns rows are compared, and what the report calls those.
        """
        here = self.target.rows(table, compared, [one.id for one in taken])
        new = []
        for one in taken:
            stored = here.get(one.id)
            if stored is None:
                new.append(one)
            else:
                self.skip(name, stored, one, compared)
        self.report.count(name).read += len(taken)
        return new, here

    def skip(
        self, name: str, stored: sa.Row[Any], one: Taken, compared: Mapping[str, str], shown: str = ""
    ) -> None:
        """Leave a row alone that is here already."""
        counts = self.report.count(name)
        counts.skipped += 1
        differing = [
            called for column, called in compared.items() if stored._mapping[column] != one.values[column]
        ]
        if differing:
            counts.differing += 1
            self.report.note("differing", id=shown or str(one.id), table=name, fields=differing)

    def add(self, name: str, table: Any, new: Sequence[Taken]) -> None:
        """Store new rows and report what is to be said of them."""
        self.target.insert(table, [one.values for one in new])
        counts = self.report.count(name)
        counts.inserted += len(new)
        for one in new:
            counts.repaired += one.repaired
            for finding, facts in one.notes:
                self.report.note(finding, id=str(one.id), table=name, **facts)

    # Log

    @property
    def entry_id(self) -> int:
        """The entry in the log that this run makes, the only one."""
        if not self.target.writing:
            return 0
        if self._entry is None:
            journal = Journal(self.target.session, ANONYMOUS)
            details = {"revision": self.report.revision}
            self._entry = journal.record("import", "earlier_service", self.report.source, details=details)
            self.report.log_entry = self._entry.id
        return self._entry.id

    def complete_entry(self) -> None:
        """Say in the log what came of it."""
        inserted = {name: counts.inserted for name, counts in self.report.tables.items() if counts.inserted}
        if self.entry_id and self._entry is not None:
            details = {"revision": self.report.revision, "inserted": inserted}
            self._entry.details = jsontext.dumps(details)
            self.target.session.flush()
