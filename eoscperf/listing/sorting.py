"""Sorting of lists: what a client may sort by, and the order that follows from it in SQL."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

MAX_SORT_ITEMS = 8


class BadSort(ValueError):
    """A sort that cannot be done; `allowed` names the fields that can be used."""

    def __init__(self, detail: str, allowed: Sequence[str] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.allowed = tuple(allowed)


@dataclasses.dataclass(frozen=True, slots=True)
class Component:
    """One SQL expression of an order.

    The expression is never NULL, unless `nullable` says so: then rows without a value come last
    in both directions. One that does not follow the direction is always ascending.
    """

    expression: sa.ColumnElement[Any]
    follows_direction: bool = True
    nullable: bool = False

    def __post_init__(self) -> None:
        if self.nullable and not isinstance(self.expression.type, sa.String):
            _placeholder(self.expression.type)


@dataclasses.dataclass(frozen=True, slots=True)
class SortField:
    """Something to sort by; one without components is accepted and orders nothing."""

    name: str
    components: Sequence[Component] | Callable[[], Sequence[Component]]

    def expand(self) -> list[Component]:
        """The components, none of them NULL, strings by code point."""
        components = self.components() if callable(self.components) else self.components
        return [part for component in components for part in _without_null(component)]


@dataclasses.dataclass(frozen=True, slots=True)
class SortFields:
    """All that one list can be sorted by.

    `dynamic` makes fields from names that cannot be listed, such as paths into a document (None:
    no such field; it may raise `BadSort` with a reason), and `dynamic_name` shows what they look
    like. `default` is the order when none is asked for, `last` the fields that make it total, and
    `internal` the fields that only these two may use.
    """

    fields: Mapping[str, SortField]
    default: str
    dynamic: Callable[[str], SortField | None] | None = None
    dynamic_name: str | None = None
    last: tuple[str, ...] = ("id",)
    internal: Mapping[str, SortField] = dataclasses.field(default_factory=dict)

    @property
    def allowed(self) -> tuple[str, ...]:
        return (*self.fields, *([self.dynamic_name] if self.dynamic_name else []))

    def find(self, name: str) -> SortField | None:
        field = self.fields.get(name)
        return self.dynamic(name) if field is None and self.dynamic is not None else field


@dataclasses.dataclass(frozen=True, slots=True)
class SortKey:
    """A field with its direction; `identifies` marks the fields which together tell rows apart."""

    field: SortField
    descending: bool = False
    identifies: bool = False

    def order(self) -> list[tuple[sa.ColumnElement[Any], bool]]:
        """SQL expressions, each with whether it is descending."""
        return [(part.expression, self.descending and part.follows_direction) for part in self.field.expand()]

    def __str__(self) -> str:
        return ("-" if self.descending else "+") + self.field.name


def column_field(name: str, column: sa.ColumnElement[Any] | Any, nullable: bool = False) -> SortField:
    """A field that is one column or expression."""
    expression = column.__clause_element__() if hasattr(column, "__clause_element__") else column
    return SortField(name, (Component(expression, nullable=nullable),))


def parse_sort(text: str | None, fields: SortFields) -> list[SortKey]:
    """The keys that `text` asks for, ended by those that make the order total.

    Items are separated by commas that have no backslash before them; backslashes stay in the names.
    """
    internal = {**fields.fields, **fields.internal}
    if text:
        keys = _keys(text, fields.find, fields.allowed)
    else:
        keys = _keys(fields.default, lambda name: internal.get(name) or fields.find(name), fields.allowed)
    last = {field.name: field for field in map(internal.__getitem__, fields.last)}
    present = {key.field.name for key in keys}
    keys += [SortKey(field) for name, field in last.items() if name not in present]
    return [dataclasses.replace(key, identifies=key.field.name in last) for key in keys]


def sort_text(keys: Sequence[SortKey]) -> str:
    """The sort as text, the same for all ways to write it."""
    return ",".join(map(str, keys))


class CodePointOrder(FunctionElement[str]):
    """Text that compares and orders by code point, whatever the collation it comes with."""

    name = "code_point_order"
    inherit_cache = True

    def __init__(self, expression: sa.ColumnElement[Any]) -> None:
        super().__init__(expression)
        self.type = expression.type


@compiles(CodePointOrder)
def _as_it_is(element: CodePointOrder, compiler: Any, **options: Any) -> str:
    # A column left without function around it can be served by an index; SQLite compares bytes.
    return compiler.process(element.clauses, **options)


@compiles(CodePointOrder, "postgresql")
def _collated(element: CodePointOrder, compiler: Any, **options: Any) -> str:
    return f'({compiler.process(element.clauses, **options)} COLLATE "C")'


# A value to stand where there is none: any will do, as those rows are kept apart by a flag.
_PLACEHOLDERS: dict[type, Any] = {
    str: "",
    bool: False,
    int: 0,
    float: 0.0,
    decimal.Decimal: decimal.Decimal(0),
    datetime.datetime: datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC),
    uuid.UUID: uuid.UUID(int=0),
}


def python_type(type_: sa.types.TypeEngine[Any]) -> type | None:
    """The Python type of a column's values, None where that is open."""
    if isinstance(type_, sa.TypeDecorator):
        return python_type(type_.impl_instance)
    try:
        return type_.python_type
    except NotImplementedError:
        return None


