"""Units of measurement as people write them, read by Pint."""

from __future__ import annotations

import contextlib
import functools
import re
import tokenize
from typing import Any

MAX_LENGTH = 60
"""Characters of a unit; what people write in a schema is read by a parser of expressions."""

_PART = r"(?:[^\W\d]|[%°])(?:\w|[%°])*(?:(?:\*\*|\^)-?\d{1,2})?"
_SHAPE = re.compile(rf"\(?\s*(?:1|{_PART})(?:\s*[*/ ]\s*\(?\s*{_PART}\s*\)?)*\s*\)?")
"""Names with small powers, multiplied and divided. Anything else never gets to the parser, which would
compute whatever it is given."""

_UNREADABLE = (tokenize.TokenError, ValueError, TypeError, ArithmeticError, AttributeError, AssertionError)
"""What the parser raises beside its own errors for text that is no unit."""


def is_known(text: str) -> bool:
    """Whether the text names a unit."""
    return _unit(text) is not None


@functools.lru_cache(maxsize=1024)
def symbol(text: str) -> str:
    """The short form of a unit (`second` -> `s`); an unknown one as it is written."""
    unit = _unit(text)
    if unit is None:
        return text
    return f"{unit:~C}".replace("**", "^") or "1"


@functools.lru_cache(maxsize=1024)
def is_speed(text: str) -> bool:
    """Whether values in this unit are times or rates, so that a better one means faster."""
    unit = _unit(text)
    if unit is None:
        return False
    dimensions = dict(unit.dimensionality)
    return dimensions == {"[time]": 1} or dimensions.get("[time]") == -1


@functools.lru_cache(maxsize=1024)
def _unit(text: str) -> Any:
    text = text.strip()
    if len(text) > MAX_LENGTH or not _SHAPE.fullmatch(text):
        return None
    import pint

    registry = _registry()
    # "Seconds", "MB/s", "GFLOPS": as written, then as a word of a sentence.
    for spelling in (text, text.lower()):
        with contextlib.suppress(*_UNREADABLE, pint.PintError):
            return registry.parse_units(spelling)
    return None


@functools.cache
def _registry() -> Any:
    import pint

    registry: Any = pint.UnitRegistry(cache_folder=None)
    for definition in (
        "operation = [operation] = op = operations = ops",
        "flop = operation = FLOP",
        "FLOPS = flop / second = _ = flop_per_second = flops",
        "run = [run] = _ = runs",
        "frame = [frame] = _ = frames",
        "request = [request] = _ = requests",
        "image = [image] = _ = images",
    ):
        registry.define(definition)
    return registry
