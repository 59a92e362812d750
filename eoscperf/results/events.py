"""What happens to results and tags, as plain data for subscribers.

`ResultRemoved`, `ResultWithdrawn`, `ResultRestored` and `ResultUndone` tell of one result. When a
benchmark, flavor or site takes its results along there is one `ResultsRemoved` for all of them, and
one `ResultsRestored` when they come back.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class ResultEvent:
    """Something happened to one result; `topic` names it, such as `result.created`."""

    topic: ClassVar[str] = ""

    id: uuid.UUID
    benchmark_id: uuid.UUID
    flavor_id: uuid.UUID
    site_id: uuid.UUID
    uploader_id: uuid.UUID | None


@dataclass(frozen=True, kw_only=True)
class ResultCreated(ResultEvent):
    topic: ClassVar[str] = "result.created"

    execution_datetime: datetime.datetime
    supersedes_id: uuid.UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ResultTagsUpdated(ResultEvent):
    topic: ClassVar[str] = "result.tags_updated"

    added: tuple[uuid.UUID, ...]
    removed: tuple[uuid.UUID, ...]


@dataclass(frozen=True, kw_only=True)
class ResultMoved(ResultEvent):
    """The state of one result changed by an action that is in the journal."""

    entry_id: int
    from_status: str
    to_status: str
    message: str | None = None


@dataclass(frozen=True, kw_only=True)
class ResultRemoved(ResultMoved):
    topic: ClassVar[str] = "result.removed"

    action: str
    """what was logged: delete, or the decision that removed it"""


@dataclass(frozen=True, kw_only=True)
class ResultWithdrawn(ResultMoved):
    topic: ClassVar[str] = "result.withdrawn"


@dataclass(frozen=True, kw_only=True)
class ResultRestored(ResultMoved):
    topic: ClassVar[str] = "result.restored"

    by_admin: bool
    """whether a removal was taken back; else the uploader took back the withdrawal"""


@dataclass(frozen=True, kw_only=True)
class ResultUndone(ResultMoved):
    """A decision about one result was taken back in time.

    Subscribers that hold something for the decision (a mail, approved claims) drop it.
    """

    topic: ClassVar[str] = "result.undone"

    undone_id: int
    """the log entry of what was taken back"""
    undone_action: str


@dataclass(frozen=True, kw_only=True)
class ResultsEvent:
    """The results of a benchmark, flavor or site went or came back with it."""

    topic: ClassVar[str] = ""

    kind: str
    """benchmark, flavor or site"""
    parent_id: uuid.UUID
    parent_name: str
    action_id: int
    """the log entry of the action that took them along"""
    message: str | None
    by_uploader: Mapping[uuid.UUID | None, tuple[uuid.UUID, ...]]
    """ids of results by uploader; None: an account that is gone"""


@dataclass(frozen=True, kw_only=True)
class ResultsRemoved(ResultsEvent):
    topic: ClassVar[str] = "results.removed"


@dataclass(frozen=True, kw_only=True)
class ResultsRestored(ResultsEvent):
    topic: ClassVar[str] = "results.restored"

    undone_id: int | None = None
    """the log entry of the decision that was undone, if this was an undo"""


@dataclass(frozen=True, kw_only=True)
class TagEvent:
    """Something happened to a tag."""

    topic: ClassVar[str] = ""

    id: uuid.UUID
    name: str
    uploader_id: uuid.UUID | None
    message: str | None = None


@dataclass(frozen=True, kw_only=True)
class TagCreated(TagEvent):
    topic: ClassVar[str] = "tag.created"


@dataclass(frozen=True, kw_only=True)
class TagUpdated(TagEvent):
    topic: ClassVar[str] = "tag.updated"

    changed: tuple[str, ...] = ()
    """names of the fields that changed"""


@dataclass(frozen=True, kw_only=True)
class TagDeleted(TagEvent):
    topic: ClassVar[str] = "tag.deleted"


@dataclass(frozen=True, kw_only=True)
class TagRestored(TagEvent):
    topic: ClassVar[str] = "tag.restored"
