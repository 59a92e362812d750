"""Benchmarks: submit, look up, change; their schemas are checked here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import orm

from eoscperf import errors, jsontext
from eoscperf.benchmarks.events import SchemaChanging
from eoscperf.benchmarks.json_schema import ValidationTimeout, check_schema
from eoscperf.benchmarks.models import Benchmark
from eoscperf.errors import Issue
from eoscperf.listing import SortFields, column_field
from eoscperf.review.catalogue import ReviewedItems
from eoscperf.review.lifecycle import Lifecycle
from eoscperf.security.identity import Viewer

BENCHMARK_SORT = SortFields(
    {
        **{
            name: column_field(name, getattr(Benchmark, name))
            for name in ("id", "upload_datetime", "docker_image", "docker_tag")
        },
        "description": column_field("description", Benchmark.description, nullable=True),
    },
    default="+docker_image",
)


class Benchmarks(ReviewedItems[Benchmark]):
    """The versions of benchmarks, as one viewer sees them."""

    model = Benchmark
    sort_fields = BENCHMARK_SORT

    def __init__(
        self,
        session: orm.Session,
        viewer: Viewer,
        lifecycle: Lifecycle,
        events: Any,
        *,
        schema_bytes: int = 256 * 1024,
        schema_seconds: float = 2.0,
    ) -> None:
        super().__init__(session, viewer, lifecycle)
        self._events = events
        self._schema_bytes = schema_bytes
        self._schema_seconds = schema_seconds

    @classmethod
    def for_request(cls, request: Any) -> Benchmarks:
        settings = request.registry.settings
        return cls(
            request.dbsession,
            request.viewer,
            request.find_service(Lifecycle),
            request.events,
            schema_bytes=settings["limits.json_schema_bytes"],
            schema_seconds=settings["limits.schema_seconds"],
        )

    def submit(
        self,
        docker_image: str,
        docker_tag: str,
        json_schema: dict[str, Any],
        url: str | None = None,
        description: str | None = None,
    ) -> Benchmark:
        """Hand in a benchmark for review.

        Raises Invalid or ValidationTimedOut for a schema that cannot be used, Duplicate when the
        image and tag are in use.
        """
        benchmark = Benchmark(
            docker_image=docker_image,
            docker_tag=docker_tag,
            json_schema=self._usable(json_schema),
            url=url,
            description=description or None,
            uploader_id=self._viewer.user_id,
        )
        self._lifecycle.submit(benchmark)
        return self.get(benchmark.id)

    def update(self, benchmark: Benchmark, values: Mapping[str, Any]) -> bool:
        """Change fields; None clears. False when nothing changes.

        Raises as `submit` does; WrongState when the benchmark is not live, and Conflict when stored
        results do not fit the new schema.
        """
        values = dict(values)
        if "description" in values:
            values["description"] = values["description"] or None
        logged = {}
        if "json_schema" in values:
            old, new = benchmark.json_schema, self._usable(values["json_schema"])
            values["json_schema"] = new
            logged["json_schema"] = [_digest(old), _digest(new)]
            self._lifecycle.require_live(benchmark)
            if new != old:
                self._events.emit(SchemaChanging(benchmark_id=benchmark.id, old_schema=old, new_schema=new))
        other_image = any(values.get(field, now) != now for field, now in _image(benchmark).items())
        # What was found out in the registry belongs to the image that it had.
        along = {"image_check": None} if other_image else None
        return self._lifecycle.update(benchmark, values, logged=logged, along=along)

    def _usable(self, schema: dict[str, Any]) -> str:
        """The canonical text of a schema that has been checked."""
        where = jsontext.find_unstorable(schema)
        if where is not None:
            raise errors.Invalid([_issue("must not hold NUL or half of a surrogate pair", where)])
        text = jsontext.dumps(schema)
        size = len(text.encode())
        if size > self._schema_bytes:
            raise errors.Invalid([_issue(f"must have at most {self._schema_bytes} bytes; it has {size}")])
        try:
            found = check_schema(schema, seconds=self._schema_seconds, limit=errors.Invalid.most + 1)
        except ValidationTimeout:
            raise errors.ValidationTimedOut(
                f"json_schema could not be checked within {self._schema_seconds:g} s. Make it simpler."
            ) from None
        if found:
            raise errors.Invalid([_issue(issue.detail, issue.pointer, issue.keyword) for issue in found])
        return text


def _image(benchmark: Benchmark) -> dict[str, str]:
    return {"docker_image": benchmark.docker_image, "docker_tag": benchmark.docker_tag}


def _issue(detail: str, pointer: str = "", keyword: str | None = None) -> Issue:
    return Issue(detail, "body", "json_schema", "/json_schema" + pointer, keyword)


def _digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
