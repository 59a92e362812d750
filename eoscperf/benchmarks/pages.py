"""The pages of a benchmark that need nothing but the benchmark."""

from __future__ import annotations

from typing import Any

from eoscperf.benchmarks.running import download_schema, show_run


def includeme(config: Any) -> None:
    config.add_page(
        "benchmark_run",
        "/benchmarks/{benchmark_id}/run",
        show_run,
        "benchmarks/run.jinja2",
        permission="benchmark:read",
        methods=("GET",),
        traverse="/benchmarks/{benchmark_id}",
        target=True,
        api="benchmark",
    )
    config.add_page(
        "benchmark_schema",
        "/benchmarks/{benchmark_id}/schema.json",
        download_schema,
        "json",
        permission="benchmark:read",
        methods=("GET",),
        traverse="/benchmarks/{benchmark_id}",
        target=True,
    )
