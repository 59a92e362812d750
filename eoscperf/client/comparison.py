"""Comparisons: by the server, or with medians computed here where it does not compare."""

from __future__ import annotations

import json as jsonlib
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eoscperf.client import comparing
from eoscperf.client.catalogue import Benchmarks
from eoscperf.client.connection import Connection
from eoscperf.client.errors import NotFound, Usage
from eoscperf.client.frames import MISSING, look_up, split_path
from eoscperf.client.model import (
    Benchmark,
    ComparedItem,
    ComparedMetric,
    ComparedRow,
    ComparedTable,
    Comparison,
    Result,
)
from eoscperf.client.names import Names, is_id
from eoscperf.client.queries import CompareQuery
from eoscperf.client.results import Results

METHOD = "client-medians"
"""What takes the place of the server's method where medians were computed here."""

Runs = dict[str, list[Result]]
"""The results of a row by the id of their benchmark."""

KEPT = ("benchmark_id", "filters", "upload_before", "execution_before", "execution_after")
"""Conditions of a comparison that lists of results have, too."""


class Comparing:
    """Asks the server for a comparison, or makes one."""

    def __init__(
        self, connection: Connection, names: Names, benchmarks: Benchmarks, results: Results
    ) -> None:
        self._connection = connection
        self._names = names
        self._benchmarks = benchmarks
        self._results = results

    def compare(self, items: Sequence[str], query: CompareQuery) -> Comparison:
        """Compare items, which are named as people do."""
        asked: dict[str, Any] = dict(query)
        found = [self._names.item(name) for name in items]
        if base := asked.get("base"):
            asked["base"] = self._names.item(base)
        if benchmarks := asked.get("benchmark_id"):
            several = [benchmarks] if isinstance(benchmarks, str) else benchmarks
            asked["benchmark_id"] = [
                name if is_id(name) else self._names.benchmark(name)["id"] for name in several
            ]
        try:
            return self._connection.json("GET", "/compare", query={"item": found, **asked})
        except NotFound:
            # Items that are not there have rows that say so: the operation itself is missing.
            return self._medians(found, asked)

    def _medians(self, items: Sequence[str], asked: Mapping[str, Any]) -> Comparison:
        rows: list[tuple[ComparedRow, Runs]] = []
        first: dict[str, int] = {}
        conditions = {key: asked[key] for key in KEPT if key in asked}
        base = asked.get("base") or items[0]
        if base not in items:
            raise Usage("The base is none of the items that are compared")
        for item in dict.fromkeys(items):
            first[item] = len(rows)
            rows += self._rows(item, conditions)
        known = {result["benchmark"]["id"]: result["benchmark"] for result in _all(rows)}
        place, named = first[base], asked.get("benchmark_id")
        tables = [
            _table(known.get(id) or self._benchmarks.get(id), rows, place, asked.get("metric"))
            for id in named or sorted(known)
        ]
        return {
            "method": METHOD,
            "weight": "run",
            "base": place,
            "rows": [row for row, _ in rows],
            "tables": [table for table in tables if table is not None and (named or _is_common(table))],
            "more_benchmarks": 0,
            "geometric_means": None,
            "differing": [],
        }

    def _rows(self, item: str, conditions: Mapping[str, Any]) -> list[tuple[ComparedRow, Runs]]:
        kind, _, id = item.partition(":")
        name = {"flavor": "flavor_id", "site": "site_id", "tag": "tags_ids", "result": "ids"}[kind]
        found: dict[str, tuple[ComparedRow, Runs]] = {}
        for result in self._results.export_results(**{**conditions, name: [id]}):
            flavor = result["flavor"]
            row: ComparedRow = {
                "name": f"{result['site']['name']} {flavor['name']}",
                "found": True,
                "flavor_id": None if kind == "result" else flavor["id"],
                "tag_id": id if kind == "tag" else None,
                "result_id": id if kind == "result" else None,
            }
            _, runs = found.setdefault(flavor["id"], (row, {}))
            runs.setdefault(result["benchmark"]["id"], []).append(result)
        absent: ComparedRow = {
            "name": f"{item} (no results)",
            "found": False,
            "flavor_id": None,
            "tag_id": None,
            "result_id": None,
        }
        return sorted(found.values(), key=lambda pair: pair[0]["name"]) or [(absent, {})]


def _all(rows: Sequence[tuple[ComparedRow, Runs]]) -> Iterator[Result]:
    for _, runs in rows:
        for results in runs.values():
            yield from results


def _is_common(table: ComparedTable) -> bool:
    """Whether there is anything to compare."""
    return sum(item["n"] > 0 for item in table["items"]) > 1


def _table(
    benchmark: Benchmark, rows: Sequence[tuple[ComparedRow, Runs]], base: int, path: str | None
) -> ComparedTable | None:
    """The rows by a benchmark; None if it does not say which of its numbers matters."""
    try:
        metric = comparing.metric(benchmark, path)
    except Usage:
        return None
    where = split_path(metric.path)
    inputs = [(one, split_path(one)) for one in comparing.inputs(benchmark)]
    values: list[dict[str, list[float]]] = []
    for _, runs in rows:
        by_inputs: dict[str, list[float]] = {}
        for result in runs.get(benchmark["id"], []):
            number = comparing.number_of(look_up(result["json"], where))
            if number is not None:
                found = {one: look_up(result["json"], way) for one, way in inputs}
                key = jsonlib.dumps(
                    {one: None if value is MISSING else value for one, value in found.items()},
                    sort_keys=True,
                )
                by_inputs.setdefault(key, []).append(number)
        values.append(by_inputs)
    keys = sorted({key for one in values for key in one})
    # Runs with different inputs are never mixed: those that most rows, then most runs, have in common.
    key = max(
        keys,
        key=lambda key: (sum(key in one for one in values), sum(len(one.get(key, ())) for one in values)),
        default="{}",
    )
    medians = [statistics.median(one[key]) if key in one else None for one in values]
    shown: ComparedMetric = {
        "path": metric.path,
        "label": metric.title or metric.path,
        "unit": metric.unit,
        "unit_symbol": metric.unit,
        "better": metric.better,
        "noise": 0.0,
    }
    return {
        "benchmark_id": benchmark["id"],
        "benchmark": f"{benchmark['docker_image']}:{benchmark['docker_tag']}",
        "catalogue_version": 0,
        "metric": shown,
        "inputs": jsonlib.loads(key),
        "note": None,
        "false_alarms": None,
        "items": [
            _item(place, one, key, _ratio(medians[place], medians[base], metric.better))
            for place, one in enumerate(values)
        ],
    }


def _item(place: int, values: Mapping[str, list[float]], key: str, ratio: float | None) -> ComparedItem:
    numbers = values.get(key, [])
    return {
        "row": place,
        "n": len(numbers),
        "sources": 0,
        "median": statistics.median(numbers) if numbers else None,
        "interval": None,
        "min": min(numbers, default=None),
        "max": max(numbers, default=None),
        "values": None,
        "within_spread": None,
        "between_spread": None,
        "ratio": ratio,
        "ratio_interval": None,
        "p": None,
        "effect": None,
        "verdict": None,
        "left_out": sum(len(one) for one in values.values()) - len(numbers),
        "machine": {},
    }


def _ratio(median: float | None, base: float | None, better: str | None) -> float | None:
    """How many times as good as the baseline, as the server counts it: above 1 is better."""
    if better is None or median is None or base is None or median <= 0 or base <= 0:
        return None
    return median / base if better == "higher" else base / median
