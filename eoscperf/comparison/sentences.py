"""Verdicts in words, and numbers as people read them."""

from __future__ import annotations

import math
from decimal import Decimal

from eoscperf.comparison.contrasts import Better, Contrast

DIGITS = 4
"""significant digits of a value"""

RATIO_DIGITS = 3

FACTOR_FROM = 1.5
"""From here on a difference is told as a factor, not in percent."""

MANY_VERDICTS = 5
"""From here on readers are told how many false alarms to expect."""


def significant(value: float, digits: int = DIGITS) -> str:
    """A number with that many significant digits, without an exponent from 0.0001 to below a million."""
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    rounded = Decimal(f"{value:.{digits - 1}e}")
    if 1e-4 <= abs(value) < 1e6:
        return f"{rounded:f}"
    mantissa, _, exponent = f"{rounded:.{digits - 1}e}".partition("e")
    return f"{mantissa}e{int(exponent)}"


def percent(share: float) -> str:
    """A share as percent: whole from 10 up, else with one decimal."""
    value = abs(share) * 100
    return f"{value:.0f} %" if value >= 9.95 else f"{value:.1f} %"


def difference(ratio: float) -> str:
    """How far a ratio is from 1: "11 %", from `FACTOR_FROM` "a factor of 1.80"."""
    factor = max(ratio, 1 / ratio)
    if factor >= FACTOR_FROM:
        return f"a factor of {significant(factor, RATIO_DIGITS)}"
    return percent(ratio - 1)


def sentence(
    contrast: Contrast, a: str, base: str, *, benchmark: str, unit: str = "", is_speed: bool = False
) -> str:
    """What the verdict says of the row `a` against the row `base`.

    `is_speed`: the metric is a time or a rate, so that better means faster.
    """
    pair, code, ratio = contrast.pair, contrast.code, contrast.ratio
    if pair is None:
        return f"{a if contrast.a is None else base} has no visible result for {benchmark}."
    if contrast.reason:
        return f"Not comparable: {contrast.reason}."
    if ratio is None:
        apart = significant(abs(pair.a.median - pair.base.median)) + (f" {unit}" if unit else "")
        return f"Values are not all positive, so no ratio is formed; medians differ by {apart}."
    if code == "undirected":
        return f"{_reads(a, base, ratio)}; no better direction is declared."
    found = contrast.evidence
    if found is None:
        return (
            f"Too few runs for a verdict: {a} has {pair.a.n}, {base} has {pair.base.n}; "
            f"five of each are needed. Medians differ by {difference(ratio)}."
        )
    if code == "same":
        return f"{a} and {base} are the same within {percent(contrast.noise)}."
    low, high = (significant(end, RATIO_DIGITS) for end in (found.low, found.high))
    if code == "none":
        shown = significant(ratio, RATIO_DIGITS)
        return f"No difference beyond noise between {a} and {base} (ratio {shown}, {low} to {high})."
    if code == "unclear":
        return (
            "Unclear: the interval excludes equality, the rank test does not "
            f"(p = {significant(found.p, 2)}). More runs would tell."
        )
    return (
        f"{_is_better(a, base, ratio, is_speed)}, beyond noise (95 % interval {low} to {high}; "
        f"{pair.a.n} and {pair.base.n} runs; effect {found.effect})."
    )


def false_alarms(verdicts: int) -> str | None:
    """The warning under a table with that many verdicts; None under a small one."""
    if verdicts < MANY_VERDICTS:
        return None
    return f"{verdicts} verdicts: with no real differences about {verdicts * 0.05:.2g} would be false alarms."


def best(rank_one: list[str], median: float, unit: str, *, provisional: bool) -> str:
    """The headline of a ranking: who shares its first rank."""
    if provisional:
        return "Every row has fewer than five runs: the order is provisional."
    names = rank_one[0] if len(rank_one) == 1 else f"{', '.join(rank_one[:-1])} and {rank_one[-1]}"
    told = f"Best: {names}, {significant(median)}{f' {unit}' if unit else ''}."
    return told if len(rank_one) == 1 else f"{told} {len(rank_one)} rows share rank 1."


def left_out_sentence(older: int, infinite: int) -> str | None:
    """Why runs do not count; None when all do."""
    parts = []
    if older:
        parts.append(f"{older} older than the newest twenty of their uploader")
    if infinite:
        parts.append(f"{infinite} without a finite number")
    return f"Left out: {' and '.join(parts)}." if parts else None


def _is_better(a: str, base: str, ratio: float, is_speed: bool) -> str:
    factor = max(ratio, 1 / ratio)
    if factor >= FACTOR_FROM:
        winner, loser = (a, base) if ratio > 1 else (base, a)
        word = "fast" if is_speed else "good"
        return f"{winner} is {significant(factor, RATIO_DIGITS)} times as {word} as {loser}"
    words: dict[bool, tuple[str, str]] = {True: ("faster", "slower"), False: ("better", "worse")}
    return f"{a} is {percent(ratio - 1)} {words[is_speed][ratio < 1]} than {base}"


def _reads(a: str, base: str, ratio: float) -> str:
    factor = max(ratio, 1 / ratio)
    if factor >= FACTOR_FROM:
        upper, lower = (a, base) if ratio > 1 else (base, a)
        return f"{upper} reads {significant(factor, RATIO_DIGITS)} times as high as {lower}"
    return f"{a} reads {percent(ratio - 1)} {'higher' if ratio > 1 else 'lower'} than {base}"


def direction(better: Better | None) -> str:
    """In words, for headings."""
    return {"higher": "higher is better", "lower": "lower is better", None: ""}[better]
