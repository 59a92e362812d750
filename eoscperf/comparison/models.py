"""What is kept of the cells of rankings, so that nobody has to read all results to rank them.

All of it follows from the results: it can be thrown away at any time and is computed again when it is asked
for.
"""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from eoscperf.db import Base, CodePointText, text_enum


def _part_of(table: str, *, index: bool = False) -> Mapped[uuid.UUID]:
    return mapped_column(sa.ForeignKey(f"{table}.id", ondelete="CASCADE"), primary_key=True, index=index)


class CellInputs(Base):
    """With which inputs a benchmark was run on a flavor, and how often."""

    __tablename__ = "cell_inputs"

    benchmark_id: Mapped[uuid.UUID] = _part_of("benchmarks")
    definition: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    """how values and inputs are read, see `eoscperf.comparison.keeping.Definition`"""
    flavor_id: Mapped[uuid.UUID] = _part_of("flavors", index=True)
    changes: Mapped[int] = mapped_column(sa.BigInteger)
    """of the tallies when this was read: it holds as long as there are no more"""
    inputs: Mapped[str] = mapped_column(CodePointText)
    """JSON text: a list of pairs, the values of the inputs and the number of runs"""


class CellSummary(Base):
    """The runs of a benchmark on a flavor with the same inputs, and what follows from them."""

    __tablename__ = "cell_summaries"

    benchmark_id: Mapped[uuid.UUID] = _part_of("benchmarks")
    definition: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    weighting: Mapped[str] = mapped_column(text_enum("source", "run", name="weighting"), primary_key=True)
    inputs: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    """digest of the values of the inputs"""
    flavor_id: Mapped[uuid.UUID] = _part_of("flavors", index=True)
    changes: Mapped[int] = mapped_column(sa.BigInteger)
    older: Mapped[int] = mapped_column(sa.Integer)
    """runs beyond the newest of their source"""
    infinite: Mapped[int] = mapped_column(sa.Integer)
    """runs without a finite number"""
    sources: Mapped[int] = mapped_column(sa.Integer)
    median: Mapped[float | None] = mapped_column(sa.Double)
    """None: there is no run that counts"""
    low: Mapped[float | None] = mapped_column(sa.Double)
    high: Mapped[float | None] = mapped_column(sa.Double)
    within_spread: Mapped[float | None] = mapped_column(sa.Double)
    between_spread: Mapped[float | None] = mapped_column(sa.Double)
    runs: Mapped[bytes] = mapped_column(sa.LargeBinary)
    """see `eoscperf.comparison.packing`"""
    draws: Mapped[bytes] = mapped_column(sa.LargeBinary)
    """the same; empty with too few runs for an interval"""
