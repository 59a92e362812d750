from __future__ import annotations

import uuid

import pytest

from eoscperf import errors
from eoscperf.listing import CursorBinding, PageRequest, parse_sort
from eoscperf.review.catalogue import ItemSearch
from eoscperf.review.journal import Journal
from eoscperf.review.lifecycle import Lifecycle
from eoscperf.security.identity import ANONYMOUS, Viewer
from eoscperf.sites.service import Flavors, Sites
from eoscperf.testing.factories import Make


class Silent:
    def emit(self, event):
        pass


@pytest.fixture
def make(session):
    return Make(session)


@pytest.fixture
def service(session):
    """Makes a service for a viewer."""
    return lambda cls, viewer: cls(session, viewer, Lifecycle(session, Journal(session, viewer), Silent()))


def found(items, **wanted):
    keys = parse_sort(None, items.sort_fields)
    binding = CursorBinding(secret=b"secret", scope="test")
    return items.search(ItemSearch(**wanted), keys, PageRequest(), binding).items


def test_a_submitted_site_comes_with_its_uploader(service, make):
    ann = make.user("ann")
    site = service(Sites, Viewer(ann.id)).submit("KIT", "kit.example.org", "")
    assert (site.status, site.uploader, site.description) == ("on_review", ann, None)


def test_a_site_is_looked_up_as_the_viewer_sees_it(service, make):
    ann = make.user("ann")
    site = make.site(status="on_review", uploader=ann)
    assert service(Sites, Viewer(ann.id)).get(site.id) is site
    for viewer, item_id in ((ANONYMOUS, site.id), (Viewer(ann.id), uuid.uuid4())):
        with pytest.raises(errors.NotFound) as problem:
            service(Sites, viewer).get(item_id)
        assert problem.value.detail == f"No site {item_id}."


@pytest.mark.parametrize("lock", [False, True])
def test_a_flavor_comes_with_its_site_and_both_uploaders(service, make, lock, session):
    flavor_id = make.flavor().id
    session.expunge_all()
    shown = service(Flavors, ANONYMOUS).get(flavor_id, lock=lock)
    assert shown.site.id == shown.site_id
    assert shown.uploader is not None
    assert shown.site.uploader is not None


def test_lists_are_restricted_by_everything_that_is_wanted(service, make):
    site = make.site()
    flavor = make.flavor(site=site, name="small", description="GPU")
    make.flavor(site=site, name="small gpu", description="none")
    make.flavor(name="small", description="GPU")
    flavors = service(Flavors, ANONYMOUS)
    assert len(found(flavors)) == 3
    assert len(found(flavors, parent_id=site.id)) == 2
    assert found(flavors, parent_id=site.id, equal=(("name", "small"),)) == [flavor]
    assert len(found(flavors, parent_id=site.id, terms=("gpu",))) == 2
    assert found(flavors, status="rejected") == []


def test_no_flavor_at_a_site_that_is_gone(service, make):
    ann = make.user("ann")
    with pytest.raises(errors.WrongState):
        service(Flavors, Viewer(ann.id)).submit(make.site(status="deleted"), "small")


def test_an_update_without_a_change_is_none(service, make):
    site = make.site(name="KIT", description="x")
    sites = service(Sites, ANONYMOUS)
    assert sites.update(site, {"name": "KIT", "description": "x"}) is False
    assert sites.update(site, {"description": ""}) is True
    assert site.description is None
    assert sites.update(site, {"description": None}) is False
