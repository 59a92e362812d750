"""Uploading results: every check in its order, for one result or many, then storing them."""

from __future__ import annotations

import datetime
import hashlib
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from eoscperf import errors, jsontext
from eoscperf.benchmarks.models import Benchmark
from eoscperf.db import utcnow
from eoscperf.errors import DomainError, Issue
from eoscperf.events import Events
from eoscperf.extend.directives import result_checks
from eoscperf.results.events import ResultCreated
from eoscperf.results.models import Result, Tag, result_tags
from eoscperf.results.query import GONE
from eoscperf.results.service import facts
from eoscperf.security.identity import Viewer
from eoscperf.sites.models import Flavor, Site

FUTURE = datetime.timedelta(seconds=60)
"""Clocks may be this much ahead of ours."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an upload stands in its request, to say where its faults are: alone, or as an item of a batch."""

    index: int | None = None

    def field(self, detail: str, key: str) -> Issue:
        """A fault of one of the fields beside the JSON."""
        if self.index is None:
            return Issue(detail, "query", key)
        return Issue(detail, "body", f"{self.index}.{key}", f"/{self.index}/{key}")

    def json(self, issue: Issue) -> Issue:
        """A fault that a check found in the JSON, as seen from the root of the body."""
        if self.index is None:
            return issue
        pointer = f"/{self.index}/json{issue.pointer or ''}"
        name = f"{self.index}.json.{issue.name}" if issue.name else f"{self.index}.json"
        return Issue(issue.detail, issue.location, name, pointer, issue.keyword)


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """One result as it was sent."""

    execution_datetime: datetime.datetime
    benchmark_id: uuid.UUID
    flavor_id: uuid.UUID
    json: dict[str, Any]
    tags_ids: Sequence[uuid.UUID] = ()
    supersedes: uuid.UUID | None = None
    place: Place = Place()


@dataclass(frozen=True, kw_only=True, slots=True)
class Submission:
    """An upload whose references are known: what a registered result check gets to see."""

    json: dict[str, Any]
    execution_datetime: datetime.datetime
    benchmark_id: uuid.UUID
    benchmark_name: str
    json_schema: str
    """the benchmark's JSON Schema as text"""
    flavor_id: uuid.UUID
    flavor_name: str
    site_id: uuid.UUID
    site_name: str
    uploader_id: uuid.UUID


Check = Callable[[Submission], Iterable[Issue]]


