"""Service accounts in the traversal tree."""

from __future__ import annotations

from typing import Any

from eoscperf.extend.resources import Collection, Item
from eoscperf.users.models import User
from eoscperf.users.schemas_services import present_service
from eoscperf.users.services import ServiceAccounts


class ServiceItem(Item):
    def find(self, lock: bool) -> User:
        return self.request.find_service(ServiceAccounts).get(self.id, lock=lock)

    def represent(self) -> dict[str, Any]:
        return present_service(self.model)


class ServiceCollection(Collection):
    item = ServiceItem
