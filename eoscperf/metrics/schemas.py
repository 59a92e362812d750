"""What catalogues look like over HTTP."""

from __future__ import annotations

from typing import Any

from eoscperf.metrics import units
from eoscperf.metrics.annotations import Finding
from eoscperf.metrics.catalogue import MAX_HEADLINES, Catalogue, to_plain
from eoscperf.metrics.models import CatalogueVersion
from eoscperf.metrics.proposals import Proposal
from eoscperf.metrics.service import Shown
from eoscperf.rest.schema import fields, json_object, prose, several, whole
from eoscperf.security.identity import Viewer
from eoscperf.users.schemas import uploader_of

MAX_CHANGES = 500

VERSION = fields(whole("version", 0, 2**31 - 1, default=None, title="A version other than the one in force"))

CHANGE = fields(
    several(
        json_object("metrics", title="A metric: its path, and the members that are to change"),
        most=MAX_CHANGES,
        required=True,
        title="What is to be different; metrics and members that are not named stay as they are",
    ),
    prose("message", "message", title="Why; shown with the version"),
)


def present_metrics(catalogue: Catalogue) -> list[dict[str, Any]]:
    """Every metric with how its unit is written and whether it is a time or a rate."""
    return [
        {**plain, "unit_symbol": units.symbol(plain["unit"]), "is_speed": units.is_speed(plain["unit"])}
        for plain in to_plain(catalogue)
    ]


def present_shown(shown: Shown, viewer: Viewer) -> dict[str, Any]:
    """A catalogue; who made it only for administrators and the uploader of the benchmark."""
    answer: dict[str, Any] = {
        "benchmark_id": shown.benchmark.id,
        "version": shown.stored.version if shown.stored else 0,
        "in_force": shown.in_force,
        "status": shown.stored.status if shown.stored else "accepted",
        "metrics": present_metrics(shown.catalogue),
    }
    if shown.stored is not None:
        answer |= _about(shown.stored, viewer, shown.benchmark.uploader_id)
    return answer


def present_versions(
    versions: list[CatalogueVersion], viewer: Viewer, uploader_id: Any
) -> list[dict[str, Any]]:
    """All versions without their metrics, newest first."""
    return [
        {"version": one.version, "status": one.status, **_about(one, viewer, uploader_id)} for one in versions
    ]


def present_review(findings: list[Finding], proposals: list[Proposal]) -> dict[str, Any]:
    """What is wrong with the annotations, and what might be said where they say nothing."""
    return {
        "findings": [{"level": one.level, "path": one.path, "message": one.message} for one in findings],
        "proposals": [
            {"path": one.path, "member": one.member, "value": one.value, "reason": one.reason}
            for one in proposals
        ],
    }


