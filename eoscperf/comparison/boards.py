"""The cells of whole rankings: taken from where they are kept, and computed where something has changed."""

from __future__ import annotations

import math
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.comparison import keeping
from eoscperf.comparison.cells import Cell, Run, Weighting, sample_spread
from eoscperf.comparison.gathering import NOTHING, Gathered, gather
from eoscperf.comparison.keeping import Board, Counts, Definition, Memory, New, digest_of
from eoscperf.comparison.packing import Packed, PackedCell, packed
from eoscperf.comparison.reading import Inputs, by_frequency, with_samples
from eoscperf.results.catalogue import CatalogueView
from eoscperf.results.search.search import Search
from eoscperf.results.tables import RESULTS, TALLIES
from eoscperf.results.tallies.models import ALL

Answer = TypeVar("Answer")

AT_ONCE = 20_000
"""Results that one statement looks at, unless a single flavor has more."""

Keep = Callable[[Callable[[sa.Engine], object]], object]
"""Has something done when the session of the request is no longer in use."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A flavor in a ranking; `cell` is None where no run counts."""

    cell: Cell | None
    older: int
    """runs left out as beyond the newest of their source"""
    infinite: int
    """runs left out for want of a finite number"""


@dataclass(frozen=True, slots=True)
class Cells:
    """What is ranked: the runs with the most frequent inputs, by flavor."""

    chosen: Inputs
    others: tuple[tuple[Inputs, int], ...]
    """inputs of runs that are left out, and how many there are"""
    by_flavor: Mapping[uuid.UUID, Counted]


@dataclass(frozen=True, slots=True)
class Asked:
    """A ranking that is made from whole flavors, and after how many changes of each."""

    view: CatalogueView
    benchmark_id: uuid.UUID
    flavors: Mapping[uuid.UUID, tuple[int, int]]
    """the numbers of results and of changes"""

    @property
    def moment(self) -> frozenset[tuple[uuid.UUID, int]]:
        """The same for as long as nothing changes."""
        return frozenset((flavor_id, changes) for flavor_id, (_, changes) in self.flavors.items())


