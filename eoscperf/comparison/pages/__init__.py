"""The page of a benchmark with its ranking, the comparison, and how numbers become verdicts."""

from __future__ import annotations

from typing import Any

from eoscperf.comparison.cells import METHOD
from eoscperf.comparison.pages.benchmark import CHARTS, draw_benchmark, show_benchmark
from eoscperf.comparison.pages.compare import COMPARE, draw_comparison, show_comparison


def explain(request: Any) -> dict[str, Any]:
    """How numbers become verdicts."""
    return {"method": METHOD}


def includeme(config: Any) -> None:
    config.add_page(
        "benchmark_page",
        "/benchmarks/{benchmark_id}",
        show_benchmark,
        "comparison/benchmark.jinja2",
        permission="benchmark:read",
        methods=("GET",),
        traverse="/benchmarks/{benchmark_id}",
        target=True,
        api="benchmark",
    )
    config.add_page(
        "compare_page",
        "/compare",
        show_comparison,
        "comparison/compare.jinja2",
        permission="comparison:read",
        methods=("GET",),
    )
    config.add_page(
        "help_statistics",
        "/help/statistics",
        explain,
        "comparison/help_statistics.jinja2",
        permission="site:view",
        methods=("GET",),
    )
    config.include("eoscperf.comparison.pages.benchmark_list")
    config.add_chart_source("benchmark", draw_benchmark, query=CHARTS, permission="benchmark:read")
    config.add_chart_source("compare", draw_comparison, query=COMPARE, permission="comparison:read")
    config.add_nav_entry("Compare", "compare_page", order=250)
