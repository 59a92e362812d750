"""Claims and their results agree whatever happens to either."""

from __future__ import annotations

import random

import pytest
import sqlalchemy as sa

from eoscperf import errors
from eoscperf.moderation.models import Claim, Submission
from eoscperf.results.models import Result
from eoscperf.review.models import LogEntry


def pending_on(session, result):
    """The pending claims, the oldest first, so that a seed always leads to the same steps."""
    pending = (Claim.result_id == result.id, Claim.status == "on_review")
    return session.scalars(sa.select(Claim).where(*pending).order_by(Claim.upload_datetime)).all()


def truth(session, result):
    """How many claims are pending, and how many of them hide the result, according to the claims."""
    session.expire_all()
    claims = pending_on(session, result)
    return len(claims), sum(claim.hides for claim in claims)


@pytest.mark.parametrize("seed", range(4))
def test_counters_and_status_follow_from_the_claims(session, make, desk, seed):
    chance = random.Random(seed)
    result = make.result()
    people = ["ann", "bob", "eve"]
    admin = desk("admin")
    done = set()
    for _ in range(60):
        session.expire_all()
        pending = pending_on(session, result)
        step = chance.choice(["file", "file", "reject", "show", "withdraw", "approve", "restore", "undo"])
        target = admin.results.get(result.id, lock=True)
        if step == "file":
            try:
                desk(chance.choice(people)).claims.file(target, "wrong")
            except (errors.Duplicate, errors.WrongState):
                continue
        elif step in ("reject", "show", "approve") and pending:
            claim = admin.claims.get(chance.choice(pending).id, lock=True)
            getattr(admin.claims, step)(claim)
        elif step == "withdraw" and pending:
            claim = chance.choice(pending)
            owner = next(who for who in people if make.user(who).id == claim.uploader_id)
            desk(owner).claims.withdraw(claim.id)
        elif step == "restore" and target.status == "removed":
            admin.results.restore(target)
        elif step == "undo" and target.status == "removed":
            admin.results.undo(session.get(LogEntry, target.removed_entry_id))
        else:
            continue
        done.add(step)
        session.flush()
        counted = truth(session, result)
        stored = session.get(Result, result.id)
        assert (stored.pending_claims, stored.hiding_claims) == counted
        assert stored.status == stored.derive_status()
        still_open = session.scalars(
            sa.select(Submission.claim_id).where(
                Submission.closed_datetime.is_(None), Submission.claim_id.is_not(None)
            )
        ).all()
        assert len(still_open) == counted[0]
    assert {"file", "approve"} <= done


def test_an_undone_approval_brings_back_only_the_claims_it_took(session, make, desk):
    result = make.result()
    early, late = make.claim(result), make.claim(result)
    admin = desk("admin")
    admin.claims.reject(admin.claims.get(early.id, lock=True))
    entry = admin.claims.approve(admin.claims.get(late.id, lock=True), "Right.")
    admin.results.undo(entry)
    session.expire_all()
    assert (early.status, late.status) == ("rejected", "on_review")
    assert late.decision_message is None
    assert session.get(Result, result.id).status == "claimed"


def test_who_sees_a_claim(make, desk):
    claim = make.claim(make.result(uploader=make.user("owner")), uploader=make.user("ann"))
    assert desk("ann").claims.get(claim.id) is desk("admin").claims.get(claim.id)
    for who in ("owner", "bob"):
        with pytest.raises(errors.OwnerRequired):
            desk(who).claims.get(claim.id)


def test_the_wait_ends_when_the_oldest_counted_claim_is_a_day_old(make, desk):
    ann = desk("ann", per_day=1)
    ann.claims.file(ann.results.get(make.result().id, lock=True), "wrong")
    with pytest.raises(errors.RateLimited) as refused:
        ann.claims.file(ann.results.get(make.result().id, lock=True), "wrong")
    ((name, seconds),) = refused.value.headers
    assert name == "Retry-After"
    assert 86390 <= int(seconds) <= 86401
