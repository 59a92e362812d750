"""What the database refuses because of another transaction."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa

from eoscperf import errors
from eoscperf.sites.models import Flavor, Site


def test_an_uploader_who_is_gone_is_a_conflict(lifecycle):
    with pytest.raises(errors.Conflict, match="Try again"):
        lifecycle.submit(Site(name="KIT", address="a", uploader_id=uuid.uuid4()))


def test_a_defect_stays_a_defect(lifecycle, make):
    with pytest.raises(sa.exc.IntegrityError):
        lifecycle.submit(Flavor(name=None, site_id=make.site().id))
