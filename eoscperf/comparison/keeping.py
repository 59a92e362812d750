"""Where cells are kept: in the database, for whoever asks next, and in the memory of the process."""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import threading
import uuid
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from eoscperf.comparison.cells import METHOD, Weighting
from eoscperf.comparison.models import CellInputs, CellSummary
from eoscperf.comparison.packing import Packed
from eoscperf.comparison.reading import Inputs
from eoscperf.metrics.catalogue import Metric

INPUTS = cast(sa.Table, CellInputs.__table__)
SUMMARIES = cast(sa.Table, CellSummary.__table__)

MOST_BYTES = 48 * 2**20
"""Of cells in the memory of a process; those not asked for longest go first."""

PATIENCE = 100
"""Milliseconds that keeping something waits for others who write. It is not worth more."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Definition:
    """How the value and the inputs of a run are read; what else a catalogue says changes no cell."""

    metric: Metric
    inputs: tuple[Metric, ...]

    @functools.cached_property
    def digest(self) -> bytes:
        samples = self.metric.samples
        told = [
            METHOD,
            self.metric.path,
            self.metric.aggregate,
            None if samples is None else [samples.path, samples.split],
            [one.path for one in self.inputs],
        ]
        return hashlib.sha256(json.dumps(told).encode()).digest()[:16]


class Counts(NamedTuple):
    """With which inputs a flavor was run, how often, and after how many changes that was so."""

    changes: int
    numbers: Mapping[Inputs, int]


class Board(NamedTuple):
    """What cells have in common that are ranked together."""

    benchmark_id: uuid.UUID
    definition: bytes
    weighting: Weighting
    inputs: bytes
    """see `digest_of`"""


@dataclass(frozen=True, slots=True)
class New:
    """What is to be kept of one flavor."""

    board: Board
    flavor_id: uuid.UUID
    counts: Counts
    cell: Packed | None
    """None: it was not run with these inputs"""


def digest_of(inputs: Inputs) -> bytes:
    return hashlib.sha256(json.dumps(inputs).encode()).digest()[:16]


def read_counts(session: Session, benchmark_id: uuid.UUID, definition: bytes) -> dict[uuid.UUID, Counts]:
    """By flavor, as they were when they were kept."""
    rows = sa.select(INPUTS.c.flavor_id, INPUTS.c.changes, INPUTS.c.inputs)
    rows = rows.where(INPUTS.c.benchmark_id == benchmark_id, INPUTS.c.definition == definition)
    return {
        flavor_id: Counts(changes, {tuple(inputs): number for inputs, number in json.loads(text)})
        for flavor_id, changes, text in session.execute(rows)
    }


def read_cells(session: Session, board: Board, flavors: Sequence[uuid.UUID]) -> dict[uuid.UUID, Packed]:
    """Of these flavors, as they were when they were kept; perhaps of others, too."""
    rows = sa.select(SUMMARIES.c.flavor_id, *(SUMMARIES.c[name] for name in _PACKED))
    rows = rows.where(*(SUMMARIES.c[name] == value for name, value in board._asdict().items()))
    if len(flavors) <= _FEW:
        rows = rows.where(SUMMARIES.c.flavor_id.in_(flavors))
    return {flavor_id: Packed(*row) for flavor_id, *row in session.execute(rows)}


_FEW = 20

_PACKED = [field.name for field in fields(Packed)]


class Memory:
    """What a process has at hand of counts, cells and whole rankings; safe between threads.

    What is in it holds for as many changes as it says.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, most_answers: int = 32) -> None:
        self._most, self._most_answers = most_bytes, most_answers
        self._lock = threading.Lock()
        self._counts: OrderedDict[tuple[uuid.UUID, bytes], dict[uuid.UUID, Counts]] = OrderedDict()
        self._cells: OrderedDict[Board, dict[uuid.UUID, Any]] = OrderedDict()
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()
        self._bytes = 0

    def counts(self, benchmark_id: uuid.UUID, definition: bytes) -> Mapping[uuid.UUID, Counts]:
        with self._lock:
            return dict(self._counts.get((benchmark_id, definition), {}))

    def cells(self, board: Board) -> Mapping[uuid.UUID, Any]:
        """Cells as they were given, with all that has been computed of them since."""
        with self._lock:
            if board in self._cells:
                self._cells.move_to_end(board)
            return dict(self._cells.get(board, {}))

    def answer(self, key: Hashable) -> Any:
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
            return self._answers.get(key)

    def keep(self, board: Board, counts: Mapping[uuid.UUID, Counts], cells: Mapping[uuid.UUID, Any]) -> None:
        """Replace what is known of these flavors."""
        with self._lock:
            key = board.benchmark_id, board.definition
            self._counts.setdefault(key, {}).update(counts)
            self._counts.move_to_end(key)
            while len(self._counts) > self._most_answers:
                self._counts.popitem(last=False)
            known = self._cells.setdefault(board, {})
            self._cells.move_to_end(board)
            self._bytes += sum(_size(cell) - _size(known.get(one)) for one, cell in cells.items())
            known.update(cells)
            while self._bytes > self._most and len(self._cells) > 1:
                _, gone = self._cells.popitem(last=False)
                self._bytes -= sum(map(_size, gone.values()))

    def keep_answer(self, key: Hashable, answer: Any) -> None:
        with self._lock:
            self._answers[key] = answer
            while len(self._answers) > self._most_answers:
                self._answers.popitem(last=False)


