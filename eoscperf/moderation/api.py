"""Moderation over REST: claims, what is open, the log."""

from __future__ import annotations

import uuid
from typing import Any

from eoscperf.moderation import log, schemas, service, submissions
from eoscperf.moderation.log import Log
from eoscperf.moderation.schemas import present_claim, present_entry, present_submission
from eoscperf.moderation.service import Claims
from eoscperf.moderation.submissions import Submissions
from eoscperf.moderation.undo import Undo
from eoscperf.rest.pages import answer_page, location, sort_keys
from eoscperf.rest.schema import message_of, without_nulls
from eoscperf.rest.service import ApiService

RESULT, CLAIM, ENTRY = "/results/{result_id}", "/reports/claims/{report_id}", "/reports/log/{entry_id}"

result_claim = ApiService("result_claim", RESULT + ":claim", traverse=RESULT, tag="claims")
result_claims = ApiService("result_claims", RESULT + "/claims", traverse=RESULT, tag="claims")
user_claims = ApiService("user_claims", "/users/self/claims", tag="claims")
claims = ApiService("claims", "/reports/claims", tag="reports")
claim = ApiService("claim", CLAIM, traverse=CLAIM, tag="claims")
claim_approve = ApiService("claim_approve", CLAIM + ":approve", traverse=CLAIM, tag="reports")
claim_reject = ApiService("claim_reject", CLAIM + ":reject", traverse=CLAIM, tag="reports")
claim_withdraw = ApiService("claim_withdraw", CLAIM + ":withdraw", traverse=CLAIM, tag="claims")
claim_show = ApiService("claim_show", CLAIM + ":show", traverse=CLAIM, tag="reports")
submits = ApiService("submits", "/reports/submits", tag="reports")
entries = ApiService("log", "/reports/log", tag="reports")
entry_undo = ApiService("log_entry_undo", ENTRY + ":undo", traverse=ENTRY, tag="reports")

SERVICES = [
    result_claim,
    result_claims,
    user_claims,
    claims,
    claim,
    claim_approve,
    claim_reject,
    claim_withdraw,
    claim_show,
    submits,
    entries,
    entry_undo,
]

_POSITION = ("page", "per_page", "total", "cursor", "sort_by")


@result_claim.post(
    operation_id="ClaimReport",
    permission="claim:file",
    check_rate=lambda request: request.find_service(Claims).require_allowance(),
    body=schemas.CLAIM,
    target=True,
    status=201,
    returns="Claim",
    errors={
        409: "the caller has a pending claim on it, or the caller's own result is withdrawn or removed",
        410: "the result is withdrawn or removed",
        429: "the caller has filed as many claims as a day allows",
    },
    examples=[
        {
            "summary": "Doubt a result",
            "path": {"result_id": "$result"},
            "as": "user",
            "body": {"message": "The run used two sockets, the result names one.", "reason": "implausible"},
            "status": 201,
        }
    ],
)
def file_claim(request: Any) -> Any:
    """Claim that something is wrong with a result.

    The result is hidden from lists until a moderator has decided.
    """
    filed = request.find_service(Claims).file(request.context.model, **without_nulls(request.fields))
    request.response.status_int = 201
    request.response.headers["Location"] = location(request, "claim", report_id=filed.id)
    return present_claim(filed, request.viewer)


@result_claims.get(
    operation_id="ListResultClaims",
    permission="result:claims",
    query=schemas.CLAIM_LIST,
    target=True,
    is_list=True,
    returns="page:Claim",
    errors={410: "the result is withdrawn or removed"},
    examples=[
        {
            "summary": "All claims on a result",
            "path": {"result_id": "$result"},
            "as": "owner",
            "status": 200,
        }
    ],
)
def list_result_claims(request: Any) -> Any:
    """List the claims on a result, for its uploader and administrators."""
    return _claims(request, result_id=request.context.model.id)


@user_claims.get(
    operation_id="ListUserClaims",
    permission="claim:list_own",
    query=schemas.CLAIM_LIST,
    is_list=True,
    returns="page:Claim",
    examples=[
        {"summary": "Your pending claims", "query": {"status": "on_review"}, "as": "user", "status": 200}
    ],
)
def list_user_claims(request: Any) -> Any:
    """List the caller's own claims."""
    return _claims(request, claimant_id=request.viewer.user_id)


@claims.get(
    operation_id="ListClaims",
    permission="claim:list",
    query=schemas.CLAIM_LIST,
    is_list=True,
    returns="page:Claim",
    examples=[
        {"summary": "What has to be decided", "query": {"status": "on_review"}, "as": "admin", "status": 200}
    ],
)
def list_claims(request: Any) -> Any:
    """List all claims, pending ones first."""
    return _claims(request)


@claim.get(
    operation_id="GetClaim",
    permission="claim:read",
    target=True,
    returns="Claim",
    errors={403: "it is not the caller's claim, or there is none with this id"},
    examples=[{"summary": "One claim", "path": {"report_id": "$claim"}, "as": "admin", "status": 200}],
)
def get_claim(request: Any) -> Any:
    """Get a claim, as its claimant or as an administrator."""
    return request.context.represent()


_DECISION: dict[str, Any] = {
    "body": schemas.DECISION,
    "target": True,
    "status": 204,
    "errors": {422: "it has been decided already"},
}


