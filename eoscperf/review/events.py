"""What happens to benchmarks, sites and flavors, as plain data for subscribers.

`ItemSubmitted`, `ItemUpdated` and the kinds of `ItemMoved` tell what has been done. In a cascade (a
site and its flavors) every item has an event of its own, the parent's first, all with one
`action_id`. What a subscriber changes because of an event it keeps under `action_id`, so that it
finds just that again when the action is taken back: `ItemRestored.previous_action_id` and
`ItemUndone.undone_id` name the action whose effects end. A restore that is undone is an
`ItemUndone` with `to_status` rejected or deleted: whatever came back with the restore goes again,
now under the `action_id` of the undoing, which a later restore names.

`DependentsAsked` is a question: before a decision is undone, subscribers inside the transaction
append to `found` a few words for what has come to rest on it, such as "12 results".
"""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class ItemEvent:
    """Something happened to a reviewed item; `topic` names it, such as `site.approved`."""

    verb: ClassVar[str] = ""

    kind: str
    """benchmark, site or flavor"""
    id: uuid.UUID
    name: str
    uploader_id: uuid.UUID | None
    message: str | None = None

    @property
    def topic(self) -> str:
        return f"{self.kind}.{self.verb}"


@dataclass(frozen=True, kw_only=True)
class ItemSubmitted(ItemEvent):
    verb: ClassVar[str] = "submitted"


@dataclass(frozen=True, kw_only=True)
class ItemUpdated(ItemEvent):
    verb: ClassVar[str] = "updated"

    changed: tuple[str, ...] = ()
    """names of the fields that changed"""


@dataclass(frozen=True, kw_only=True)
class ItemMoved(ItemEvent):
    """The state changed."""

    entry_id: int
    """the log entry of this item's change"""
    action_id: int
    """the log entry of the action behind it: another one's in a cascade or an undo"""
    from_status: str
    to_status: str

    @property
    def cascaded(self) -> bool:
        """Whether this came along with the change of a parent."""
        return self.entry_id != self.action_id


@dataclass(frozen=True, kw_only=True)
class ItemApproved(ItemMoved):
    verb: ClassVar[str] = "approved"


@dataclass(frozen=True, kw_only=True)
class ItemRejected(ItemMoved):
    verb: ClassVar[str] = "rejected"


@dataclass(frozen=True, kw_only=True)
class ItemDeleted(ItemMoved):
    verb: ClassVar[str] = "deleted"


@dataclass(frozen=True, kw_only=True)
class ItemRestored(ItemMoved):
    """Back from rejected or deleted."""

    verb: ClassVar[str] = "restored"

    previous_action_id: int | None
    """the action whose effects are taken back"""


@dataclass(frozen=True, kw_only=True)
class ItemUndone(ItemMoved):
    """A decision was taken back in time.

    Subscribers that hold something for the decision (a mail) drop it.
    """

    verb: ClassVar[str] = "undone"

    undone_id: int
    """the log entry of the action that was taken back, the same for all that it changed"""
    undone_entry_id: int
    """the log entry of this item's part in it: another one than `undone_id` if it came along in a cascade"""
    undone_action: str
    """what was done to this item: approve, reject, delete or restore"""


@dataclass(frozen=True, kw_only=True)
class DependentsAsked:
    """Does anything rest on this item's state that came after it was made?

    Subscribers append to `found` (never replace it) what would lose its ground, in a few words.
    """

    kind: str
    """benchmark, site or flavor"""
    id: uuid.UUID
    since: datetime.datetime
    """when the state was made: what was uploaded then or later counts, in whatever state it is now"""
    found: list[str] = field(default_factory=list)
