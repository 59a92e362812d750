"""Counting by the tallies: quick at any size, for searches that are about whole cells and at most one tag."""

from __future__ import annotations

import functools
import operator
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.results.catalogue import CatalogueField
from eoscperf.results.facets.cells import Cells, cells_of
from eoscperf.results.facets.counts import Counts, FieldWish, ValueCounts, Wanted
from eoscperf.results.facets.selection import Value
from eoscperf.results.projection.models import KINDS
from eoscperf.results.search import forms
from eoscperf.results.search.scope import Scope
from eoscperf.results.tables import RESULTS, TALLIES, VALUES
from eoscperf.results.tallies.keys import field_key_range, read_field_key, tag_key
from eoscperf.results.tallies.models import ALL, FIELD, TAG, YEAR


class Tallied:
    """What the tallies tell of one search; `cells` is None where they tell nothing."""

    def __init__(self, session: Session, scope: Scope) -> None:
        self._session = session
        self._scope = scope
        self.cells = cells_of(scope)
        if self.cells and scope.own_hidden is not None and _has_own_hidden(session, scope):
            self.cells = None

    def total(self) -> int | None:
        """How many results there are; None if the tallies do not tell."""
        if self.cells is None:
            return None
        if not self.cells:
            return 0
        scope, values = self._scope, dict[str, Any]()
        for name in ("benchmarks", "flavors"):
            if getattr(scope, name) is not None:
                values[name] = getattr(scope, name)
            if getattr(scope, f"hidden_{name}"):
                values[f"hidden_{name}"] = getattr(scope, f"hidden_{name}")
        for number, term in enumerate(scope.terms):
            values[f"term_{number}_benchmarks"] = term.benchmarks
            values[f"term_{number}_flavors"] = term.flavors
        parts = []
        for cells in self.cells:
            if cells.tag_id is not None:
                values["tag"] = tag_key(cells.tag_id)
            by_tag = frozenset(n for n, term in enumerate(scope.terms) if cells.tag_id in term.tags)
            parts.append(_Part(cells.tag_id is not None, cells.unnamed, by_tag))
        dialect = self._session.get_bind().dialect.name
        key = (Tallied, frozenset(values), len(scope.terms), *parts)

        def make() -> sa.Select[Any]:
            sums = [_sum(part, frozenset(values), len(scope.terms), dialect) for part in parts]
            return sa.select(functools.reduce(operator.add, sums))

        return int(forms.fetch(self._session.connection(), key, make, values)[0][0])

    def split(self, wanted: Wanted, fields: dict[int, CatalogueField]) -> tuple[Wanted, Wanted]:
        """What of all that is wanted the tallies tell, and the rest."""
        if self.cells is None:
            return Wanted(), wanted
        # Tallies with a tag know neither years nor values, nor other tags.
        plain = all(cells.tag_id is None for cells in self.cells)
        kinds = wanted.kinds if plain else wanted.kinds & {"benchmark", "flavor"}
        told = {
            wish.id: wish
            for wish in wanted.fields.values()
            if plain and (fields[wish.id].countable or not wish.values)
        }
        rest = {wish.id: wish for wish in wanted.fields.values() if wish.id not in told}
        return (
            Wanted(total=wanted.total, kinds=kinds, fields=told),
            Wanted(kinds=wanted.kinds - kinds, fields=rest),
        )

    def count(self, wanted: Wanted, benchmark_id: uuid.UUID | None) -> Counts:
        """What is wanted, all of which the tallies tell; fields are those of `benchmark_id`."""
        counts = Counts(total=self.total() if wanted.total else None)
        for cells in self.cells or ():
            if "benchmark" in wanted.kinds:
                _add(counts.benchmarks, self._sums(cells, TALLIES.c.benchmark_id))
            if "flavor" in wanted.kinds:
                _add(counts.flavors, self._sums(cells, TALLIES.c.flavor_id))
            if "tag" in wanted.kinds:
                _add(counts.tags, self._sums(cells, TALLIES.c.key, TAG), uuid.UUID)
            if "year" in wanted.kinds:
                _add(counts.years, self._sums(cells, TALLIES.c.key, YEAR), int)
            if wanted.fields and benchmark_id is not None:
                self._count_fields(cells, counts, list(wanted.fields.values()), benchmark_id)
        return counts

    def _sums(self, cells: Cells, column: Any, facet: int = ALL, *more: Any) -> Sequence[Any]:
        total = sa.func.sum(TALLIES.c.number)
        statement = _of(cells, sa.select(column, total), facet, *more)
        return self._session.execute(statement.group_by(column).having(total > 0)).all()

    def _count_fields(
        self, cells: Cells, counts: Counts, wishes: list[FieldWish], benchmark_id: uuid.UUID
    ) -> None:
        tallied = {wish.id for wish in wishes if wish.values}
        # One field is a range of the index; several are read along with all others of their benchmark.
        only = _keys_of(*tallied) if len(tallied) == 1 else ()
        for key, number in self._sums(cells, TALLIES.c.key, FIELD, *only) if tallied else ():
            field, value = read_field_key(key)
            if field in tallied:
                of_field = counts.values.setdefault(field, ValueCounts())
                of_field.counts[_kinded(value)] = number
                of_field.distinct += 1
        for wish in wishes:
            if wish.range and wish.id in tallied:
                known = counts.values.get(wish.id, ValueCounts()).counts
                numbers = [float(value) for kind, value in known if kind == "number"]
                if numbers:
                    counts.ranges[wish.id] = (min(numbers), max(numbers))
        sought = [wish.id for wish in wishes if wish.range and wish.id not in tallied]
        if sought:
            counts.ranges.update(_ranges(self._session, cells, sought, benchmark_id))


