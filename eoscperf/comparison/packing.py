"""Runs and draws of a cell as bytes, and a cell that is made of such bytes."""

from __future__ import annotations

import datetime
import functools
import math
import uuid
import zlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eoscperf.comparison.cells import UNKNOWN, Cell, Run, Weighting, middle

if TYPE_CHECKING:
    import numpy as np

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)
_ID, _NUMBER = 16, 8
_RUN = 2 * _ID + 3 * _NUMBER
"""Bytes of a run: id, source, execution in microseconds since 1970, value, spread of its samples."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A cell as it is kept; without a run that counts it has no median."""

    changes: int
    older: int
    infinite: int
    sources: int
    median: float | None
    low: float | None
    high: float | None
    within_spread: float | None
    between_spread: float | None
    runs: bytes
    draws: bytes

    @property
    def size(self) -> int:
        """Bytes, about, that it takes in memory."""
        return len(self.runs) + len(self.draws) + 400

    def spreads(self) -> dict[uuid.UUID, float]:
        """The spread of the samples of each run, NaN for those that have none."""
        spreads = _numbers(self.runs, 2)
        return {
            uuid.UUID(bytes=self.runs[at * _ID : (at + 1) * _ID]): float(spread)
            for at, spread in enumerate(spreads)
        }


def packed(
    path: str,
    runs: Sequence[Run],
    weighting: Weighting,
    spreads: Mapping[uuid.UUID, float],
    *,
    changes: int,
    older: int,
    infinite: int,
) -> Packed:
    """What is kept of some runs, which are eligible; `spreads` may lack those without samples."""
    if not runs:
        return Packed(changes, older, infinite, 0, None, None, None, None, None, b"", b"")
    cell = Cell(path, tuple(runs), weighting)
    found = [spreads.get(run.id, math.nan) for run in runs]
    known = [spread for spread in found if not math.isnan(spread)]
    low, high = cell.interval or (None, None)
    return Packed(
        changes=changes,
        older=older,
        infinite=infinite,
        sources=cell.sources,
        median=cell.median,
        low=low,
        high=high,
        within_spread=middle(known) if known else None,
        between_spread=cell.between_spread,
        runs=_pack_runs(runs, found),
        draws=zlib.compress(cell.draws.astype("<f8").tobytes(), 1) if cell.is_enough else b"",
    )


class PackedCell(Cell):
    """A cell that knows its figures and takes runs and draws out of their bytes when they are asked for.

    Its runs are without their samples.
    """

    def __init__(self, path: str, weighting: Weighting, source: Packed) -> None:
        interval = None if source.low is None or source.high is None else (source.low, source.high)
        self.__dict__.update(
            path=path,
            weighting=weighting,
            packed=source,
            n=len(source.runs) // _RUN,
            sources=source.sources,
            median=source.median,
            interval=interval,
            within_spread=source.within_spread,
            between_spread=source.between_spread,
        )

    packed: Packed

    @functools.cached_property
    def runs(self) -> tuple[Run, ...]:
        return _unpack_runs(self.packed.runs)

    @functools.cached_property
    def values(self) -> tuple[float, ...]:
        return tuple(sorted(_numbers(self.packed.runs, 1).tolist()))

    @functools.cached_property
    def last_run(self) -> datetime.datetime:
        return _EPOCH + int(_moments(self.packed.runs).max()) * _MICROSECOND

    def release(self) -> None:
        """Forget the draws, which take more memory than all the rest; they can be unpacked again."""
        self.__dict__.pop("draws", None)

    @functools.cached_property
    def draws(self) -> np.ndarray:
        import numpy as np

        if not self.packed.draws:
            # Never needed for an interval, but it is what it is.
            return Cell(self.path, self.runs, self.weighting).draws
        return np.frombuffer(zlib.decompress(self.packed.draws), "<f8")


def _pack_runs(runs: Sequence[Run], spreads: Sequence[float]) -> bytes:
    import numpy as np

    moments = [(run.executed - _EPOCH) // _MICROSECOND for run in runs]
    return b"".join(
        (
            *(run.id.bytes for run in runs),
            *(run.source.bytes if isinstance(run.source, uuid.UUID) else bytes(_ID) for run in runs),
            np.asarray(moments, "<i8").tobytes(),
            np.asarray([run.value for run in runs], "<f8").tobytes(),
            np.asarray(spreads, "<f8").tobytes(),
        )
    )


def _unpack_runs(text: bytes) -> tuple[Run, ...]:
    number = len(text) // _RUN
    ids = [text[at : at + _ID] for at in range(0, 2 * number * _ID, _ID)]
    return tuple(
        Run(uuid.UUID(bytes=identifier), _source(source), value, _EPOCH + moment * _MICROSECOND)
        for identifier, source, moment, value in zip(
            ids[:number], ids[number:], _moments(text).tolist(), _numbers(text, 1).tolist(), strict=True
        )
    )


def _source(text: bytes) -> Hashable:
    return uuid.UUID(bytes=text) if any(text) else UNKNOWN


def _moments(text: bytes) -> np.ndarray:
    import numpy as np

    number = len(text) // _RUN
    return np.frombuffer(text, "<i8", number, 2 * _ID * number)


def _numbers(text: bytes, column: int) -> np.ndarray:
    """The values (1) or the spreads (2)."""
    import numpy as np

    number = len(text) // _RUN
    return np.frombuffer(text, "<f8", number, (2 * _ID + column * _NUMBER) * number)
