"""Which rules trust a run."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Session

from eoscperf.ciupload.models import TrustRule
from eoscperf.ciupload.providers import Run
from eoscperf.errors import InsufficientScope
from eoscperf.results.uploads import AllowedPlace
from eoscperf.users.models import User

READER = "reader"
"""The role of those who upload nothing."""


class Trust(NamedTuple):
    """For whom a run uploads, by which rules, and what."""

    owner: User
    rules: tuple[TrustRule, ...]

    @property
    def places(self) -> tuple[AllowedPlace, ...]:
        return tuple(
            AllowedPlace(
                benchmark_id=rule.benchmark_id,
                site_id=rule.site_id,
                flavor_ids=frozenset(flavor.id for flavor in rule.flavors) if rule.by_flavor else None,
            )
            for rule in self.rules
        )


def find_trust(session: Session, run: Run, named: uuid.UUID | None = None) -> Trust:
    """The rules of one owner that trust the run; InsufficientScope when there are none.

    `named` is a rule whose owner is meant, where people have rules for the same workflow.
    """
    rules = [rule for rule in _of_repository(session, run) if trusts(rule, run)]
    rules = [rule for rule in rules if rule.owner.role != READER and not rule.owner.disabled]
    if named is not None:
        owners = {rule.owner_id for rule in rules if rule.id == named}
        rules = [rule for rule in rules if rule.owner_id in owners]
    if not rules:
        which = f"rule {named} of those that you know does not trust" if named else "no trust rule covers"
        raise InsufficientScope(
            f"The token is good, but {which} {run.title}. A registered user adds one: "
            "POST /users/self/trust-rules",
            scope="upload",
        )
    if len({rule.owner_id for rule in rules}) > 1:
        raise InsufficientScope(
            f"Several users have trust rules for {run.title}. Say whose uploads these are: send the header "
            "Trust-Rule with the id of one of their rules.",
            scope="upload",
        )
    return Trust(rules[0].owner, tuple(rules))


def trusts(rule: TrustRule, run: Run) -> bool:
    """Whether the run is one of those that the rule is about."""
    return (
        rule.issuer == run.issuer
        and rule.repository_key == run.key
        # A repository that was given up can be made again by anybody under its old name.
        and rule.repository_id in (None, run.repository_id)
        and rule.repository_owner_id in (None, run.repository_owner_id)
        and rule.workflow == run.workflow
        and (rule.ref is None or ref_matches(rule.ref, run.ref))
    )


def ref_matches(pattern: str, ref: str) -> bool:
    """Whether a ref is what a pattern says, where `*` stands for any text; takes linear time."""
    first, *rest = re.split(r"\*+", pattern)
    if not rest:
        return ref == pattern
    *middle, last = rest
    if not ref.startswith(first) or not ref.endswith(last) or len(ref) < len(first) + len(last):
        return False
    left, end = len(first), len(ref) - len(last)
    for part in middle:
        found = ref.find(part, left, end)
        if found < 0:
            return False
        left = found + len(part)
    return True


def _of_repository(session: Session, run: Run) -> Sequence[TrustRule]:
    query = (
        sa.select(TrustRule)
        .where(TrustRule.issuer == run.issuer, TrustRule.repository_key == run.key)
        .options(orm.joinedload(TrustRule.owner), orm.selectinload(TrustRule.flavors))
        .order_by(TrustRule.id)
    )
    return session.scalars(query).all()