@claim_approve.post(
    operation_id="ApproveClaim",
    permission="claim:approve",
    examples=[
        {
            "summary": "The claim is right",
            "path": {"report_id": "$claim"},
            "body": {"message": "Thank you."},
            "as": "admin",
            "status": 204,
        }
    ],
    **_DECISION,
)
def approve_claim(request: Any) -> Any:
    """Approve a claim.

    The result is removed, which approves all pending claims on it.
    """
    request.find_service(Claims).approve(request.context.model, message_of(request.fields))
    return _nothing(request)


@claim_reject.post(
    operation_id="RejectClaim",
    permission="claim:reject",
    examples=[
        {
            "summary": "The claim is wrong",
            "path": {"report_id": "$claim"},
            "body": {"message": "The figures were confirmed."},
            "as": "admin",
            "status": 204,
        }
    ],
    **_DECISION,
)
def reject_claim(request: Any) -> Any:
    """Reject a claim.

    The result is visible again unless another claim hides it.
    """
    request.find_service(Claims).reject(request.context.model, message_of(request.fields))
    return _nothing(request)


@claim_withdraw.post(
    operation_id="WithdrawClaim",
    permission="claim:withdraw",
    body=schemas.DECISION,
    status=204,
    errors={
        403: "it is not the caller's claim, or there is none with this id",
        409: "it has been decided or withdrawn already",
    },
    examples=[
        {
            "summary": "Take a claim back",
            "path": {"report_id": "$claim"},
            "body": {"message": "I misread the figures."},
            "as": "owner",
            "status": 204,
        }
    ],
)
def withdraw_claim(request: Any) -> Any:
    """Withdraw one's own claim.

    Nobody else can, administrators included: they decide about claims instead.
    """
    request.find_service(Claims).withdraw(request.context.id, message_of(request.fields))
    return _nothing(request)


@claim_show.post(
    operation_id="ShowClaimedResult",
    permission="claim:show",
    examples=[
        {
            "summary": "An unlikely claim",
            "path": {"report_id": "$claim"},
            "body": {"message": "Shown until the figures are checked."},
            "as": "admin",
            "status": 204,
        }
    ],
    **_DECISION,
)
def show_claimed_result(request: Any) -> Any:
    """Show a result while the claim on it is looked into.

    The claim stays pending and the result is marked as disputed, but the claim does not hide it any more.
    """
    request.find_service(Claims).show(request.context.model, message_of(request.fields))
    return _nothing(request)


@submits.get(
    operation_id="ListSubmits",
    permission="submission:list",
    query=schemas.SUBMIT_LIST,
    is_list=True,
    returns="page:Submit",
    examples=[
        {"summary": "Sites on review", "query": {"resource_type": "site"}, "as": "admin", "status": 200}
    ],
)
def list_submits(request: Any) -> Any:
    """List what waits for a moderator."""
    keys = sort_keys(request, submissions.SORT)
    found = request.find_service(Submissions)
    return answer_page(
        request,
        lambda asked, binding: found.search(keys, asked, binding, **_wanted(request)),
        lambda submission: present_submission(submission, request.viewer),
    )


@entries.get(
    operation_id="ListLog",
    permission="log:list",
    query=schemas.LOG_LIST,
    is_list=True,
    returns="page:LogEntry",
    examples=[
        {"summary": "The latest deletions", "query": {"action": "delete"}, "as": "admin", "status": 200}
    ],
)
def list_log(request: Any) -> Any:
    """List what was done, the latest first.

    `upload_before` and `upload_after` mean the time of the entry.
    """
    wanted = _wanted(request)
    period = {"before": wanted.pop("upload_before", None), "after": wanted.pop("upload_after", None)}
    keys = sort_keys(request, log.SORT)
    found = request.find_service(Log)
    return answer_page(
        request,
        lambda asked, binding: found.search(keys, asked, binding, **period, **wanted),
        lambda entry: present_entry(entry, request.viewer),
    )


@entry_undo.post(
    operation_id="UndoDecision",
    permission="log:undo",
    body=schemas.DECISION,
    target=True,
    status=204,
    errors={
        409: "it is too late, it has been undone already, it is no decision, or something rests on it by now"
    },
    examples=[
        {
            "summary": "Take a decision back",
            "path": {"entry_id": "$entry"},
            "body": {"message": "That was the wrong site."},
            "as": "admin",
            "status": 204,
        }
    ],
)
def undo_decision(request: Any) -> Any:
    """Undo a decision.

    Possible for a short while after it, before those concerned are told of it.
    """
    request.find_service(Undo).undo(request.context.model, message_of(request.fields))
    return _nothing(request)


def _claims(request: Any, **whose: uuid.UUID) -> Any:
    keys = sort_keys(request, service.SORT)
    found = request.find_service(Claims)
    return answer_page(
        request,
        lambda asked, binding: found.search(keys, asked, binding, **whose, **_wanted(request)),
        lambda claim: present_claim(claim, request.viewer),
    )


def _wanted(request: Any) -> dict[str, Any]:
    return {key: value for key, value in request.query.items() if key not in _POSITION}


def _nothing(request: Any) -> None:
    request.response.status_int = 204
