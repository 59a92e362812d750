"""Cells that were computed are kept: drawing thousands of medians is what comparisons take long for."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from eoscperf.comparison.cells import Cell, Run, Weighting
from eoscperf.metrics.catalogue import Metric

MakeCell = Callable[[Metric, Sequence[Run], Weighting], Cell]
"""Makes the cell of some runs of a metric."""

MOST = 512
"""Cells that are kept; each holds its runs and 16 kB of draws."""


class RememberedCells:
    """Cells by all that they depend on; safe between threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._cells: OrderedDict[bytes, Cell] = OrderedDict()

    def get(
        self,
        path: str,
        runs: Sequence[Run],
        weighting: Weighting,
        complete: Callable[[Sequence[Run]], Sequence[Run]] | None = None,
    ) -> Cell:
        """The cell of these runs. `complete` adds what is not read for a cell that is known already."""
        key = _digest(path, runs, weighting, complete is not None)
        with self._lock:
            found = self._cells.get(key)
            if found is not None:
                self._cells.move_to_end(key)
                return found
        made = Cell(path, tuple(complete(runs) if complete else runs), weighting)
        with self._lock:
            self._cells[key] = made
            while len(self._cells) > self._most:
                self._cells.popitem(last=False)
        return made


def _digest(path: str, runs: Sequence[Run], weighting: Weighting, completed: bool) -> bytes:
    text = "\n".join(f"{run.id} {run.source} {run.value!r} {run.executed}" for run in runs)
    return hashlib.sha256(
        f"{path}\n{weighting}\n{completed}\n{text}".encode("utf-8", "surrogatepass")
    ).digest()