def _size(cell: Any) -> int:
    return 0 if cell is None else cell.packed.size


def write(connection: sa.Connection, new: Sequence[New]) -> None:
    """Keep this unless what there is tells of more changes."""
    # Whoever writes the same waits in the same order.
    new = sorted(new, key=lambda one: (one.board[:2], one.flavor_id))
    counts: dict[Any, dict[str, Any]] = {}
    cells: list[dict[str, Any]] = []
    for one in new:
        place = {"benchmark_id": one.board.benchmark_id, "definition": one.board.definition}
        place["flavor_id"] = one.flavor_id
        pairs = [[list(inputs), number] for inputs, number in one.counts.numbers.items()]
        told = {"changes": one.counts.changes, "inputs": json.dumps(pairs)}
        counts[one.board[:2], one.flavor_id] = place | told
        if one.cell is not None:
            figures = {name: getattr(one.cell, name) for name in _PACKED}
            cells.append(one.board._asdict() | {"flavor_id": one.flavor_id} | figures)
    _put(connection, INPUTS, list(counts.values()))
    _put(connection, SUMMARIES, cells)


def _put(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(table)
    others = [column.name for column in table.c if not column.primary_key]
    statement = insert.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_={name: insert.excluded[name] for name in others},
        where=table.c.changes < insert.excluded.changes,
    )
    connection.execute(statement, rows)


def keep(engine: sa.Engine, new: Sequence[New]) -> bool:
    """Keep this in a transaction of its own, if that is possible at once; whether it was.

    Where others write for long, or the database cannot be written to, it is left: whoever needs it computes
    it again.
    """
    try:
        with _short_transaction(engine) as connection:
            write(connection, new)
    except (sa.exc.DBAPIError, sa.exc.TimeoutError) as problem:
        log.debug("Cells of a ranking were not kept: %s", problem)
        return False
    return True


@contextmanager
def _short_transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            with connection.begin():
                connection.execute(sa.text(f"SET LOCAL lock_timeout = {PATIENCE}"))
                yield connection
            return
        driver = cast(Any, connection.connection.dbapi_connection)
        (usual,) = driver.execute("PRAGMA busy_timeout").fetchone()
        driver.execute(f"PRAGMA busy_timeout = {PATIENCE}")
        try:
            with connection.execution_options(sqlite_immediate=True).begin():
                yield connection
        finally:
            driver.execute(f"PRAGMA busy_timeout = {usual}")
