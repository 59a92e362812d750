"""The life cycle of what is reviewed: one state machine for benchmarks, sites and flavors.

    submit   ->  on_review
    approve  on_review            -> approved
    reject   on_review            -> rejected
    delete   on_review, approved  -> deleted
    restore  rejected, deleted    -> the state before

Every change is a log entry and an event. An action on a site takes its flavors along; all that one
action changed carries its entry as `status_entry_id`, which is how a restore or an undo finds it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf import errors
from eoscperf.review.events import (
    DependentsAsked,
    ItemApproved,
    ItemDeleted,
    ItemMoved,
    ItemRejected,
    ItemRestored,
    ItemSubmitted,
    ItemUndone,
    ItemUpdated,
)
from eoscperf.review.journal import Journal
from eoscperf.review.models import LIVE, LogEntry, Reviewed, child_kinds, parent_column, reviewed_kinds

UNDOABLE = ("approve", "reject", "delete", "restore")


class Lifecycle:
    """Moves reviewed items from state to state, with their journal, events and children."""

    def __init__(self, session: orm.Session, journal: Journal, events: Any) -> None:
        self._session = session
        self._journal = journal
        self._events = events

    @classmethod
    def for_request(cls, request: Any) -> Lifecycle:
        return cls(request.dbsession, request.find_service(Journal), request.events)

    def submit(self, item: Any) -> None:
        """Store a new item for review; Duplicate when its name is in use."""
        with self._own_name(item):
            self._session.add(item)
        self._events.emit(ItemSubmitted(**_facts(item)))

    def update(
        self,
        item: Any,
        values: Mapping[str, Any],
        *,
        logged: Mapping[str, Any] | None = None,
        along: Mapping[str, Any] | None = None,
    ) -> bool:
        """Give an item new field values; False when they are the ones it has.

        `logged` replaces, by field, the pair of old and new value in the journal; `along` is set
        with the change and not logged. Raises WrongState for an item that is not live and Duplicate
        when the new name is in use.
        """
        self.require_live(item)
        changed = {field: value for field, value in values.items() if getattr(item, field) != value}
        if not changed:
            return False
        diff = {field: [getattr(item, field), value] for field, value in changed.items()}
        diff |= {field: pair for field, pair in (logged or {}).items() if field in changed}
        with self._own_name(item, **changed):
            for field, value in {**changed, **(along or {})}.items():
                setattr(item, field, value)
        self._journal.record("update", item.kind, item.id, details={"changed": diff})
        self._events.emit(ItemUpdated(**_facts(item), changed=tuple(sorted(changed))))
        return True

    def require_live(self, item: Any) -> None:
        """WrongState unless the item is on review or approved."""
        if not item.live:
            raise errors.WrongState(
                f"{_named(item)} is {_words(item.status)}. Restore it first; administrators can."
            )

    def approve(self, item: Any, message: str | None = None) -> LogEntry:
        """NotOnReview if it is not on review."""
        self._require_on_review(item)
        entry, moved = self._move(item, "approve", "approved", message)
        self._emit(moved)
        return entry

    def reject(self, item: Any, message: str | None = None) -> LogEntry:
        """Reject it with its children on review, delete the approved ones; NotOnReview unless on review."""
        self._require_on_review(item)
        entry, moved = self._move(item, "reject", "rejected", message)
        for child in self._children(item, live=True):
            how = ("reject", "rejected") if child.status == "on_review" else ("delete", "deleted")
            moved += self._move(child, *how, message, cause=entry)[1]
        self._emit(moved)
        return entry

    def delete(self, item: Any, message: str | None = None) -> LogEntry | None:
        """Live children are deleted with it; nothing happens to what is rejected or deleted already."""
        if not item.live:
            return None
        entry, moved = self._move(item, "delete", "deleted", message)
        for child in self._children(item, live=True):
            moved += self._move(child, "delete", "deleted", message, cause=entry)[1]
        self._emit(moved)
        return entry

    def restore(self, item: Any, message: str | None = None) -> LogEntry:
        """Take back the rejection or deletion, and whatever it took along, unless that changed since.

        Raises WrongState for a live item and below a parent that is not live, Duplicate when the name
        has been taken meanwhile.
        """
        if item.live:
            raise errors.WrongState(
                f"{_named(item)} is {_words(item.status)}; only what is rejected or deleted can be restored."
            )
        self._require_live_parent(item)
        previous = item.status_entry_id
        entry, moved = self._move(item, "restore", _restored(item), message, previous_action_id=previous)
        if previous is not None:
            for child in self._children(item, action_id=previous):
                moved += self._move(
                    child, "restore", _restored(child), message, cause=entry, previous_action_id=previous
                )[1]
        self._emit(moved)
        return entry

    def undo(self, entry: LogEntry, message: str | None = None) -> LogEntry:
        """Take a decision back, with all that came along with it; everything is as before.

        The returned entry has `caused_by` = the undone one. Raises Conflict when the entry is no
        decision of its own, something has happened to the item since (an undo included), or
        something has come to rest on the state it made.
        """
        if entry.action not in UNDOABLE or entry.resource_type not in reviewed_kinds():
            raise errors.Conflict(f"A log entry of the kind {entry.action} cannot be undone.")
        if entry.caused_by is not None:
            raise errors.Conflict(f"This came along with entry {entry.caused_by}; undo that one.")
        item = self._locked(entry.resource_type, uuid.UUID(entry.resource_id))
        if item.status_entry_id != entry.id or item.status != entry.to_status:
            raise errors.Conflict(
                f"{_named(item)} has changed since this decision, or it has been undone already."
            )
        to_status = entry.from_status or "on_review"
        if to_status in LIVE:
            self._require_live_parent(item)
        children = self._children(item, action_id=entry.id)
        if item.live:
            self._refuse_dependents(item, entry)
        parts = {
            (part.resource_type, part.resource_id): part
            for part in self._journal.caused_by(entry.id)
            if part.action in UNDOABLE
        }
        undo, moved = self._undo_one(item, entry, to_status, entry, message, caused_by=entry.id)
        for child in children:
            part = parts[child.kind, str(child.id)]
            moved += self._undo_one(child, part, part.from_status or "on_review", entry, message, cause=undo)[
                1
            ]
        self._emit(moved)
        return undo

    def _undo_one(
        self, item: Any, part: LogEntry, to_status: str, decision: LogEntry, message: str | None, **link: Any
    ) -> tuple[LogEntry, list[ItemMoved]]:
        said = self._message_before(item, part, to_status)
        undone: dict[str, Any] = {
            "undone_id": decision.id,
            "undone_entry_id": part.id,
            "undone_action": part.action,
        }
        return self._move(item, "undo", to_status, message, status_message=said, **link, **undone)

    def _move(
        self,
        item: Any,
        action: str,
        to_status: str,
        message: str | None,
        *,
        cause: LogEntry | None = None,
        caused_by: int | None = None,
        status_message: str | None = None,
        **event: Any,
    ) -> tuple[LogEntry, list[ItemMoved]]:
        """Change the state of one item; `cause` is the entry of the action that takes it along."""
        from_status = item.status
        entry = self._journal.record(
            action,
            item.kind,
            item.id,
            from_status=from_status,
            to_status=to_status,
            message=message,
            caused_by=cause.id if cause else caused_by,
        )
        action_id = cause.id if cause else entry.id
        with self._own_name(item):
            item.status = to_status
            item.status_message = status_message if action == "undo" else message
            item.status_entry_id = action_id
            item.deleted_from = None if to_status in LIVE else from_status
        moved = _EVENTS[action](
            **_facts(item) | {"message": message},
            entry_id=entry.id,
            action_id=action_id,
            from_status=from_status,
            to_status=to_status,
            **event,
        )
        return entry, [moved]

    def _emit(self, moved: list[ItemMoved]) -> None:
        """Subscribers hear of a cascade when all of it has been done."""
        for event in moved:
            self._events.emit(event)

    @contextmanager
    def _own_name(self, item: Any, **new: Any) -> Iterator[None]:
        """Flush what is changed in the block; Duplicate when a live item has the name already.

        The unique index decides, since two requests can both see a free name.
        """
        name = [new.get(field, getattr(item, field)) for field in item.name_fields]
        item_id = item.id
        try:
            with self._session.begin_nested():
                yield
                self._session.flush()
        except sa.exc.IntegrityError as problem:
            existing = self._holder(type(item), name, item_id)
            if existing is None:
                if not _raced(problem):
                    raise
                raise errors.Conflict(
                    f"Something this {item.kind} depends on changed at the same moment. Try again."
                ) from None
            shown = ":".join(part for part in name if isinstance(part, str))
            where = "" if item.parent_name is None else f" at this {item.parent_name}"
            raise errors.Duplicate(
                f"The {item.kind} name {shown} is in use{where}.", existing=str(existing)
            ) from None

    def _holder(self, model: Any, name: list[Any], other_than: uuid.UUID | None) -> uuid.UUID | None:
        fields = zip(model.name_fields, name, strict=True)
        query = sa.select(model.id).where(
            model.status.in_(LIVE), *(getattr(model, field) == value for field, value in fields)
        )
        if other_than is not None:
            query = query.where(model.id != other_than)
        with self._session.no_autoflush:
            return self._session.scalar(query)

    def _children(self, item: Any, *, live: bool = False, action_id: int | None = None) -> list[Any]:
        """Locked children: the live ones, or those whose state an action made."""
        found: list[Any] = []
        for model in child_kinds(item.kind):
            query = sa.select(model).where(parent_column(model) == item.id)
            if live:
                query = query.where(model.status.in_(LIVE))
            if action_id is not None:
                query = query.where(model.status_entry_id == action_id)
            query = query.order_by(model.id).with_for_update()
            found += self._session.scalars(query, execution_options={"populate_existing": True})
        return found

    def _locked(self, kind: str, item_id: uuid.UUID) -> Any:
        """An item that nobody else changes meanwhile; parents are locked first, as everywhere."""
        model = reviewed_kinds()[kind]
        if model.parent_name is not None:
            parent_id = self._session.scalar(sa.select(parent_column(model)).where(model.id == item_id))
            self._lock_parent(model, parent_id)
        query = sa.select(model).where(model.id == item_id).with_for_update()
        return self._session.scalars(query, execution_options={"populate_existing": True}).one()

    def _lock_parent(self, model: Any, parent_id: uuid.UUID | None) -> Any:
        parent = sa.inspect(model).relationships[model.parent_name].mapper.class_
        query = sa.select(parent).where(parent.id == parent_id).with_for_update(read=True)
        return self._session.scalars(query, execution_options={"populate_existing": True}).one_or_none()

    def _require_on_review(self, item: Any) -> None:
        if item.status != "on_review":
            raise errors.NotOnReview(
                f"{_named(item)} is {_words(item.status)}; only what is on review can be decided about."
            )

    def _require_live_parent(self, item: Any) -> None:
        if item.parent_name is None:
            return
        parent = self._lock_parent(type(item), getattr(item, f"{item.parent_name}_id"))
        if parent is not None and not parent.live:
            raise errors.WrongState(
                f"{_named(parent)}, which {_named(item, start=False)} belongs to, is {_words(parent.status)}."
            )

    def _refuse_dependents(self, item: Any, entry: LogEntry) -> None:
        """Conflict when something came after a decision that made or kept the item live."""
        asked = DependentsAsked(kind=item.kind, id=item.id, since=entry.datetime)
        for model in child_kinds(item.kind):
            rests = model.upload_datetime >= entry.datetime
            if entry.from_status not in LIVE:
                # The item will be gone: no child may be left behind, whatever its age.
                rests = sa.or_(rests, model.status.in_(LIVE) & _other_action(model, entry.id))
            query = (
                sa.select(sa.func.count()).select_from(model).where(parent_column(model) == item.id, rests)
            )
            number = self._session.scalar(query) or 0
            if number:
                asked.found.append(f"{number} {model.kind}{'' if number == 1 else 's'}")
        self._events.emit(asked)
        if asked.found:
            raise errors.Conflict(
                f"The decision cannot be undone: {' and '.join(asked.found)} came to rest on "
                f"{_named(item, start=False)} since."
            )

    def _message_before(self, item: Any, part: LogEntry, status: str) -> str | None:
        """What was said when the state before a decision was entered.

        Undoings are skipped: they lead back to a state that an earlier decision explained.
        """
        query = (
            sa.select(LogEntry.message)
            .where(
                LogEntry.resource_type == item.kind,
                LogEntry.resource_id == str(item.id),
                LogEntry.id < part.id,
                LogEntry.to_status == status,
                LogEntry.action != "undo",
            )
            .order_by(LogEntry.id.desc())
            .limit(1)
        )
        return self._session.scalar(query)


_EVENTS: dict[str, type[ItemMoved]] = {
    "approve": ItemApproved,
    "reject": ItemRejected,
    "delete": ItemDeleted,
    "restore": ItemRestored,
    "undo": ItemUndone,
}


def _raced(problem: sa.exc.IntegrityError) -> bool:
    """Whether another transaction is behind it: it removed the uploader, or freed the name again."""
    code = getattr(problem.orig, "sqlstate", None) or getattr(problem.orig, "sqlite_errorname", None)
    return code in ("23503", "23505", "SQLITE_CONSTRAINT_FOREIGNKEY", "SQLITE_CONSTRAINT_UNIQUE")


def _facts(item: Any) -> dict[str, Any]:
    return {"kind": item.kind, "id": item.id, "name": item.name, "uploader_id": item.uploader_id}


def _restored(item: Reviewed) -> str:
    return "on_review" if item.status == "rejected" else item.deleted_from or "on_review"


def _other_action(model: Any, action_id: int) -> sa.ColumnElement[bool]:
    return sa.or_(model.status_entry_id.is_(None), model.status_entry_id != action_id)


def _named(item: Any, *, start: bool = True) -> str:
    text = f"the {item.kind} {item.name}"
    return text[0].upper() + text[1:] if start else text


def _words(status: str) -> str:
    return status.replace("_", " ")