class Boards:
    """Keeps the cells of rankings; only of what everybody sees, without filters."""

    def __init__(self, session: Session, memory: Memory, later: Keep) -> None:
        self._session, self._memory, self._later = session, memory, later

    @property
    def is_own(self) -> bool:
        """Whether what the session reads is committed; what was lent to it may be taken back."""
        return isinstance(self._session.get_bind(), sa.Engine)

    def asked(self, search: Search) -> Asked | None:
        """What a search within one benchmark asks for; None unless it is about whole flavors."""
        scope, (benchmark_id,) = search.scope, search.criteria.benchmark_ids
        if scope.tallied() != (None,) or scope.terms or scope.hidden_benchmarks:
            return None
        tally = TALLIES.c
        rows = sa.select(tally.flavor_id, sa.func.sum(tally.number), sa.func.sum(tally.changes))
        rows = rows.where(tally.facet == ALL, tally.benchmark_id == benchmark_id).group_by(tally.flavor_id)
        found = {
            flavor_id: (int(number), int(changes))
            for flavor_id, number, changes in self._session.execute(rows)
            if number > 0
            and flavor_id in search.view.flavors
            and (scope.flavors is None or flavor_id in scope.flavors)
        }
        hidden = sorted(scope.hidden_flavors & found.keys())
        if hidden and scope.own_hidden is not None:
            own = sa.exists().where(
                RESULTS.c.benchmark_id == benchmark_id,
                RESULTS.c.flavor_id.in_(hidden),
                RESULTS.c.uploader_id == scope.own_hidden,
            )
            if self._session.scalar(sa.select(own)):
                return None
        shown = {one: known for one, known in found.items() if one not in scope.hidden_flavors}
        return Asked(search.view, benchmark_id, shown)

    def answer(self, asked: Asked, question: Hashable, make: Callable[[], Answer]) -> Answer:
        """What was made of the same question before, if nothing has changed since."""
        if not self.is_own:
            return make()
        key, moment = (asked.benchmark_id, question), (asked.view.stamp, asked.moment)
        known = self._memory.answer(key)
        if known is not None and known[0] == moment:
            return cast(Answer, known[1])
        found = make()
        self._memory.keep_answer(key, (moment, found))
        return found

    def cells(self, asked: Asked, definition: Definition, weighting: Weighting) -> Cells:
        """All of them, and what was computed is kept."""
        with _LOCKS[hash(asked.benchmark_id) % len(_LOCKS)]:
            return _Work(self, asked, definition, weighting).cells()

    def release(self, cells: Cells) -> None:
        """To be called when the ranking is made."""
        for found in cells.by_flavor.values():
            if isinstance(found.cell, PackedCell):
                found.cell.release()

    def remembered_counts(self, asked: Asked, definition: Definition) -> Mapping[uuid.UUID, Counts]:
        return self._memory.counts(asked.benchmark_id, definition.digest) if self.is_own else {}

    def remembered_cells(self, board: Board) -> Mapping[uuid.UUID, PackedCell]:
        return self._memory.cells(board) if self.is_own else {}

    def keep(
        self,
        board: Board,
        counts: Mapping[uuid.UUID, Counts],
        cells: Mapping[uuid.UUID, PackedCell],
        new: Sequence[New],
    ) -> None:
        """Remember what was read or computed, and write what is new."""
        if self.is_own:
            self._memory.keep(board, counts, cells)
            if new:
                self._later(lambda engine: keeping.keep(engine, new))
        elif new:
            keeping.write(self._session.connection(), new)

    def gather(
        self, asked: Asked, definition: Definition, flavors: Iterable[uuid.UUID]
    ) -> dict[uuid.UUID, Gathered]:
        """Read the runs of these flavors, some at a time."""
        found: dict[uuid.UUID, Gathered] = {}
        for some in _parts(asked, flavors):
            more = gather(
                self._session,
                asked.view,
                asked.benchmark_id,
                definition.metric,
                definition.inputs,
                some,
            )
            found |= {one: more.get(one, NOTHING) for one in some}
        return found

    def spreads(
        self, definition: Definition, runs: Sequence[Run], known: Mapping[uuid.UUID, float]
    ) -> dict[uuid.UUID, float]:
        """The spread of the samples of each run; those that are known are not read again."""
        if definition.metric.samples is None:
            return {}
        found = {run.id: known[run.id] for run in runs if run.id in known}
        missing = [run for run in runs if run.id not in found]
        for run in with_samples(self._session, missing, definition.metric.samples).values():
            spread = sample_spread(run.samples)
            found[run.id] = math.nan if spread is None else spread
        return found

    def read_counts(self, asked: Asked, definition: Definition) -> dict[uuid.UUID, Counts]:
        return keeping.read_counts(self._session, asked.benchmark_id, definition.digest)

    def read_cells(self, board: Board, flavors: Sequence[uuid.UUID]) -> dict[uuid.UUID, Packed]:
        return keeping.read_cells(self._session, board, flavors)


_LOCKS = [threading.Lock() for _ in range(64)]
"""Threads that would compute the same wait for each other instead."""


