"""Taking along what is kept about results, for the rare case that rows are really deleted."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.results.models import Result
from eoscperf.results.projection.service import Projection
from eoscperf.results.tables import TALLIES
from eoscperf.results.tallies.keys import tag_key
from eoscperf.results.tallies.models import TAG
from eoscperf.results.tallies.service import Tallies


def forget_results(session: Session, ids: Sequence[uuid.UUID]) -> None:
    """To be called before results are deleted, with their links to tags still there."""
    session.execute(sa.select(Result.id).where(Result.id.in_(ids)).order_by(Result.id).with_for_update())
    Tallies(session).moved_all(Result.id.in_(ids), Result.status == "visible", sign=-1)
    Projection(session).forget(ids)


def forget_parents(session: Session, kind: str, ids: Sequence[uuid.UUID]) -> None:
    """To be called before benchmarks, flavors or tags are deleted, which have no results any longer."""
    if kind == "benchmark":
        Projection(session).forget_benchmarks(ids)
        gone: sa.ColumnElement[bool] = TALLIES.c.benchmark_id.in_(ids)
    elif kind == "flavor":
        gone = TALLIES.c.flavor_id.in_(ids)
    else:
        gone = (TALLIES.c.facet == TAG) & TALLIES.c.key.in_([tag_key(tag_id) for tag_id in ids])
    session.execute(sa.delete(TALLIES).where(gone))
