"""Rankings over REST."""

from __future__ import annotations

import dataclasses
from typing import Any

from eoscperf.comparison import schemas
from eoscperf.comparison.schemas import present_leaderboard
from eoscperf.comparison.service import Comparisons
from eoscperf.rest.service import ApiService
from eoscperf.results.answers import check_query, read_criteria

BENCHMARK = "/benchmarks/{benchmark_id}"

leaderboard = ApiService("leaderboard", BENCHMARK + "/leaderboard", traverse=BENCHMARK, tag="comparison")

SERVICES = [leaderboard]


@leaderboard.get(
    operation_id="GetLeaderboard",
    permission="comparison:read",
    query=schemas.LEADERBOARD,
    check_query=check_query,
    target=True,
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
