from __future__ import annotations

import pytest
import sqlalchemy as sa

from eoscperf.review.models import STATES
from eoscperf.review.visibility import can_see, visible_to
from eoscperf.security.identity import ANONYMOUS, Viewer
from eoscperf.sites.models import Site


@pytest.mark.parametrize("status", STATES)
@pytest.mark.parametrize(
    ("who", "sees_hidden"), [("anonymous", False), ("other", False), ("uploader", True), ("admin", True)]
)
def test_who_sees_which_state(who, sees_hidden, status, make, session):
    uploader, other = make.user("uploader"), make.user("other")
    viewer = {
        "anonymous": ANONYMOUS,
        "other": Viewer(other.id),
        "uploader": Viewer(uploader.id),
        "admin": Viewer(other.id, admin=True),
    }[who]
    site = make.site(status=status, uploader=uploader)
    seen = sees_hidden or status == "approved"
    assert can_see(viewer, site) is seen
    for state in STATES:
        listed = session.scalars(sa.select(Site.id).where(visible_to(viewer, Site, state))).all()
        assert listed == ([site.id] if seen and state == status else [])


def test_nobody_owns_what_a_removed_account_left(make, session):
    site = make.site(status="on_review")
    site.uploader_id = None
    session.commit()
    assert not can_see(ANONYMOUS, site)
    assert not can_see(Viewer(make.user().id), site)
