"""What rankings and comparisons look like as JSON."""

from __future__ import annotations

from typing import Any

from eoscperf import jsontext
from eoscperf.comparison.cells import ENOUGH, METHOD, Cell
from eoscperf.comparison.comparing import TWO_RUNS, Table
from eoscperf.comparison.comparing import Row as ComparedRow
from eoscperf.comparison.contrasts import Contrast
from eoscperf.comparison.leaderboard import Leaderboard, Row
from eoscperf.comparison.sentences import false_alarms, sentence
from eoscperf.comparison.service import Comparison
from eoscperf.metrics import units
from eoscperf.metrics.catalogue import Catalogue, Metric


def present_leaderboard(
    found: Leaderboard, catalogue: Catalogue, benchmark: Any, page: int, per_page: int
) -> dict[str, Any]:
    """The ranking as JSON; all rows are ranked, those of one page shown."""
    metric = found.metric
    start = (page - 1) * per_page
    pages = max(1, -(-len(found.rows) // per_page))
    return {
        "benchmark_id": benchmark.id,
        "benchmark": benchmark.name,
        "method": METHOD,
        "catalogue_version": catalogue.version,
        "metric": _metric(metric),
        "weight": found.weighting,
        "inputs": _inputs(found.inputs, found.chosen),
        "other_inputs": [
            {"inputs": _inputs(found.inputs, other.inputs), "runs": other.runs} for other in found.others
        ],
        "headline": found.headline,
        "false_alarms": false_alarms(found.verdicts),
        "left_out": {"older": found.older, "not_finite": found.infinite},
        "base": found.base.flavor_id if found.base else None,
        "items": [_row(found, row) for row in found.rows[start : start + per_page]],
        "page": page,
        "pages": pages,
        "per_page": per_page,
        "total": len(found.rows),
        "has_next": page < pages,
        "has_prev": page > 1,
    }


def present_comparison(found: Comparison, weighting: str) -> dict[str, Any]:
    """The comparison as JSON: a table for each benchmark, and what they come to together."""
    return {
        "method": METHOD,
        "weight": weighting,
        "base": found.base,
        "rows": [
            {
                "name": subject.name,
                "found": subject.found,
                "flavor_id": subject.flavor_id,
                "tag_id": subject.tag_id,
                "result_id": subject.result_id,
            }
            for subject in found.subjects
        ],
        "tables": [_table(one) for one in found.tables],
        "more_benchmarks": found.more,
        "geometric_means": None
        if found.summaries is None
        else [
            {
                "value": one.value,
                "interval": list(one.interval) if one.interval else None,
                "over": one.over,
                "of": len(found.tables),
                "penalised": one.penalised,
            }
            for one in found.summaries
        ],
        "differing": found.differing,
    }


def _table(table: Table) -> dict[str, Any]:
    part = table.part
    return {
        "benchmark_id": part.benchmark_id,
        "benchmark": part.benchmark,
        "catalogue_version": part.catalogue.version,
        "metric": _metric(part.metric),
        "inputs": _inputs(table.inputs, table.chosen),
        "note": TWO_RUNS if table.of_runs else None,
        "false_alarms": false_alarms(table.verdicts),
        "items": [_compared(table, at, row) for at, row in enumerate(table.rows)],
    }


def _compared(table: Table, at: int, row: ComparedRow) -> dict[str, Any]:
    verdict = None if at == table.base else compared_verdict(table, row)
    return {
        "row": at,
        **(_cell(row.cell) if row.cell else _NO_CELL),
        "left_out": row.left_out,
        "machine": dict(row.machine),
        **_contrast(row.contrast),
        "verdict": verdict,
    }


def _metric(metric: Metric) -> dict[str, Any]:
    return {
        "path": metric.path,
        "label": metric.label,
        "unit": metric.unit,
        "unit_symbol": units.symbol(metric.unit),
        "better": metric.better,
        "noise": metric.noise,
    }


def _inputs(inputs: Any, values: Any) -> dict[str, Any]:
    return {metric.path: value for metric, value in zip(inputs, values, strict=False)}


def _row(found: Leaderboard, row: Row) -> dict[str, Any]:
    return {
        "site_id": row.site_id,
        "site": row.site,
        "flavor_id": row.flavor_id,
        "flavor": row.flavor,
        "rank": row.rank.rank if row.rank else None,
        "rank_label": row.rank.label if row.rank else None,
        "provisional": not row.cell.is_enough,
        **_cell(row.cell),
        "last_run": row.last_run,
        **_contrast(row.contrast),
        "verdict": row_verdict(found, row),
    }


def row_verdict(found: Leaderboard, row: Row) -> dict[str, str] | None:
    """Code and sentence of a row of a ranking; None for the baseline."""
    base = found.base
    if base is None or row is base:
        return None
    return _verdict(row.contrast, row.name, base.name, found.benchmark, found.metric)


def compared_verdict(table: Table, row: ComparedRow) -> dict[str, str]:
    """Code and sentence of a row of a comparison."""
    base, part = table.rows[table.base], table.part
    return _verdict(row.contrast, row.subject.name, base.subject.name, part.benchmark, part.metric)


def literal(value: Any) -> str:
    """A value as a filter writes it."""
    return jsontext.dumps(value)


def _contrast(contrast: Contrast) -> dict[str, Any]:
    evidence = contrast.evidence
    return {
        "ratio": contrast.ratio,
        "ratio_interval": [evidence.low, evidence.high] if evidence else None,
        "p": evidence.p if evidence else None,
        "effect": evidence.effect if evidence else None,
    }


def _verdict(contrast: Contrast, name: str, base: str, benchmark: str, metric: Metric) -> dict[str, str]:
    text = sentence(
        contrast,
        name,
        base,
        benchmark=benchmark,
        unit=units.symbol(metric.unit),
        is_speed=units.is_speed(metric.unit),
    )
    return {"code": contrast.code, "sentence": text}


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "n": cell.n,
        "sources": cell.sources,
        "median": cell.median,
        "interval": list(cell.interval) if cell.interval else None,
        "min": cell.lowest,
        "max": cell.highest,
        "values": list(cell.values) if cell.n < ENOUGH else None,
        "within_spread": cell.within_spread,
        "between_spread": cell.between_spread,
    }


_NO_CELL = {
    "n": 0,
    "sources": 0,
    "median": None,
    "interval": None,
    "min": None,
    "max": None,
    "values": None,
    "within_spread": None,
    "between_spread": None,
}
