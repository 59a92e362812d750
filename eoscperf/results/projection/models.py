"""What is known of the values in the JSON of results, as rows that the database can search and sort."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from eoscperf.db import Base, CodePointText

MAX_TEXT = 256
"""Characters of a string that is kept; a field with a longer one is searched in the JSON."""

KINDS = {"number": 0, "string": 1, "boolean": 2, "composite": 3, "null": 4}
"""The kinds of a value, in the order in which they sort; arrays and objects are composite."""


class ResultField(Base):
    """A place in the results of a benchmark that its JSON Schema declares to hold a number, text or flag."""

    __tablename__ = "result_fields"
    __table_args__ = (sa.UniqueConstraint("benchmark_id", "path"),)

    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=True)
    benchmark_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("benchmarks.id", ondelete="CASCADE"))
    path: Mapped[str]
    """canonical spelling, see `eoscperf.results.jsonpath`"""
    ready: Mapped[bool] = mapped_column(default=True)
    """whether the values of all results are there; until then searches read the JSON"""
    irregular: Mapped[bool] = mapped_column(default=False)
    """whether some value does not fit a row (`MAX_TEXT`, the double range): searches read the JSON"""
    countable: Mapped[bool] = mapped_column(default=True)
    """whether there are so few distinct values that their results are tallied"""


class ResultValue(Base):
    """The value that one result has at one field; results that have nothing there have no row.

    A projection of the JSON: it can be thrown away and built again, and nothing refers to it. For that reason
    it has no foreign keys, whose checks would be most of the cost of an upload.
    """

    __tablename__ = "result_values"
    __table_args__ = (
        sa.Index("ix_result_values_value", "field_id", "kind", "number", "text", "result_id"),
        {"sqlite_with_rowid": False},
    )

    result_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    field_id: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    kind: Mapped[int] = mapped_column(sa.SmallInteger)
    """see `KINDS`"""
    number: Mapped[float | None] = mapped_column(sa.Double)
    """of a number; of a boolean 0 or 1"""
    text: Mapped[str | None] = mapped_column(CodePointText)
    """of a string"""
