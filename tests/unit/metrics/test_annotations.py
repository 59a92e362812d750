"""From the annotations of a JSON Schema to a catalogue, and what is wrong with them."""

from __future__ import annotations

import json

import pytest

from eoscperf.metrics.annotations import derive, lint
from eoscperf.metrics.catalogue import Catalogue, Metric, Samples, from_plain, to_plain
from eoscperf.metrics.proposals import propose


def schema(**properties: object) -> str:
    return json.dumps({"type": "object", "properties": properties})


def number(**annotations: object) -> dict[str, object]:
    return {"type": "number", **{name.replace("x_", "x-"): value for name, value in annotations.items()}}


FULL = schema(
    units={"const": "Seconds"},
    score=number(
        title="Render  time",
        description="lower is better",
        x_unit={"path": "units"},
        x_better="lower",
        x_headline=True,
        x_samples={"path": "times", "split": ":"},
        x_aggregate="median",
        x_noise=0.05,
        suggestToUser=True,
    ),
    times={"type": "string"},
    machine={"type": "object", "properties": {"cores": number(x_parameter=True)}},
    size=number(x_parameter="input"),
)


def test_a_schema_states_its_catalogue():
    catalogue = derive(FULL)
    assert catalogue.get("score") == Metric(
        path="score",
        kind="number",
        label="Render time",
        description="lower is better",
        unit="Seconds",
        better="lower",
        headline=1,
        samples=Samples("times", ":"),
        aggregate="median",
        noise=0.05,
        suggested=True,
    )
    assert [metric.path for metric in catalogue.headlines] == ["score"]
    assert [metric.path for metric in catalogue.machine] == ["machine.cores"]
    assert [metric.path for metric in catalogue.inputs] == ["size"]
    assert lint(FULL) == []


@pytest.mark.parametrize("text", ["{}", "true", '{"type": "object"}', "[]", '"x"', "not json"])
def test_a_schema_without_properties_has_an_empty_catalogue(text):
    assert derive(text) == Catalogue(())
    assert lint(text) == []


def test_references_and_alternatives_are_followed():
    text = json.dumps(
        {
            "$defs": {"time": {"type": "number", "x-unit": "s"}},
            "allOf": [{"properties": {"first": {"$ref": "#/$defs/time"}}}],
            "properties": {"either": {"anyOf": [{"type": "number"}, {"type": "string"}]}},
        }
    )
    found = {metric.path: (metric.kind, metric.unit) for metric in derive(text)}
    assert found == {"first": ("number", "s"), "either": ("mixed", "")}


def test_a_label_is_the_title_or_the_last_part_of_the_path():
    catalogue = derive(schema(a={"type": "object", "properties": {"b\\.c": number(), "d": number(title=3)}}))
    assert [metric.label for metric in catalogue] == ["b\\.c", "d"]


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ({"x_better": "bigger"}, "x-better at v must be higher or lower."),
        ({"x_headline": 4}, "x-headline at v must be true or a whole number from 1 to 3."),
        ({"x_headline": "1"}, "x-headline at v must be true or a whole number from 1 to 3."),
        ({"x_aggregate": "mode"}, "x-aggregate at v must be median or mean or min or max."),
        ({"x_parameter": "cpu"}, "x-parameter at v must be machine or input."),
        ({"x_noise": 2}, "x-noise at v must be a number from 0 to below 1 (0.02 is two percent)."),
        ({"x_noise": True}, "x-noise at v must be a number from 0 to below 1 (0.02 is two percent)."),
        ({"x_unit": 3}, 'x-unit at v must be a unit such as "s", or {"path": "..."}.'),
        (
            {"x_unit": {"path": "no"}},
            "x-unit at v names 'no', where the schema fixes no short text with const.",
        ),
        ({"x_samples": 3}, 'x-samples at v must be a path, or {"path": "...", "split": ":"}.'),
        ({"x_samples": ".."}, "x-samples at v holds a path that cannot be read: ..."),
        ({"x_samples": "gone"}, "x-samples at v names gone, which the schema does not declare."),
        ({"x_aggregate": "min"}, "x-aggregate at v needs x-samples: there is nothing to aggregate."),
    ],
)
def test_what_is_wrong_is_told_and_passed_over(annotations, message):
    text = schema(v=number(**annotations))
    assert [one.message for one in lint(text) if one.level == "error"] == [message]
    assert derive(text).get("v") is not None


def test_two_headlines_of_one_order_are_an_error():
    text = schema(a=number(x_headline=2, x_better="lower"), b=number(x_headline=2, x_better="lower"))
    assert [one.message for one in lint(text)] == ["x-headline 2 stands at a and at b; orders must differ."]


def test_doubts_are_warnings():
    text = schema(
        a=number(x_headline=1, x_unit="zorkmids"),
        b={"type": "string", "x-headline": 2, "x-better": "lower", "x-unti": "s"},
    )
    assert {(one.level, one.message) for one in lint(text)} == {
        ("warning", "The unit 'zorkmids' at a is not known; it is shown as it is written."),
        ("warning", "a is a headline without x-better: there will be no ranking and no verdict."),
        ("warning", "b is a headline but may hold other things than numbers; those are left out."),
        ("warning", "The annotation 'x-unti' is not known; did you mean x-unit?"),
    }


def test_samples_may_be_an_array_of_numbers():
    text = schema(v=number(x_samples="all"), all={"type": "array", "items": {"type": "number"}})
    assert lint(text) == []
    assert derive(text).get("v").samples == Samples("all")


def test_a_catalogue_can_be_written_and_read_back():
    catalogue = derive(FULL)
    assert from_plain(json.loads(json.dumps(to_plain(catalogue)))) == catalogue.metrics


def proposed(text: str, *samples: object) -> dict[tuple[str, str], object]:
    found = propose(text, derive(text), samples)
    assert all(one.reason for one in found)
    return {(one.path, one.member): one.value for one in found}


def test_guesses_are_made_where_nothing_is_said():
    text = schema(
        units={"const": "Seconds"},
        result={"type": "object", "properties": {"score": number(), "all": {"type": "string"}}},
        machine={"type": "object", "properties": {"cpu_count": number()}},
        latency_ms=number(),
        reads_per_sec=number(),
        quality=number(description="Higher is better"),
    )
    assert proposed(text, {"result": {"all": "1.5:2e3:-1"}}) == {
        ("result.score", "unit"): "Seconds",
        ("result.score", "samples"): {"path": "result.all", "split": ":"},
        ("result.score", "headline"): 1,
        ("machine.cpu_count", "parameter"): "machine",
        ("latency_ms", "better"): "lower",
        ("latency_ms", "unit"): "Seconds",
        ("reads_per_sec", "better"): "higher",
        ("reads_per_sec", "unit"): "Seconds",
        ("quality", "better"): "higher",
        ("quality", "unit"): "Seconds",
    }


def test_what_a_schema_says_is_not_guessed():
    assert proposed(FULL) == {}


def test_a_score_has_no_direction_by_its_name():
    assert proposed(schema(score=number())) == {("score", "headline"): 1}


def test_names_tell_units_by_their_end():
    found = proposed(schema(copy_mb=number(), timeTotal_ns=number(), plans=number()))
    assert found[("copy_mb", "unit")] == "MB"
    assert found[("timeTotal_ns", "unit")] == "ns"
    assert ("plans", "unit") not in found
