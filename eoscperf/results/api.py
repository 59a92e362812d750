"""Results over REST: finding, uploading, tagging, withdrawing, removing."""

from __future__ import annotations

from typing import Any

from eoscperf.rest.pages import location
from eoscperf.rest.renderer import raw
from eoscperf.rest.schema import message_of
from eoscperf.rest.service import ApiService
from eoscperf.results import schemas
from eoscperf.results.answers import answer_results, check_query
from eoscperf.results.api_batch import results_batch
from eoscperf.results.service import Results
from eoscperf.results.submit import Upload, Uploads
from eoscperf.users.schemas import uploader_of

RESULT = "/results/{result_id}"

results = ApiService("results", "/results", traverse="/results", tag="results")
results_search = ApiService("results_search", "/results:search", traverse="/results", tag="results")
results_validate = ApiService("results_validate", "/results:validate", traverse="/results", tag="results")
result = ApiService("result", RESULT, traverse=RESULT, tag="results")
result_tags = ApiService("result_tags", RESULT + "/tags", traverse=RESULT, tag="results")
result_uploader = ApiService("result_uploader", RESULT + "/uploader", traverse=RESULT, tag="results")
result_withdraw = ApiService("result_withdraw", RESULT + ":withdraw", traverse=RESULT, tag="results")
result_restore = ApiService("result_restore", RESULT + ":restore", traverse=RESULT, tag="results")
own_results = ApiService("user_results", "/users/self/results", tag="users")

SERVICES = [
    results,
    results_search,
    results_validate,
    results_batch,
    result,
    result_tags,
    result_uploader,
    result_withdraw,
    result_restore,
    own_results,
]

_GONE = {410: "it was withdrawn or removed; `since` says when"}

_EXPORTED = """

Without `format` the Accept header decides between a page and an export. An export holds everything
found, in order, from one snapshot; `page`, `per_page`, `total` and `cursor` do not go with it."""

_UPLOAD = {
    "execution_datetime": "2024-06-01T08:00:00Z",
    "benchmark_id": "$benchmark",
    "flavor_id": "$flavor",
}


@results.get(
    operation_id="ListResults",
    permission="result:list",
    query=schemas.RESULT_LIST,
    check_query=check_query,
    is_list=True,
    exports=True,
    remembered=True,
    returns="page:Result",
    errors={406: "the export format is not installed"},
    examples=[
        {
            "summary": "The latest results of a benchmark on machines with more than four cores",
            "query": {
                "benchmark_id": ["$benchmark"],
                "filters": ["machine.cpu.count > 4"],
                "sort_by": "-execution_datetime",
            },
            "status": 200,
        },
        {
            "summary": "A table of run times",
            "query": {"format": "csv", "columns": ["time"], "sort_by": "+json.time"},
            "status": 200,
        },
    ],
)
def list_results(request: Any) -> Any:
    """List or export results."""
    return answer_results(request)


@results_search.get(
    operation_id="SearchResults",
    permission="result:list",
    query=schemas.RESULT_SEARCH,
    check_query=check_query,
    is_list=True,
    exports=True,
    remembered=True,
    returns="page:Result",
    errors={406: "the export format is not installed"},
    examples=[
        {"summary": "Results that have to do with a word", "query": {"terms": ["example"]}, "status": 200}
    ],
)
def search_results(request: Any) -> Any:
    """Search results by words in image, site, flavor and tags, or export them."""
    return answer_results(request)


@results.post(
    operation_id="CreateResult",
    permission="result:create",
    query=schemas.RESULT_UPLOAD,
    body_kind="result",
    body_limit="result_bytes",
    idempotent=True,
    status=201,
    returns="Result",
    errors={
        404: "benchmark, flavor, tag or superseded result unknown; `errors` names each",
        409: "you have uploaded the same result already (`existing`), or the superseded one has a successor",
        422: "benchmark, flavor or site not approved yet; the JSON does not fit the schema of the benchmark",
    },
    examples=[
        {
            "summary": "Upload a result",
            "as": "user",
            "query": {**_UPLOAD, "tags_ids": ["$tag"]},
            "body": {"time": 11.0, "machine": {"cpu": {"count": 8}}},
            "status": 201,
        }
    ],
)
def create_result(request: Any) -> Any:
    """Upload a result.

    The body is the JSON of the result itself. It is visible at once.
    """
    uploads, upload = request.find_service(Uploads), _upload(request)
    created = uploads.submit(upload)
    request.response.status_int = 201
    request.response.headers["Location"] = location(request, "result", result_id=created.id)
    shown = request.find_service(Results).present_new(
        created, tagged=bool(upload.tags_ids), stamp=uploads.stamp, tags=uploads.tags_text
    )
    return raw(shown.json)


