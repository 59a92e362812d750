"""Benchmarks in the traversal tree."""

from __future__ import annotations

from typing import Any

from eoscperf.benchmarks.models import Benchmark
from eoscperf.benchmarks.schemas import present_benchmark
from eoscperf.benchmarks.service import Benchmarks
from eoscperf.extend.resources import Collection, Item


class BenchmarkItem(Item):
    def find(self, lock: bool) -> Benchmark:
        return self.request.find_service(Benchmarks).get(self.id, lock=lock)

    def represent(self) -> dict[str, Any]:
        return present_benchmark(self.model, self.request.viewer)


class BenchmarkCollection(Collection):
    item = BenchmarkItem