def _about(stored: CatalogueVersion, viewer: Viewer, uploader_id: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {"created_datetime": stored.created_datetime}
    if stored.message:
        shown["message"] = stored.message
    if viewer.sees_uploader(uploader_id):
        shown["author"] = uploader_of(stored.author)
        if stored.decision:
            shown["decision"] = stored.decision
    return shown


_METRIC = {
    "type": "object",
    "description": "One value of each result.",
    "properties": {
        "path": {"type": "string", "description": "Where it stands in the JSON of a result."},
        "kind": {"type": "string", "enum": ["number", "string", "boolean", "mixed"]},
        "label": {"type": "string"},
        "description": {"type": "string"},
        "unit": {"type": "string", "description": "As it is written; empty where none is known."},
        "unit_symbol": {"type": "string", "description": "Its short form, such as MB/s."},
        "is_speed": {"type": "boolean", "description": "Whether the unit is a time or a rate."},
        "better": {"type": ["string", "null"], "enum": ["higher", "lower", None]},
        "headline": {
            "type": ["integer", "null"],
            "minimum": 1,
            "maximum": MAX_HEADLINES,
            "description": "Its place among the values that sum a result up.",
        },
        "samples": {
            "type": ["object", "null"],
            "description": "Where the repetitions of a run stand.",
            "properties": {"path": {"type": "string"}, "split": {"type": ["string", "null"]}},
            "required": ["path", "split"],
        },
        "aggregate": {
            "type": ["string", "null"],
            "enum": ["median", "mean", "min", "max", None],
            "description": "What of the samples is the value of the run; null: the stated value.",
        },
        "parameter": {
            "type": ["string", "null"],
            "enum": ["machine", "input", None],
            "description": "An independent variable: of the machine, or a setting of the workload.",
        },
        "noise": {"type": "number", "description": "Relative difference below which values are the same."},
        "suggested": {"type": "boolean", "description": "Offered first for filters, columns and axes."},
    },
    "required": [
        "path", "kind", "label", "description", "unit", "unit_symbol", "is_speed", "better", "headline",
        "samples", "aggregate", "parameter", "noise", "suggested",
    ],
}  # fmt: skip

_STATUS = {"type": "string", "enum": ["proposed", "accepted", "declined"]}
_ABOUT = {
    "created_datetime": {"type": "string", "format": "date-time"},
    "message": {"type": "string", "description": "Why it was made; left out when nothing was said."},
    "author": {
        "$ref": "#/components/schemas/User",
        "description": "Only for administrators and the uploader of the benchmark.",
    },
    "decision": {"type": "string", "description": "What was said when a proposal was decided about."},
}

SCHEMAS: dict[str, dict[str, Any]] = {
    "MetricCatalogue": {
        "type": "object",
        "description": "What is known of the values in the results of a benchmark.",
        "properties": {
            "benchmark_id": {"type": "string", "format": "uuid"},
            "version": {"type": "integer", "description": "0: what the schema says."},
            "in_force": {"type": "integer", "description": "The version that pages and statistics use."},
            "status": _STATUS,
            "metrics": {"type": "array", "items": _METRIC},
            **_ABOUT,
        },
        "required": ["benchmark_id", "version", "in_force", "status", "metrics"],
        "example": {
            "benchmark_id": "4d6b3f0e-2a55-4d5e-8f0b-0d1b2c7e9a31",
            "version": 0,
            "in_force": 0,
            "status": "accepted",
            "metrics": [
                {
                    "path": "seconds",
                    "kind": "number",
                    "label": "Render time",
                    "description": "lower is better",
                    "unit": "s",
                    "unit_symbol": "s",
                    "is_speed": True,
                    "better": "lower",
                    "headline": 1,
                    "samples": None,
                    "aggregate": None,
                    "parameter": None,
                    "noise": 0.02,
                    "suggested": True,
                }
            ],
        },
    },
    "MetricVersions": {
        "type": "object",
        "description": "Versions of a catalogue, newest first.",
        "properties": {
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"version": {"type": "integer"}, "status": _STATUS, **_ABOUT},
                    "required": ["version", "status", "created_datetime"],
                },
            }
        },
        "required": ["items"],
        "example": {
            "items": [
                {"version": 1, "status": "accepted", "created_datetime": "2024-05-01T12:30:00Z"},
            ]
        },
    },
    "MetricReview": {
        "type": "object",
        "description": "What is wrong with the annotations of a schema, and guesses where they say nothing.",
        "properties": {
            "findings": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "level": {"type": "string", "enum": ["error", "warning"]},
                        "path": {"type": "string"},
                        "message": {"type": "string"},
                    },
                    "required": ["level", "path", "message"],
                },
            },
            "proposals": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "path": {"type": "string"},
                        "member": {"type": "string"},
                        "value": {"type": ["string", "integer", "object"]},
                        "reason": {"type": "string"},
                    },
                    "required": ["path", "member", "value", "reason"],
                },
            },
        },
        "required": ["findings", "proposals"],
        "example": {
            "findings": [
                {
                    "level": "warning",
                    "path": "",
                    "message": "The annotation 'x-unti' is not known; did you mean x-unit?",
                }
            ],
            "proposals": [
                {
                    "path": "latency_ms",
                    "member": "unit",
                    "value": "ms",
                    "reason": "its name ends in 'ms'",
                }
            ],
        },
    },
}
