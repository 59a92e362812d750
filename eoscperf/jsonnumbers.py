"""Numbers of JSON that remember the text they were sent as where Python would write another."""

from __future__ import annotations

import math
import re
from typing import Any

MAX_NUMBER_LENGTH = 1000


class IntegerLiteral(int):
    """An integer whose text differs from Python's own way to write it (`-0`)."""

    literal: str

    def __new__(cls, literal: str) -> IntegerLiteral:
        self = super().__new__(cls, literal)
        self.literal = literal
        return self

    def __repr__(self) -> str:
        return self.literal

    def __reduce__(self) -> tuple[type[IntegerLiteral], tuple[str]]:
        return IntegerLiteral, (self.literal,)


class FloatLiteral(float):
    """Any other number whose text differs from Python's own way to write it (`1.10`, `1e2`)."""

    literal: str

    def __new__(cls, literal: str) -> FloatLiteral:
        self = super().__new__(cls, literal)
        self.literal = literal
        return self

    def __repr__(self) -> str:
        return self.literal

    def __reduce__(self) -> tuple[type[FloatLiteral], tuple[str]]:
        return FloatLiteral, (self.literal,)


def number_text(number: int | float) -> str:
    """A number as it was sent; ValueError for what is none."""
    literal = getattr(number, "literal", None)
    if literal is not None:
        return str(literal)
    if isinstance(number, int):
        return int.__repr__(number)
    if not math.isfinite(number):
        raise ValueError(f"{number!r} is not a JSON number")
    return float.__repr__(number)


def decimal_parts(number: int | float) -> tuple[int, int]:
    """The exact decimal `mantissa * 10 ** exponent` as these two, without trailing zeros; zero is (0, 0).

    A float without a remembered text counts as the shortest decimal that reads back as it.
    """
    return literal_parts(number_text(number))


def literal_parts(literal: str) -> tuple[int, int]:
    """The same of a number that is given as text."""
    mantissa_text, _, exponent_text = literal.replace("E", "e").partition("e")
    whole, _, fraction = mantissa_text.partition(".")
    digits = (whole + fraction).rstrip("0")
    mantissa = int(digits) if digits.strip("-") else 0
    if not mantissa:
        return 0, 0
    return mantissa, int(exponent_text or 0) + len(whole) - len(digits)


def identity_of_literal(literal: str) -> str:
    """A text that is the same for all numbers of the same value."""
    mantissa, exponent = literal_parts(literal)
    return f"{mantissa}e{exponent}" if exponent else str(mantissa)


class BadNumber(Exception):
    """A number that is not taken; `problem` says why."""

    def __init__(self, literal: str, problem: str) -> None:
        super().__init__(problem)
        self.literal = literal
        self.problem = problem


def read_integer(literal: str) -> int:
    """The integer of a text that looks like one."""
    if len(literal) > 300:
        _check_range(literal)
    return IntegerLiteral(literal) if literal == "-0" else int(literal)


def read_number(literal: str) -> float:
    """The number of a text with fraction or exponent."""
    if len(literal) > MAX_NUMBER_LENGTH:
        _check_range(literal)
    number = float(literal)
    if number.__repr__() == literal:
        return number
    if math.isinf(number) or (number == 0 and re.search("^-?[0.]*[1-9]", literal)):
        _check_range(literal)
    return FloatLiteral(literal)


def _check_range(literal: str) -> None:
    if len(literal) > MAX_NUMBER_LENGTH:
        raise BadNumber(literal, f"A number is longer than {MAX_NUMBER_LENGTH} characters")
    number = float(literal)
    shown = literal if len(literal) <= 40 else literal[:40] + "..."
    if math.isinf(number):
        raise BadNumber(literal, f"{shown} is beyond the range of a double")
    if number == 0:
        raise BadNumber(literal, f"{shown} is too close to zero for a double")


def refuse_constant(literal: str) -> Any:
    """BadNumber for what JavaScript has beyond JSON."""
    raise BadNumber(literal, f"{literal} is not a JSON number")


def stored_number(literal: str) -> float:
    """The same of stored JSON, whatever its range."""
    number = float(literal)
    return number if number.__repr__() == literal else FloatLiteral(literal)


def stored_integer(literal: str) -> int | float:
    """An integer of stored JSON; one too long for Python to read counts as a float."""
    if len(literal) > 300:
        return FloatLiteral(literal)
    return IntegerLiteral(literal) if literal == "-0" else int(literal)
