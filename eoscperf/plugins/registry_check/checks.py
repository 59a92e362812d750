"""What is known about the images of benchmarks, in the column `image_check`."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf import errors, jsontext
from eoscperf.benchmarks.models import Benchmark
from eoscperf.plugins.registry_check.registries import Finding
from eoscperf.rest.renderer import timestamp
from eoscperf.review.models import LIVE


class ImageNotFound(errors.WrongState):
    """A benchmark cannot be approved before its image has been found."""

    status = 422


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A benchmark whose image has not been found yet; `text` is its stored check."""

    id: uuid.UUID
    image: str
    tag: str
    on_review: bool
    text: str | None

    @property
    def check(self) -> dict[str, Any]:
        return jsontext.loads(self.text) if self.text else {"status": "pending"}

    @property
    def asked(self) -> datetime.datetime | None:
        """When its registry was last asked, or began to be."""
        text = self.check.get("checked_datetime")
        return datetime.datetime.fromisoformat(text) if text else None


class ImageChecks:
    """The stored checks, within one session."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    @classmethod
    def for_request(cls, request: Any) -> ImageChecks:
        return cls(request.dbsession)

    def queue(self, benchmark_id: uuid.UUID) -> None:
        """Have the image looked for: it is new, or another one than before."""
        self._benchmark(benchmark_id).image_check = _text(Finding("pending"))

    def require_found(self, benchmark_id: uuid.UUID) -> None:
        """ImageNotFound unless the image was found in its registry."""
        benchmark = self._benchmark(benchmark_id)
        check = jsontext.loads(benchmark.image_check) if benchmark.image_check else {}
        status = check.get("status", "pending")
        if status != "ok":
            advice = {
                "pending": "Its registry has not answered yet. Try again in a minute.",
                "missing": "Push it, or correct image and tag. It is looked for again from time to time.",
                "error": "It is looked for again from time to time. Correct image and tag if they are wrong.",
            }[status]
            said = f" {check['detail']}" if check.get("detail") else ""
            raise ImageNotFound(
                f"The image {benchmark.name} has not been found, so that the benchmark cannot be "
                f"approved.{said} {advice}"
            )

    def unsettled(self) -> list[Unsettled]:
        """Every live benchmark whose image has not been found, the oldest first."""
        # A quotation mark within a JSON text is escaped: only the member itself reads like this.
        found = Benchmark.image_check.contains('"status":"ok"', autoescape=True)
        never_asked = Benchmark.image_check.is_(None) & (Benchmark.status == "on_review")
        query = (
            sa.select(
                Benchmark.id,
                Benchmark.docker_image,
                Benchmark.docker_tag,
                Benchmark.status,
                Benchmark.image_check,
            )
            .where(Benchmark.status.in_(LIVE), sa.or_(never_asked, ~found))
            .order_by(Benchmark.upload_datetime, Benchmark.id)
        )
        return [
            Unsettled(row.id, row.docker_image, row.docker_tag, row.status == "on_review", row.image_check)
            for row in self._session.execute(query)
        ]

    def replace(self, unsettled: Unsettled, finding: Finding, now: datetime.datetime) -> Unsettled | None:
        """Store what is known now; None when another image or another check is there meanwhile."""
        text = _text(finding, now)
        changed = self._session.scalar(
            sa.update(Benchmark)
            .where(
                Benchmark.id == unsettled.id,
                Benchmark.docker_image == unsettled.image,
                Benchmark.docker_tag == unsettled.tag,
                Benchmark.image_check.is_not_distinct_from(unsettled.text),
            )
            .values(image_check=text)
            .returning(Benchmark.id)
            .execution_options(synchronize_session=False)
        )
        if changed is None:
            return None
        return Unsettled(unsettled.id, unsettled.image, unsettled.tag, unsettled.on_review, text)

    def _benchmark(self, benchmark_id: uuid.UUID) -> Benchmark:
        return self._session.get_one(Benchmark, benchmark_id)


def _text(finding: Finding, asked: datetime.datetime | None = None) -> str:
    check = {"status": finding.status, "digest": finding.digest, "detail": finding.detail}
    check["checked_datetime"] = timestamp(asked) if asked else None
    return jsontext.dumps({name: value for name, value in check.items() if value is not None})
