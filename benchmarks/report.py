"""Makes a Markdown document of the lines of one or several runs.

python -m benchmarks.report LINES... > benchmarks/RESULTS.md
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.targets import SMALL, Line, Lines, verdicts

COLUMNS = {
    "database": "database",
    "results": "results",
    "workload": "workload",
    "variant": "variant",
    "clients": "clients",
    "per_second": "per s",
    "p50_ms": "p50 ms",
    "p95_ms": "p95 ms",
    "constant_per_second": "constant per s",
    "of_constant": "of constant",
    "bare_per_second": "bare per s",
    "of_bare": "of bare",
    "errors": "errors",
}
_TEXTS = ("database", "workload", "variant")

_NOTES = """The floors are measured in the same turns: `constant` is the rate of as many constant bytes
through the same server, `bare` that of the bare driver with the same statements (reads) or rows (writes).
README.md says more."""


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit("usage: python -m benchmarks.report LINES...")
    lines = [json.loads(text) for name in sys.argv[1:] for text in Path(name).read_text().splitlines()]
    print(document(lines), end="")


def document(lines: Sequence[Line]) -> str:
    """The runs, the targets, the growth, every line."""
    runs: list[dict[str, str]] = []
    for line in lines:
        if "run" in line:
            runs.append(dict(line["run"]))
        elif "ended" in line and runs:
            runs[-1] |= line["ended"]
    measured = [line for line in lines if "workload" in line]
    parts = ["# Recorded runs", _runs(runs), _NOTES]
    parts += [
        "## Targets",
        _targets(measured),
        "## Growth",
        _growth(measured),
        "## All workloads",
        _rates(measured),
    ]
    parts += ["## Further figures", _further(measured)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _runs(runs: Sequence[dict[str, str]]) -> str:
    keys = list(dict.fromkeys(key for run in runs for key in run))
    rows = [[key.replace("_", " "), *(run.get(key, "") for run in runs)] for key in keys]
    return table(["", *(f"run {number}" for number in range(1, len(runs) + 1))], rows, numbers=False)


def _targets(lines: Sequence[Line]) -> str:
    words = {True: "met", False: "**missed**", None: "-"}
    rows = [[one.what, one.target, one.measured, words[one.met]] for one in verdicts(lines)]
    return table(["what", "target", "measured (PostgreSQL unless named)", ""], rows, numbers=False)


def _growth(lines: Sequence[Line]) -> str:
    sizes = sorted({line["results"] for line in lines})
    kinds = dict.fromkeys(
        (line["database"], line["workload"], line["variant"]) for line in lines if "p50_ms" in line
    )
    rows = []
    for database, workload, variant in kinds:
        found = Lines(lines, database)
        medians = [found.value(workload, size, "p50_ms", variant) for size in sizes]
        growth = found.ratio(workload, sizes[-1], SMALL, variant)
        shown = ["" if median is None else f"{median:.2f}" for median in medians]
        rows.append([database, workload, variant, *shown, "" if growth is None else f"{growth:.2f} x"])
    heads = [
        "database",
        "workload",
        "variant",
        *(f"p50 ms at {size:,}" for size in sizes),
        f"against {SMALL:,}",
    ]
    return table(heads, rows, numbers=True, texts=3)


def _rates(lines: Sequence[Line]) -> str:
    rows = [[_cell(line.get(key), key) for key in COLUMNS] for line in lines if "per_second" in line]
    return table(list(COLUMNS.values()), rows, numbers=True, texts=0)


def _further(lines: Sequence[Line]) -> str:
    rows = []
    for line in lines:
        if "per_second" in line and "results_per_second" not in line:
            continue
        hidden = {"database", "results", "workload", "variant", "first_error"} | set(COLUMNS)
        facts = ", ".join(f"{key} {_cell(value, key)}" for key, value in line.items() if key not in hidden)
        rows.append([line["database"], f"{line['results']:,}", line["workload"], line["variant"], facts])
    return table(["database", "results", "workload", "variant", "figures"], rows, numbers=False)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: bool, texts: int = 0) -> str:
    """A Markdown table; with `numbers` all columns but the first `texts` are set to the right."""
    rules = ["---:" if numbers and index >= texts else "---" for index in range(len(heads))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, rules, *rows))


def _cell(value: Any, key: str) -> str:
    if value is None:
        return ""
    if key.startswith("of_"):
        return f"{value:.1%}"
    if isinstance(value, dict):
        return "; ".join(f"{name} {number}" for name, number in value.items())
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int | float) else str(value)


if __name__ == "__main__":
    main()
