"""Where the catalogue of a benchmark hangs in the traversal tree."""

from __future__ import annotations

from typing import Any

from pyramid.authorization import Allow

from eoscperf.benchmarks.models import Benchmark
from eoscperf.benchmarks.service import Benchmarks
from eoscperf.extend.resources import Collection, Item
from eoscperf.metrics.schemas import present_shown
from eoscperf.metrics.service import MetricCatalogues


class MetricsItem(Item):
    """The metrics of one benchmark; its uploader may propose changes."""

    def find(self, lock: bool) -> Benchmark:
        return self.request.find_service(Benchmarks).get(self.id, lock=lock)

    def represent(self) -> dict[str, Any]:
        return present_shown(
            self.request.find_service(MetricCatalogues).shown(self.model), self.request.viewer
        )

    def __acl__(self) -> list[tuple[str, str, Any]]:
        uploader_id = self.model.uploader_id if self.loaded else None
        return [(Allow, f"user:{uploader_id}", ("metrics:update", "metrics:review"))] if uploader_id else []


class MetricsCollection(Collection):
    item = MetricsItem
