"""Uploading results: every check in its order, for one result or many, then storing them."""

from __future__ import annotations

import contextlib
import datetime
import functools
import math
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf import errors
from eoscperf.db import reading, utcnow, waits_for_writers
from eoscperf.errors import DomainError, Issue
from eoscperf.events import Events
from eoscperf.extend.directives import result_checks
from eoscperf.results.events import ResultCreated
from eoscperf.results.references import References, read_references
from eoscperf.results.storing import NewResult, store, taken_keys
from eoscperf.results.tables import RESULTS
from eoscperf.results.tallies.service import Tallies
from eoscperf.results.uploads import Place, Prepared, Submission, Upload, UploadTerms, duplicate_key
from eoscperf.security.identity import Viewer

__all__ = ["NewResult", "Place", "References", "Submission", "Upload", "Uploads", "duplicate_key"]

FUTURE = datetime.timedelta(seconds=60)
"""Clocks may be this much ahead of ours."""

Check = Callable[[Submission], Iterable[Issue]]

Reading = Callable[[], AbstractContextManager[Session]]


class Uploads:
    """Checks and stores uploads of one user."""

    def __init__(
        self,
        session: Callable[[], Session],
        viewer: Viewer,
        events: Events,
        checks: Mapping[str, Check],
        *,
        reading: Reading | None = None,
        waits: Callable[[], bool] = lambda: False,
        terms: UploadTerms | None = None,
    ) -> None:
        """`reading` opens a session for what stores nothing; `waits` says whether `session` would have to
        wait until all others have written. Without `terms` the user may upload to everywhere."""
        self._session = session
        self._viewer = viewer
        self._events = events
        self._checks = checks
        self._reading = reading or (lambda: contextlib.nullcontext(session()))
        self._waits = waits
        self._terms = terms
        self.stamp: int | None = None
        """of the catalogue, if it was read along with what the latest uploads refer to"""
        self.tags_text: str | None = None
        """their tags, all together, if they were read along, too"""
        # By the identity of uploads, which are kept alive for that: hashing one would take long.
        self._prepared: dict[int, tuple[Upload, Prepared]] = {}
        self._judged: dict[int, tuple[Submission, Sequence[Issue] | DomainError]] = {}

    @classmethod
    def for_request(cls, request: Any) -> Uploads:
        def bound(function: Callable[..., Iterable[Issue]]) -> Check:
            return lambda submission: function(submission, request)

        return cls(
            lambda: request.dbsession,
            request.viewer,
            request.events,
            {name: bound(check.function) for name, check in result_checks(request.registry).items()},
            reading=functools.partial(reading, request),
            waits=functools.partial(waits_for_writers, request),
            terms=getattr(request, "upload_terms", None),
        )

    def submit(self, upload: Upload) -> NewResult:
        """Store a result; its identity is known when this returns."""
        self.check_time(upload)
        self.look_ahead([upload])
        with self.known([upload], lock=True) as known:
            self._check(upload, known)
            (stored,) = self.store([upload], known)
        if isinstance(stored, DomainError):
            raise stored
        return stored

    def validate(self, upload: Upload) -> None:
        """Raise whatever `submit` would; store nothing."""
        self.check_time(upload)
        with self.known([upload], lock=False) as known:
            self._check(upload, known)
            for double in self.doubles([upload]).values():
                raise double

    def _check(self, upload: Upload, known: References) -> None:
        known.check_exist(upload)
        self.check_allowed(upload, known)
        known.check_approved(upload)
        self.check_content(upload, known)
        known.check_superseded(upload)

    # The steps, for a batch to take one by one

    def check_time(self, upload: Upload) -> None:
        now = utcnow()
        if upload.execution_datetime > now + FUTURE:
            here = now.strftime("%Y-%m-%dT%H:%M:%SZ")
            fault = f"lies in the future; the time of this server is {here}"
            raise errors.Invalid([upload.place.field(fault, "execution_datetime")])

    def check_allowed(self, upload: Upload, known: References) -> None:
        """InsufficientScope for an upload to somewhere that the terms do not allow."""
        if self._terms is None:
            return
        place = upload.benchmark_id, upload.flavor_id, known.flavors[upload.flavor_id].site_id
        if not any(allowed.admits(*place) for allowed in self._terms.places):
            raise errors.InsufficientScope(self._terms.refusal, scope="upload")

    def look_ahead(self, uploads: Sequence[Upload], *, until: float = math.inf) -> None:
        """Where one request writes at a time, do all that takes long before waiting for the others.

        What is found is kept for `check_content`, which asks again where the references have changed
        meanwhile. Stops at `until`, by the monotonic clock.
        """
        if not self._waits():
            return
        with self._reading() as session:
            known = read_references(session, self._uploader_id, uploads, lock=False)
        for upload in uploads:
            if time.monotonic() > until:
                return
            self.prepared(upload)
            with contextlib.suppress(errors.UnknownReference, errors.NotApproved):
                known.check_exist(upload)
                known.check_approved(upload)
                submission = known.submission(upload)
                self._judged[id(upload)] = submission, self._judge(submission)

    @contextlib.contextmanager
    def known(self, uploads: Sequence[Upload], *, lock: bool) -> Iterator[References]:
        """What the uploads refer to; with `lock` none of it changes until the end of the transaction."""
        for upload in uploads:
            self.prepared(upload)
        if lock:
            known = read_references(self._session(), self._uploader_id, uploads, lock=True)
            self.stamp, self.tags_text = known.stamp, known.tags_text
            yield known
            return
        with self._reading() as session:
            yield read_references(session, self._uploader_id, uploads, lock=False)

    def check_content(self, upload: Upload, known: References) -> None:
        """Ask every registered check about the JSON; Invalid with what they found."""
        submission = known.submission(upload)
        before, verdict = self._judged.get(id(upload), (None, ()))
        if before != submission:
            verdict = self._judge(submission)
        if isinstance(verdict, DomainError):
            raise verdict
        if verdict:
            raise errors.Invalid([upload.place.json(issue) for issue in verdict])

    def _judge(self, submission: Submission) -> Sequence[Issue] | DomainError:
        try:
            return [issue for check in self._checks.values() for issue in check(submission)]
        except DomainError as problem:
            return problem

    def doubles(self, uploads: Sequence[Upload]) -> dict[int, DomainError]:
        """Duplicate for those uploads, by their place in the sequence, that are there already."""
        if not uploads:
            return {}
        keys = [self.key(upload) for upload in uploads]
        with self._reading() as session:
            taken = taken_keys(session, keys)
        return {at: duplicate(taken[key]) for at, key in enumerate(keys) if key in taken}

    def key(self, upload: Upload) -> bytes:
        """What two uploads share that make the same result."""
        return self.prepared(upload).duplicate_key

    def prepared(self, upload: Upload) -> Prepared:
        found = self._prepared.get(id(upload))
        if found is None:
            found = self._prepared[id(upload)] = upload, Prepared.of(upload, self._uploader_id)
        return found[1]

    def store(self, uploads: Sequence[Upload], known: References) -> list[NewResult | DomainError]:
        """Add results that passed every check; Duplicate in place of those that are there already.

        No two of them are the same result.
        """
        if not uploads:
            return []
        session = self._session()
        rows = [self._row(upload, known) for upload in uploads]
        added = store(session, rows, [upload.json for upload in uploads], [u.tags_ids for u in uploads])
        stored = [row for row in rows if row.id in added]
        for row in stored:
            if row.supersedes_id is not None:
                superseded = sa.update(RESULTS).where(RESULTS.c.id == row.supersedes_id)
                session.execute(superseded.values(superseded_by_id=row.id))
                Tallies(session).touched(RESULTS.c.id == row.supersedes_id)
            self._events.emit(_created(row))
        if len(stored) == len(rows):
            return list(rows)
        taken = taken_keys(session, [row.duplicate_key for row in rows if row.id not in added])
        return [row if row.id in added else duplicate(taken[row.duplicate_key]) for row in rows]

    def _row(self, upload: Upload, known: References) -> NewResult:
        prepared = self.prepared(upload)
        return NewResult(
            uuid.uuid4(),
            prepared.text,
            upload.execution_datetime,
            utcnow(),
            upload.benchmark_id,
            upload.flavor_id,
            known.flavors[upload.flavor_id].site_id,
            self._uploader_id,
            upload.supersedes,
            prepared.content_hash,
            prepared.duplicate_key,
            self._terms.provenance if self._terms else None,
        )

    @property
    def _uploader_id(self) -> uuid.UUID:
        assert self._viewer.user_id is not None  # noqa: S101 - the operations ask for a registered user
        return self._viewer.user_id


def _created(result: NewResult) -> ResultCreated:
    return ResultCreated(
        id=result.id,
        benchmark_id=result.benchmark_id,
        flavor_id=result.flavor_id,
        site_id=result.site_id,
        uploader_id=result.uploader_id,
        execution_datetime=result.execution_datetime,
        supersedes_id=result.supersedes_id,
    )


def duplicate(existing: uuid.UUID) -> DomainError:
    """What the second upload of the same result gets."""
    return errors.Duplicate(
        f"You have uploaded this very result already: {existing}. "
        "Same benchmark, flavor, execution time and JSON make the same result.",
        existing=existing,
    )
