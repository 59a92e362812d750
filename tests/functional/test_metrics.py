"""Metric catalogues over REST: what the schema says, edits, proposals, versions."""

from __future__ import annotations

import pytest

SCHEMA = {
    "type": "object",
    "properties": {
        "seconds": {
            "type": "number",
            "title": "Render time",
            "x-unit": "Seconds",
            "x-better": "lower",
            "x-headline": True,
            "x-unti": "s",
        },
        "all": {"type": "string"},
        "cpu": {"type": "object", "properties": {"count": {"type": "integer"}}},
    },
}


@pytest.fixture
def benchmark(api):
    return api.make.benchmark(json_schema=SCHEMA, uploader=api.person("owner"))


@pytest.fixture
def path(benchmark):
    return f"/benchmarks/{benchmark.id}/metrics"


def metric(answer, path="seconds"):
    return next(one for one in answer["metrics"] if one["path"] == path)


def test_everybody_sees_what_the_schema_says(api, path):
    answer = api.get(path).json
    assert (answer["version"], answer["in_force"], answer["status"]) == (0, 0, "accepted")
    assert [one["path"] for one in answer["metrics"]] == ["all", "seconds", "cpu.count"]
    assert metric(answer) == {
        "path": "seconds",
        "kind": "number",
        "label": "Render time",
        "description": "",
        "unit": "Seconds",
        "unit_symbol": "s",
        "is_speed": True,
        "better": "lower",
        "headline": 1,
        "samples": None,
        "aggregate": None,
        "parameter": None,
        "noise": 0.02,
        "suggested": False,
    }


def test_a_hidden_benchmark_has_no_catalogue_for_others(api):
    hidden = api.make.benchmark(status="on_review", uploader=api.person("owner"))
    path = f"/benchmarks/{hidden.id}/metrics"
    assert (
        api.get(path, status=404).json["type"]
        == api.get("/benchmarks/" + "0" * 8 + "-0000-0000-0000-" + "0" * 12 + "/metrics", status=404).json[
            "type"
        ]
    )
    api.get(path, token=api.token("owner"))


def test_an_administrator_changes_it_at_once_and_old_versions_stay(api, path):
    admin = api.token("admin")
    api.person("admin")
    change = {
        "metrics": [
            {"path": "seconds", "label": "Time", "unit": "ms", "noise": 0.1},
            {"path": "cpu.count", "parameter": "machine", "suggested": True},
        ],
        "message": "They are milliseconds",
    }
    answer = api.put(path, change, token=admin).json
    assert (answer["version"], answer["in_force"], answer["status"]) == (1, 1, "accepted")
    assert (metric(answer)["label"], metric(answer)["unit_symbol"], metric(answer)["better"]) == (
        "Time",
        "ms",
        "lower",
    )
    shown = api.get(path).json
    assert shown["message"] == "They are milliseconds"
    assert "author" not in shown
    assert metric(shown, "cpu.count")["parameter"] == "machine"
    assert metric(api.get(f"{path}?version=0").json)["label"] == "Render time"
    assert metric(api.get(f"{path}?version=1").json)["label"] == "Time"
    api.get(f"{path}?version=2", status=404)
    second = api.put(path, {"metrics": [{"path": "seconds", "unit": ""}]}, token=admin).json
    assert (second["version"], metric(second)["unit"], metric(second)["label"]) == (2, "", "Time")
    versions = api.get(f"{path}/versions").json["items"]
    assert [one["version"] for one in versions] == [2, 1]
    log = api.get("/reports/log?per_page=2", token=admin).json["items"]
    assert [entry["action"] for entry in log] == ["metrics_update", "metrics_update"]


def test_the_uploader_proposes_and_an_administrator_decides(api, path):
    owner, admin = api.token("owner"), api.token("admin")
    api.person("admin")
    proposed = api.put(path, {"metrics": [{"path": "seconds", "noise": 0.5}]}, token=owner).json
    assert (proposed["version"], proposed["in_force"], proposed["status"]) == (1, 0, "proposed")
    assert metric(api.get(path).json)["noise"] == 0.02
    assert api.get(f"{path}/versions").json["items"] == []
    api.get(f"{path}?version=1", status=404)
    assert api.get(f"{path}?version=1", token=owner).json["author"]
    assert len(api.get(f"{path}/versions", token=owner).json["items"]) == 1
    api.post(f"{path}/1:accept", {}, token=owner, status=403)
    accepted = api.post(f"{path}/1:accept", {"message": "Fine"}, token=admin, status=200).json
    assert (accepted["in_force"], accepted["decision"]) == (1, "Fine")
    assert metric(api.get(path).json)["noise"] == 0.5
    assert "no open proposal" in api.post(f"{path}/1:decline", {}, token=admin, status=409).json["detail"]
    api.put(path, {"metrics": []}, token=owner)
    api.post(f"{path}/2:decline", {"message": "Why?"}, token=admin, status=200)
    assert api.get(path).json["in_force"] == 1
    api.post(f"{path}/9:decline", {}, token=admin, status=404)
    api.post(f"{path}/0:decline", {}, token=admin, status=409)


