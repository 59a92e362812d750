"""What is shown of claims, submissions and log entries, and of the people behind them."""

from __future__ import annotations

import pytest

from eoscperf.moderation.models import Claim, Submission
from eoscperf.moderation.schemas import SCHEMAS, present_claim, present_entry, present_submission
from eoscperf.review.models import LogEntry
from eoscperf.security.identity import ANONYMOUS, Viewer


@pytest.fixture
def people(make):
    return {who: make.user(who) for who in ("claimant", "owner", "admin")}


def viewer(people, who):
    if who is None:
        return ANONYMOUS
    return Viewer(people[who].id, admin=who == "admin")


@pytest.fixture
def claim(make, people, session):
    claim = make.claim(make.result(uploader=people["owner"]), uploader=people["claimant"])
    return session.get(Claim, claim.id, options=[sa_joined(Claim.uploader)], populate_existing=True)


def sa_joined(relationship):
    from sqlalchemy.orm import joinedload

    return joinedload(relationship)


@pytest.mark.parametrize(
    ("who", "sub"), [("admin", "claimant"), ("claimant", "claimant"), ("owner", "hidden"), (None, "hidden")]
)
def test_the_claimant_is_shown_to_administrators_and_to_himself(people, claim, who, sub):
    shown = present_claim(claim, viewer(people, who))
    assert shown["uploader"]["sub"] == sub
    assert (shown["uploader"]["email"] == "") == (sub == "hidden")


@pytest.mark.parametrize("who", ["admin", "owner", None])
def test_an_account_that_is_gone_is_called_removed(people, make, session, who):
    orphan = Claim(message="x", reason="other", status="on_review", uploader_id=None)
    session.add(orphan)
    session.flush()
    assert present_claim(orphan, viewer(people, who))["uploader"]["sub"] == "removed"


def test_what_a_schema_requires_is_always_shown(people, claim, session):
    admin = viewer(people, "admin")
    submission = Submission(resource_type="claim", claim=claim)
    session.add(submission)
    entry = LogEntry(action="claim", resource_type="claim", resource_id=str(claim.id), actor=people["admin"])
    session.add(entry)
    session.flush()
    shown = {
        "Claim": present_claim(claim, admin),
        "Submit": present_submission(submission, admin),
        "LogEntry": present_entry(entry, admin),
    }
    for name, members in shown.items():
        schema = SCHEMAS[name]
        assert set(schema["required"]) <= set(members) <= set(schema["properties"])
        assert set(schema["required"]) <= set(schema["example"]) <= set(schema["properties"])
