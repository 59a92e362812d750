"""The figures to reach, and whether the lines of some runs reach them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Line = dict[str, Any]
SMALL, MIDDLE, LARGE = 10_000, 100_000, 1_000_000
PAGES = ("results", "result", "benchmark", "compare", "site", "flavor")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was measured for a target; nothing when the run did not include it."""

    what: str
    target: str
    measured: str
    met: bool | None


class Lines:
    """Finds lines of one database."""

    def __init__(self, lines: Iterable[Line], database: str) -> None:
        self._lines = [line for line in lines if line["database"] == database]

    def value(self, workload: str, size: int | None, key: str, variant: str | None = None) -> float | None:
        """Of the last such line; of the largest size when none is given."""
        found = [
            line
            for line in self._lines
            if line["workload"] == workload
            and key in line
            and (size is None or line["results"] == size)
            and (variant is None or line["variant"] == variant)
        ]
        found.sort(key=lambda line: line["results"])
        return found[-1][key] if found else None

    def ratio(self, workload: str, size: int, base: int, variant: str = "varied") -> float | None:
        """The p50 at one size as multiple of that at another."""
        return divided(
            self.value(workload, size, "p50_ms", variant), self.value(workload, base, "p50_ms", variant)
        )


def divided(number: float | None, by: float | None) -> float | None:
    return None if number is None or not by else number / by


def verdicts(lines: Sequence[Line]) -> list[Verdict]:
    """One for each target, in the order in which they are stated."""
    postgresql, sqlite = Lines(lines, "postgresql"), Lines(lines, "sqlite")

    def share(workload: str, least: float) -> Verdict:
        found = postgresql.value(workload, MIDDLE, "of_constant", "varied")
        return at_least(f"{workload}, 100k", f">= {least:.0%} of the constant body", found, least, "{:.1%}")

    def growth(workload: str, most: float) -> Verdict:
        found = postgresql.ratio(workload, LARGE, SMALL)
        return at_most(f"{workload}, growth", f"p50 at 1M <= {most:g} x p50 at 10k", found, most, "{:.2f} x")

    first = postgresql.value("cursor, first pages", None, "p50_ms")
    deep = [
        postgresql.value(name, None, "p50_ms") for name in ("cursor, in the middle", "cursor, near the end")
    ]
    deepest = max((one for one in deep if one is not None), default=None)
    page = divided(
        postgresql.value("cursor, first pages", None, "p50_ms"),
        postgresql.value("list", None, "p50_ms", "varied"),
    )
    return [
        share("list", 0.35),
        growth("list", 1.3),
        share("filter and sort", 0.15),
        growth("filter and sort", 3.0),
        share("terms", 0.35),
        growth("terms", 1.3),
        at_most(
            "page by cursor, any depth",
            "p50 <= 1.2 x that of the first pages",
            divided(deepest, first),
            1.2,
            "{:.2f} x",
        ),
        at_most("first page by cursor", "p50 <= 1.2 x that of the list", page, 1.2, "{:.2f} x"),
        at_most(
            "facets after a change, 200k results",
            "p50 <= 150 ms",
            postgresql.value("facets", LARGE, "p50_ms", "after a change"),
            150,
            "{:.1f} ms",
        ),
        at_most(
            "facets again, 200k results",
            "p50 <= 15 ms",
            postgresql.value("facets", LARGE, "p50_ms", "repeated"),
            15,
            "{:.1f} ms",
        ),
        *(
            at_most(
                f"leaderboard of 200k results, {name}",
                f"p50 <= {most} ms",
                postgresql.value("leaderboard", LARGE, "p50_ms", variant),
                most,
                "{:.1f} ms",
            )
            for name, variant, most in (("cold", "cold", 300), ("warm", "repeated", 30))
        ),
        *(
            at_most(
                f"page: {name}, 1M",
                "p50 <= 2 x that of the API call",
                postgresql.value("page", LARGE, "times", name),
                2,
                "{:.2f} x",
            )
            for name in PAGES
        ),
        at_most(
            "statements of a list page", "<= 6", postgresql.value("statements", None, "most"), 6, "{:.0f}"
        ),
        at_least(
            "upload of one result",
            ">= 40 % of bare durable inserts, 8 clients",
            postgresql.value("upload", None, "of_bare"),
            0.4,
            "{:.1%}",
        ),
        *(
            at_least(
                f"batch, NDJSON, {name}",
                ">= 4,000 results/s",
                found.value("batch", None, "results_per_second", "varied"),
                4000,
                "{:,.0f}/s",
            )
            for name, found in (("PostgreSQL", postgresql), ("SQLite", sqlite))
        ),
        at_least(
            "export, NDJSON, 1M",
            ">= 40,000 results/s",
            postgresql.value("export", LARGE, "results_per_second"),
            40_000,
            "{:,.0f}/s",
        ),
        at_most(
            "memory during the export, 1M",
            "grows < 50 MB",
            postgresql.value("export", LARGE, "memory_growth_mb"),
            50,
            "{:.1f} MB",
        ),
        at_most("start of a worker", "< 2 s", postgresql.value("start", None, "seconds"), 2, "{:.2f} s"),
        at_most(
            "memory of a worker after the load",
            "<= 250 MB",
            postgresql.value("memory", None, "megabytes"),
            250,
            "{:.0f} MB",
        ),
        at_most(
            "mixed load",
            "no error, no stale answer",
            postgresql.value("mixed", None, "errors"),
            0,
            "{:.0f} errors",
        ),
    ]


def at_least(what: str, target: str, found: float | None, least: float, text: str) -> Verdict:
    return _verdict(what, target, found, text, lambda value: value >= least)


def at_most(what: str, target: str, found: float | None, most: float, text: str) -> Verdict:
    return _verdict(what, target, found, text, lambda value: value <= most)


def _verdict(what: str, target: str, found: float | None, text: str, met: Callable[[float], bool]) -> Verdict:
    if found is None:
        return Verdict(what, target, "not measured", None)
    return Verdict(what, target, text.format(found), met(found))
