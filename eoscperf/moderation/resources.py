"""The reports in the traversal tree: claims and log entries."""

from __future__ import annotations

from typing import Any

from pyramid.authorization import Allow

from eoscperf.extend.resources import Collection, Item, Resource
from eoscperf.moderation.log import Log
from eoscperf.moderation.models import Claim
from eoscperf.moderation.schemas import present_claim, present_entry
from eoscperf.moderation.service import Claims
from eoscperf.review.models import LogEntry


class ClaimItem(Item):
    """One claim. Its claimant may look at it; taking it back is checked where that is done."""

    def find(self, lock: bool) -> Claim:
        return self.request.find_service(Claims).get(self.id, lock=lock)

    def represent(self) -> dict[str, Any]:
        return present_claim(self.model, self.request.viewer)

    def __acl__(self) -> list[tuple[str, str, Any]]:
        if not self.loaded or self.model.uploader_id is None:
            return []
        return [(Allow, f"user:{self.model.uploader_id}", ["claim:read"])]


class ClaimCollection(Collection):
    item = ClaimItem


class EntryItem(Item):
    """One log entry, known by its number."""

    def __init__(self, request: Any, name: str, parent: Any, number: int) -> None:
        Resource.__init__(self, request, name, parent)
        self.number = number
        self.model: Any = None

    def find(self, lock: bool) -> LogEntry:
        return self.request.find_service(Log).get(self.number)

    def represent(self) -> dict[str, Any]:
        return present_entry(self.model, self.request.viewer)


class EntryCollection(Resource):
    def __getitem__(self, name: str) -> EntryItem:
        if not (name.isascii() and name.isdigit()):
            raise KeyError(name)
        return EntryItem(self.request, name, self, int(name))


class Reports(Resource):
    """What moderators work through."""

    _children: dict[str, type[Resource]] = {"claims": ClaimCollection, "log": EntryCollection}

    def __getitem__(self, name: str) -> Resource:
        return self._children[name](self.request, name, self)
