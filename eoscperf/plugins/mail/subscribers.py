"""Which event makes which mail, for whom. Who filed a claim is never among the facts for an uploader."""

from __future__ import annotations

from typing import Any

from eoscperf.moderation.events import (
    ClaimApproved,
    ClaimEvent,
    ClaimFiled,
    ClaimRejected,
    ClaimUndone,
    ClaimWithdrawn,
)
from eoscperf.plugins.mail.outbox import Outbox
from eoscperf.results.events import ResultRemoved, ResultRestored, ResultsRemoved, ResultUndone
from eoscperf.review.events import (
    ItemApproved,
    ItemDeleted,
    ItemMoved,
    ItemRejected,
    ItemRestored,
    ItemSubmitted,
    ItemUndone,
)
from eoscperf.review.models import LogEntry
from eoscperf.tokens.events import ApiTokenCreated
from eoscperf.users.events import AccountMail, UserRegistered, UserRemoved, UserRoleChanged, UserUpdated
from eoscperf.users.models import User

DECISIONS: dict[type[ItemMoved], str] = {
    ItemApproved: "resource_approved",
    ItemRejected: "resource_rejected",
    ItemDeleted: "resource_deleted",
    ItemRestored: "resource_restored",
}


def user_registered(event: UserRegistered, request: Any) -> None:
    _outbox(request).to_address("user_welcome", event.id, event.email, {})


def user_updated(event: UserUpdated, request: Any) -> None:
    for address in dict.fromkeys((event.email, event.old_email)):
        _outbox(request).to_address("email_updated", event.id, address, {})


def user_removed(event: UserRemoved, request: Any) -> None:
    _outbox(request).forget(event.id)


def account_mail(event: AccountMail, request: Any) -> None:
    facts = {"subject": event.subject, "paragraphs": list(event.paragraphs), "link": event.link}
    _outbox(request).about_account(event.to, facts, deliver=event.deliver)


def user_role_changed(event: UserRoleChanged, request: Any) -> None:
    facts = {"to_role": event.to_role, "message": event.message}
    _outbox(request).to_address("user_role_changed", event.id, event.email, facts)


def token_created(event: ApiTokenCreated, request: Any) -> None:
    owner = request.dbsession.get_one(User, event.user_id)
    facts = {
        "id": str(event.id),
        "name": event.name,
        "hint": event.hint,
        "scopes": list(event.scopes),
        "until": f"{event.expires_datetime:%Y-%m-%d %H:%M} UTC",
    }
    _outbox(request).to_address("api_token_created", owner.id, owner.email, facts)


def item_submitted(event: ItemSubmitted, request: Any) -> None:
    _outbox(request).to_user("resource_submitted", event.uploader_id, _item(event))


def item_moved(event: ItemMoved, request: Any) -> None:
    """Items that came along are mentioned where their uploader is told of the action anyway."""
    kind = DECISIONS.get(type(event))
    if kind is None:
        return
    outbox = _outbox(request)
    if event.cascaded:
        item = _item(event) | {"status": event.to_status}
        if outbox.add_along(tuple(DECISIONS.values()), event.uploader_id, event.action_id, item):
            return
    facts = _item(event) | {"message": event.message}
    outbox.to_user(kind, event.uploader_id, facts, action_id=event.action_id, decision=True)


def item_undone(event: ItemUndone, request: Any) -> None:
    _outbox(request).cancel(event.undone_id)


def result_claimed(event: ClaimFiled, request: Any) -> None:
    facts = {
        "result_id": str(event.result_id),
        "claim_id": str(event.id),
        "claim": event.claim_message,
        "reason": event.reason,
    }
    _outbox(request).to_user("result_claimed", event.result_uploader_id, facts)


def claim_approved(event: ClaimApproved, request: Any) -> None:
    _to_claimant("resource_approved", event, request)


def claim_rejected(event: ClaimRejected, request: Any) -> None:
    _to_claimant("resource_rejected", event, request)
    _restored_by_claim(event, request, decision=True)


def claim_withdrawn(event: ClaimWithdrawn, request: Any) -> None:
    _restored_by_claim(event, request, decision=False)


def claim_undone(event: ClaimUndone, request: Any) -> None:
    _outbox(request).cancel(event.undone_id)


def result_removed(event: ResultRemoved, request: Any) -> None:
    facts = {"ids": [str(event.id)], "message": event.message}
    _outbox(request).to_user(
        "result_removed", event.uploader_id, facts, action_id=event.entry_id, decision=True
    )


def results_removed(event: ResultsRemoved, request: Any) -> None:
    """One mail per uploader."""
    # When a restore is undone, of which nobody was told, they go away again as if nothing had been.
    if request.dbsession.get_one(LogEntry, event.action_id).action == "undo":
        return
    for uploader_id, ids in event.by_uploader.items():
        facts = {
            "ids": [str(identifier) for identifier in ids],
            "message": event.message,
            "with": {"type": event.kind, "name": event.parent_name, "id": str(event.parent_id)},
        }
        _outbox(request).to_user(
            "result_removed", uploader_id, facts, action_id=event.action_id, decision=True
        )


def result_restored(event: ResultRestored, request: Any) -> None:
    if event.by_admin and event.to_status == "visible":
        facts = {"id": str(event.id), "message": event.message}
        _outbox(request).to_user(
            "result_restored", event.uploader_id, facts, action_id=event.entry_id, decision=True
        )


def result_undone(event: ResultUndone, request: Any) -> None:
    _outbox(request).cancel(event.undone_id)


SUBSCRIBERS: tuple[tuple[Any, type], ...] = (
    (user_registered, UserRegistered),
    (user_updated, UserUpdated),
    (user_removed, UserRemoved),
    (account_mail, AccountMail),
    (user_role_changed, UserRoleChanged),
    (token_created, ApiTokenCreated),
    (item_submitted, ItemSubmitted),
    (item_moved, ItemMoved),
    (item_undone, ItemUndone),
    (result_claimed, ClaimFiled),
    (claim_approved, ClaimApproved),
    (claim_rejected, ClaimRejected),
    (claim_withdrawn, ClaimWithdrawn),
    (claim_undone, ClaimUndone),
    (result_removed, ResultRemoved),
    (results_removed, ResultsRemoved),
    (result_restored, ResultRestored),
    (result_undone, ResultUndone),
)


def _outbox(request: Any) -> Outbox:
    return request.find_service(Outbox)


def _item(event: Any) -> dict[str, Any]:
    return {"type": event.kind, "name": event.name, "id": str(event.id)}


def _to_claimant(kind: str, event: ClaimEvent, request: Any) -> None:
    name = f"claim on result {event.result_id}" if event.result_id is not None else "claim"
    facts = {"type": "claim", "name": name, "id": str(event.id), "message": event.message}
    _outbox(request).to_user(kind, event.claimant_id, facts, action_id=event.action_id, decision=True)


def _restored_by_claim(event: ClaimEvent, request: Any, *, decision: bool) -> None:
    if event.result_restored:
        facts = {"id": str(event.result_id), "message": event.message}
        _outbox(request).to_user(
            "result_restored",
            event.result_uploader_id,
            facts,
            action_id=event.action_id,
            decision=decision,
        )
