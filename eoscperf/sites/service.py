"""Sites and flavors: submit, look up, change."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf import errors
from eoscperf.listing import SortField, SortFields, column_field
from eoscperf.review.catalogue import ReviewedItems
from eoscperf.review.visibility import can_see
from eoscperf.sites.models import Flavor, Site


def _fields(model: Any, *names: str) -> dict[str, SortField]:
    fields = {name: column_field(name, getattr(model, name)) for name in ("id", "upload_datetime", *names)}
    return fields | {"description": column_field("description", model.description, nullable=True)}


SITE_SORT = SortFields(_fields(Site, "name", "address"), default="+name")
FLAVOR_SORT = SortFields(_fields(Flavor, "name"), default="+name")


class Sites(ReviewedItems[Site]):
    """The places that offer computing, as one viewer sees them."""

    model = Site
    sort_fields = SITE_SORT

    def submit(self, name: str, address: str, description: str | None = None) -> Site:
        """Hand in a site for review; Duplicate when the name is in use."""
        site = Site(
            name=name, address=address, description=description or None, uploader_id=self._viewer.user_id
        )
        self._lifecycle.submit(site)
        return self.get(site.id)

    def update(self, site: Site, values: Mapping[str, Any]) -> bool:
        """Change name, address or description; None clears. False when nothing changes."""
        return self._lifecycle.update(site, cleared(values))


class Flavors(ReviewedItems[Flavor]):
    """The kinds of machine at the sites, as one viewer sees them: only where he sees the site."""

    model = Flavor
    sort_fields = FLAVOR_SORT

    def get(self, item_id: uuid.UUID, *, lock: bool = False) -> Flavor:
        """The flavor with its uploader, its site and the site's uploader."""
        if lock:
            # Sites are locked before their flavors everywhere, so that nobody waits in a circle.
            site_id = sa.select(Flavor.site_id).where(Flavor.id == item_id).scalar_subquery()
            self._session.execute(sa.select(Site.id).where(Site.id == site_id).with_for_update(read=True))
        query = (
            sa.select(Flavor)
            .where(Flavor.id == item_id)
            .options(
                orm.joinedload(Flavor.uploader),
                orm.joinedload(Flavor.site, innerjoin=True).joinedload(Site.uploader),
            )
        )
        if lock:
            query = query.with_for_update(of=Flavor)
        flavor = self._session.scalars(query).one_or_none()
        if flavor is None or not self._shows(flavor):
            raise errors.NotFound(f"No flavor {item_id}.")
        return flavor

    def count_of_sites(self, sites: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
        """How many approved flavors each site has; without any it is missing: one statement."""
        if not sites:
            return {}
        counts = sa.select(Flavor.site_id, sa.func.count().label("number")).where(
            Flavor.site_id.in_(sites), Flavor.status == "approved"
        )
        found = self._session.execute(counts.group_by(Flavor.site_id))
        return {row.site_id: row.number for row in found}

    def submit(self, site: Site, name: str, description: str | None = None) -> Flavor:
        """Hand in a flavor of a locked site for review; Duplicate when the site has one of that name.

        WrongState when the site is rejected or deleted.
        """
        self._lifecycle.require_live(site)
        flavor = Flavor(
            site_id=site.id, name=name, description=description or None, uploader_id=self._viewer.user_id
        )
        self._lifecycle.submit(flavor)
        return self.get(flavor.id)

    def update(self, flavor: Flavor, values: Mapping[str, Any]) -> bool:
        """Change name or description; None clears. False when nothing changes."""
        return self._lifecycle.update(flavor, cleared(values))

    def _shows(self, item: Flavor) -> bool:
        return can_see(self._viewer, item) and can_see(self._viewer, item.site)


def cleared(values: Mapping[str, Any]) -> dict[str, Any]:
    """Field values with an empty description as none."""
    return {field: None if field == "description" and not value else value for field, value in values.items()}
