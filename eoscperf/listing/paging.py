"""One page of a list, by number or after a cursor, in at most two or three statements."""

from __future__ import annotations

import dataclasses
import enum
import itertools
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.engine import result_tuple

from eoscperf.listing.cursors import (
    BadCursor,
    CursorBinding,
    CursorTooLong,
    Position,
    read_cursor,
    same_kind,
    write_cursor,
)
from eoscperf.listing.sorting import SortKey, python_type

Item = TypeVar("Item")
Other = TypeVar("Other")

MAX_OFFSET = 2**63 - 1


class Unset(enum.Enum):
    """The type of `UNSET`."""

    UNSET = "unset"

    def __bool__(self) -> bool:
        return False


UNSET = Unset.UNSET
"""Stands where a member is left out, unlike None, which is sent as null."""


@dataclasses.dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page is wanted: a numbered one, or with a cursor (empty to begin) the one after it."""

    page: int = 1
    per_page: int = 100
    total: bool = True
    cursor: str | None = None

    def __post_init__(self) -> None:
        if self.page < 1 or self.per_page < 1:
            raise ValueError("page and per_page are at least 1")
        if self.offset > MAX_OFFSET:
            raise ValueError("page and per_page lead past 63 bits")
        if self.cursor is not None and self.page != 1:
            raise ValueError("a list is read either by page or by cursor")

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.per_page


@dataclasses.dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Items and where they are in the list; `next_cursor` is set in cursor mode only."""

    items: list[Item]
    has_next: bool
    has_prev: bool
    next_num: int | None
    page: int | None
    pages: int | None
    per_page: int
    prev_num: int | None
    total: int | None
    next_cursor: str | Unset | None = UNSET
    digest: bytes | Unset = UNSET
    """the same for items that are shown alike and for no others, where somebody knows it"""

    def map(self, function: Callable[[Item], Other]) -> Page[Other]:
        """The same page with each item changed."""
        page: Page[Any] = self
        return dataclasses.replace(page, items=[function(item) for item in self.items], digest=UNSET)

    def members(self) -> dict[str, Any]:
        """All members by name, `next_cursor` only if it is set."""
        names = [field.name for field in dataclasses.fields(self) if field.name != "digest"]
        return {name: getattr(self, name) for name in names if getattr(self, name) is not UNSET}


class Found(NamedTuple):
    """A row of a list: the item, the values it is ordered by, and its key."""

    item: Any
    values: tuple[Any, ...]
    key: tuple[Any, ...]


class Source(Protocol):
    """An ordered list that pages can be cut from."""

    @property
    def order(self) -> Order:
        """What it is ordered by."""

    def read(self, limit: int, *, offset: int = 0, after: tuple[Any, ...] | None = None) -> list[Found]:
        """At most so many rows, from an offset or after the place that a row with these values has."""

    def items(self, limit: int, offset: int) -> list[Any]:
        """The items of so many rows from an offset, where nobody asks for their places."""

    def find(self, key: tuple[Any, ...]) -> Found | None:
        """The row with this key."""

    def count(self) -> int:
        """How many rows there are."""


def paginate(
    session: orm.Session | sa.Connection,
    statement: sa.Select[Any],
    count: sa.Select[int] | Callable[[], int] | None,
    sort_keys: Sequence[SortKey],
    request: PageRequest,
    *,
    bind: CursorBinding,
    row_key: Sequence[sa.ColumnElement[Any] | Any] | None = None,
    transform: Callable[[Any], Any] | None = None,
) -> Page[Any]:
    """The rows of `statement` that are on a page, in the order of `sort_keys`.

    The statement must have one row per item and all tables that the keys use; its own order is
    dropped. Items are entities or values where it selects one thing, else rows, each changed by
    `transform`. `count` counts all rows (None: those of the statement). `row_key` are expressions
    that tell rows apart (default: the keys marked so). Raises `BadCursor`.
    """
    source = StatementSource(session, statement, count, Order(sort_keys, row_key))
    page = cut_page(source, request, bind)
    return page if transform is None else page.map(transform)


