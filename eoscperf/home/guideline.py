"""The example in the guidelines for benchmarks: a schema with every annotation, and a result that fits it."""

from __future__ import annotations

SCHEMA = """{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "required": ["workload", "machine", "result"],
  "properties": {
    "workload": {
      "type": "object",
      "required": ["size"],
      "properties": {
        "size": {"type": "integer", "title": "Picture width", "x-unit": "pixel", "x-parameter": "input"}
      }
    },
    "machine": {
      "type": "object",
      "required": ["cores"],
      "properties": {
        "cores": {
          "type": "integer", "minimum": 1, "title": "Cores",
          "x-parameter": "machine", "suggestToUser": true
        },
        "processor": {"type": "string", "title": "Processor", "x-parameter": "machine"}
      }
    },
    "result": {
      "type": "object",
      "required": ["seconds", "all_seconds"],
      "properties": {
        "seconds": {
          "type": "number", "exclusiveMinimum": 0,
          "title": "Render time", "description": "Wall time for one picture",
          "x-unit": "s", "x-better": "lower", "x-headline": 1,
          "x-samples": "result.all_seconds", "x-aggregate": "median", "x-noise": 0.03
        },
        "all_seconds": {"type": "array", "minItems": 3, "items": {"type": "number"}},
        "joules": {"type": "number", "title": "Energy", "x-unit": "J", "x-better": "lower", "x-headline": 2}
      }
    }
  }
}"""

RESULT = """{
  "workload": {"size": 3840},
  "machine": {"cores": 8, "processor": "AMD EPYC 7742"},
  "result": {"seconds": 105.2, "all_seconds": [105.0, 105.2, 105.5], "joules": 9120}
}"""

ANNOTATIONS = (
    ("title, description", "text", "What the value is called, and what it is."),
    ("suggestToUser", "true", "It is offered first where one chooses columns, filters and axes."),
    (
        "x-unit",
        '"s", "MB/s", "1/s"; {"path": "units"}',
        "The unit; the second form names a place whose const is the unit.",
    ),
    (
        "x-better",
        '"higher" or "lower"',
        "Which way is better. Without it there are no ranks and no verdicts.",
    ),
    (
        "x-headline",
        "true, or 1 to 3",
        "It sums a result up, and stands at this place; benchmarks are ranked by the first.",
    ),
    (
        "x-samples",
        '"result.all"; {"path": "result.all", "split": ":"}',
        "Where the repetitions inside a run are: an array of numbers, or a text to be split.",
    ),
    (
        "x-aggregate",
        '"median", "mean", "min" or "max"',
        "This of the samples is the value of the run. Without it, the value as it is stated.",
    ),
    (
        "x-parameter",
        'true or "machine"; "input"',
        "What it was run on, which charts use as an axis; or a setting of the workload: results with "
        "different ones are never mixed.",
    ),
    ("x-noise", "0.05", "Relative differences up to this do not count; 0.02 unless said otherwise."),
)
"""Keyword, what it is set to, and what that means."""
