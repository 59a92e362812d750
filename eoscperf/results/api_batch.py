"""Uploading many results in one request."""

from __future__ import annotations

from typing import Any

from eoscperf.rest.problems import problem_body
from eoscperf.rest.service import ApiService
from eoscperf.results import schemas
from eoscperf.results.batch import Batch, Outcome
from eoscperf.results.batch_input import NDJSON, read_batch
from eoscperf.results.submit import Uploads

results_batch = ApiService("results_batch", "/results:batch", traverse="/results", tag="results")

_ITEM = {
    "execution_datetime": "2024-06-01T08:00:00Z",
    "benchmark_id": "$benchmark",
    "flavor_id": "$flavor",
    "tags_ids": ["$tag"],
    "json": {"time": 12.5},
}


@results_batch.post(
    operation_id="CreateResultsBatch",
    permission="result:create",
    query=schemas.BATCH_QUERY,
    body_kind="batch",
    body_limit="batch_bytes",
    media_types=("application/json", NDJSON),
    idempotent=True,
    status=201,
    returns="BatchReport",
    also_returns={200: "BatchReport"},
    errors={
        404: "atomic: benchmarks, flavors or tags are unknown; `errors` names each with its item",
        409: "atomic: items were uploaded already, or are the same among themselves",
        422: "atomic: items are malformed, not approved or do not fit their schema",
    },
    examples=[
        {
            "summary": "Two results, both or none",
            "as": "user",
            "body": [_ITEM, {**_ITEM, "json": {"time": 13.0}}],
            "status": 201,
        },
        {
            "summary": "Check without storing",
            "as": "user",
            "query": {"mode": "each", "dry_run": "true"},
            "body": [_ITEM],
            "status": 200,
        },
    ],
)
def create_results(request: Any) -> Any:
    """Upload many results.

    The body is a JSON array, or NDJSON with an item per line. `mode=atomic` stores all or none and
    answers 201, or the first kind of errors (unknown references, then what is not acceptable, then
    doubles) for all items. `mode=each` stores what is good and answers 200 with a report, where a
    broken line of NDJSON is a failed item. Problems point at `/<index>/...` in the body.
    """
    settings = request.registry.settings
    mode, dry_run = request.query["mode"], request.query["dry_run"]
    media_type = (request.content_type or "").lower()
    body = request.body if media_type == NDJSON else request.json_value
    outcomes = read_batch(body, media_type, settings)
    batch = Batch(request.find_service(Uploads), outcomes, seconds=settings["limits.schema_seconds"])
    if mode == "atomic":
        batch.atomic(dry_run=dry_run)
    else:
        batch.each(dry_run=dry_run)
    stored = mode == "atomic" and not dry_run
    request.response.status_int = 201 if stored else 200
    return {
        "created": sum(outcome.id is not None for outcome in outcomes),
        "failed": sum(outcome.error is not None for outcome in outcomes),
        "items": [_report(request, outcome) for outcome in outcomes],
    }


def _report(request: Any, outcome: Outcome) -> dict[str, Any]:
    status: int
    told: dict[str, Any]
    if outcome.error is not None:
        status, told = outcome.error.status, {"problem": problem_body(outcome.error, request.id)}
    elif outcome.id is not None:
        status, told = 201, {"id": outcome.id}
    else:
        status, told = 200, {}
    return {"index": outcome.index, "status": status, **told}
