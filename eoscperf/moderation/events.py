"""What happens to claims, as plain data for subscribers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class ClaimEvent:
    """Something happened to a claim; `topic` names it, such as `claim.approved`."""

    topic: ClassVar[str] = ""

    id: uuid.UUID
    claimant_id: uuid.UUID | None
    result_id: uuid.UUID | None
    """None: a claim that came from elsewhere without its result"""
    result_uploader_id: uuid.UUID | None
    entry_id: int
    """the log entry of this claim's change"""
    action_id: int
    """the log entry of the action behind it: another one's where a result takes its claims along"""
    from_status: str | None
    to_status: str
    message: str | None = None
    """what was said with this change"""
    result_hidden: bool = False
    """whether the result was visible before and is not any more"""
    result_restored: bool = False
    """whether the result is visible again"""


@dataclass(frozen=True, kw_only=True)
class ClaimFiled(ClaimEvent):
    topic: ClassVar[str] = "result.claimed"

    reason: str
    claim_message: str
    """the text of the claim"""


@dataclass(frozen=True, kw_only=True)
class ClaimApproved(ClaimEvent):
    topic: ClassVar[str] = "claim.approved"


@dataclass(frozen=True, kw_only=True)
class ClaimRejected(ClaimEvent):
    topic: ClassVar[str] = "claim.rejected"


@dataclass(frozen=True, kw_only=True)
class ClaimWithdrawn(ClaimEvent):
    topic: ClassVar[str] = "claim.withdrawn"


@dataclass(frozen=True, kw_only=True)
class ClaimShown(ClaimEvent):
    """The claim is still pending, but does not hide the result any more."""

    topic: ClassVar[str] = "claim.shown"


@dataclass(frozen=True, kw_only=True)
class ClaimUndone(ClaimEvent):
    """A decision about a claim was taken back in time; subscribers drop what they hold for it (a mail)."""

    topic: ClassVar[str] = "claim.undone"

    undone_id: int
    """the log entry of the action that was taken back"""
    undone_action: str
