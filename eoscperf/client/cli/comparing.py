"""The command `compare`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from eoscperf.client.cli.base import Command, settings
from eoscperf.client.cli.finding import Finding, finding_options
from eoscperf.client.cli.output import JSON, Column, echo_json, field, say, show_rows
from eoscperf.client.comparing import compare as cells_of
from eoscperf.client.comparing import inputs as inputs_of
from eoscperf.client.comparing import metric as metric_of


@click.command(cls=Command)
@click.argument("benchmark")
@click.option("--metric", metavar="PATH", help="Number to compare; by default the benchmark's headline.")
@finding_options("benchmark")
def compare(benchmark: str, metric: str | None, **options: Any) -> None:
    """Compare flavors by their results of BENCHMARK (IMAGE:TAG or its id): count and median, best first.

    Runs with different inputs, as the schema of the benchmark declares them, are never mixed.
    """
    given = settings()
    client = given.client()
    found = client.names.benchmark(benchmark)
    chosen = metric_of(found, metric)
    query = Finding(**options).query(client)
    results = client.results.export_results(**{**query, "benchmark_id": found["id"]})
    cells = cells_of(results, chosen, inputs_of(found))
    name = f"{found['docker_image']}:{found['docker_tag']}"
    if given.output == JSON:
        echo_json({"benchmark": name, "metric": asdict(chosen), "cells": [asdict(cell) for cell in cells]})
        return
    unit = f" [{chosen.unit}]" if chosen.unit else ""
    better = f", {chosen.better} is better" if chosen.better else ""
    say(f"{name}: {chosen.title or chosen.path}{unit}{better}")
    given_inputs = [_input(path) for path in inputs_of(found)]
    columns = [
        *(field(key) for key in ("site", "flavor")),
        *given_inputs,
        *(field(key) for key in ("count", "median", "min", "max")),
    ]
    ratio = field("ratio", "of best", lambda value: f"{value:.0%}")
    show_rows([asdict(cell) for cell in cells], [*columns, ratio], given.output)


def _input(path: str) -> Column:
    return Column(path, lambda row: row["inputs"].get(path))
