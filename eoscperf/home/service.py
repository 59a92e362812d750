"""How much there is to see."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.benchmarks.models import Benchmark
from eoscperf.results.models import Result
from eoscperf.sites.models import Site


class Figures:
    """Counts of what everybody can see."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @classmethod
    def for_request(cls, request: Any) -> Figures:
        return cls(request.dbsession)

    def public(self) -> dict[str, int]:
        """Approved benchmarks and sites, visible results."""
        count = sa.func.count()
        row = self._session.execute(
            sa.select(
                sa.select(count)
                .select_from(Benchmark)
                .where(Benchmark.status == "approved")
                .scalar_subquery(),
                sa.select(count).select_from(Site).where(Site.status == "approved").scalar_subquery(),
                sa.select(count).select_from(Result).where(Result.status == "visible").scalar_subquery(),
            )
        ).one()
        return {"benchmarks": row[0], "sites": row[1], "results": row[2]}
