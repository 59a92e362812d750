"""All that is kept about results beside them, written together: the values in their JSON, and the tallies."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from eoscperf.results.projection import rows as values
from eoscperf.results.projection.flags import flag_fields
from eoscperf.results.projection.known import KnownFields, read_fields
from eoscperf.results.projection.leaves import Leaf
from eoscperf.results.tallies import rows as tallies
from eoscperf.results.tallies.service import Counted, Tallies, changes

NewDocument = tuple[uuid.UUID, uuid.UUID, uuid.UUID, datetime.datetime, Any]
"""Ids of a visible result, its benchmark and its flavor, when it was executed, and its JSON as a document."""

Link = Mapping[str, uuid.UUID]
"""A row of `result_tags`: `result_id` and `tag_id`"""


@dataclass(frozen=True, slots=True)
class Derived:
    """What follows from some new results and the fields of their benchmarks."""

    result_ids: Sequence[uuid.UUID]
    values: Sequence[Sequence[Leaf]]
    """of each result"""
    deltas: Sequence[tallies.Delta]
    irregular: set[int]
    """fields for which some of the values are the first that fit no row"""
    uncountable: set[int]
    """fields that turn out not to be tallied"""


def derive(new: Sequence[NewDocument], links: Iterable[Link], known: KnownFields) -> Derived:
    found, irregular = known.find((benchmark_id, document) for _, benchmark_id, _, _, document in new)
    tags: dict[uuid.UUID, list[uuid.UUID]] = {}
    for link in links:
        tags.setdefault(link["result_id"], []).append(link["tag_id"])
    counted = [
        Counted(benchmark_id, flavor_id, executed, tags.get(identifier, ()), leaves)
        for (identifier, benchmark_id, flavor_id, executed, _), leaves in zip(new, found, strict=True)
    ]
    deltas, uncountable = changes(counted, known.countable - irregular)
    return Derived([each[0] for each in new], found, deltas, irregular, uncountable)


def results_created(session: Session, new: Sequence[NewDocument], links: Iterable[Link] = ()) -> None:
    """Write what is kept of new results of benchmarks that the transaction holds.

    On PostgreSQL two statements, whatever the number of results.
    """
    if not new:
        return
    derived = derive(new, links, read_fields(session, {benchmark_id for _, benchmark_id, *_ in new}))
    if derived.irregular or derived.uncountable:
        flag_fields(session, irregular=derived.irregular, uncountable=derived.uncountable)
    Tallies(session).fold(*_write(session, derived))


def _write(session: Session, derived: Derived) -> tuple[int, int]:
    """The least and the greatest id of the tallies."""
    connection = session.connection()
    if connection.dialect.name == "sqlite" or not any(derived.values):
        values.insert(session, derived.result_ids, derived.values)
        return tallies.insert(session, derived.deltas)
    given = (*values.columns(derived.result_ids, derived.values), *tallies.columns(derived.deltas))
    return tallies.ids(connection.exec_driver_sql(_BOTH, given))


_BOTH = f"WITH written AS ({values.INSERT}) {tallies.INSERT}"
