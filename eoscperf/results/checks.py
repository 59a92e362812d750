"""The check that every result passes: its JSON fits the JSON Schema of its benchmark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eoscperf import errors, jsontext
from eoscperf.benchmarks import json_schema
from eoscperf.errors import Issue
from eoscperf.results.submit import Submission


def fits_schema(submission: Submission, request: Any) -> Iterator[Issue]:
    """What the schema says against the JSON.

    Raises ValidationTimedOut, and SchemaInvalid for a stored schema that cannot be used.
    """
    benchmark, seconds = submission.benchmark_name, request.registry.settings["limits.schema_seconds"]
    try:
        # One more than is shown, so that the answer can say that there are more.
        verdict = json_schema.validate(
            submission.json_schema, submission.json, seconds=seconds, limit=errors.Invalid.most + 1
        )
    except json_schema.ValidationTimeout:
        raise errors.ValidationTimedOut(
            f"The JSON could not be checked against the schema of {benchmark} within {seconds:g} s."
        ) from None
    except json_schema.SchemaUnusable as problem:
        raise errors.SchemaInvalid(f"The stored schema of {benchmark} cannot be used: {problem}") from None
    for issue in verdict.issues:
        yield Issue(issue.detail, "body", jsontext.dotted(issue.pointer), issue.pointer, issue.keyword)
