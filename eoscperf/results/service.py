"""Results: finding them and showing them to those who may see them, tagging, withdrawing, removing."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import hashlib
import uuid
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Session

from eoscperf import errors, jsontext
from eoscperf.benchmarks.models import Benchmark
from eoscperf.db import utcnow
from eoscperf.errors import Issue
from eoscperf.events import Events
from eoscperf.listing import CursorBinding, Page, PageRequest, SortKey
from eoscperf.results import query
from eoscperf.results.catalogue import Catalogue, CatalogueView, read_stamp
from eoscperf.results.events import (
    ResultMoved,
    ResultRemoved,
    ResultRestored,
    ResultTagsUpdated,
    ResultUndone,
    ResultWithdrawn,
)
from eoscperf.results.facets.totals import Totals
from eoscperf.results.models import Result, Tag, result_tags
from eoscperf.results.nested import NestedTexts
from eoscperf.results.query import Criteria
from eoscperf.results.search.search import Search
from eoscperf.results.search.values import json_path
from eoscperf.results.storing import NewResult
from eoscperf.results.tallies.service import Tallies
from eoscperf.results.writing import COLUMNS, PAGE_COLUMNS, ResultWriter, Written
from eoscperf.review.journal import Journal
from eoscperf.review.models import LogEntry
from eoscperf.security.identity import Viewer
from eoscperf.sites.models import Flavor, Site


class Results:
    """What can be done with results that exist; uploading them is `eoscperf.results.submit`."""

    def __init__(
        self,
        session: Session,
        viewer: Viewer,
        journal: Journal,
        events: Events,
        nested: NestedTexts | None = None,
        stamp: Callable[[], int] | None = None,
        catalogue: Catalogue | None = None,
        totals: Callable[[Hashable, Callable[[], int]], int] | None = None,
    ) -> None:
        """`stamp` answers that of the catalogue as the session sees it; `totals` is asked for the number of
        results before they are counted: gets all that it depends on beside the database, and what counts.
        """
        self._session = session
        self._viewer = viewer
        self._journal = journal
        self._events = events
        self._nested = nested or NestedTexts()
        self._stamp = stamp or functools.partial(read_stamp, session)
        self._catalogue = catalogue or Catalogue()
        self._totals = totals or (lambda question, count: count())

    @classmethod
    def for_request(cls, request: Any) -> Results:
        return cls(
            request.dbsession,
            request.viewer,
            request.find_service(Journal),
            request.events,
            request.registry["eoscperf.nested"],
            lambda: request.database_state.columns["catalogue_stamp"],
            request.registry["eoscperf.catalogue"],
            lambda question, count: request.registry["eoscperf.totals"].get(
                request.database_state, question, count
            ),
        )

    # Reading

    def page(
        self, criteria: Criteria, keys: Sequence[SortKey], asked: PageRequest, binding: CursorBinding
    ) -> Page[str]:
        """One page of those that the viewer may see, written with all that is nested in them."""

        def work(view: CatalogueView) -> tuple[tuple[Page[Any], CatalogueView], bool]:
            search = Search(self._session, criteria, self._viewer, view)

            def count() -> int:
                # As text: 1, 1.0 and true are equal to Python, but not the same to look for.
                text = hashlib.sha256(repr(criteria).encode("utf-8", "surrogatepass")).digest()
                question = (text, self._viewer.user_id, self._viewer.admin)
                return self._totals(question, lambda: Totals(self._session).count(search))

            page = search.page(PAGE_COLUMNS, keys, asked, binding, count=count)
            return (page, view), bool(criteria.filters) or any(json_path(key) is not None for key in keys)

        page, view = self._catalogue.answer(self._session, self._stamp(), work)
        writer = ResultWriter(self._session, self._viewer, self._nested, view.stamp, view)
        texts, digest = writer.write_page(page.items)
        return dataclasses.replace(page, items=texts, digest=digest)

    def search(self, criteria: Criteria) -> Search:
        """What the viewer may see of the results asked for; not for those who have changed the catalogue."""
        view = self._catalogue.view(self._session, self._stamp())
        return Search(self._session, criteria, self._viewer, view)

    def read(self, identifier: uuid.UUID) -> Written:
        """A result as the viewer may see it, written; raises what `get` does."""
        found = self._session.execute(_READ, {"id": identifier}).first()
        if found is None:
            raise errors.NotFound(f"No result {identifier}.")
        *row, since, withdrawn = found
        written = self.writer().one(row)
        if not self._viewer.sees_uploader(written.uploader_id):
            approved = all(parent.status == "approved" for parent in written.parents)
            _refuse_hidden(identifier, written.status, since, withdrawn, approved)
        return written

    def present_new(
        self, new: NewResult, *, tagged: bool, stamp: int | None, tags: str | None = None
    ) -> Written:
        """A result that this transaction has stored, written without reading it again.

        `tagged`: it has tags, which are `tags` if they have been gathered already; `stamp` is that of the
        catalogue, if this session has read it.
        """
        row = (
            *(getattr(new, str(column.key)) for column in COLUMNS[:9]),
            *(None, "visible", None, None, 0, new.provenance),
        )
        return self.writer(stamp).one(row, tagged=tagged, tags=tags)

    def writer(self, stamp: int | None = None) -> ResultWriter:
        """Writes rows of this session for the viewer; `stamp` of the catalogue, if that is known already."""
        stamp = self._stamp() if stamp is None else stamp
        return ResultWriter(self._session, self._viewer, self._nested, stamp)

    def get(self, identifier: uuid.UUID, *, lock: bool = False) -> Result:
        """A result as the viewer may see it, with all that is nested in it.

        Raises NotFound, and Withdrawn or Removed for those who only see the tombstone.
        """
        result = self._find(identifier, lock=lock)
        if result is None:
            raise errors.NotFound(f"No result {identifier}.")
        if not self._viewer.sees_uploader(result.uploader_id):
            _refuse_hidden(
                identifier,
                result.status,
                result.status_datetime,
                result.withdrawn_datetime,
                _parents_approved(result),
            )
        return result

    # Tagging

    def set_tags(self, result: Result, tags_ids: Iterable[uuid.UUID]) -> None:
        """Replace the tags; UnknownReference names all that do not exist.

        Links to deleted tags are not touched: they wait for the tag's return.
        """
        wanted = set(tags_ids)
        live = sa.select(Tag.id).where(Tag.status == "live", Tag.id.in_(wanted))
        known = set(self._session.scalars(live.with_for_update(read=True)))
        unknown = sorted(wanted - known, key=str)
        if unknown:
            raise errors.UnknownReference(
                Issue(f"No tag {identifier}.", "body", "tags_ids", "/tags_ids") for identifier in unknown
            )
        links = (
            sa.select(result_tags.c.tag_id)
            .join(Tag, Tag.id == result_tags.c.tag_id)
            .where(result_tags.c.result_id == result.id, Tag.status == "live")
        )
        present = set(self._session.scalars(links))
        added, removed = sorted(wanted - present, key=str), sorted(present - wanted, key=str)
        if not added and not removed:
            return
        if removed:
            self._session.execute(
                sa.delete(result_tags).where(
                    result_tags.c.result_id == result.id, result_tags.c.tag_id.in_(removed)
                )
            )
        if added:
            self._session.execute(
                sa.insert(result_tags), [{"result_id": result.id, "tag_id": tag} for tag in added]
            )
        Tallies(self._session).tagged(result, added, removed)
        self._session.expire(result, ["tags"])
        self._events.emit(ResultTagsUpdated(**facts(result), added=tuple(added), removed=tuple(removed)))

    # Withdrawing, removing and back

    def withdraw(self, result: Result, message: str | None = None) -> LogEntry:
        """The uploader takes a result back; claims on it go on."""
        self._lock(result)
        if result.status in ("withdrawn", "removed"):
            raise errors.WrongState(f"The result is {result.status} already.")
        result.withdrawn_datetime = utcnow()
        return self._moved(result, "withdraw", message, ResultWithdrawn)

    def remove(
        self, result: Result, message: str | None = None, *, action: str = "delete"
    ) -> LogEntry | None:
        """A moderator removes a result; `action` is what the journal calls it.

        One that is away with its benchmark, flavor or site will not come back with that. The entry in the
        journal; None when the result itself was removed already, then nothing happens.
        """
        self._lock(result)
        if result.removed_entry_id is not None and result.removed_entry_id not in self._takers(result):
            return None
        entry = self._journal.record(
            action,
            "result",
            result.id,
            from_status=result.status,
            to_status="removed",
            message=message,
            details=self.note(result),
        )
        result.removed_entry_id = entry.id
        self._settle(result, message)
        self._events.emit(ResultRemoved(**facts(result), **_move(entry), action=action))
        return entry

    def restore(self, result: Result, message: str | None = None) -> LogEntry:
        """Take back a removal (administrators) or the withdrawal (the uploader).

        WrongState when there is nothing this viewer can take back, or a parent is not approved.
        """
        self._session.flush()
        self._find(result.id, lock=True)
        if result.removed_entry_id is not None:
            if not self._viewer.admin:
                raise errors.WrongState("Only a moderator can bring back what a moderator removed.")
        elif result.withdrawn_datetime is not None:
            if not self._viewer.owns(result.uploader_id):
                raise errors.WrongState("Only its uploader can bring back a withdrawn result.")
        else:
            raise errors.WrongState(f"The result is {result.status}: there is nothing to restore.")
        if result.removed_entry_id is not None:
            self._lock_parents(result)
        if not _parents_approved(result):
            names = ", ".join(
                f"{kind} {parent.name} is {parent.status}"
                for kind, parent in _parents(result)
                if parent.status != "approved"
            )
            raise errors.WrongState(f"The result cannot come back while its {names}.")
        removal = result.removed_entry_id
        if removal is None:
            result.withdrawn_datetime = None
            return self._moved(result, "restore", message, ResultRestored, by_admin=False)
        # An undo has to know which removal to bring back.
        details = self.note(result) | {"removed_by": removal}
        result.removed_entry_id = None
        entry = self._moved(result, "restore", message, ResultRestored, details=details, by_admin=True)
        result.restored_entry_id = entry.id
        self._session.flush()
        return entry

    def undo(self, entry: LogEntry, message: str | None = None) -> LogEntry:
        """Take back a removal or a restore that an entry of the journal tells of.

        Conflict when something has happened to the result since.
        """
        if entry.resource_type != "result":
            raise errors.Conflict("This entry is not about a result.")
        result = self._find(uuid.UUID(entry.resource_id), lock=True)
        if result is None:
            raise errors.Conflict("The result of this entry does not exist.")
        if entry.to_status == "removed":
            if result.removed_entry_id != entry.id:
                raise errors.Conflict("The result was changed since: the removal cannot be undone.")
            # Whatever it belongs to may have gone since: then it comes back with that.
            self._lock_parents(result)
            result.removed_entry_id = next(iter(self._takers(result)), None)
        elif entry.action == "restore" and entry.from_status == "removed":
            if result.restored_entry_id != entry.id or result.removed_entry_id is not None:
                raise errors.Conflict("The result was changed since: the restore cannot be undone.")
            if result.pending_claims:
                raise errors.Conflict("The result was claimed since: decide about that instead.")
            result.restored_entry_id = None
            result.removed_entry_id = jsontext.loads(entry.details or "{}")["removed_by"]
        else:
            raise errors.Conflict(f"'{entry.action}' of a result cannot be undone.")
        undo = self._moved(
            result,
            "undo",
            message,
            ResultUndone,
            caused_by=entry.id,
            undone_id=entry.id,
            undone_action=entry.action,
        )
        self.put_back(result, entry)
        return undo

    def note(self, result: Result) -> dict[str, Any]:
        """Details for the entry of a change: what its undoing could not tell from the state alone."""
        since = result.status_datetime
        said = {"datetime": since.isoformat() if since else None, "message": result.status_message}
        before = {key: value for key, value in said.items() if value is not None}
        return {"before": before} if before else {}

    def put_back(self, result: Result, undone: LogEntry) -> None:
        """After an undoing: the result is in its state since when it was before, with what was said then."""
        if result.status != undone.from_status:
            return
        before = jsontext.loads(undone.details or "{}").get("before", {})
        since = before.get("datetime")
        result.status_datetime = datetime.datetime.fromisoformat(since) if since else None
        result.status_message = before.get("message")
        self._session.flush()

    # Claims

    def claims_changed(self, result: Result, *, pending: int, hiding: int) -> str:
        """Note how many claims are pending and how many of those hide the result; the status that follows."""
        self._lock(result)
        result.pending_claims, result.hiding_claims = pending, hiding
        if result.derive_status() != result.status:
            self._settle(result, None)
        self._session.flush()
        return result.status

    # Helpers

    def _find(self, identifier: uuid.UUID, *, lock: bool) -> Result | None:
        statement = (
            sa.select(Result)
            .where(Result.id == identifier)
            .options(
                orm.joinedload(Result.benchmark, innerjoin=True).joinedload(Benchmark.uploader),
                orm.joinedload(Result.flavor, innerjoin=True).joinedload(Flavor.uploader),
                orm.joinedload(Result.flavor, innerjoin=True)
                .joinedload(Flavor.site, innerjoin=True)
                .joinedload(Site.uploader),
                orm.joinedload(Result.uploader),
                orm.selectinload(Result.tags.and_(Tag.status == "live")),
            )
        )
        if lock:
            statement = statement.with_for_update(of=Result).execution_options(populate_existing=True)
        return self._session.scalar(statement)

    def _lock(self, result: Result) -> None:
        """Nobody else changes the result until the transaction ends; its state is the latest."""
        self._session.flush()
        self._session.refresh(result, STATE, with_for_update={"of": Result})

    def _lock_parents(self, result: Result) -> None:
        """Benchmark, site and flavor stay as they are until the transaction ends.

        Only for a result that was removed by itself: whoever changes a parent passes such results over,
        so that nobody waits in a circle.
        """
        for model, parent_id in _parent_ids(result):
            self._session.execute(sa.select(model.id).where(model.id == parent_id).with_for_update(read=True))
        self._find(result.id, lock=True)

    def _takers(self, result: Result) -> list[int]:
        """The actions that benchmark, site or flavor went away by."""
        taken = [
            sa.select(model.status_entry_id).where(
                model.id == parent_id, model.status.in_(query.GONE), model.status_entry_id.is_not(None)
            )
            for model, parent_id in _parent_ids(result)
        ]
        return list(self._session.scalars(sa.union_all(*taken)))

    def _settle(self, result: Result, message: str | None) -> None:
        before, result.status = result.status, result.derive_status()
        result.status_datetime = utcnow()
        result.status_message = message
        self._session.flush()
        Tallies(self._session).moved(result, before, result.status)

    def _moved(
        self,
        result: Result,
        action: str,
        message: str | None,
        event: type[ResultMoved],
        *,
        caused_by: int | None = None,
        details: dict[str, Any] | None = None,
        **more: Any,
    ) -> LogEntry:
        """Store the state that follows from the facts, log what made it, and tell of it."""
        before = result.status
        self._settle(result, message)
        entry = self._journal.record(
            action,
            "result",
            result.id,
            from_status=before,
            to_status=result.status,
            message=message,
            caused_by=caused_by,
            details=details,
        )
        self._events.emit(event(**facts(result), **_move(entry), **more))
        return entry


STATE = (
    "status",
    "status_datetime",
    "status_message",
    "removed_entry_id",
    "restored_entry_id",
    "withdrawn_datetime",
    "pending_claims",
    "hiding_claims",
)


_READ = sa.select(
    *COLUMNS, Result.__table__.c.status_datetime.label("since"), Result.__table__.c.withdrawn_datetime
).where(Result.__table__.c.id == sa.bindparam("id", type_=sa.Uuid()))


def _refuse_hidden(
    identifier: uuid.UUID,
    status: str,
    since: datetime.datetime | None,
    withdrawn: datetime.datetime | None,
    parents_approved: bool,
) -> None:
    """Raise what others than its uploader and administrators are told who ask for a result by its id."""
    if status == "removed":
        raise errors.Removed("Removed by a moderator.", since=since)
    if status == "withdrawn":
        raise errors.Withdrawn("Withdrawn by its uploader.", since=withdrawn)
    if not parents_approved:
        raise errors.NotFound(f"No result {identifier}.")


def facts(result: Result) -> dict[str, Any]:
    """What every event about a result says."""
    return {
        "id": result.id,
        "benchmark_id": result.benchmark_id,
        "flavor_id": result.flavor_id,
        "site_id": result.site_id,
        "uploader_id": result.uploader_id,
    }


def _move(entry: LogEntry) -> dict[str, Any]:
    return {
        "entry_id": entry.id,
        "from_status": entry.from_status,
        "to_status": entry.to_status,
        "message": entry.message,
    }


def _parent_ids(result: Result) -> tuple[tuple[type[Any], uuid.UUID], ...]:
    """In the order in which they are locked."""
    return (Benchmark, result.benchmark_id), (Site, result.site_id), (Flavor, result.flavor_id)


def _parents(result: Result) -> tuple[tuple[str, Any], ...]:
    return ("benchmark", result.benchmark), ("flavor", result.flavor), ("site", result.flavor.site)


def _parents_approved(result: Result) -> bool:
    return all(parent.status == "approved" for _, parent in _parents(result))
