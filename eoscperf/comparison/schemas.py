"""What may be asked of rankings and comparisons, and what the answers hold."""

from __future__ import annotations

from typing import Any

import colander

from eoscperf.comparison.cells import METHOD
from eoscperf.comparison.subjects import parse
from eoscperf.rest.schema import choice, exact, extended, fields, identifier, several, whole
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


MOST_ITEMS = 30
_DATES = ("upload_before", "execution_before", "execution_after")


def _is_item(node: colander.SchemaNode, text: str) -> None:
    try:
        parse(text)
    except ValueError as problem:
        raise colander.Invalid(node, str(problem)) from None


COMPARE = extended(
    fields(
        *(
            node.clone()
            for node in RESULT_LIST.children
            if node.name
            in ("benchmark_id", "filters", "upload_before", "execution_before", "execution_after")
        )
    ),
    several(
        exact("item", validator=_is_item),
        most=MOST_ITEMS,
        required=True,
        title="What to compare: `result:`, `flavor:`, `site:` or `tag:` and an id; the latter two mean "
        "all their flavors",
    ),
    exact("base", validator=_is_item, title="What the others are compared with; without it the first"),
    exact("metric", title="Path of the metric; without it the first headline of each benchmark"),
    choice("weight", "source", "run", missing="source", title="What counts alike: uploaders or runs"),
    choice(
        "missing",
        "common",
        "penalise",
        missing="common",
        title="The geometric mean over benchmarks that all rows have, or with half of the worst ratio for "
        "those that a row lacks",
    ),
)


_NUMBER = {"type": ["number", "null"]}
_PAIR = {"type": ["array", "null"], "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
_ID = {"type": "string", "format": "uuid"}
_MAYBE_ID = {"type": ["string", "null"], "format": "uuid"}
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

_METRIC = {
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
}

_OF_CELLS = (
    "n", "sources", "median", "interval", "min", "max", "values", "within_spread", "between_spread",
    "ratio", "ratio_interval", "p", "effect", "verdict",
)  # fmt: skip

_COMPARED = {
    "type": "object",
    "properties": {
        "row": {"type": "integer", "description": "Place in `rows`."},
        **{name: _ROW["properties"][name] for name in _OF_CELLS},  # type: ignore[index]
        **dict.fromkeys(("median", "min", "max"), _NUMBER),
        "left_out": {"type": "integer", "description": "Runs that do not count."},
        "machine": {
            "type": "object",
            "description": "What the runs say of their machine, by path.",
            "additionalProperties": {"type": "array"},
        },
    },
    "required": ["row", "left_out", "machine", *_OF_CELLS],
}

SCHEMAS: dict[str, dict[str, Any]] = {
    "Comparison": {
        "type": "object",
        "description": "Several rows side by side, one table for each benchmark.",
        "properties": {
            "method": {"type": "string", "description": "Names the rules behind the numbers."},
            "weight": {"type": "string", "enum": ["source", "run"]},
            "base": {"type": "integer", "description": "Place of the baseline in `rows`."},
            "rows": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string"},
                        "found": {"type": "boolean"},
                        "flavor_id": _MAYBE_ID,
                        "tag_id": _MAYBE_ID,
                        "result_id": _MAYBE_ID,
                    },
                    "required": ["name", "found", "flavor_id", "tag_id", "result_id"],
                },
            },
            "tables": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "benchmark_id": _ID,
                        "benchmark": {"type": "string", "description": "image:tag"},
                        "catalogue_version": {"type": "integer"},
                        "metric": _METRIC,
                        "inputs": _INPUTS,
                        "note": {"type": ["string", "null"]},
                        "false_alarms": {"type": ["string", "null"]},
                        "items": {"type": "array", "items": _COMPARED},
                    },
                    "required": [
                        "benchmark_id", "benchmark", "catalogue_version", "metric", "inputs", "note",
                        "false_alarms", "items",
                    ],
                },
            },
            "more_benchmarks": {"type": "integer", "description": "Benchmarks beyond those with a table."},
            "geometric_means": {
                "type": ["array", "null"],
                "description": "Of the ratios of each row; null with fewer than two benchmarks.",
                "items": {
                    "type": "object",
                    "properties": {
                        "value": _NUMBER,
                        "interval": _PAIR,
                        "over": {"type": "integer"},
                        "of": {"type": "integer"},
                        "penalised": {"type": "integer"},
                    },
                    "required": ["value", "interval", "over", "of", "penalised"],
                },
            },
            "differing": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Paths of parameters of the machine that the rows do not have in common.",
            },
        },
        "required": [
            "method", "weight", "base", "rows", "tables", "more_benchmarks", "geometric_means", "differing",
        ],
        "example": {
            "method": METHOD,
            "weight": "source",
            "base": 0,
            "rows": [
                {
                    "name": "Example Cloud c8.large",
                    "found": True,
                    "flavor_id": "4d6b3f0e-2a55-4d5e-8f0b-0d1b2c7e9a31",
                    "tag_id": None,
                    "result_id": None,
                }
            ],
            "tables": [],
            "more_benchmarks": 0,
            "geometric_means": None,
            "differing": [],
        },
    },
    "Leaderboard": {
        "type": "object",
        "description": "The cells of a benchmark (one site and flavor each), best first.",
        "properties": {
            "benchmark_id": _ID,
            "benchmark": {"type": "string", "description": "image:tag"},
            "method": {"type": "string", "description": "Names the rules behind the numbers."},
            "catalogue_version": {"type": "integer"},
            "metric": _METRIC,
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
