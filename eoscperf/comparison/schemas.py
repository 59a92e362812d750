"""Rankings as JSON: what may be asked, what is answered."""

from __future__ import annotations

from typing import Any

from eoscperf.comparison.cells import ENOUGH, METHOD, Cell
from eoscperf.comparison.leaderboard import Leaderboard, Row
from eoscperf.comparison.sentences import false_alarms, sentence
from eoscperf.metrics import units
from eoscperf.metrics.catalogue import Catalogue
from eoscperf.rest.schema import choice, exact, extended, fields, identifier, whole
from eoscperf.results.schemas import RESULT_LIST

_CONDITIONS = (
    "site_id",
    "tags_ids",
    "filters",
    "execution_before",
    "execution_after",
    "upload_before",
)

LEADERBOARD = extended(
    fields(*(node.clone() for node in RESULT_LIST.children if node.name in _CONDITIONS)),
    exact("metric", title="Path of the metric to rank by; without it the first headline"),
    choice("weight", "source", "run", missing="source", title="What counts alike: uploaders or runs"),
    identifier("base", required=False, title="Flavor to compare with; without it the best one"),
    choice("sort_by", "rank", "site", "n", "last", missing="rank", title="Order of the rows"),
    whole("cat", 0, 2**31 - 1, default=None, title="Version of the metric catalogue"),
    whole("page", 1, 2**31 - 1, default=1, title="Page number, from 1"),
    whole("per_page", 1, 100, default=50, title="Rows per page"),
)


