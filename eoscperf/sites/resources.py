"""Sites and flavors in the traversal tree."""

from __future__ import annotations

from typing import Any

from eoscperf.extend.resources import Collection, Item
from eoscperf.sites.models import Flavor, Site
from eoscperf.sites.schemas import present_flavor, present_site
from eoscperf.sites.service import Flavors, Sites


class SiteItem(Item):
    def find(self, lock: bool) -> Site:
        return self.request.find_service(Sites).get(self.id, lock=lock)

    def represent(self) -> dict[str, Any]:
        return present_site(self.model, self.request.viewer)


class SiteCollection(Collection):
    item = SiteItem


class FlavorItem(Item):
    def find(self, lock: bool) -> Flavor:
        return self.request.find_service(Flavors).get(self.id, lock=lock)

    def represent(self) -> dict[str, Any]:
        return present_flavor(self.model, self.request.viewer)


class FlavorCollection(Collection):
    item = FlavorItem