def _placeholder(type_: sa.types.TypeEngine[Any]) -> Any:
    kind = python_type(type_)
    if kind not in _PLACEHOLDERS:
        raise TypeError(f"a nullable component cannot be of type {type_!r}")
    return _PLACEHOLDERS[kind]


def _without_null(component: Component) -> list[Component]:
    expression = component.expression
    text = isinstance(expression.type, sa.String)
    if text:
        # An enumeration is text here, too: its own type would refuse the placeholder.
        expression = sa.type_coerce(expression, sa.Text())
    parts = []
    if component.nullable:
        no, yes = (sa.literal_column(digit, sa.Integer()) for digit in "01")
        parts.append(Component(sa.case((expression.is_(None), yes), else_=no), follows_direction=False))
        blank = sa.literal(_placeholder(expression.type), expression.type)
        expression = sa.func.coalesce(expression, blank)
    if text:
        expression = CodePointOrder(expression)
    return [*parts, Component(expression, component.follows_direction)]


_ITEM = re.compile(r"(?:\\.|[^\\,])*", re.DOTALL)


def _keys(text: str, find: Callable[[str], SortField | None], allowed: Sequence[str]) -> list[SortKey]:
    items = _split(text)
    if len(items) > MAX_SORT_ITEMS:
        raise BadSort(
            f"sort_by takes at most {MAX_SORT_ITEMS} fields, not {len(items)}. {_may_be(allowed)}", allowed
        )
    keys: dict[str, SortKey] = {}
    for item in items:
        # In a query string a plus sign stands for a blank, so that "+name" arrives as " name".
        name = item[1:] if item[:1] in ("+", "-", " ") else item
        if not name:
            raise BadSort(f"sort_by has an item that names no field. {_may_be(allowed)}", allowed)
        try:
            field = find(name)
        except BadSort as error:
            raise BadSort(f"{error.detail} {_may_be(allowed)}", allowed) from error
        if field is None:
            raise BadSort(f"sort_by cannot use {_shown(name)}. {_may_be(allowed)}", allowed)
        keys.setdefault(field.name, SortKey(field, descending=item[0] == "-"))
    return list(keys.values())


def _split(text: str) -> list[str]:
    items, start = [], 0
    while True:
        match = _ITEM.match(text, start)
        # A lone backslash at the very end belongs to no pair; whoever reads the name refuses it.
        end = match.end() if match else start
        if end < len(text) and text[end] == "\\":
            end += 1
        items.append(text[start:end])
        if end >= len(text):
            return items
        start = end + 1


def _may_be(allowed: Sequence[str]) -> str:
    return f"Allowed are {', '.join(allowed)}, each with + (ascending) or - (descending) before it."


def _shown(name: str, limit: int = 80) -> str:
    return repr(name if len(name) <= limit else name[:limit] + "…")
