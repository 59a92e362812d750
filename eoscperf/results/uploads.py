"""What is uploaded: a result as it was sent, where it stands in its request, and what checks see of it."""

from __future__ import annotations

import datetime
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from eoscperf import jsontext
from eoscperf.errors import Issue


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
    text: str = field(default="", repr=False, compare=False)
    """the JSON as canonical text, where it has been written already"""


@dataclass(frozen=True, kw_only=True, slots=True)
class AllowedPlace:
    """Where somebody may upload to; what is None is not restricted."""

    benchmark_id: uuid.UUID | None = None
    site_id: uuid.UUID | None = None
    flavor_ids: frozenset[uuid.UUID] | None = None

    def admits(self, benchmark_id: uuid.UUID, flavor_id: uuid.UUID, site_id: uuid.UUID) -> bool:
        return (
            self.benchmark_id in (None, benchmark_id)
            and self.site_id in (None, site_id)
            and (self.flavor_ids is None or flavor_id in self.flavor_ids)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class UploadTerms:
    """On what terms a request uploads that may not upload everything its user may.

    Whoever finds out about the caller leaves it in `request.upload_terms`.
    """

    places: Sequence[AllowedPlace]
    """allowed is what any of them admits"""
    refusal: str
    """what is said of the rest"""
    provenance: str
    """a JSON object as canonical text, kept with each result"""
    source: Any = None
    """of use to those who made the terms"""


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


@dataclass(slots=True)
class Prepared:
    """What is stored of an upload beside what it names: made once, before anybody else has to wait."""

    text: str
    content_hash: bytes
    duplicate_key: bytes

    @classmethod
    def of(cls, upload: Upload, uploader_id: uuid.UUID) -> Prepared:
        text = upload.text or jsontext.dumps(upload.json)
        content = jsontext.content_hash(upload.json, text)
        key = duplicate_key(
            uploader_id, upload.benchmark_id, upload.flavor_id, upload.execution_datetime, content
        )
        return cls(text, content, key)


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