def _of(cells: Cells, statement: sa.Select[Any], facet: int, *more: Any) -> sa.Select[Any]:
    if cells.tag_id is not None:
        facet, more = TAG, (*more, TALLIES.c.key == tag_key(cells.tag_id))
    conditions = cells.conditions(TALLIES.c.benchmark_id, TALLIES.c.flavor_id)
    return statement.where(TALLIES.c.facet == facet, *more, *conditions)


class _Part(NamedTuple):
    """Cells as far as the statement that adds them up is concerned."""

    tagged: bool
    unnamed: bool
    by_tag: frozenset[int]
    """the terms that the tag meets"""


def _sum(part: _Part, given: frozenset[str], terms: int, dialect: str) -> sa.ColumnElement[int]:
    """What `Cells.conditions` say, with parameters for all ids."""

    def named(number: int) -> sa.ColumnElement[bool]:
        names = (f"term_{number}_benchmarks", f"term_{number}_flavors")
        columns = (TALLIES.c.benchmark_id, TALLIES.c.flavor_id)
        return sa.or_(*(forms.among(*pair, dialect) for pair in zip(columns, names, strict=True)))

    found = [TALLIES.c.facet == sa.literal_column(str(TAG if part.tagged else ALL), sa.SmallInteger())]
    if part.tagged:
        found.append(TALLIES.c.key == forms.parameter("tag", sa.Text))
    for name in ("benchmark", "flavor"):
        column = TALLIES.c[f"{name}_id"]
        if f"{name}s" in given:
            found.append(forms.among(column, f"{name}s", dialect))
        if f"hidden_{name}s" in given:
            found.append(sa.not_(forms.among(column, f"hidden_{name}s", dialect)))
    found += [named(number) for number in range(terms) if number not in part.by_tag]
    if part.unnamed:
        found.append(sa.not_(sa.and_(*map(named, range(terms)))))
    total: Any = sa.select(sa.func.coalesce(sa.func.sum(TALLIES.c.number), 0)).where(*found)
    return total.scalar_subquery()


def _add(counts: dict[Any, int], sums: Sequence[Any], read: Any = None) -> None:
    for key, number in sums:
        key = read(key) if read else key
        counts[key] = counts.get(key, 0) + number


def _keys_of(field_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    low, high = field_key_range(field_id)
    return TALLIES.c.key >= low, TALLIES.c.key < high


def _kinded(value: float | str | bool) -> Value:
    if isinstance(value, bool):
        return "boolean", value
    return ("string", value) if isinstance(value, str) else ("number", float(value))


def _ranges(
    session: Session, cells: Cells, fields: list[int], benchmark_id: uuid.UUID
) -> dict[int, tuple[float, float]]:
    """The smallest and the greatest number at each field, found from both ends of the index.

    Not a join: PostgreSQL would prepare for all rows where the first ones do.
    """
    counts = sa.and_(RESULTS.c.status == "visible", *cells.conditions(benchmark_id, RESULTS.c.flavor_id))
    of_result = RESULTS.c.id == VALUES.c.result_id
    edges = [
        sa.select(VALUES.c.number)
        .where(
            VALUES.c.field_id == field,
            VALUES.c.kind == KINDS["number"],
            sa.select(counts).where(of_result).correlate(VALUES).scalar_subquery(),
        )
        .order_by(VALUES.c.number.desc() if descending else VALUES.c.number.asc())
        .limit(1)
        .scalar_subquery()
        for field in fields
        for descending in (False, True)
    ]
    found = session.execute(sa.select(*(edge.label(f"edge_{n}") for n, edge in enumerate(edges)))).one()
    pairs = zip(fields, found[::2], found[1::2], strict=True)
    return {field: (least, greatest) for field, least, greatest in pairs if least is not None}


def _has_own_hidden(session: Session, scope: Scope) -> bool:
    """Whether the viewer has visible results where those of others are left out."""
    hidden = sa.or_(
        RESULTS.c.benchmark_id.in_(scope.hidden_benchmarks), RESULTS.c.flavor_id.in_(scope.hidden_flavors)
    )
    own = sa.exists().where(RESULTS.c.uploader_id == scope.own_hidden, RESULTS.c.status == "visible", hidden)
    return bool(session.scalar(sa.select(own)))
