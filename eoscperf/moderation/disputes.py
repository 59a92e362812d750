"""How many results of a place are disputed, as everybody may know."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.benchmarks.models import Benchmark
from eoscperf.moderation.models import Claim
from eoscperf.results.models import Result
from eoscperf.sites.models import Flavor


class Disputes:
    """Counts open claims, not who filed them or why."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @classmethod
    def for_request(cls, request: Any) -> Disputes:
        return cls(request.dbsession)

    def at_site(self, site_id: uuid.UUID) -> int:
        """Results there that claims are open about, of what is public: one statement."""
        disputed = (
            sa.select(sa.func.count(Result.id.distinct()))
            .join(Claim, Claim.result_id == Result.id)
            .join(Benchmark, Benchmark.id == Result.benchmark_id)
            .join(Flavor, Flavor.id == Result.flavor_id)
            .where(
                Claim.status == "on_review",
                Result.site_id == site_id,
                Result.status.in_(("visible", "claimed")),
                Benchmark.status == "approved",
                Flavor.status == "approved",
            )
        )
        return self._session.scalar(disputed) or 0


def of_site(request: Any, *, site_id: uuid.UUID) -> dict[str, Any]:
    """The panel of a site: how many results there are disputed."""
    return {"disputed": request.find_service(Disputes).at_site(site_id)}


def includeme(config: Any) -> None:
    config.add_service(Disputes, Disputes.for_request)
    config.add_panel("site.detail", "disputes", "moderation/disputes.jinja2", view=of_site, order=800)