def present_leaderboard(
    found: Leaderboard, catalogue: Catalogue, benchmark: Any, page: int, per_page: int
) -> dict[str, Any]:
    """The ranking as JSON; all rows are ranked, those of one page shown."""
    metric = found.metric
    start = (page - 1) * per_page
    pages = max(1, -(-len(found.rows) // per_page))
    verdicts = sum(row.contrast.evidence is not None and row is not found.base for row in found.rows)
    return {
        "benchmark_id": benchmark.id,
        "benchmark": benchmark.name,
        "method": METHOD,
        "catalogue_version": catalogue.version,
        "metric": {
            "path": metric.path,
            "label": metric.label,
            "unit": metric.unit,
            "unit_symbol": units.symbol(metric.unit),
            "better": metric.better,
            "noise": metric.noise,
        },
        "weight": found.weighting,
        "inputs": _inputs(found, found.chosen),
        "other_inputs": [
            {"inputs": _inputs(found, other.inputs), "runs": other.runs} for other in found.others
        ],
        "headline": found.headline,
        "false_alarms": false_alarms(verdicts),
        "left_out": {"older": found.older, "not_finite": found.infinite},
        "base": found.base.flavor_id if found.base else None,
        "items": [_row(found, row, benchmark.name) for row in found.rows[start : start + per_page]],
        "page": page,
        "pages": pages,
        "per_page": per_page,
        "total": len(found.rows),
        "has_next": page < pages,
        "has_prev": page > 1,
    }


def _inputs(found: Leaderboard, values: Any) -> dict[str, Any]:
    return {metric.path: value for metric, value in zip(found.inputs, values, strict=False)}


def _row(found: Leaderboard, row: Row, benchmark: str) -> dict[str, Any]:
    contrast, base = row.contrast, found.base
    evidence = contrast.evidence
    shown: dict[str, Any] = {
        "site_id": row.site_id,
        "site": row.site,
        "flavor_id": row.flavor_id,
        "flavor": row.flavor,
        "rank": row.rank.rank if row.rank else None,
        "rank_label": row.rank.label if row.rank else None,
        "provisional": not row.cell.is_enough,
        **_cell(row.cell),
        "last_run": row.last_run,
        "ratio": contrast.ratio,
        "ratio_interval": [evidence.low, evidence.high] if evidence else None,
        "p": evidence.p if evidence else None,
        "effect": evidence.effect if evidence else None,
        "verdict": None,
    }
    if base is not None and row is not base:
        text = sentence(
            contrast,
            row.name,
            base.name,
            benchmark=benchmark,
            unit=units.symbol(found.metric.unit),
            is_speed=units.is_speed(found.metric.unit),
        )
        shown["verdict"] = {"code": contrast.code, "sentence": text}
    return shown


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


_NUMBER = {"type": ["number", "null"]}
_PAIR = {"type": ["array", "null"], "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
_ID = {"type": "string", "format": "uuid"}
_VERDICT = {
    "type": ["object", "null"],
    "description": "Against the baseline; null for the baseline itself.",
    "properties": {
        "code": {
            "type": "string",
            "enum": [
                "missing", "unlike", "nonpos", "undirected", "few", "better", "worse", "same", "none",
                "unclear",
            ],
        },
        "sentence": {"type": "string"},
    },
    "required": ["code", "sentence"],
}  # fmt: skip

_INPUTS = {"type": "object", "description": "Values of the inputs by path; null where a run has none."}

_ROW = {
    "type": "object",
    "properties": {
        "site_id": _ID,
        "site": {"type": "string"},
        "flavor_id": _ID,
        "flavor": {"type": "string"},
        "rank": {"type": ["integer", "null"], "description": "null: no better direction is declared."},
        "rank_label": {
            "type": ["string", "null"],
            "description": "As tables print it: `1=` is shared, `(3)` is provisional.",
        },
        "provisional": {"type": "boolean", "description": "Fewer than five runs."},
        "n": {"type": "integer", "description": "Runs."},
        "sources": {"type": "integer", "description": "Uploaders."},
        "median": {"type": "number", "description": "Weighted median, in the unit of the metric."},
        "interval": {**_PAIR, "description": "95 % interval of the median; null with fewer than five runs."},
        "min": {"type": "number"},
        "max": {"type": "number"},
        "values": {
            "type": ["array", "null"],
            "items": {"type": "number"},
            "description": "Of every run where there are fewer than five.",
        },
        "within_spread": {**_NUMBER, "description": "Of samples inside a run, relative to their median."},
        "between_spread": {**_NUMBER, "description": "Of runs, relative to their median."},
        "last_run": {"type": "string", "format": "date-time"},
        "ratio": {**_NUMBER, "description": "Above 1 is better than the baseline."},
        "ratio_interval": {**_PAIR, "description": "95 % interval of the ratio."},
        "p": {**_NUMBER, "description": "Of the two-sided Mann-Whitney test."},
        "effect": {"type": ["string", "null"], "enum": ["negligible", "small", "medium", "large", None]},
        "verdict": _VERDICT,
    },
    "required": [
        "site_id", "site", "flavor_id", "flavor", "rank", "rank_label", "provisional", "n", "sources",
        "median", "interval", "min", "max", "values", "within_spread", "between_spread", "last_run", "ratio",
        "ratio_interval", "p", "effect", "verdict",
    ],
}  # fmt: skip

SCHEMAS: dict[str, dict[str, Any]] = {
    "Leaderboard": {
        "type": "object",
        "description": "The cells of a benchmark (one site and flavor each), best first.",
        "properties": {
            "benchmark_id": _ID,
            "benchmark": {"type": "string", "description": "image:tag"},
            "method": {"type": "string", "description": "Names the rules behind the numbers."},
            "catalogue_version": {"type": "integer"},
            "metric": {
                "type": "object",
                "properties": {
                    "path": {"type": "string"},
                    "label": {"type": "string"},
                    "unit": {"type": "string"},
                    "unit_symbol": {"type": "string"},
                    "better": {"type": ["string", "null"], "enum": ["higher", "lower", None]},
                    "noise": {"type": "number"},
                },
                "required": ["path", "label", "unit", "unit_symbol", "better", "noise"],
            },
            "weight": {"type": "string", "enum": ["source", "run"]},
            "inputs": _INPUTS,
            "other_inputs": {
                "type": "array",
                "description": "Settings of the workload that other runs have; these are not mixed in.",
                "items": {
                    "type": "object",
                    "properties": {"inputs": _INPUTS, "runs": {"type": "integer"}},
                    "required": ["inputs", "runs"],
                },
            },
            "headline": {"type": "string", "description": "Who is best, in words."},
            "false_alarms": {"type": ["string", "null"]},
            "left_out": {
                "type": "object",
                "description": "Runs that do not count.",
                "properties": {"older": {"type": "integer"}, "not_finite": {"type": "integer"}},
                "required": ["older", "not_finite"],
            },
            "base": {"type": ["string", "null"], "format": "uuid", "description": "Flavor of the baseline."},
            "items": {"type": "array", "items": _ROW},
            "page": {"type": "integer"},
            "pages": {"type": "integer"},
            "per_page": {"type": "integer"},
            "total": {"type": "integer", "description": "Rows."},
            "has_next": {"type": "boolean"},
            "has_prev": {"type": "boolean"},
        },
        "required": [
            "benchmark_id", "benchmark", "method", "catalogue_version", "metric", "weight", "inputs",
            "other_inputs", "headline", "false_alarms", "left_out", "base", "items", "page", "pages",
            "per_page", "total", "has_next", "has_prev",
        ],
        "example": {
            "benchmark_id": "4d6b3f0e-2a55-4d5e-8f0b-0d1b2c7e9a31",
            "benchmark": "example/raytracer:2.1",
            "method": METHOD,
            "catalogue_version": 0,
            "metric": {
                "path": "seconds",
                "label": "Render time",
                "unit": "s",
                "unit_symbol": "s",
                "better": "lower",
                "noise": 0.02,
            },
            "weight": "source",
            "inputs": {},
            "other_inputs": [],
            "headline": "No visible result has this metric.",
            "false_alarms": None,
            "left_out": {"older": 0, "not_finite": 0},
            "base": None,
            "items": [],
            "page": 1,
            "pages": 1,
            "per_page": 50,
            "total": 0,
            "has_next": False,
            "has_prev": False,
        },
    }
}  # fmt: skip
