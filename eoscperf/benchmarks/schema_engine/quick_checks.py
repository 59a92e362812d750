"""What the quick answer to whether a value fits is made of: checks, by the types of values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import NoneType
from typing import Any

from eoscperf.jsontext import FloatLiteral, IntegerLiteral

from .limits import Deadline

Check = Callable[[Any, Deadline], bool]


class Undecided(Exception):
    """Nothing can be said here."""


class Table(dict[type, "Check | None"]):
    """What to ask about a value of each type; None where every value fits."""

    def __missing__(self, kind: type) -> Check:
        return undecided


def undecided(value: Any, deadline: Deadline) -> bool:
    raise Undecided


def never(value: Any, deadline: Deadline) -> bool:
    return False


INTEGERS = (int, IntegerLiteral)
FLOATS = (float, FloatLiteral)
NUMBERS = (*INTEGERS, *FLOATS)
ALL: tuple[type, ...] = (*NUMBERS, str, bool, NoneType, list, dict)
TYPES: dict[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": INTEGERS,
    "null": (NoneType,),
    "number": NUMBERS,
    "object": (dict,),
    "string": (str,),
}

ANYTHING = Table(dict.fromkeys(ALL))
NOTHING = Table(dict.fromkeys(ALL, never))

Part = tuple[Iterable[type], Check]
"""A check for values of some types."""


def ask(table: Table, value: Any, deadline: Deadline) -> bool:
    check = table[type(value)]
    return check is None or check(value, deadline)


def joined(checks: list[Check]) -> Check | None:
    """One check for several that must all hold."""
    if not checks:
        return None
    if never in checks:
        return never
    if len(checks) == 1:
        return checks[0]
    if len(checks) == 2:
        one, other = checks
        return lambda value, deadline: one(value, deadline) and other(value, deadline)

    def all_hold(value: Any, deadline: Deadline) -> bool:
        for check in several:  # noqa: SIM110 - a generator would take twice as long
            if not check(value, deadline):
                return False
        return True

    several = tuple(checks)
    return all_hold
