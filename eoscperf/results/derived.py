"""All that is kept about results beside them, written together: the values in their JSON, and the tallies."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from eoscperf.results.projection import rows as values
from eoscperf.results.projection.leaves import Leaf
from eoscperf.results.projection.service import Projection
from eoscperf.results.tallies import rows as tallies
from eoscperf.results.tallies.service import Counted, Tallies

NewResult = tuple[uuid.UUID, uuid.UUID, uuid.UUID, datetime.datetime, Any]
"""Ids of a visible result, its benchmark and its flavor, when it was executed, and its JSON as a document."""


def results_created(
    session: Session, new: Sequence[NewResult], links: Iterable[Mapping[str, uuid.UUID]] = ()
) -> None:
    """Write what is kept of new results of benchmarks that the transaction holds.

    `links` are rows of `result_tags`. On PostgreSQL two statements, whatever the number of results.
    """
    if not new:
        return
    projection, counting = Projection(session), Tallies(session)
    known = projection.fields({benchmark_id for _, benchmark_id, *_ in new})
    found = projection.find([(each[0], each[1], each[4]) for each in new], known)
    tags: dict[uuid.UUID, list[uuid.UUID]] = {}
    for link in links:
        tags.setdefault(link["result_id"], []).append(link["tag_id"])
    counted = [
        Counted(benchmark_id, flavor_id, executed, tags.get(identifier, ()), leaves)
        for (identifier, benchmark_id, flavor_id, executed, _), leaves in zip(new, found, strict=True)
    ]
    deltas = counting.changes(counted, known.countable)
    counting.fold(*_write(session, [each[0] for each in new], found, deltas))


def _write(
    session: Session,
    result_ids: Sequence[uuid.UUID],
    found: Sequence[Sequence[Leaf]],
    deltas: Sequence[tallies.Delta],
) -> tuple[int, int]:
    connection = session.connection()
    if connection.dialect.name == "sqlite" or not any(found):
        values.insert(session, result_ids, found)
        return tallies.insert(session, deltas)
    given = (*values.columns(result_ids, found), *tallies.columns(deltas))
    return tallies.ids(connection.exec_driver_sql(_BOTH, given))


_BOTH = f"WITH written AS ({values.INSERT}) {tallies.INSERT}"