class Uploads:
    """Checks and stores uploads of one user."""

    def __init__(self, session: Session, viewer: Viewer, events: Events, checks: Mapping[str, Check]) -> None:
        self._session = session
        self._viewer = viewer
        self._events = events
        self._checks = checks

    @classmethod
    def for_request(cls, request: Any) -> Uploads:
        def bound(function: Callable[..., Iterable[Issue]]) -> Check:
            return lambda submission: function(submission, request)

        checks = {name: bound(check.function) for name, check in result_checks(request.registry).items()}
        return cls(request.dbsession, request.viewer, request.events, checks)

    def submit(self, upload: Upload) -> Result:
        """Store a result; its identity is known when this returns."""
        self.check_time(upload)
        known = self.references([upload], lock=True)
        self._check(upload, known)
        return self._store_one(upload, known)

    def validate(self, upload: Upload) -> None:
        """Raise whatever `submit` would; store nothing."""
        self.check_time(upload)
        self._check(upload, self.references([upload], lock=False))

    def _check(self, upload: Upload, known: References) -> None:
        known.check_exist(upload)
        known.check_approved(upload)
        self.check_content(upload, known)
        self.check_superseded(upload, known)
        known.check_new(upload)

    # The steps, for a batch to take one by one

    def check_time(self, upload: Upload) -> None:
        now = utcnow()
        if upload.execution_datetime > now + FUTURE:
            here = now.strftime("%Y-%m-%dT%H:%M:%SZ")
            fault = f"lies in the future; the time of this server is {here}"
            raise errors.Invalid([upload.place.field(fault, "execution_datetime")])

    def references(self, uploads: Sequence[Upload], *, lock: bool) -> References:
        """Everything these uploads name, read at once; with `lock` none of it changes until the end.

        Locked in an order that others keep too: sites before their flavors, each by id.
        """

        def held(statement: Any, model: Any, **how: Any) -> Any:
            if not lock:
                return statement
            statement = statement.order_by(model.id).with_for_update(**how)
            return statement.execution_options(populate_existing=True)

        benchmark_ids, flavor_ids = {u.benchmark_id for u in uploads}, {u.flavor_id for u in uploads}
        tags_ids = {tag for u in uploads for tag in u.tags_ids}
        superseded_ids = {u.supersedes for u in uploads if u.supersedes is not None}
        benchmarks = sa.select(Benchmark).where(Benchmark.id.in_(benchmark_ids))
        flavors = sa.select(Flavor).where(Flavor.id.in_(flavor_ids))
        flavors = flavors.options(joinedload(Flavor.site, innerjoin=True))
        tags = sa.select(Tag.id).where(Tag.status == "live", Tag.id.in_(tags_ids))
        superseded = sa.select(Result).where(Result.id.in_(superseded_ids))
        if lock:
            site_ids = sa.select(Flavor.site_id).where(Flavor.id.in_(flavor_ids))
            self._session.execute(held(sa.select(Site.id).where(Site.id.in_(site_ids)), Site, read=True))
        benchmarks, flavors = (
            held(benchmarks, Benchmark, read=True),
            held(flavors, Flavor, read=True, of=Flavor),
        )
        tags, superseded = held(tags, Tag, read=True), held(superseded, Result)
        keys = {id(u): self._duplicate_key(u) for u in uploads}
        return References(
            uploader_id=self._uploader_id,
            benchmarks={found.id: found for found in self._session.scalars(benchmarks)},
            flavors={found.id: found for found in self._session.scalars(flavors)},
            tags=set(self._session.scalars(tags)) if tags_ids else set(),
            superseded=(
                {found.id: found for found in self._session.scalars(superseded)} if superseded_ids else {}
            ),
            keys=keys,
            existing=self.existing(key for _, key in keys.values()),
        )

    def existing(self, keys: Iterable[bytes]) -> dict[bytes, uuid.UUID]:
        """Which of these duplicate keys are taken, and by which results."""
        taken = sa.select(Result.duplicate_key, Result.id).where(Result.duplicate_key.in_(list(keys)))
        return {key: identifier for key, identifier in self._session.execute(taken) if key is not None}

    def check_content(self, upload: Upload, known: References) -> None:
        """Ask every registered check about the JSON; Invalid with what they found."""
        submission = known.submission(upload)
        issues = [upload.place.json(issue) for check in self._checks.values() for issue in check(submission)]
        if issues:
            raise errors.Invalid(issues)

    def check_superseded(self, upload: Upload, known: References) -> None:
        if upload.supersedes is None:
            return
        old = known.superseded[upload.supersedes]
        if old.superseded_by_id is not None:
            raise errors.Conflict(f"Result {old.id} is superseded by {old.superseded_by_id} already.")
        if old.status == "removed":
            raise errors.WrongState(f"Result {old.id} was removed by a moderator and cannot be superseded.")

    def store(self, uploads: Sequence[Upload], known: References) -> list[Result]:
        """Add results that passed every check; Duplicate when somebody was faster with one of them."""
        results = [self._result(upload, known) for upload in uploads]
        try:
            with self._session.begin_nested():
                self._session.add_all(results)
                self._session.flush()
        except IntegrityError:
            taken = self.existing(result.duplicate_key for result in results if result.duplicate_key)
            for upload in uploads:
                if known.key(upload) in taken:
                    raise duplicate(taken[known.key(upload)]) from None
            raise
        links = [
            {"result_id": result.id, "tag_id": tag}
            for upload, result in zip(uploads, results, strict=True)
            for tag in dict.fromkeys(upload.tags_ids)
        ]
        if links:
            self._session.execute(sa.insert(result_tags), links)
        for upload, result in zip(uploads, results, strict=True):
            if upload.supersedes is not None:
                known.superseded[upload.supersedes].superseded_by_id = result.id
                self._session.flush()
            self._events.emit(
                ResultCreated(
                    **facts(result),
                    execution_datetime=result.execution_datetime,
                    supersedes_id=result.supersedes_id,
                )
            )
        return results

    def _store_one(self, upload: Upload, known: References) -> Result:
        (result,) = self.store([upload], known)
        return result

    def _result(self, upload: Upload, known: References) -> Result:
        content_hash, key = known.keys[id(upload)]
        return Result(
            id=uuid.uuid4(),
            json=jsontext.dumps(upload.json),
            execution_datetime=upload.execution_datetime,
            upload_datetime=utcnow(),
            benchmark_id=upload.benchmark_id,
            flavor_id=upload.flavor_id,
            site_id=known.flavors[upload.flavor_id].site_id,
            uploader_id=self._uploader_id,
            supersedes_id=upload.supersedes,
            content_hash=content_hash,
            duplicate_key=key,
            status="visible",
            pending_claims=0,
            hiding_claims=0,
        )

    @property
    def _uploader_id(self) -> uuid.UUID:
        assert self._viewer.user_id is not None  # noqa: S101 - the operations ask for a registered user
        return self._viewer.user_id

    def _duplicate_key(self, upload: Upload) -> tuple[bytes, bytes]:
        """Hash of the content, and of all that makes two results the same."""
        content = jsontext.content_hash(upload.json)
        key = duplicate_key(
            self._uploader_id, upload.benchmark_id, upload.flavor_id, upload.execution_datetime, content
        )
        return content, key


