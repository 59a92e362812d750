"""Submissions: what waits for a moderator."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf.benchmarks.models import Benchmark
from eoscperf.db import utcnow
from eoscperf.listing import CursorBinding, Page, PageRequest, SortFields, SortKey, column_field, paginate
from eoscperf.moderation.models import Claim, Submission
from eoscperf.sites.models import Flavor, Site

RESOURCE_TYPES = ("benchmark", "claim", "site", "flavor")

SORT = SortFields(
    {
        "id": column_field("id", Submission.id),
        "upload_datetime": column_field("upload_datetime", Submission.upload_datetime),
        "resource_type": column_field("resource_type", Submission.resource_type),
    },
    default="+resource_type",
)


class Submissions:
    """Opens and closes submissions as their resources come and go, and lists the open ones."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    @classmethod
    def for_request(cls, request: Any) -> Submissions:
        return cls(request.dbsession)

    def search(
        self,
        keys: Sequence[SortKey],
        asked: PageRequest,
        binding: CursorBinding,
        *,
        resource_type: str | None = None,
        upload_before: datetime.datetime | None = None,
        upload_after: datetime.datetime | None = None,
    ) -> Page[Submission]:
        """One page of what is open, each with its resource and the resource's uploader."""
        wanted: list[sa.ColumnElement[bool]] = [Submission.closed_datetime.is_(None)]
        if resource_type is not None:
            wanted.append(Submission.resource_type == resource_type)
        if upload_before is not None:
            wanted.append(Submission.upload_datetime < upload_before)
        if upload_after is not None:
            wanted.append(Submission.upload_datetime > upload_after)
        query = sa.select(Submission).where(*wanted).options(*_RESOURCES)
        count = sa.select(sa.func.count()).select_from(Submission).where(*wanted)
        return paginate(self._session, query, count, keys, asked, bind=binding)

    def follow(self, kind: str, resource_id: uuid.UUID, *, on_review: bool) -> None:
        """Open the submission of a resource that is on review, close that of any other."""
        column = {"benchmark": "benchmark_id", "site": "site_id", "flavor": "flavor_id"}[kind]
        closed = sa.null() if on_review else utcnow()
        mine = getattr(Submission, column) == resource_id
        is_open = Submission.closed_datetime.is_(None)
        self._session.execute(
            sa.update(Submission)
            .where(mine, ~is_open if on_review else is_open)
            .values(closed_datetime=closed)
        )
        if on_review and self._session.scalar(sa.select(Submission.id).where(mine, is_open)) is None:
            self._session.add(Submission(resource_type=kind, **{column: resource_id}))
            self._session.flush()


_RESOURCES = (
    orm.joinedload(Submission.benchmark).joinedload(Benchmark.uploader),
    orm.joinedload(Submission.site).joinedload(Site.uploader),
    orm.joinedload(Submission.flavor).joinedload(Flavor.uploader),
    orm.joinedload(Submission.flavor).joinedload(Flavor.site),
    orm.joinedload(Submission.claim).joinedload(Claim.uploader),
)
