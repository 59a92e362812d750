"""The document made of the lines of some runs."""

from __future__ import annotations

from benchmarks import report
from benchmarks.targets import verdicts


def line(workload, *, results=100_000, database="postgresql", variant="varied", **facts):
    return {"database": database, "results": results, "workload": workload, "variant": variant, **facts}


def verdict(lines, what):
    (found,) = [one for one in verdicts(lines) if one.what == what]
    return found


def test_a_target_is_met_or_missed():
    assert verdict([line("list", of_constant=0.36)], "list, 100k").met is True
    assert verdict([line("list", of_constant=0.34)], "list, 100k").met is False


def test_what_was_not_measured_is_neither():
    assert verdict([], "list, 100k").met is None
    assert verdict([line("list", of_constant=0.9, results=10_000)], "list, 100k").met is None


def test_growth_compares_sizes():
    lines = [line("list", results=10_000, p50_ms=10.0), line("list", results=1_000_000, p50_ms=12.5)]
    assert verdict(lines, "list, growth").measured == "1.25 x"
    assert verdict(lines, "list, growth").met is True


def test_the_deepest_cursor_counts():
    lines = [
        line("cursor, first pages", p50_ms=10.0),
        line("cursor, in the middle", p50_ms=11.0),
        line("cursor, near the end", p50_ms=13.0),
    ]
    assert verdict(lines, "page by cursor, any depth").met is False


def test_the_same_lines_of_another_database_do_not_count():
    lines = [line("batch", database="sqlite", results_per_second=5000.0)]
    assert verdict(lines, "batch, NDJSON, SQLite").met is True
    assert verdict(lines, "batch, NDJSON, PostgreSQL").met is None


def test_the_document_shows_every_line_and_run():
    lines = [
        {"run": {"date": "2026-01-01", "command": "python -m benchmarks"}},
        line("list", p50_ms=10.0, p95_ms=20.0, per_second=100.0, of_constant=0.5, errors=0, clients=4),
        line("export", variant="NDJSON of everything", results_per_second=50_000.0, memory_growth_mb=3.0),
    ]
    text = report.document(lines)
    assert "| date | 2026-01-01 |" in text
    assert "| list, 100k | >= 35% of the constant body | 50.0% | met |" in text
    assert "50,000.0" in text
