"""Trust rules in the traversal tree."""

from __future__ import annotations

from typing import Any

from pyramid.authorization import Allow

from eoscperf.ciupload.models import TrustRule
from eoscperf.ciupload.schemas import present_rule
from eoscperf.ciupload.service import TrustRules
from eoscperf.extend.resources import Collection, Item


class TrustRuleItem(Item):
    def find(self, lock: bool) -> TrustRule:
        return self.request.find_service(TrustRules).get(self.id, lock=lock)

    def represent(self) -> dict[str, Any]:
        return present_rule(self.model, self.request.viewer)

    def __acl__(self) -> list[tuple[str, str, Any]]:
        return [(Allow, f"user:{self.model.owner_id}", ["trust_rule:read", "trust_rule:delete"])]


class TrustRuleCollection(Collection):
    item = TrustRuleItem
