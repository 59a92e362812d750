"""Metric catalogues through the library and the command."""

from __future__ import annotations

import pytest

from eoscperf.client import Changed, Forbidden, Invalid

SCHEMA = {
    "type": "object",
    "properties": {
        "time": {"type": "number", "title": "Time", "x-unit": "s", "x-better": "lower", "x-headline": 1},
        "rate": {"type": "number"},
    },
}


@pytest.fixture
def benchmark(make, api):
    return make.benchmark(
        docker_image="example/raytracer", docker_tag="2.1", json_schema=SCHEMA, uploader=api.person("ann")
    )


def test_metrics_are_listed(terminal, client_of, benchmark):
    head, *lines = terminal("benchmarks", "metrics", "example/raytracer:2.1").stdout.splitlines()
    assert head.split() == ["PATH", "LABEL", "UNIT", "BETTER", "HEADLINE", "PARAMETER", "KIND"]
    assert [line.split() for line in lines if line.startswith("time")] == [
        ["time", "Time", "s", "lower", "1", "number"]
    ]
    told = terminal.json("benchmarks", "metrics", str(benchmark.id), "--version", "0")
    assert (told["version"], told["status"]) == (0, "accepted")
    assert client_of().benchmarks.metrics_versions(str(benchmark.id)) == ()


def test_an_administrator_changes_metrics_at_once(client_of, benchmark):
    admin, id = client_of("admin").benchmarks, str(benchmark.id)
    changed = admin.change_metrics(id, [{"path": "rate", "unit": "MB/s", "better": "higher"}], message="Why")
    assert (changed["version"], changed["in_force"], changed["status"]) == (1, 1, "accepted")
    (rate,) = [one for one in client_of().benchmarks.metrics(id)["metrics"] if one["path"] == "rate"]
    assert (rate["unit_symbol"], rate["better"]) == ("MB/s", "higher")
    with pytest.raises(Invalid):
        admin.change_metrics(id, [{"path": "no.such", "unit": "s"}])
    with pytest.raises(Changed):
        admin.change_metrics(id, [{"path": "rate", "unit": "s"}], if_match='"older"')
    with pytest.raises(Forbidden):
        client_of("bob").benchmarks.change_metrics(id, [{"path": "rate", "unit": "s"}])


def test_an_uploader_proposes_and_an_administrator_decides(client_of, benchmark):
    ann, admin, id = client_of("ann").benchmarks, client_of("admin").benchmarks, str(benchmark.id)
    first = ann.change_metrics(id, [{"path": "rate", "better": "higher"}])
    assert (first["status"], first["in_force"]) == ("proposed", 0)
    assert admin.decline_metrics(id, first["version"], message="Not so")["status"] == "declined"
    second = ann.change_metrics(id, [{"path": "rate", "better": "lower"}])
    assert admin.accept_metrics(id, second["version"])["in_force"] == second["version"]
    assert [one["status"] for one in ann.metrics_versions(id)] == ["accepted", "declined"]
    assert ann.metrics_review(id)["findings"] == []
