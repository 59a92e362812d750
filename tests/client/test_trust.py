"""Trust rules through the library and the command."""

from __future__ import annotations

import pytest

from eoscperf.client import Invalid

GITHUB = "https://token.actions.githubusercontent.com"


@pytest.fixture
def place(make):
    benchmark = make.benchmark(docker_image="example/raytracer", docker_tag="2.1")
    flavor = make.flavor(name="c8.large", site=make.site(name="Hillside"))
    return benchmark, flavor


def test_a_rule_is_made_listed_and_ended(terminal, place):
    benchmark, flavor = place
    made = terminal.json(
        *("trust-rules", "create", "example/benchmarks", "--workflow", "benchmark.yml"),
        *("--ref", "refs/heads/main", "--benchmark", "example/raytracer:2.1", "--site", "Hillside"),
        *("--flavor", "c8.large", "--repository-id", "74", "--owner-id", "65"),
        as_="user",
    )
    assert made == made | {
        "issuer": GITHUB,
        "repository": "example/benchmarks",
        "workflow": ".github/workflows/benchmark.yml",
        "ref": "refs/heads/main",
        "benchmark_id": str(benchmark.id),
        "site_id": str(flavor.site_id),
        "flavors_ids": [str(flavor.id)],
        "repository_id": "74",
        "repository_owner_id": "65",
    }
    assert "example/benchmarks" in terminal("trust-rules", "list", as_="user").stdout
    assert terminal.json("trust-rules", "list", as_="somebody else") == []
    terminal("trust-rules", "delete", made["id"], as_="user")
    assert terminal.json("trust-rules", "list", as_="user") == []


def test_a_rule_at_gitlab(client_of, place):
    benchmark, _ = place
    rule = client_of("user").trust_rules.create("gitlab", "group/project", benchmark_id=str(benchmark.id))
    assert (rule["issuer"], rule["workflow"]) == ("https://gitlab.com", ".gitlab-ci.yml")


def test_a_rule_that_names_no_place_is_refused(client_of):
    with pytest.raises(Invalid):
        client_of("user").trust_rules.create("github", "example/benchmarks", workflow="benchmark.yml")