def test_an_overtaken_proposal_cannot_be_accepted(api, path):
    owner, admin = api.token("owner"), api.token("admin")
    api.person("admin")
    api.put(path, {"metrics": [{"path": "seconds", "noise": 0.5}]}, token=owner)
    api.put(path, {"metrics": [{"path": "seconds", "noise": 0.1}]}, token=admin)
    answer = api.post(f"{path}/1:accept", {}, token=admin, status=409).json
    assert answer["detail"] == "Version 2 is in force and newer; decline this one and propose it anew."


def test_before_approval_the_uploader_changes_it_at_once(api):
    pending = api.make.benchmark(json_schema=SCHEMA, status="on_review", uploader=api.person("owner"))
    path = f"/benchmarks/{pending.id}/metrics"
    answer = api.put(path, {"metrics": [{"path": "seconds", "noise": 0.5}]}, token=api.token("owner")).json
    assert (answer["in_force"], answer["status"]) == (1, "accepted")


def test_others_may_not_change_it(api, path):
    api.person("user")
    api.put(path, {"metrics": []}, status=401)
    assert (
        api.put(path, {"metrics": []}, token=api.token("user"), status=403)
        .json["type"]
        .endswith("owner-required")
    )
    api.get(f"{path}/review", token=api.token("user"), status=403)


def test_a_change_that_somebody_overtook_is_refused_by_if_match(api, path):
    admin = api.token("admin")
    api.person("admin")
    tag = api.get(path, token=admin).headers["ETag"]
    api.put(path, {"metrics": [{"path": "seconds", "noise": 0.5}]}, token=admin, headers={"If-Match": tag})
    api.put(path, {"metrics": []}, token=admin, headers={"If-Match": tag}, status=412)


def test_everything_that_is_wrong_is_said_at_once(api, path):
    api.person("admin")
    bad = {
        "metrics": [
            {"path": "nowhere"},
            {"path": "seconds", "better": "bigger", "noise": 3, "kind": "string", "label": ""},
            {"path": "seconds"},
            {"path": "cpu.count", "headline": 1, "samples": "x", "aggregate": "median", "suggested": 1},
            {"headline": 2},
        ]
    }
    answer = api.put(path, bad, token=api.token("admin"), status=422).json
    found = {one["pointer"]: one["detail"] for one in answer["errors"]}
    assert found == {
        "/metrics/0/path": "is not declared by the schema of the benchmark",
        "/metrics/1/better": "must be null or one of higher, lower",
        "/metrics/1/noise": "must be a number from 0 to below 1 (0.02 is two percent)",
        "/metrics/1/kind": "cannot be changed; allowed: label, description, unit, better, headline, samples, "
        "aggregate, parameter, noise, suggested",
        "/metrics/1/label": "must be a text of one line with 1 to 100 characters",
        "/metrics/2/path": "is named twice",
        "/metrics/3/samples": 'must be null or {"path": "result.all", "split": ":"}',
        "/metrics/3/aggregate": "needs samples: there is nothing to aggregate",
        "/metrics/3/suggested": "must be true or false",
        "/metrics/3/headline": "1 is the place of both seconds and cpu.count; they must differ",
        "/metrics/4/path": "must name the metric that is changed",
    }
    assert api.get(path).json["in_force"] == 0


def test_those_who_may_edit_see_what_is_wrong_and_what_could_be_said(api, benchmark, path):
    api.make.result(benchmark=benchmark, json={"seconds": 3, "all": "2.5:3.5"})
    answer = api.get(f"{path}/review", token=api.token("owner")).json
    assert [one["message"] for one in answer["findings"]] == [
        "The annotation 'x-unti' is not known; did you mean x-unit?"
    ]
    assert {(one["path"], one["member"]) for one in answer["proposals"]} == {
        ("seconds", "samples"),
        ("cpu.count", "parameter"),
    }


def test_places_that_a_new_schema_declares_join_an_edited_catalogue(api, benchmark, path):
    admin = api.token("admin")
    api.person("admin")
    api.put(
        path,
        {"metrics": [{"path": "seconds", "label": "Time"}, {"path": "all", "label": "All"}]},
        token=admin,
    )
    shown = api.get(f"/benchmarks/{benchmark.id}").json
    schema = {"type": "object", "properties": {"seconds": {"type": "number"}, "new": {"type": "string"}}}
    body = {name: shown[name] for name in ("docker_image", "docker_tag")} | {"json_schema": schema}
    api.put(f"/benchmarks/{benchmark.id}", body, token=admin, status=204)
    assert [(one["path"], one["label"]) for one in api.get(path).json["metrics"]] == [
        ("new", "new"),
        ("seconds", "Time"),
    ]


def test_rejected_benchmarks_cannot_be_edited(api):
    api.person("admin")
    gone = api.make.benchmark(status="rejected", uploader=api.person("owner"))
    answer = api.put(
        f"/benchmarks/{gone.id}/metrics", {"metrics": []}, token=api.token("admin"), status=409
    ).json
    assert answer["detail"] == "The benchmark is rejected; its metrics cannot be changed."
