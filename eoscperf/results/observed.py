"""What machines say about themselves in results: the values at places that describe a machine."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.results.catalogue import CatalogueField, CatalogueView
from eoscperf.results.projection.models import KINDS
from eoscperf.results.tables import RESULTS, TALLIES, VALUES
from eoscperf.results.tallies.keys import field_key_range, read_field_key
from eoscperf.results.tallies.models import FIELD

PARTS = ("machine", "cpu", "gpu", "memory", "host", "system", "node")
"""Members at the root of a result that describe where it ran rather than what came out."""

MOST_FIELDS = 60
"""Places that are looked at, of all benchmarks together."""

NEWEST = 50
"""Results of a flavor that are read where there are too many different values to have them counted."""

Value = float | str | bool


@dataclass(frozen=True, slots=True)
class ObservedValue:
    value: Value
    count: int
    """results that have it"""

    @property
    def text(self) -> str:
        """The value as JSON has it, without the quotes of a text."""
        if isinstance(self.value, float) and self.value.is_integer() and abs(self.value) < 2**53:
            return str(int(self.value))
        return str(self.value).lower() if isinstance(self.value, bool) else str(self.value)


@dataclass(frozen=True, slots=True)
class Observed:
    """The values that the results of a flavor have at one place, most frequent first."""

    benchmark_id: uuid.UUID
    path: str
    values: tuple[ObservedValue, ...]
    counted: bool
    """whether all results were counted, or only the newest looked at"""


class ObservedMachines:
    """Asks visible results what machine they ran on."""

    def __init__(self, session: Session, view: CatalogueView) -> None:
        self._session = session
        self._view = view

    @classmethod
    def for_request(cls, request: Any) -> ObservedMachines:
        stamp = request.database_state.columns["catalogue_stamp"]
        return cls(request.dbsession, request.registry["eoscperf.catalogue"].view(request.dbsession, stamp))

    def of_flavors(
        self, flavors: Collection[uuid.UUID], wanted: Mapping[uuid.UUID, Iterable[str]]
    ) -> dict[uuid.UUID, list[Observed]]:
        """By flavor, what there is at the wanted paths, which go by benchmark: at most two statements.

        Paths that the benchmark does not declare are left out.
        """
        known = {
            field.id: (benchmark_id, field)
            for benchmark_id, paths in wanted.items()
            for path in paths
            if (field := self._view.field(benchmark_id, path)) is not None and field.searchable
        }
        known = dict(list(known.items())[:MOST_FIELDS])
        if not known or not flavors:
            return {}
        counts = self._counted(flavors, [pair for pair in known.values() if pair[1].countable])
        rest = [identifier for identifier, (_, field) in known.items() if not field.countable]
        if rest:
            counts |= self._newest(flavors, rest)
        found: dict[uuid.UUID, list[Observed]] = {}
        for (flavor_id, field_id), values in sorted(counts.items(), key=lambda item: item[0][1]):
            benchmark_id, field = known[field_id]
            ordered = sorted(values.items(), key=lambda item: (-item[1], repr(item[0])))
            shown = tuple(ObservedValue(value, number) for (_, value), number in ordered)
            found.setdefault(flavor_id, []).append(
                Observed(benchmark_id, field.path, shown, counted=field.countable)
            )
        return found

    def _counted(
        self, flavors: Collection[uuid.UUID], fields: Collection[tuple[uuid.UUID, CatalogueField]]
    ) -> _Counts:
        if not fields:
            return {}
        total = sa.func.sum(TALLIES.c.number)
        ranges = []
        for benchmark_id, field in fields:
            low, high = field_key_range(field.id)
            ranges.append(
                sa.and_(TALLIES.c.benchmark_id == benchmark_id, TALLIES.c.key >= low, TALLIES.c.key < high)
            )
        statement = (
            sa.select(TALLIES.c.flavor_id, TALLIES.c.key, total)
            .where(TALLIES.c.facet == FIELD, TALLIES.c.flavor_id.in_(flavors), sa.or_(*ranges))
            .group_by(TALLIES.c.flavor_id, TALLIES.c.key)
            .having(total > 0)
        )
        counts: _Counts = {}
        for flavor_id, key, number in self._session.execute(statement):
            field_id, value = read_field_key(key)
            counts.setdefault((flavor_id, field_id), {})[_kinded(value)] = int(number)
        return counts

    def _newest(self, flavors: Collection[uuid.UUID], fields: Collection[int]) -> _Counts:
        """The same of the latest results of each flavor."""
        parts = [
            sa.select(
                sa.select(RESULTS.c.id, RESULTS.c.flavor_id)
                .where(RESULTS.c.flavor_id == flavor, RESULTS.c.status == "visible")
                .order_by(RESULTS.c.execution_datetime.desc(), RESULTS.c.id.desc())
                .limit(NEWEST)
                .subquery()
            )
            for flavor in flavors
        ]
        runs = sa.union_all(*parts).subquery()
        statement = sa.select(
            runs.c.flavor_id, VALUES.c.field_id, VALUES.c.kind, VALUES.c.number, VALUES.c.text
        )
        statement = statement.join(VALUES, VALUES.c.result_id == runs.c.id)
        counts: _Counts = {}
        for flavor_id, field_id, kind, number, text in self._session.execute(
            statement.where(VALUES.c.field_id.in_(fields))
        ):
            value = _read(kind, number, text)
            if value is not None:
                values = counts.setdefault((flavor_id, field_id), {})
                values[_kinded(value)] = values.get(_kinded(value), 0) + 1
        return counts


_Counts = dict[tuple[uuid.UUID, int], dict[tuple[str, Value], int]]


def _kinded(value: Value) -> tuple[str, Value]:
    """1 and true are the same key to Python, but not the same to say; 8 and 8.0 are."""
    if isinstance(value, (bool, str)):
        return type(value).__name__, value
    return "number", float(value)


def _read(kind: int, number: float | None, text: str | None) -> Value | None:
    if kind == KINDS["number"]:
        return number
    if kind == KINDS["boolean"]:
        return bool(number)
    return text if kind == KINDS["string"] else None