@results_validate.post(
    operation_id="ValidateResult",
    permission="result:create",
    query=schemas.RESULT_UPLOAD,
    body_kind="result",
    body_limit="result_bytes",
    status=200,
    returns={
        "type": "object",
        "required": ["valid"],
        "properties": {"valid": {"const": True}},
        "example": {"valid": True},
    },
    errors={
        404: "as for the upload",
        409: "as for the upload",
        422: "as for the upload",
    },
    examples=[
        {
            "summary": "Would this result be accepted?",
            "as": "user",
            "query": _UPLOAD,
            "body": {"time": 11.0},
            "status": 200,
            "answer": {"valid": True},
        }
    ],
)
def validate_result(request: Any) -> Any:
    """Check a result without uploading it.

    The errors are exactly those of the upload; nothing is stored.
    """
    request.find_service(Uploads).validate(_upload(request))
    return {"valid": True}


def _upload(request: Any) -> Upload:
    return Upload(json=request.json_value, **request.query)


@result.get(
    operation_id="GetResult",
    permission="result:read",
    target=True,
    remembered=True,
    returns="Result",
    errors=_GONE,
    examples=[{"summary": "One result", "path": {"result_id": "$result"}, "status": 200}],
)
def get_result(request: Any) -> Any:
    """Get a result.

    A result under review because of a claim is shown by its id; withdrawn and removed ones only to
    their uploader and to administrators.
    """
    return request.context.represent()


@result.delete(
    operation_id="DeleteResult",
    permission="result:delete",
    query=schemas.MESSAGE,
    target=True,
    conditional=True,
    status=204,
    examples=[
        {
            "summary": "Remove a result and say why",
            "path": {"result_id": "$result"},
            "query": {"message": "The machine was misconfigured."},
            "as": "admin",
            "status": 204,
        }
    ],
)
def delete_result(request: Any) -> None:
    """Remove a result.

    It is kept and can be restored. Claims on it that wait for a decision are approved.
    """
    message = message_of(request.query)
    request.find_service(Results).remove(request.context.model, message)
    request.response.status_int = 204


@result_tags.put(
    operation_id="UpdateResult",
    permission="result:tag",
    body=schemas.TAGS_UPDATE,
    target=True,
    conditional=True,
    status=204,
    errors={404: "a tag is unknown; `errors` names each", **_GONE},
    examples=[
        {
            "summary": "Replace the tags",
            "path": {"result_id": "$result"},
            "as": "owner",
            "body": {"tags_ids": ["$tag"]},
            "status": 204,
        }
    ],
)
def update_result(request: Any) -> None:
    """Replace the tags of a result.

    Without `tags_ids` nothing changes. If-Match is compared with the ETag of the result.
    """
    if "tags_ids" in request.fields:
        request.find_service(Results).set_tags(request.context.model, request.fields["tags_ids"])
    request.response.status_int = 204


@result_uploader.get(
    operation_id="ResultUploader",
    permission="result:uploader",
    target=True,
    returns="User",
    examples=[
        {"summary": "Who uploaded a result", "path": {"result_id": "$result"}, "as": "admin", "status": 200}
    ],
)
def get_uploader(request: Any) -> Any:
    """Get the uploader of a result."""
    return uploader_of(request.context.model.uploader)


@result_withdraw.post(
    operation_id="WithdrawResult",
    permission="result:withdraw",
    body=schemas.MESSAGE,
    target=True,
    status=204,
    errors={409: "it is withdrawn or removed already", **_GONE},
    examples=[
        {
            "summary": "Take back an own result",
            "path": {"result_id": "$result"},
            "as": "owner",
            "body": {"message": "Ran with the wrong input."},
            "status": 204,
        }
    ],
)
def withdraw_result(request: Any) -> None:
    """Withdraw an own result.

    Others are told that it is gone. Claims on it go on.
    """
    request.find_service(Results).withdraw(request.context.model, message_of(request.fields))
    request.response.status_int = 204


@result_restore.post(
    operation_id="RestoreResult",
    permission="result:restore",
    body=schemas.MESSAGE,
    target=True,
    status=204,
    errors={
        409: "there is nothing that the caller could restore, or benchmark, flavor or site are not approved",
        **_GONE,
    },
    examples=[
        {
            "summary": "Bring back a result that a moderator had removed",
            "path": {"result_id": "$result_removed"},
            "as": "admin",
            "body": {"message": "Removed by mistake."},
            "status": 204,
        }
    ],
)
def restore_result(request: Any) -> None:
    """Bring back a result.

    Uploaders take back their withdrawal, administrators a removal.
    """
    request.find_service(Results).restore(request.context.model, message_of(request.fields))
    request.response.status_int = 204


@own_results.get(
    operation_id="ListUserResults",
    permission="result:list_own",
    query=schemas.RESULT_LIST,
    check_query=check_query,
    is_list=True,
    exports=True,
    returns="page:Result",
    errors={406: "the export format is not installed"},
    examples=[
        {
            "summary": "My results that were withdrawn",
            "as": "user",
            "query": {"status": "withdrawn"},
            "status": 200,
        }
    ],
)
def list_own_results(request: Any) -> Any:
    """List or export the results that you uploaded, in all states."""
    return answer_results(request, own=True)


for _view in (list_results, search_results, list_own_results):
    _view.__doc__ = (_view.__doc__ or "") + _EXPORTED
