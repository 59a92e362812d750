"""Tags: words that anybody registered may add, at once, and administrators look after."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from eoscperf import errors
from eoscperf.events import Events
from eoscperf.listing import (
    CursorBinding,
    Page,
    PageRequest,
    SortFields,
    SortKey,
    column_field,
    matches_all,
    paginate,
    search_text,
)
from eoscperf.results.events import TagCreated, TagDeleted, TagEvent, TagRestored, TagUpdated
from eoscperf.results.models import Tag
from eoscperf.review.journal import Journal
from eoscperf.security.identity import Viewer

SORT = SortFields(
    fields={
        field.name: field
        for field in (
            column_field("id", Tag.id),
            column_field("upload_datetime", Tag.upload_datetime, nullable=True),
            column_field("name", Tag.name),
            column_field("description", Tag.description, nullable=True),
        )
    },
    default="+name",
)

CHANGEABLE = ("name", "description")


class Tags:
    """What can be done with tags."""

    def __init__(self, session: Session, viewer: Viewer, journal: Journal, events: Events) -> None:
        self._session = session
        self._viewer = viewer
        self._journal = journal
        self._events = events

    @classmethod
    def for_request(cls, request: Any) -> Tags:
        return cls(request.dbsession, request.viewer, request.find_service(Journal), request.events)

    def page(
        self,
        keys: Sequence[SortKey],
        asked: PageRequest,
        binding: CursorBinding,
        *,
        name: str | None = None,
        terms: Iterable[str] = (),
    ) -> Page[Tag]:
        """One page of the live tags with exactly this name, or with all of the terms."""
        wanted = [Tag.status == "live", matches_all(Tag.search_text, terms)]
        if name is not None:
            wanted.append(Tag.name == name)
        count = sa.select(sa.func.count()).select_from(Tag).where(*wanted)
        return paginate(self._session, sa.select(Tag).where(*wanted), count, keys, asked, bind=binding)

    def get(self, identifier: uuid.UUID, *, lock: bool = False) -> Tag:
        """A tag; NotFound for a deleted one unless the viewer is an administrator."""
        statement = sa.select(Tag).where(Tag.id == identifier)
        if lock:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        tag = self._session.scalar(statement)
        if tag is None or (tag.status == "deleted" and not self._viewer.admin):
            raise errors.NotFound(f"No tag {identifier}.")
        return tag

    def create(self, name: str, description: str | None = None) -> Tag:
        """A new tag, for everybody to use at once; Duplicate when the name is in use."""
        tag = Tag(id=uuid.uuid4(), status="live", uploader_id=self._viewer.user_id)
        self._save(tag, name=name, description=description)
        self._tell(TagCreated, tag)
        return tag

    def update(self, tag: Tag, fields: dict[str, Any]) -> None:
        """Change name or description; Duplicate when the name is in use, WrongState for a deleted tag."""
        if tag.status == "deleted":
            raise errors.WrongState(f"Tag {tag.name} is deleted. Restore it first.")
        before = {key: getattr(tag, key) for key in CHANGEABLE if key in fields}
        changed = {key: [before[key], fields[key]] for key in before if before[key] != fields[key]}
        if not changed:
            return
        self._save(tag, **{key: fields[key] for key in changed})
        self._journal.record("update", "tag", tag.id, details={"changed": changed})
        self._tell(TagUpdated, tag, changed=tuple(changed))

    def delete(self, tag: Tag, message: str | None = None) -> None:
        """Take a tag off all results; nothing happens to one that is deleted already."""
        if tag.status == "deleted":
            return
        self._move(tag, "delete", "deleted", message)
        self._tell(TagDeleted, tag, message=message)

    def restore(self, tag: Tag, message: str | None = None) -> None:
        """Bring a deleted tag back to the results that had it; Duplicate when its name is in use."""
        if tag.status != "deleted":
            raise errors.WrongState(f"Tag {tag.name} is not deleted.")
        self._move(tag, "restore", "live", message)
        self._tell(TagRestored, tag, message=message)

    def _move(self, tag: Tag, action: str, status: str, message: str | None) -> None:
        before = tag.status
        self._save(tag, status=status)
        entry = self._journal.record(
            action, "tag", tag.id, from_status=before, to_status=status, message=message
        )
        tag.status_entry_id = entry.id
        self._session.flush()

    def _save(self, tag: Tag, **values: Any) -> None:
        name = values.get("name") or tag.name
        try:
            # The values are set inside: a flush before the savepoint would break the transaction.
            with self._session.begin_nested():
                for key, value in values.items():
                    setattr(tag, key, value)
                tag.search_text = search_text(tag.name, tag.description)
                self._session.add(tag)
                self._session.flush()
        except IntegrityError:
            in_use = sa.select(Tag.id).where(Tag.name == name, Tag.status == "live")
            existing = self._session.scalar(in_use)
            if existing is None:
                raise
            raise errors.Duplicate(f"The tag name {name} is in use.", existing=existing) from None

    def _tell(self, event: type[TagEvent], tag: Tag, **more: Any) -> None:
        self._events.emit(event(id=tag.id, name=tag.name, uploader_id=tag.uploader_id, **more))
