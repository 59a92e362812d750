"""Benchmarks: a container image and the JSON Schema of its results."""

from __future__ import annotations

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from eoscperf.db import Base
from eoscperf.review.models import Reviewed

_LIVE = sa.text("status IN ('on_review', 'approved')")


class Benchmark(Reviewed, Base):
    """One version of a benchmark: image and tag name it."""

    __tablename__ = "benchmarks"
    __table_args__ = (
        sa.Index(
            "uq_benchmarks_live_image",
            "docker_image",
            "docker_tag",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
    )

    kind: ClassVar[str] = "benchmark"
    name_fields: ClassVar[tuple[str, ...]] = ("docker_image", "docker_tag")

    docker_image: Mapped[str]
    docker_tag: Mapped[str]
    json_schema: Mapped[str]
    """canonical JSON text"""
    url: Mapped[str | None]
    description: Mapped[str | None]
    image_check: Mapped[str | None]
    """what is known about the image in its registry, a JSON object as text; None: never asked"""

    name_sql: ClassVar[Any]
    """`name` for statements"""

    @property
    def name(self) -> str:
        return f"{self.docker_image}:{self.docker_tag}"

    def searched(self) -> tuple[str | None, ...]:
        return self.name, self.description


Benchmark.name_sql = Benchmark.docker_image + ":" + Benchmark.docker_tag
