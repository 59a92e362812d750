"""Made objects are as the services would have left them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from eoscperf.moderation.models import Submission
from eoscperf.review.models import STATES
from eoscperf.testing.factories import Make


@pytest.fixture
def make(session):
    return Make(session)


@pytest.mark.parametrize("status", STATES)
@pytest.mark.parametrize("kind", ["site", "flavor", "benchmark"])
def test_what_is_reviewed_can_be_in_any_state(make, session, kind, status):
    item = getattr(make, kind)(status=status)
    assert item.status == status
    assert (item.status_entry_id is None) is (status == "on_review")
    wanted = sa.select(Submission).where(getattr(Submission, f"{kind}_id") == item.id)
    assert (session.scalars(wanted).one().closed_datetime is None) is (status == "on_review")


@pytest.mark.parametrize(
    ("facts", "status"),
    [({}, "visible"), ({"withdrawn": True}, "withdrawn"), ({"withdrawn": True, "removed": True}, "removed")],
)
def test_a_result_has_the_status_that_follows_from_its_facts(make, facts, status):
    result = make.result(**facts)
    assert result.status == status
    assert (result.status_datetime is None) is (status == "visible")


def test_a_result_stands_where_it_is_put(make):
    flavor, benchmark, tag = make.flavor(), make.benchmark(), make.tag("quick")
    result = make.result(flavor=flavor, benchmark=benchmark, tags=[tag], json={"b": 1, "a": 1.5})
    assert (result.flavor_id, result.site_id) == (flavor.id, flavor.site_id)
    assert result.json == '{"a":1.5,"b":1}'


def test_a_claim_hides_its_result(make):
    result = make.result()
    claim = make.claim(result)
    assert (result.status, result.pending_claims, claim.status) == ("claimed", 1, "on_review")


def test_a_user_is_made_once(make):
    assert make.user("ann") is make.user("ann")
    assert make.user("ann") is not make.user("ann", iss="https://other.example.org")
    assert make.user("Bob", email="Bob@Example.org").search_text == "bob@example.org"
