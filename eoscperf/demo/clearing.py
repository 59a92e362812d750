"""Taking the demonstration data away again, but for what others have built on."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from eoscperf.benchmarks.models import Benchmark
from eoscperf.db import Base
from eoscperf.demo.loading import ISSUER
from eoscperf.moderation.models import Submission
from eoscperf.results.deleting import forget_parents, forget_results
from eoscperf.results.models import Result, Tag, result_tags
from eoscperf.scripts.acting import acting_request
from eoscperf.security.identity import Identity
from eoscperf.sites.models import Flavor, Site
from eoscperf.users.models import User
from eoscperf.users.service import Users

# What refers to something comes before it.
MODELS = {"result": Result, "tag": Tag, "flavor": Flavor, "site": Site, "benchmark": Benchmark}


@dataclass(slots=True)
class Cleared:
    """How many of each kind are gone, and how many stay because others refer to them."""

    gone: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)


def clear(request: Any) -> Cleared:
    """Erase what the demonstration accounts uploaded, and the accounts once nothing of theirs is left.

    Kept is what others refer to: results with claims, places and benchmarks with others' results, and
    tags on those. The moderation log keeps its entries, as always.
    """
    session = request.dbsession
    accounts = list(session.scalars(sa.select(User.id).where(User.iss == ISSUER)))
    cleared = Cleared()
    for kind, model in MODELS.items():
        table = model.__table__
        theirs = table.c.uploader_id.in_(accounts)
        free = list(session.scalars(sa.select(table.c.id).where(theirs, ~_referred_to(table))))
        _erase(session, kind, table, free)
        cleared.gone[kind] = len(free)
        cleared.kept[kind] = session.scalar(sa.select(sa.func.count()).select_from(table).where(theirs))
    if not cleared.kept.total():
        operator = acting_request(request, Identity(ISSUER, "operator", method="command"))
        for sub in session.scalars(sa.select(User.sub).where(User.id.in_(accounts))).all():
            operator.find_service(Users).remove(iss=ISSUER, sub=sub, message="Demonstration data cleared")
    return cleared


def _erase(session: Any, kind: str, table: Any, ids: list[uuid.UUID]) -> None:
    submitted = sa.inspect(Submission).columns.get(f"{kind}_id")
    if submitted is not None:
        session.execute(sa.delete(Submission).where(submitted.in_(ids)))
    if kind == "result":
        forget_results(session, ids)
    elif kind != "site":
        forget_parents(session, kind, ids)
    session.execute(sa.delete(table).where(table.c.id.in_(ids)))


def _referred_to(table: Any) -> sa.ColumnElement[bool]:
    """Whether a row of any table, of plug-ins too, needs a row of this one.

    Rows that the database takes along by itself are part of it, but for the tags of results: a tag
    that is in use is needed. Submissions are part of what was submitted.
    """
    references = []
    for other in Base.metadata.tables.values():
        if other is Submission.__table__:
            continue
        for key in other.foreign_keys:
            if key.column is table.c.id and (key.ondelete is None or _is_use(other, table)):
                referring = other.alias()
                references.append(sa.exists().where(referring.c[key.parent.name] == table.c.id))
    return sa.or_(sa.false(), *references)


def _is_use(other: Any, table: Any) -> bool:
    return other is result_tags and table is Tag.__table__
