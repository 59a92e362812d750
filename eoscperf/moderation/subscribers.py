"""What moderation does, inside the transaction, when something happens to what it moderates."""

from __future__ import annotations

from typing import Any

from eoscperf.moderation.service import Claims
from eoscperf.moderation.submissions import Submissions
from eoscperf.results.events import ResultRemoved, ResultUndone
from eoscperf.review.events import ItemMoved, ItemSubmitted


def open_submission(event: ItemSubmitted, request: Any) -> None:
    request.find_service(Submissions).follow(event.kind, event.id, on_review=True)


def follow_item(event: ItemMoved, request: Any) -> None:
    request.find_service(Submissions).follow(event.kind, event.id, on_review=event.to_status == "on_review")


def close_claims(event: ResultRemoved, request: Any) -> None:
    """A result that a moderator removes proves every pending claim on it right."""
    request.find_service(Claims).close_all(event.id, event.entry_id, event.message)


def reopen_claims(event: ResultUndone, request: Any) -> None:
    if event.from_status == "removed":
        request.find_service(Claims).reopen_all(event.id, event.undone_id, event.message)
