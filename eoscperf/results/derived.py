"""All that is kept about results beside them, written together: the values in their JSON, and the tallies."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from eoscperf.results.projection.service import Projection
from eoscperf.results.tallies.service import Counted, Tallies


@dataclass(frozen=True, slots=True)
class NewResult:
    """A visible result that has just been stored."""

    id: uuid.UUID
    benchmark_id: uuid.UUID
    flavor_id: uuid.UUID
    execution_datetime: datetime.datetime
    document: Any
    tags_ids: Collection[uuid.UUID] = ()


def results_created(session: Session, new: Sequence[NewResult]) -> None:
    """Write what is kept of new results of benchmarks that the transaction holds.

    Three statements, whatever their number: one reads the fields, two write.
    """
    projection = Projection(session)
    known = projection.fields({result.benchmark_id for result in new})
    found = projection.add([(result.id, result.benchmark_id, result.document) for result in new], known)
    counted = [
        Counted(
            result.benchmark_id,
            result.flavor_id,
            result.execution_datetime,
            frozenset(result.tags_ids),
            leaves,
        )
        for result, leaves in zip(new, found, strict=True)
    ]
    Tallies(session).created(counted, known.countable)
