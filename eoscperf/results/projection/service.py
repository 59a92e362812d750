"""Keeping the rows that searches use in step with the JSON of results and the schemas of benchmarks."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf import jsontext
from eoscperf.results.catalogue import catalogue_changed
from eoscperf.results.models import Result
from eoscperf.results.projection import rows
from eoscperf.results.projection.declared import declared_paths
from eoscperf.results.projection.flags import flag_fields
from eoscperf.results.projection.known import KnownFields, read_fields
from eoscperf.results.projection.leaves import Leaf
from eoscperf.results.tables import FIELDS, VALUES
from eoscperf.results.tallies.locks import hold_still, hold_uploads
from eoscperf.results.tallies.service import Tallies

AT_ONCE = 2000
"""Results of one benchmark whose values are written with a change of its schema; more wait."""


class Projection:
    """Writes the values of results, and says which there are for each benchmark.

    The rows of a result follow from its JSON and the schema alone. Whoever stores results holds a lock on
    their benchmarks (`Uploads.references`), whoever changes the fields of one locks it alone.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def declare(self, benchmark_id: uuid.UUID, schema_text: str) -> None:
        """Bring the fields of a benchmark in line with its schema.

        The values of new fields are there at once unless the benchmark has more than `AT_ONCE` results;
        then the fields are not ready before the next reindexing.
        """
        hold_uploads(self._session, benchmark_id)
        wanted = [path.text() for path in declared_paths(schema_text)]
        present = self._present(benchmark_id)
        new = [path for path in wanted if path not in present]
        gone = [identifier for path, (identifier, _) in present.items() if path not in set(wanted)]
        if not new and not gone:
            return
        some = sa.select(sa.literal(1)).select_from(Result).where(Result.benchmark_id == benchmark_id)
        number = len(self._session.execute(some.limit(AT_ONCE + 1)).all())
        if number:
            hold_still(self._session, benchmark_id)
        if new and number > AT_ONCE:
            # A reindexing that has begun begins again: it passes over results that have any of the values
            # it is to write.
            pending = [path for path, (_, ready) in present.items() if not ready and path in set(wanted)]
            gone += [present[path][0] for path in pending]
            new += pending
        first = self._unused_id()
        self._drop(benchmark_id, gone)
        if new:
            created = self._create(benchmark_id, new, ready=number <= AT_ONCE, first=first)
            if 0 < number <= AT_ONCE:
                self._fill(benchmark_id, created)

    def is_declared(self, benchmark_id: uuid.UUID, schema_text: str) -> bool:
        """Whether `declare` would have nothing to do."""
        return self._present(benchmark_id).keys() == {path.text() for path in declared_paths(schema_text)}

    def renew(self, benchmark_id: uuid.UUID) -> None:
        """Replace the fields by new ones without values, which a reindexing makes ready.

        The values of the old ones are left to the reindexing, since there may be millions.
        """
        hold_still(self._session, benchmark_id)
        present = self._present(benchmark_id)
        if not present:
            return
        old = [identifier for identifier, _ in present.values()]
        first = self._unused_id()
        Tallies(self._session).drop_fields(benchmark_id, old)
        self._session.execute(sa.delete(FIELDS).where(FIELDS.c.id.in_(old)))
        self._create(benchmark_id, list(present), ready=False, first=first)

    def fields(self, benchmark_ids: Collection[uuid.UUID]) -> KnownFields:
        """What is to be written of results of these benchmarks, which the transaction holds."""
        return read_fields(self._session, benchmark_ids)

    def rows(self, benchmark_id: uuid.UUID, document: Any) -> list[dict[str, Any]]:
        """The values of one result, all but the id of the result."""
        leaves, _ = self.fields([benchmark_id]).of(benchmark_id).leaves(document)
        return [dict(zip(("field_id", "kind", "number", "text"), leaf, strict=True)) for leaf in leaves]

    def add(
        self,
        results: Iterable[tuple[uuid.UUID, uuid.UUID, Any]],
        known: KnownFields | None = None,
        *,
        again: bool = False,
    ) -> list[list[Leaf]]:
        """Write the values of results, given as their ids, benchmarks and JSON; what was found in each.

        `again`: some of them may have been written before.
        """
        results = list(results)
        if known is None:
            known = self.fields({benchmark_id for _, benchmark_id, _ in results})
        found, irregular = known.find((benchmark_id, document) for _, benchmark_id, document in results)
        if irregular:
            flag_fields(self._session, irregular=irregular)
        rows.insert(self._session, [result[0] for result in results], found, again=again)
        return found

    def forget(self, result_ids: Sequence[uuid.UUID]) -> None:
        """Delete the values of results that are about to be deleted themselves."""
        self._session.execute(sa.delete(VALUES).where(VALUES.c.result_id.in_(result_ids)))

    def forget_benchmarks(self, benchmark_ids: Iterable[uuid.UUID]) -> None:
        """Delete the fields of benchmarks that are about to be deleted themselves."""
        for benchmark_id in benchmark_ids:
            of_benchmark = sa.select(FIELDS.c.id).where(FIELDS.c.benchmark_id == benchmark_id)
            self._drop(benchmark_id, self._session.scalars(of_benchmark).all())

    def _present(self, benchmark_id: uuid.UUID) -> dict[str, tuple[int, bool]]:
        """Id of each field by path, and whether it is ready, in the order of the ids."""
        found = self._session.execute(
            sa.select(FIELDS.c.path, FIELDS.c.id, FIELDS.c.ready)
            .where(FIELDS.c.benchmark_id == benchmark_id)
            .order_by(FIELDS.c.id)
        )
        return {path: (identifier, ready) for path, identifier, ready in found}

    def _create(
        self, benchmark_id: uuid.UUID, paths: Sequence[str], *, ready: bool, first: int
    ) -> list[tuple[int, str]]:
        """Ids and paths of new fields; `first` is an id that has not been used."""
        catalogue_changed(self._session)
        same = {"benchmark_id": benchmark_id, "ready": ready, "irregular": False, "countable": True}
        fields: list[dict[str, Any]] = [{"path": path, **same} for path in paths]
        if self._session.get_bind().dialect.name == "sqlite":
            # SQLite would give the id of a field that is gone once more, to which values may still belong.
            for identifier, field in enumerate(fields, first):
                field["id"] = identifier
        self._session.execute(sa.insert(FIELDS), fields)
        created = self._session.execute(
            sa.select(FIELDS.c.id, FIELDS.c.path)
            .where(FIELDS.c.benchmark_id == benchmark_id, FIELDS.c.path.in_(paths))
            .order_by(FIELDS.c.id)
        )
        return [(identifier, path) for identifier, path in created]

    def _unused_id(self) -> int:
        columns = (FIELDS.c.id, VALUES.c.field_id)
        used = (sa.select(sa.func.max(column)).scalar_subquery() for column in columns)
        greatest = max(each or 0 for each in self._session.execute(sa.select(*used)).one())
        return greatest + 1 + secrets.randbelow(100)

    def _fill(self, benchmark_id: uuid.UUID, fields: Sequence[tuple[int, str]]) -> None:
        known = KnownFields([(benchmark_id, identifier, path, False, True) for identifier, path in fields])
        stored = self._session.execute(
            sa.select(Result.id, Result.json).where(Result.benchmark_id == benchmark_id)
        )
        self.add(((identifier, benchmark_id, read_stored(text)) for identifier, text in stored), known)
        tallies = Tallies(self._session)
        for identifier, _ in fields:
            tallies.recount_field(benchmark_id, identifier)

    def _drop(self, benchmark_id: uuid.UUID, field_ids: Sequence[int]) -> None:
        if not field_ids:
            return
        catalogue_changed(self._session)
        self._session.execute(sa.delete(VALUES).where(VALUES.c.field_id.in_(field_ids)))
        Tallies(self._session).drop_fields(benchmark_id, field_ids)
        self._session.execute(sa.delete(FIELDS).where(FIELDS.c.id.in_(field_ids)))


def read_stored(text: str) -> Any:
    """The document of a stored JSON, without the notation of its numbers."""
    try:
        return json.loads(text)
    except ValueError:
        # An integer of thousands of digits, which Python by itself refuses to read.
        return jsontext.loads_stored(text)