@dataclass(frozen=True, kw_only=True)
class References:
    """What some uploads refer to, as far as it exists."""

    uploader_id: uuid.UUID
    benchmarks: Mapping[uuid.UUID, Benchmark]
    flavors: Mapping[uuid.UUID, Flavor]
    tags: set[uuid.UUID]
    superseded: Mapping[uuid.UUID, Result]
    keys: Mapping[int, tuple[bytes, bytes]]
    """content hash and duplicate key by the identity of the upload"""
    existing: Mapping[bytes, uuid.UUID]
    """results that are there already by duplicate key"""

    def key(self, upload: Upload) -> bytes:
        return self.keys[id(upload)][1]

    def check_exist(self, upload: Upload) -> None:
        """UnknownReference with everything that is unknown, or as good as unknown."""
        issues = []
        benchmark = self.benchmarks.get(upload.benchmark_id)
        if benchmark is None or benchmark.status in GONE:
            issues.append(upload.place.field(f"No benchmark {upload.benchmark_id}.", "benchmark_id"))
        flavor = self.flavors.get(upload.flavor_id)
        if flavor is None or flavor.status in GONE or flavor.site.status in GONE:
            issues.append(upload.place.field(f"No flavor {upload.flavor_id}.", "flavor_id"))
        for tag in dict.fromkeys(upload.tags_ids):
            if tag not in self.tags:
                issues.append(upload.place.field(f"No tag {tag}.", "tags_ids"))
        if upload.supersedes is not None:
            old = self.superseded.get(upload.supersedes)
            if old is None or old.uploader_id != self.uploader_id:
                detail = f"You have no result {upload.supersedes}."
                issues.append(upload.place.field(detail, "supersedes"))
        if issues:
            raise errors.UnknownReference(issues)

    def check_approved(self, upload: Upload) -> None:
        """NotApproved names what still waits for a moderator."""
        benchmark, flavor = self.benchmarks[upload.benchmark_id], self.flavors[upload.flavor_id]
        waiting = [
            (kind, item, key)
            for kind, item, key in (
                ("Benchmark", benchmark, "benchmark_id"),
                ("Flavor", flavor, "flavor_id"),
                ("Site", flavor.site, "flavor_id"),
            )
            if item.status != "approved"
        ]
        if waiting:
            issues = [
                upload.place.field(f"{kind} {item.id} is not approved yet.", key)
                for kind, item, key in waiting
            ]
            raise errors.NotApproved(issues)

    def check_new(self, upload: Upload) -> None:
        existing = self.existing.get(self.key(upload))
        if existing is not None:
            raise duplicate(existing)

    def submission(self, upload: Upload) -> Submission:
        benchmark, flavor = self.benchmarks[upload.benchmark_id], self.flavors[upload.flavor_id]
        return Submission(
            json=upload.json,
            execution_datetime=upload.execution_datetime,
            benchmark_id=benchmark.id,
            benchmark_name=benchmark.name,
            json_schema=benchmark.json_schema,
            flavor_id=flavor.id,
            flavor_name=flavor.name,
            site_id=flavor.site_id,
            site_name=flavor.site.name,
            uploader_id=self.uploader_id,
        )


def duplicate_key(
    uploader_id: uuid.UUID,
    benchmark_id: uuid.UUID,
    flavor_id: uuid.UUID,
    execution_datetime: datetime.datetime,
    content_hash: bytes,
) -> bytes:
    """SHA-256 of all that makes two results the same."""
    executed = execution_datetime.astimezone(datetime.UTC).isoformat().encode()
    parts = (uploader_id.bytes, benchmark_id.bytes, flavor_id.bytes, executed, content_hash)
    return hashlib.sha256(b"|".join(parts)).digest()


def duplicate(existing: uuid.UUID) -> DomainError:
    """What the second upload of the same result gets."""
    return errors.Duplicate(
        f"You have uploaded this very result already: {existing}. "
        "Same benchmark, flavor, execution time and JSON make the same result.",
        existing=existing,
    )
