"""Uploading many results in one request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import colander

from eoscperf import errors, jsontext
from eoscperf.errors import DomainError, Issue
from eoscperf.rest.problems import problem_body
from eoscperf.rest.schema import issues_of
from eoscperf.rest.service import ApiService
from eoscperf.results import schemas
from eoscperf.results.batch import Batch, Outcome
from eoscperf.results.submit import Place, Upload, Uploads

results_batch = ApiService("results_batch", "/results:batch", traverse="/results", tag="results")

NDJSON = "application/x-ndjson"

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
    outcomes = _outcomes(request, settings)
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


def _outcomes(request: Any, settings: Any) -> list[Outcome]:
    """An outcome per item: with the upload it is, or with what keeps it from being one."""
    most = settings["limits.batch_items"]
    items = list(_items(request, most))
    if len(items) > most:
        raise errors.Invalid([Issue(f"A batch has at most {most} items.", pointer="")])
    node = schemas.BATCH_ITEM.bind(limits={"tags": settings["limits.tags"]})
    return [_outcome(index, item, node, settings["limits.result_bytes"]) for index, item in enumerate(items)]


def _items(request: Any, most: int) -> Iterator[Any]:
    """The items, at most one more than allowed; a line that cannot be read is its error."""
    if request.json_value is not None:
        if not isinstance(request.json_value, list):
            raise errors.Invalid([Issue("A batch must be a JSON array, or NDJSON.", pointer="")])
        yield from request.json_value
        return
    for index, line in jsontext.lines(request.body):
        if index > most:
            return
        try:
            yield jsontext.loads(line, max_depth=jsontext.MAX_DEPTH + 1)
        except jsontext.JSONTextError as problem:
            yield errors.MalformedRequest(f"Item {index}: {problem.detail}")


def _outcome(index: int, item: Any, node: Any, most_bytes: int) -> Outcome:
    if isinstance(item, DomainError):
        return Outcome(index, error=item)
    place = Place(index)
    try:
        fields = node.deserialize(item)
    except colander.Invalid as problem:
        return Outcome(index, error=errors.Invalid(issues_of(problem, "body", (index,))))
    where = jsontext.find_unstorable(fields["json"])
    issues = []
    if where is not None:
        fault = "must not hold NUL or half of a surrogate pair"
        issues.append(place.json(Issue(fault, "body", jsontext.dotted(where), where)))
    elif len(jsontext.dumps(fields["json"]).encode()) > most_bytes:
        issues.append(place.json(Issue(f"may have at most {most_bytes} bytes", pointer="")))
    if issues:
        return Outcome(index, error=errors.Invalid(issues))
    return Outcome(index, upload=Upload(place=place, **fields))
