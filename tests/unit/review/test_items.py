from __future__ import annotations

from eoscperf.review.models import child_kinds, parent_column, reviewed_kinds
from eoscperf.sites.models import Flavor, Site


def test_kinds_and_their_children():
    assert {"benchmark", "site", "flavor"} <= set(reviewed_kinds())
    assert child_kinds("site") == [Flavor]
    assert child_kinds("flavor") == child_kinds("benchmark") == []
    assert parent_column(Flavor).key == "site_id"


def test_the_text_that_is_searched_follows_the_fields(session):
    site = Site(name="KIT", address="Karlsruhe", description=None)
    session.add(site)
    session.flush()
    assert site.search_text == "kit\x1fkarlsruhe"
    site.description = "Größe"
    session.flush()
    session.refresh(site)
    assert site.search_text == "kit\x1fkarlsruhe\x1fgröße"