class _Work:
    """The cells of one ranking in the making."""

    def __init__(self, boards: Boards, asked: Asked, definition: Definition, weighting: Weighting) -> None:
        self._boards, self._asked = boards, asked
        self._definition, self._weighting = definition, weighting
        self._gathered: dict[uuid.UUID, Gathered] = {}

    def cells(self) -> Cells:
        asked = self._asked
        counts, new_counts = self._counts()
        total: Counter[Inputs] = Counter()
        for flavor_id in asked.flavors:
            total.update(counts[flavor_id].numbers)
        ordered = by_frequency(total)
        if not ordered:
            return Cells((), (), {})
        chosen = ordered[0][0]
        digest = digest_of(chosen)
        board = Board(asked.benchmark_id, self._definition.digest, self._weighting, digest)
        wanted = [one for one in asked.flavors if chosen in counts[one].numbers]
        cells, computed = self._cells(board, chosen, wanted)
        new = [
            New(board, one, counts[one], cells[one].packed if one in computed else None)
            for one in dict.fromkeys((*new_counts, *computed))
        ]
        self._boards.keep(board, counts, cells, new)
        by_flavor = {
            one: Counted(
                cell if cell.packed.median is not None else None, cell.packed.older, cell.packed.infinite
            )
            for one, cell in cells.items()
        }
        return Cells(chosen, tuple(ordered[1:]), by_flavor)

    def _counts(self) -> tuple[dict[uuid.UUID, Counts], list[uuid.UUID]]:
        """Of all flavors, and which of them had to be counted."""
        known = self._fresh(self._boards.remembered_counts(self._asked, self._definition))
        if len(known) < len(self._asked.flavors):
            known |= self._fresh(self._boards.read_counts(self._asked, self._definition))
        new = [one for one in self._asked.flavors if one not in known]
        self._gather(new)
        for one in new:
            known[one] = Counts(self._asked.flavors[one][1], self._gathered[one].numbers)
        return known, new

    def _cells(
        self, board: Board, chosen: Inputs, wanted: Sequence[uuid.UUID]
    ) -> tuple[dict[uuid.UUID, PackedCell], list[uuid.UUID]]:
        """Of the wanted flavors, and which of them had to be computed."""
        remembered = self._boards.remembered_cells(board)
        cells = {
            one: remembered[one]
            for one in wanted
            if one in remembered and self._holds(one, remembered[one].packed.changes)
        }
        missing = [one for one in wanted if one not in cells]
        old: dict[uuid.UUID, Packed] = {one: cell.packed for one, cell in remembered.items()}
        if missing:
            old |= self._boards.read_cells(board, missing)
        path = self._definition.metric.path
        for one in missing:
            if one in old and self._holds(one, old[one].changes):
                cells[one] = PackedCell(path, self._weighting, old[one])
        missing = [one for one in missing if one not in cells]
        self._gather(one for one in missing if one not in self._gathered)
        for one in missing:
            cells[one] = PackedCell(path, self._weighting, self._computed(one, chosen, old.get(one)))
        return {one: cells[one] for one in wanted}, missing

    def _computed(self, flavor_id: uuid.UUID, chosen: Inputs, old: Packed | None) -> Packed:
        found = self._gathered[flavor_id].eligible.get(chosen)
        runs = found.runs if found else ()
        known = old.spreads() if old is not None and self._definition.metric.samples else {}
        return packed(
            self._definition.metric.path,
            runs,
            self._weighting,
            self._boards.spreads(self._definition, runs, known),
            changes=self._asked.flavors[flavor_id][1],
            older=found.older if found else 0,
            infinite=found.infinite if found else 0,
        )

    def _gather(self, flavors: Iterable[uuid.UUID]) -> None:
        self._gathered |= self._boards.gather(self._asked, self._definition, flavors)

    def _fresh(self, counts: Mapping[uuid.UUID, Counts]) -> dict[uuid.UUID, Counts]:
        return {
            one: counts[one]
            for one in self._asked.flavors
            if one in counts and self._holds(one, counts[one].changes)
        }

    def _holds(self, flavor_id: uuid.UUID, changes: int) -> bool:
        # What somebody else has read since is newer, and as good.
        return changes >= self._asked.flavors[flavor_id][1]


def _parts(asked: Asked, flavors: Iterable[uuid.UUID]) -> Iterator[list[uuid.UUID]]:
    some: list[uuid.UUID] = []
    results = 0
    for one in flavors:
        number = asked.flavors[one][0]
        if some and results + number > AT_ONCE:
            yield some
            some, results = [], 0
        some.append(one)
        results += number
    if some:
        yield some


def after_request(request: Any) -> Keep:
    """Does what is asked for when the session of a request has ended, whatever became of the request."""

    def later(work: Callable[[sa.Engine], object]) -> None:
        engine = request.registry["dbsession_factory"].kw["bind"]
        request.add_finished_callback(lambda request: work(engine))

    return later
