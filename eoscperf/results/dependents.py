"""Results as what depends on benchmarks, flavors and sites: they go and come back with them."""

from __future__ import annotations

import datetime
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf import errors, jsontext
from eoscperf.benchmarks import json_schema
from eoscperf.benchmarks.models import Benchmark
from eoscperf.db import utcnow
from eoscperf.events import Events
from eoscperf.results.events import ResultsRemoved, ResultsRestored
from eoscperf.results.models import Result
from eoscperf.results.query import GONE
from eoscperf.results.service import STATE
from eoscperf.results.tallies.service import Tallies
from eoscperf.review.events import ItemMoved
from eoscperf.review.journal import Journal
from eoscperf.sites.models import Flavor, Site

SHOWN = 5
"""Results that an error names."""

_PARENTS = {"benchmark": Result.benchmark_id, "flavor": Result.flavor_id, "site": Result.site_id}


class Dependents:
    """Changes all results of a parent at once; what one action did carries the id of its log entry."""

    def __init__(self, session: Session, journal: Journal, events: Events) -> None:
        self._session = session
        self._journal = journal
        self._events = events

    @classmethod
    def for_request(cls, request: Any) -> Dependents:
        return cls(request.dbsession, request.find_service(Journal), request.events)

    def remove(self, event: ItemMoved) -> None:
        """Remove every result of the item that is not removed yet."""
        gone = self._change(
            sa.update(Result)
            .where(_PARENTS[event.kind] == event.id, Result.removed_entry_id.is_(None))
            .values(
                status="removed",
                removed_entry_id=event.action_id,
                status_datetime=utcnow(),
                status_message=event.message,
            )
        )
        if gone:
            # Facts make the status: these were visible until now.
            Tallies(self._session).moved_all(
                Result.removed_entry_id == event.action_id,
                Result.withdrawn_datetime.is_(None),
                Result.hiding_claims == 0,
                sign=-1,
            )
            self._journal.count(event.action_id, removed_results=sum(map(len, gone.values())))
            self._events.emit(ResultsRemoved(**_facts(event, gone)))

    def bring_back(self, event: ItemMoved, action_id: int, *, undone_id: int | None = None) -> None:
        """Take back the removals that an action made.

        Results whose other parent has gone meanwhile stay removed: they come back with that one.
        """
        blocker = _gone_with(action_id)
        self._change(
            sa.update(Result)
            .where(Result.removed_entry_id == action_id, blocker.is_not(None))
            .values(removed_entry_id=blocker)
        )
        status = sa.case(
            (Result.withdrawn_datetime.is_not(None), "withdrawn"),
            (Result.hiding_claims > 0, "claimed"),
            else_="visible",
        )
        back = self._change(
            sa.update(Result)
            .where(Result.removed_entry_id == action_id)
            .values(
                status=status,
                removed_entry_id=None,
                restored_entry_id=event.action_id,
                status_datetime=utcnow(),
                status_message=event.message,
            )
        )
        if back:
            Tallies(self._session).moved_all(
                Result.restored_entry_id == event.action_id, Result.status == "visible", sign=1
            )
            self._journal.count(event.action_id, restored_results=sum(map(len, back.values())))
            self._events.emit(ResultsRestored(**_facts(event, back), undone_id=undone_id))

    def count_since(self, kind: str, parent_id: uuid.UUID, since: datetime.datetime) -> int:
        """How many results of a parent were uploaded then or later, in whatever state they are."""
        count = sa.select(sa.func.count()).select_from(Result)
        return (
            self._session.scalar(count.where(_PARENTS[kind] == parent_id, Result.upload_datetime >= since))
            or 0
        )

    def check_schema(self, benchmark_id: uuid.UUID, schema: str, *, seconds: float) -> None:
        """Conflict unless every result of the benchmark, hidden ones too, fits the schema within the time."""
        until = time.monotonic() + seconds
        stored = (
            sa.select(Result.id, Result.json)
            .where(Result.benchmark_id == benchmark_id)
            .order_by(Result.id)
            .execution_options(yield_per=100)
        )
        checked, failed = 0, 0
        shown: list[str] = []
        for identifier, text in self._session.execute(stored):
            try:
                issue = _first_issue(schema, text, until - time.monotonic())
            except json_schema.ValidationTimeout:
                raise errors.Conflict(
                    f"The stored results could not be checked against the new schema within {seconds:g} s; "
                    f"{checked} were, {failed} of them do not fit."
                ) from None
            checked += 1
            if issue is not None:
                failed += 1
                if len(shown) < SHOWN:
                    shown.append(f"{identifier} at {issue.pointer or 'its root'}: {issue.detail}")
        if failed:
            raise errors.Conflict(
                f"{failed} of {checked} stored results do not fit the new schema. " + "; ".join(shown) + "."
            )

    def _change(self, statement: Any) -> Mapping[uuid.UUID | None, tuple[uuid.UUID, ...]]:
        """Run an update of many results; the ids of those by uploader."""
        self._session.flush()
        changed = self._session.execute(
            statement.returning(Result.id, Result.uploader_id),
            execution_options={"synchronize_session": False},
        ).all()
        # What the session has read before is not what is stored now.
        for known in list(self._session.identity_map.values()):
            if isinstance(known, Result):
                self._session.expire(known, STATE)
        return _by_uploader(changed)


def _first_issue(schema: str, text: str, seconds: float) -> json_schema.SchemaIssue | None:
    if seconds <= 0:
        raise json_schema.ValidationTimeout
    try:
        value = jsontext.loads_stored(text)
        issues = json_schema.validate(schema, value, seconds=seconds, limit=1).issues
    except json_schema.SchemaUnusable as problem:
        return json_schema.SchemaIssue(str(problem), "", None)
    return issues[0] if issues else None


def _gone_with(action_id: int) -> sa.ColumnElement[int | None]:
    """The action that took another parent of a result than this one did, if there is such a parent."""

    def gone(model: type[Benchmark] | type[Flavor] | type[Site], link: Any) -> Any:
        return (
            sa.select(model.status_entry_id)
            .where(model.id == link, model.status.in_(GONE), model.status_entry_id != action_id)
            .correlate(Result)
            .scalar_subquery()
        )

    return sa.func.coalesce(
        gone(Benchmark, Result.benchmark_id), gone(Flavor, Result.flavor_id), gone(Site, Result.site_id)
    )


def _facts(event: ItemMoved, ids: Mapping[uuid.UUID | None, tuple[uuid.UUID, ...]]) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "parent_id": event.id,
        "parent_name": event.name,
        "action_id": event.action_id,
        "message": event.message,
        "by_uploader": ids,
    }


def _by_uploader(rows: Iterable[Any]) -> dict[uuid.UUID | None, tuple[uuid.UUID, ...]]:
    found: defaultdict[uuid.UUID | None, list[uuid.UUID]] = defaultdict(list)
    for identifier, uploader_id in rows:
        found[uploader_id].append(identifier)
    return {uploader_id: tuple(ids) for uploader_id, ids in found.items()}
