"""How values look on pages: moments, numbers, counts."""

from __future__ import annotations

import datetime
import math
from typing import Any

from markupsafe import Markup, escape

from eoscperf.db import utcnow

MISSING = Markup('<span aria-hidden="true">–</span><span class="visually-hidden">no value</span>')
"""What stands where there is no value."""

DIGITS = 4
"""Significant digits of measured values."""

THIN = "\u202f"
"""Narrow no-break space between groups of digits."""


def moment(value: datetime.datetime | None, *, day: bool = False) -> Markup:
    """`<time>` with `2025-03-02 14:10 UTC`, or with the day alone."""
    if value is None:
        return MISSING
    value = value.astimezone(datetime.UTC)
    shown = value.strftime("%Y-%m-%d" if day else "%Y-%m-%d %H:%M UTC")
    full = value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        full, value.strftime("%Y-%m-%d %H:%M:%S UTC"), shown
    )


def ago(value: datetime.datetime | None, now: datetime.datetime | None = None) -> Markup:
    """`<time>` with how long ago: "3 days ago"; exact on hovering and for programs."""
    if value is None:
        return MISSING
    now = now or utcnow()
    seconds = (now - value).total_seconds()
    if seconds < 0:
        return moment(value)
    text = "less than a minute ago"
    for size, unit in _UNITS:
        if seconds >= size:
            number = int(seconds // size)
            text = f"{number} {unit}{'' if number == 1 else 's'} ago"
            break
    full = value.astimezone(datetime.UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        full.strftime("%Y-%m-%dT%H:%M:%SZ"), full.strftime("%Y-%m-%d %H:%M:%S UTC"), text
    )


_UNITS = (
    (365.25 * 86400, "year"),
    (30.4375 * 86400, "month"),
    (86400, "day"),
    (3600, "hour"),
    (60, "minute"),
)


def whole(value: int | None) -> Markup:
    """A count with its digits in groups of three: 1 234 567."""
    return MISSING if value is None else escape(f"{value:,}".replace(",", THIN))


def number(value: Any, digits: int = DIGITS) -> Markup:
    """A measured value with so many significant digits, as plain digits where these are readable."""
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return escape(str(value).lower())
    if not isinstance(value, (int, float)):
        return escape(str(value))
    if isinstance(value, float) and not math.isfinite(value):
        return escape(str(value))
    return escape(significant(value, digits))


def significant(value: float, digits: int = DIGITS) -> str:
    """A number rounded to significant digits: 105.2, 0.007123, 1 234 000, 1.234e-09."""
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value))) if abs(value) < 10**300 else 300
    if not -5 <= exponent < 12:
        return f"{value:.{digits - 1}e}"
    # Rounding may carry into the next power of ten: 99.996 is 100.0.
    rounded = float(f"{value:.{digits - 1}e}")
    exponent = math.floor(math.log10(abs(rounded)))
    decimals = max(0, digits - 1 - exponent)
    text = f"{rounded:,.{decimals}f}".replace(",", THIN)
    return text.rstrip("0").rstrip(".") if isinstance(value, int) and "." in text else text


def plural(value: int, one: str, many: str | None = None) -> Markup:
    """A count and its noun: 1 result, 2 results."""
    return Markup("{} {}").format(whole(value), one if value == 1 else (many or one + "s"))


def includeme(config: Any) -> None:
    from eoscperf.web.markdown import markdown

    def add() -> None:
        environment = config.get_jinja2_environment()
        environment.filters |= {
            "ago": ago,
            "markdown": markdown,
            "moment": moment,
            "number": number,
            "plural": plural,
            "whole": whole,
        }
        environment.globals |= {"MISSING": MISSING, "now": utcnow}

    config.action("eoscperf formatting", add, order=9999)
