"""What happens to benchmarks beside the events of every reviewed item (`eoscperf.review.events`)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class SchemaChanging:
    """A benchmark is about to get another JSON Schema; nothing has been changed yet.

    Subscribers inside the transaction that hold data made for the old schema raise
    `eoscperf.errors.Conflict` if it does not fit the new one. The benchmark's row is locked.
    """

    topic: ClassVar[str] = "benchmark.schema_changing"

    benchmark_id: uuid.UUID
    old_schema: str
    """canonical JSON text"""
    new_schema: str
    """canonical JSON text of a schema that has been checked"""
