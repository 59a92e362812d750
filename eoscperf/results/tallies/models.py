"""Numbers of visible results, as changes that only have to be added up."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from eoscperf.db import Base

ALL, YEAR, TAG, FIELD = range(4)
"""What a tally is about: all results, those of a year, with a tag, with a value at a field."""


class ResultTally(Base):
    """So many results more (or fewer) of a benchmark on a flavor have something in common.

    The number of such results is the sum over all rows. Whoever changes results adds rows and never changes
    any, so that no upload waits for another; from time to time rows are added up to one.
    Results count while their status is visible, whatever the state of benchmark, flavor and site.
    """

    __tablename__ = "result_tallies"
    __table_args__ = (
        sa.Index("ix_result_tallies_sum", "facet", "benchmark_id", "key", "flavor_id", "number"),
    )

    id: Mapped[int] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    facet: Mapped[int] = mapped_column(sa.SmallInteger)
    benchmark_id: Mapped[uuid.UUID]
    flavor_id: Mapped[uuid.UUID]
    key: Mapped[str] = mapped_column(default="")
    """empty for all; the year in UTC; the id of a tag as hex; `<field id>:<value as JSON>` at a field"""
    number: Mapped[int] = mapped_column(sa.Integer)
    """may be 0: something changed that is not counted"""
    changes: Mapped[int] = mapped_column(sa.Integer, server_default="1")
    """rows that were added up to this one. Of all results of a benchmark on a flavor the sum only ever grows,
    by what becomes visible with each commit, so that it tells whether anything has changed since"""
