"""Where results and tags hang in the traversal tree, and what owning a result allows."""

from __future__ import annotations

from typing import Any

from pyramid.authorization import Allow, Deny, Everyone

from eoscperf.extend.resources import Collection, Item
from eoscperf.rest.renderer import raw
from eoscperf.results.schemas import present_result, present_tag
from eoscperf.results.service import Results
from eoscperf.results.tags import Tags
from eoscperf.results.writing import Written
from eoscperf.security.permissions import permissions

UPLOADER_ONLY = ("result:withdraw",)
"""What not even an administrator does in the uploader's place."""


class ResultItem(Item):
    """One result. Its uploader holds every permission that is for owners."""

    def find(self, lock: bool) -> Any:
        results = self.request.find_service(Results)
        if not lock and self.request.operation.returns == "Result":
            # All that is wanted is how it looks, which takes no object.
            return results.read(self.id)
        return results.get(self.id, lock=lock)

    def represent(self) -> Any:
        if isinstance(self.model, Written):
            return raw(self.model.json)
        return present_result(self.model, self.request.viewer)

    def __acl__(self) -> list[tuple[str, str, Any]]:
        uploader_id = self.model.uploader_id if self.loaded else None
        acl: list[tuple[str, str, Any]] = []
        if uploader_id is not None:
            known = permissions(self.request.registry).values()
            owners = [permission.name for permission in known if permission.level == "owner"]
            acl.append((Allow, f"user:{uploader_id}", owners))
        return [*acl, (Deny, Everyone, UPLOADER_ONLY)]


class ResultCollection(Collection):
    item = ResultItem


class TagItem(Item):
    def find(self, lock: bool) -> Any:
        return self.request.find_service(Tags).get(self.id, lock=lock)

    def represent(self) -> Any:
        return present_tag(self.model, self.request.viewer)


class TagCollection(Collection):
    item = TagItem