def cut_page(source: Source, request: PageRequest, bind: CursorBinding) -> Page[Any]:
    """The page asked for. Raises `BadCursor`."""
    return _numbered(source, request) if request.cursor is None else _after_cursor(source, request, bind)


class Order:
    """The expressions that a list is ordered by, as columns that are added to its statement."""

    def __init__(self, keys: Sequence[SortKey], row_key: Sequence[Any] | None = None) -> None:
        self.parts = [part for key in keys for part in key.order()]
        if not self.parts:
            raise ValueError("a list without any order cannot be cut into pages")
        self.columns = [
            expression.label(f"eoscperf_sort_{number}") for number, (expression, _) in enumerate(self.parts)
        ]
        if row_key is None:
            row_key = [expression for key in keys if key.identifies for expression, _ in key.order()]
        self.key = list(row_key)
        if not self.key:
            raise ValueError("a list needs a key that tells its rows apart")
        self.key_columns = [
            sa.label(f"eoscperf_key_{number}", expression) for number, expression in enumerate(self.key)
        ]

    @property
    def width(self) -> int:
        return len(self.columns) + len(self.key_columns)

    def by(self, statement: sa.Select[Any]) -> sa.Select[Any]:
        labels = zip(self.columns, self.parts, strict=True)
        return (
            statement.add_columns(*self.columns, *self.key_columns)
            .order_by(None)
            .order_by(*(label.desc() if descending else label.asc() for label, (_, descending) in labels))
        )

    def after(self, values: Sequence[Any]) -> sa.ColumnElement[bool]:
        """Whether a row comes after the one with these values.

        Neighbours with one direction are compared as one row value, which an index can answer. Each
        further group counts only where those before are equal; that these are not smaller is said
        on its own, for the sake of an index, too.
        """
        pairs = list(zip(self.parts, values, strict=True))
        groups = [list(group) for _, group in itertools.groupby(pairs, key=lambda pair: pair[0][1])]
        condition: sa.ColumnElement[bool] | None = None
        for group in reversed(groups):
            (_, descending), _ = group[0]
            left, right = _row_value([(expression, value) for (expression, _), value in group])
            beyond = left < right if descending else left > right
            reached = left <= right if descending else left >= right
            condition = beyond if condition is None else sa.and_(reached, sa.or_(beyond, condition))
        return sa.false() if condition is None else condition

    def having_key(self, values: Sequence[Any]) -> sa.ColumnElement[bool]:
        pairs = zip(self.key, values, strict=True)
        return sa.and_(*(expression == _literal(value, expression) for expression, value in pairs))

    def found(self, result: sa.Result[Any]) -> list[Found]:
        """The rows of a statement that ends in the columns of this order."""
        start, end = -self.width, -len(self.key_columns)
        own = list(result.keys())[:start]
        if len(own) == 1:
            return [Found(row[0], row[start:end], row[end:]) for row in result.all()]
        as_row = result_tuple(own)
        return [Found(as_row(row[:start]), row[start:end], row[end:]) for row in result.all()]


class StatementSource:
    """The rows of one statement."""

    def __init__(
        self,
        session: orm.Session | sa.Connection,
        statement: sa.Select[Any],
        count: sa.Select[int] | Callable[[], int] | None,
        order: Order,
    ) -> None:
        self.order = order
        self._session = session
        self._statement = statement
        self._count = count

    def read(self, limit: int, *, offset: int = 0, after: tuple[Any, ...] | None = None) -> list[Found]:
        ordered = self.order.by(self._statement).limit(limit)
        if offset:
            ordered = ordered.offset(offset)
        if after is not None:
            ordered = ordered.where(self.order.after(after))
        return self._fetch(ordered)

    def items(self, limit: int, offset: int) -> list[Any]:
        return [row.item for row in self.read(limit, offset=offset)]

    def find(self, key: tuple[Any, ...]) -> Found | None:
        statement = self.order.by(self._statement).where(self.order.having_key(key)).limit(1)
        return next(iter(self._fetch(statement)), None)

    def count(self) -> int:
        if callable(self._count):
            return self._count()
        count = self._count
        if count is None:
            count = sa.select(sa.func.count()).select_from(self._statement.order_by(None).subquery())
        return self._session.execute(count).scalar_one()

    def _fetch(self, statement: sa.Select[Any]) -> list[Found]:
        return self.order.found(self._session.execute(statement))


