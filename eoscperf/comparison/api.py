"""Rankings over REST."""

from __future__ import annotations

import dataclasses
from typing import Any

from eoscperf.comparison import schemas
from eoscperf.comparison.presenting import present_comparison, present_leaderboard
from eoscperf.comparison.service import Comparisons
from eoscperf.comparison.subjects import parse
from eoscperf.rest.service import ApiService
from eoscperf.results.answers import check_query, read_criteria

BENCHMARK = "/benchmarks/{benchmark_id}"

leaderboard = ApiService("leaderboard", BENCHMARK + "/leaderboard", traverse=BENCHMARK, tag="comparison")

compare = ApiService("compare", "/compare", tag="comparison")

SERVICES = [leaderboard, compare]


@leaderboard.get(
    operation_id="GetLeaderboard",
    permission="comparison:read",
    query=schemas.LEADERBOARD,
    check_query=check_query,
    target=True,
    remembered=True,
    returns="Leaderboard",
    errors={404: "the benchmark declares no headline metric and none is named"},
    examples=[
        {
            "summary": "Which flavor takes the shortest time",
            "path": {"benchmark_id": "$benchmark_ranked"},
            "status": 200,
        },
        {
            "summary": "A metric that the benchmark does not declare",
            "path": {"benchmark_id": "$benchmark"},
            "query": {"metric": "beauty"},
            "status": 422,
        },
    ],
)
def get_leaderboard(request: Any) -> Any:
    """Rank the flavors by a metric of a benchmark.

    Each row is a cell: the visible runs of one flavor with the same inputs. Rows that the data do not tell
    apart share a rank; rows with fewer than five runs are provisional. Every row is compared with the
    baseline: the ratio with its interval, and a verdict in words. The `method` names the rules.
    """
    asked, benchmark = request.query, request.context.model
    criteria = dataclasses.replace(read_criteria(asked), benchmark_ids=(benchmark.id,), status="visible")
    found, catalogue = request.find_service(Comparisons).leaderboard(
        benchmark,
        criteria,
        metric=asked.get("metric"),
        weighting=asked["weight"],
        base=asked.get("base"),
        order=asked["sort_by"],
        version=asked["cat"],
    )
    return present_leaderboard(found, catalogue, benchmark, asked["page"], asked["per_page"])


@compare.get(
    operation_id="Compare",
    permission="comparison:read",
    query=schemas.COMPARE,
    check_query=check_query,
    returns="Comparison",
    examples=[
        {
            "summary": "Two flavors; those that are not there have rows that say so",
            "query": {
                "item": [
                    "flavor:3fa85f64-5717-4562-b3fc-2c963f66afa6",
                    "flavor:4d6b3f0e-2a55-4d5e-8f0b-0d1b2c7e9a31",
                ]
            },
            "status": 200,
        },
        {"summary": "What is no item", "query": {"item": ["planet:mars"]}, "status": 422},
    ],
)
def get_comparison(request: Any) -> Any:
    """Compare flavors, sites, tags or single results.

    A table for each benchmark: by default those in which at least two rows have runs, else those named by
    `benchmark_id`. Every row is held against the baseline: a ratio with its interval, and a verdict in words.
    With two or more benchmarks there is a geometric mean of the ratios. Where all items are results their
    samples are compared, by the same rules.
    """
    asked = request.query
    criteria = dataclasses.replace(read_criteria(asked), status="visible")
    found = request.find_service(Comparisons).compare(
        [parse(text) for text in dict.fromkeys(asked["item"])],
        criteria,
        base=parse(asked["base"]) if "base" in asked else None,
        metric=asked.get("metric"),
        weighting=asked["weight"],
        missing=asked["missing"],
    )
    return present_comparison(found, asked["weight"])
