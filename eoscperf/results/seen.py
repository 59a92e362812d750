"""Whether a viewer may know of a benchmark, apart from its results."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.results.catalogue import CatalogueBenchmark
from eoscperf.results.models import Result
from eoscperf.security.identity import Viewer


def may_know(session: Session, viewer: Viewer, benchmark: CatalogueBenchmark) -> bool:
    """Whether the viewer may read the schema of a benchmark: it is approved, or theirs, or results are."""
    if benchmark.status == "approved" or viewer.admin or viewer.owns(benchmark.uploader_id):
        return True
    if viewer.user_id is None:
        return False
    # Their results show them the whole benchmark, whatever its state.
    own = sa.exists().where(Result.benchmark_id == benchmark.id, Result.uploader_id == viewer.user_id)
    return bool(session.scalar(sa.select(own)))