def _numbered(source: Source, request: PageRequest) -> Page[Any]:
    items = source.items(request.per_page + 1, request.offset)
    has_next = len(items) > request.per_page
    total = pages = None
    if request.total:
        seen = request.offset + len(items)
        if not has_next and (items or request.page == 1):
            total = seen
        else:
            total = source.count()
            # Rows may have come or gone since they were read: what is said of them must agree with them.
            total = max(total, seen) if has_next else min(total, seen)
        pages = -(-total // request.per_page)
    has_prev = request.page > 1
    previous = None
    if has_prev:
        previous = request.page - 1 if pages is None else max(1, min(request.page - 1, pages))
    return Page(
        items=items[: request.per_page],
        has_next=has_next,
        has_prev=has_prev,
        next_num=request.page + 1 if has_next else None,
        page=request.page,
        pages=pages,
        per_page=request.per_page,
        prev_num=previous,
        total=total,
    )


def _after_cursor(source: Source, request: PageRequest, bind: CursorBinding) -> Page[Any]:
    after = _place(source, read_cursor(request.cursor, bind)) if request.cursor else None
    rows = source.read(request.per_page + 1, after=after)
    has_next = len(rows) > request.per_page
    next_cursor = None
    if has_next:
        last = rows[request.per_page - 1]
        next_cursor = _cursor(last.values, last.key, bind)
    total = None
    if request.total:
        all_seen = not has_next and not request.cursor
        total = len(rows) if all_seen else max(len(rows), source.count())
    return Page(
        items=[row.item for row in rows[: request.per_page]],
        has_next=has_next,
        has_prev=bool(request.cursor),
        next_num=None,
        page=None,
        pages=None,
        per_page=request.per_page,
        prev_num=None,
        total=total,
        next_cursor=next_cursor,
    )


def _cursor(values: tuple[Any, ...], key: tuple[Any, ...], bind: CursorBinding) -> str:
    try:
        return write_cursor(Position(values), bind)
    except CursorTooLong:
        return write_cursor(Position(key, is_key=True), bind)


def _place(source: Source, position: Position) -> tuple[Any, ...]:
    """The values of the row that a cursor stands at."""
    order = source.order
    expressions = order.key if position.is_key else [expression for expression, _ in order.parts]
    # After an upgrade the same sort may rest on other columns.
    if not same_kind(position.values, [python_type(expression.type) for expression in expressions]):
        raise BadCursor("This cursor is from before an upgrade. Start again with an empty cursor.")
    if not position.is_key:
        return position.values
    row = source.find(position.values)
    if row is None:
        raise BadCursor(
            "The list has changed: the entry that this cursor stands at is no longer in it. "
            "Start again with an empty cursor."
        )
    return row.values


def _row_value(pairs: Sequence[tuple[sa.ColumnElement[Any], Any]]) -> tuple[Any, Any]:
    expressions = [expression for expression, _ in pairs]
    literals = [_literal(value, expression) for expression, value in pairs]
    if len(pairs) == 1:
        return expressions[0], literals[0]
    return sa.tuple_(*expressions), sa.tuple_(*literals)


def _literal(value: Any, expression: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    # A count is declared an integer of 32 bits but may have more.
    wide = isinstance(value, int) and isinstance(expression.type, sa.Integer)
    return sa.literal(value, sa.BigInteger() if wide else expression.type)
