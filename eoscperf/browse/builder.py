"""The rows of the form that filters are built in: read, checked against what is known, and written back."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eoscperf import jsontext
from eoscperf.metrics.catalogue import Catalogue, Metric
from eoscperf.results import filters

ROW_KEYS = ("f_path", "f_op", "f_value")
RANGE_KEYS = ("r_path", "r_from", "r_to")
"""Of the two ends of a number beside the results."""

BETWEEN, IS = "between", "is"

ALL = (*filters.OPERATORS[:6], BETWEEN, *filters.OPERATORS[6:])
"""What a row offers; `between` is written as two filters."""

WORDS = {
    "==": "equals",
    "!=": "differs from",
    "<": "less than",
    "<=": "at most",
    ">": "more than",
    ">=": "at least",
    BETWEEN: "between",
    "contains": "contains",
    "in": "is one of",
    "exists": "is there",
    IS: "is",
}

_OF_KIND = {
    "number": ("==", "!=", "<", "<=", ">", ">=", BETWEEN, "exists"),
    "string": ("==", "!=", "in", "contains", "exists"),
    "boolean": (IS, "exists"),
}

_KINDS = {"number": "a number", "string": "text", "boolean": "true or false"}


@dataclass(frozen=True, slots=True)
class FilterRow:
    """One row of the builder, with what is wrong with it."""

    path: str = ""
    operator: str = "=="
    value: str = ""
    fault: str | None = None
    operators: tuple[tuple[str, str], ...] = ()
    """those to choose from, each with its words"""


@dataclass(frozen=True, slots=True)
class Written:
    """What the rows of a form come to."""

    rows: tuple[FilterRow, ...]
    filters: tuple[str, ...]
    """those of the rows that are good"""

    @property
    def faults(self) -> list[str]:
        return [row.fault for row in self.rows if row.fault]


def written(given: Sequence[tuple[str, str]], catalogue: Catalogue | None) -> Written:
    """The filters that the rows of a query stand for; rows without path and value are left out."""
    lists = [[text.strip() for name, text in given if name == key] for key in ROW_KEYS]
    sent = [
        FilterRow(path, operator, value)
        for path, operator, value in itertools.zip_longest(*lists, fillvalue="")
    ]
    found = [_write(row, catalogue) for row in sent if row.path or row.value]
    rows = tuple(with_operators(row, catalogue) for row, _ in found)
    return Written(rows, tuple(text for row, texts in found if not row.fault for text in texts))


def with_operators(row: FilterRow, catalogue: Catalogue | None) -> FilterRow:
    """The row with the operators that its place has; where nothing is known of it, with all."""
    metric = catalogue.get(row.path) if catalogue and row.path else None
    offered = _OF_KIND.get(metric.kind, ALL) if metric else ALL
    if row.operator not in offered and row.path:
        offered = (row.operator, *offered)
    return dataclasses.replace(row, operators=tuple((one, WORDS.get(one, one)) for one in offered))


def rows_of(texts: Iterable[str], catalogue: Catalogue | None) -> tuple[FilterRow, ...]:
    """The filters of an address as rows."""
    return tuple(with_operators(_row_of(text, catalogue), catalogue) for text in texts)


def value_text(condition: filters.Filter) -> str:
    """The value of a filter as somebody would type it: quoted where it would be read as something else."""
    if condition.operator == "exists":
        return "" if condition.value.typed else "false"
    start = f"{condition.path.text()} {condition.operator} "
    text = condition.text().removeprefix(start)
    if condition.operator == "in" or not isinstance(condition.value.typed, str):
        return text
    try:
        bare = filters.parse(start + condition.value.typed)
    except filters.FilterSyntax:
        return text
    return condition.value.typed if bare == condition else text


def toggled(texts: Iterable[str], path: str, literals: Sequence[str]) -> list[str]:
    """The filters with those that choose values at a path replaced by one that chooses these."""
    kept = [text for text in texts if not _has(text, path, ("==", "in"))]
    if not literals:
        return kept
    if len(literals) == 1:
        return [*kept, f"{path} == {literals[0]}"]
    return [*kept, f"{path} in [{', '.join(literals)}]"]


def ends_of(texts: Iterable[str], path: str) -> tuple[str, str]:
    """From and to, as the filters on a path say them; "" for an end that is open."""
    ends = {">=": "", "<=": ""}
    for text in texts:
        if _has(text, path, tuple(ends)):
            condition = filters.parse(text)
            ends[condition.operator] = value_text(condition)
    return ends[">="], ends["<="]


def ranged(texts: Iterable[str], path: str, least: str, greatest: str) -> list[str]:
    """The filters with those on the ends of a path replaced; ValueError says which end is no number."""
    kept = [text for text in texts if not _has(text, path, (">=", "<="))]
    for operator, end in ((">=", least), ("<=", greatest)):
        if end:
            kept.append(f"{path} {operator} {_number(end)}")
    return kept


def told(problem: filters.FilterSyntax) -> str:
    """What is wrong with a filter, where, and one that is right."""
    return f"{problem.detail} Character {problem.position + 1}. Example: {problem.example}"


def _number(text: str) -> str:
    # "1 300", as people copy it from a table.
    plain = re.sub(r"[\s\u202f\u00a0]", "", text)
    condition = filters.parse(f"x == {plain}") if plain else None
    if condition is None or not isinstance(condition.value.typed, float):
        raise ValueError(f"{text[:40]!r} is no number such as 8 or 0.5.")
    return plain


def _has(text: str, path: str, operators: tuple[str, ...]) -> bool:
    condition = filters.parse(text)
    return condition.operator in operators and condition.path.text() == path


def _write(row: FilterRow, catalogue: Catalogue | None) -> tuple[FilterRow, list[str]]:
    """The filters that a row stands for; a row that is not good comes back with a fault."""
    metric = catalogue.get(row.path) if catalogue else None
    fault = _incomplete(row) or (_unfit(row, metric) if metric else None)
    texts: list[str] = []
    if fault is None:
        texts, fault = _filters(row, metric)
    for text in texts:
        try:
            filters.parse(text)
        except filters.FilterSyntax as problem:
            fault = fault or told(problem)
    return dataclasses.replace(row, fault=fault), [] if fault else texts


def _incomplete(row: FilterRow) -> str | None:
    if not row.path:
        return f"This condition on {row.value[:40]!r} lacks a path, such as machine.cpu.count."
    if not row.value and row.operator != "exists":
        return f"This condition on {row.path[:40]} lacks a value. Fill it in, or empty the path as well."
    return None


def _unfit(row: FilterRow, metric: Metric) -> str | None:
    """Why a value of this kind cannot be asked so."""
    allowed = _OF_KIND.get(metric.kind)
    if allowed is None or row.operator in allowed or (row.operator == "==" and IS in allowed):
        return None
    words = ", ".join(f"“{WORDS[one]}”" for one in allowed)
    said = WORDS.get(row.operator, row.operator)
    return f"{metric.label} is {_KINDS[metric.kind]}, so “{said}” says nothing of it; choose one of {words}."


def _filters(row: FilterRow, metric: Metric | None) -> tuple[list[str], str | None]:
    if row.operator == BETWEEN:
        ends = [end for end in re.split(r"\s*(?:\.\.|,|\band\b)\s*", row.value) if end]
        if len(ends) != 2:
            return [], f"Between takes two values: {row.path[:40]} 4 .. 16."
        return [f"{row.path} >= {ends[0]}", f"{row.path} <= {ends[1]}"], None
    operator, value = ("==" if row.operator == IS else row.operator), row.value
    if operator == "in" and not value.startswith("["):
        value = f"[{value}]"
    if metric is not None and metric.kind == "string":
        value = _as_text(operator, value)
    return [f"{row.path} {operator} {value}".strip()], None


def _as_text(operator: str, value: str) -> str:
    """The value where the place holds text: what looks like a number or a boolean is quoted."""
    if operator == "exists" or value[:1] == '"':
        return value
    try:
        condition = filters.parse(f"x {operator} {value}")
    except filters.FilterSyntax:
        return value
    if all(isinstance(one.typed, str) for one in condition.values):
        return value
    if operator != "in":
        return jsontext.dumps(value)
    return f"[{', '.join(jsontext.dumps(one.text) for one in condition.values)}]"


def _row_of(text: str, catalogue: Catalogue | None) -> FilterRow:
    try:
        condition = filters.parse(text)
    except filters.FilterSyntax as problem:
        path, _, rest = text.partition(" ")
        operator, _, value = rest.strip().partition(" ")
        return FilterRow(path, operator, value.strip(), fault=told(problem))
    path = condition.path.text()
    metric = catalogue.get(path) if catalogue else None
    operator = condition.operator
    if operator == "==" and metric is not None and metric.kind == "boolean":
        operator = IS
    return FilterRow(path, operator, value_text(condition))
