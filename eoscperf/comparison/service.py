"""Comparisons as one viewer may see them."""

from __future__ import annotations

import uuid
from typing import Any

from eoscperf.benchmarks.models import Benchmark
from eoscperf.comparison.cells import Weighting
from eoscperf.comparison.leaderboard import Leaderboard, Order, chosen_metric, leaderboard
from eoscperf.comparison.remembering import RememberedCells
from eoscperf.metrics.catalogue import Catalogue
from eoscperf.metrics.service import MetricCatalogues
from eoscperf.results.search.criteria import Criteria
from eoscperf.results.service import Results


class Comparisons:
    """Rankings of what everybody can see."""

    def __init__(self, results: Results, catalogues: MetricCatalogues, cells: RememberedCells) -> None:
        self._results, self._catalogues, self._cells = results, catalogues, cells

    @classmethod
    def for_request(cls, request: Any) -> Comparisons:
        return cls(
            request.find_service(Results),
            request.find_service(MetricCatalogues),
            request.registry["eoscperf.cells"],
        )

    def leaderboard(
        self,
        benchmark: Benchmark,
        criteria: Criteria,
        *,
        metric: str | None = None,
        weighting: Weighting = "source",
        base: uuid.UUID | None = None,
        order: Order = "rank",
        version: int | None = None,
    ) -> tuple[Leaderboard, Catalogue]:
        """The ranking by one metric, with a version of the catalogue, or the one in force.

        `criteria` are about results of this benchmark. Raises Invalid and NotFound.
        """
        catalogue = self._catalogues.shown(benchmark, version).catalogue
        chosen = chosen_metric(catalogue, metric)
        search = self._results.search(criteria)
        found = leaderboard(
            search, catalogue, chosen, self._cells, weighting=weighting, base=base, order=order
        )
        return found, catalogue
