"""All that is kept about results beside them, written together: the values in their JSON, and the tallies."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from eoscperf.results.projection.service import Projection
from eoscperf.results.tallies.service import Counted, Tallies

NewResult = tuple[uuid.UUID, uuid.UUID, uuid.UUID, datetime.datetime, Any]
"""Ids of a visible result, its benchmark and its flavor, when it was executed, and its JSON as a document."""


def results_created(
    session: Session, new: Sequence[NewResult], links: Iterable[Mapping[str, uuid.UUID]] = ()
) -> None:
    """Write what is kept of new results of benchmarks that the transaction holds.

    `links` are rows of `result_tags`. Three statements, whatever the number of results: one reads the
    fields, two write.
    """
    projection = Projection(session)
    known = projection.fields({benchmark_id for _, benchmark_id, *_ in new})
    found = projection.add([(each[0], each[1], each[4]) for each in new], known)
    tags: dict[uuid.UUID, list[uuid.UUID]] = {}
    for link in links:
        tags.setdefault(link["result_id"], []).append(link["tag_id"])
    counted = [
        Counted(benchmark_id, flavor_id, executed, tags.get(identifier, ()), leaves)
        for (identifier, benchmark_id, flavor_id, executed, _), leaves in zip(new, found, strict=True)
    ]
    Tallies(session).created(counted, known.countable)
