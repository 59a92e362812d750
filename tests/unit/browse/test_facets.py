"""What choosing a site does to the flavors that are chosen."""

from __future__ import annotations

import uuid

from eoscperf.browse.facets import with_sites
from eoscperf.web.urls import Address

LEFT, RIGHT, OF_LEFT, OF_RIGHT = (str(uuid.uuid4()) for _ in range(4))
HOMES = {OF_LEFT: LEFT, OF_RIGHT: RIGHT}


def moved(sites):
    pairs = (("site_id", LEFT), ("flavor_id", OF_LEFT), ("flavor_id", OF_RIGHT), ("page", "4"))
    address = Address("/results", pairs, ("site_id", "flavor_id", "page"))
    return with_sites(address, sites, HOMES)


def test_flavors_of_other_sites_go_and_so_does_the_page():
    assert moved([RIGHT]) == f"/results?site_id={RIGHT}&flavor_id={OF_RIGHT}"


def test_without_any_site_all_flavors_stay():
    assert moved([]) == f"/results?flavor_id={OF_LEFT}&flavor_id={OF_RIGHT}"


def test_flavors_of_each_chosen_site_stay():
    assert moved([LEFT.upper(), RIGHT]).count("flavor_id") == 2
