"""What the services of all reviewed items have in common: looking up, listing, deciding."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf import errors
from eoscperf.listing import CursorBinding, Page, PageRequest, SortFields, SortKey, matches_all, paginate
from eoscperf.review.lifecycle import Lifecycle
from eoscperf.review.models import LogEntry, parent_column
from eoscperf.review.visibility import can_see, visible_to
from eoscperf.security.identity import Viewer

Model = TypeVar("Model")


@dataclass(frozen=True, slots=True)
class ItemSearch:
    """Which items a list holds. A field that is None or empty restricts nothing."""

    status: str = "approved"
    terms: tuple[str, ...] = ()
    equal: tuple[tuple[str, str], ...] = ()
    """names of attributes with the exact text wanted"""
    upload_before: datetime.datetime | None = None
    upload_after: datetime.datetime | None = None
    parent_id: uuid.UUID | None = None


class ReviewedItems(Generic[Model]):
    """Base of `Benchmarks`, `Sites` and `Flavors`."""

    model: ClassVar[Any]
    sort_fields: ClassVar[SortFields]

    def __init__(self, session: orm.Session, viewer: Viewer, lifecycle: Lifecycle) -> None:
        self._session = session
        self._viewer = viewer
        self._lifecycle = lifecycle

    @classmethod
    def for_request(cls, request: Any) -> Any:
        return cls(request.dbsession, request.viewer, request.find_service(Lifecycle))

    def get(self, item_id: uuid.UUID, *, lock: bool = False) -> Model:
        """The item with its uploader; NotFound for an unknown id and for one the viewer may not see alike."""
        query = (
            sa.select(self.model).where(self.model.id == item_id).options(orm.joinedload(self.model.uploader))
        )
        if lock:
            query = query.with_for_update(of=self.model)
        item = self._session.scalars(query).one_or_none()
        if item is None or not self._shows(item):
            raise errors.NotFound(f"No {self.model.kind} {item_id}.")
        return item

    def search(
        self, wanted: ItemSearch, keys: Sequence[SortKey], request: PageRequest, binding: CursorBinding
    ) -> Page[Model]:
        """One page of what the viewer may see, uploaders loaded."""
        conditions = self._conditions(wanted)
        query = sa.select(self.model).where(*conditions).options(orm.joinedload(self.model.uploader))
        count = sa.select(sa.func.count()).select_from(self.model).where(*conditions)
        return paginate(self._session, query, count, keys, request, bind=binding)

    def approve(self, item: Model, message: str | None = None) -> LogEntry:
        return self._lifecycle.approve(item, message)

    def reject(self, item: Model, message: str | None = None) -> LogEntry:
        return self._lifecycle.reject(item, message)

    def delete(self, item: Model, message: str | None = None) -> LogEntry | None:
        return self._lifecycle.delete(item, message)

    def restore(self, item: Model, message: str | None = None) -> LogEntry:
        return self._lifecycle.restore(item, message)

    def _shows(self, item: Any) -> bool:
        return can_see(self._viewer, item)

    def _conditions(self, wanted: ItemSearch) -> list[sa.ColumnElement[bool]]:
        model = self.model
        conditions = [visible_to(self._viewer, model, wanted.status)]
        conditions += [getattr(model, field) == text for field, text in wanted.equal]
        if wanted.terms:
            conditions.append(matches_all(model.search_text, wanted.terms))
        if wanted.upload_before is not None:
            conditions.append(model.upload_datetime < wanted.upload_before)
        if wanted.upload_after is not None:
            conditions.append(model.upload_datetime > wanted.upload_after)
        if wanted.parent_id is not None:
            conditions.append(parent_column(model) == wanted.parent_id)
        return conditions
