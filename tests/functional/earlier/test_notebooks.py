"""Requests like those of published notebooks, asked of what was taken over.

They run against an address that ends in a slash, look things up by name, then work with the ids that they
find; none of them changes anything. Ids that a notebook has written down lead to the same things as before.
"""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from eoscperf.testing.api import ApiClient
from eoscperf.testing.earlier import EarlierDatabase
from tests.functional.earlier.conftest import TakeOver

SCHEMA = {
    "$id": "https://example.org/nbody.schema.json",
    "$schema": "https://json-schema.org/draft/2019-09/schema",
    "type": "object",
    "properties": {
        "machine": {
            "type": "object",
            "properties": {
                "cpus": {"type": "integer"},
                "ram": {"type": "integer"},
                "gpu": {"type": "object", "properties": {"count": {"type": "integer"}}},
            },
            "required": ["cpus", "ram"],
        },
        "result": {"type": "object", "properties": {"score": {"type": "number"}}},
    },
    "required": ["machine"],
}

SITES = {"CESNET-MCC": ("standard.2", "standard.4", "standard.8"), "IISAS": ("m1.medium",)}


@pytest.fixture
def before(earlier: EarlierDatabase) -> dict[str, Any]:
    """Two benchmarks at two sites, some runs with a GPU, one result claimed, one deleted."""
    cpu = earlier.benchmark("deephdc/nbody", docker_tag="cpu", json_schema=SCHEMA, description="n bodies")
    gpu = earlier.benchmark("deephdc/nbody", docker_tag="gpu", json_schema=SCHEMA)
    tags = {name: earlier.tag(name) for name in ("cloud", "gpu")}
    flavors = {
        flavor: earlier.flavor(flavor, site=site)
        for site in [earlier.site(name, address=f"{name.lower()}.example.org") for name in SITES]
        for flavor in SITES[site["name"]]
    }
    results = {}
    for number, (flavor, row) in enumerate(flavors.items()):
        machine = {"cpus": 2 ** (number + 1), "ram": 4096 * (number + 1)}
        results[flavor] = earlier.result(
            benchmark=cpu,
            flavor=row,
            json={"machine": machine, "result": {"score": 100.5 / (number + 1)}},
            tags=[tags["cloud"]],
            execution_datetime=datetime.datetime(2021, 3 + number, 1, 12, 30),
        )
    results["gpu"] = earlier.result(
        benchmark=gpu,
        flavor=flavors["standard.8"],
        json={"machine": {"cpus": 8, "ram": 1, "gpu": {"count": 2}}, "result": {"score": 7}},
        tags=list(tags.values()),
        execution_datetime=datetime.datetime(2022, 1, 1),
    )
    earlier.result(benchmark=cpu, flavor=flavors["m1.medium"], deleted=True, claim=earlier.claim())
    earlier.result(benchmark=cpu, flavor=flavors["m1.medium"], deleted=True)
    return {"cpu": cpu, "gpu": gpu, "tags": tags, "flavors": flavors, "results": results}


@pytest.fixture
def asked(before: dict[str, Any], take_over: TakeOver, api: ApiClient) -> ApiClient:
    take_over()
    return api


def flavors_of(answer: Any) -> list[str]:
    return [item["flavor"]["name"] for item in answer["items"]]


def test_a_notebook_that_plots_scores_over_processors(asked: ApiClient) -> None:
    """By image and tag to the benchmark, by name to the site, through its flavors to figures."""
    (benchmark,) = asked.items("//benchmarks?docker_image=deephdc/nbody&docker_tag=cpu")
    (site,) = asked.items("//sites?name=CESNET-MCC")
    flavors = asked.items(f"//sites/{site['id']}/flavors?sort_by=+name")
    assert [flavor["name"] for flavor in flavors] == list(SITES["CESNET-MCC"])
    points = []
    for flavor in flavors:
        query = f"benchmark_id={benchmark['id']}&flavor_id={flavor['id']}&site_id={site['id']}"
        for item in asked.items(f"//results?{query}"):
            points.append((item["json"]["machine"]["cpus"], item["json"]["result"]["score"]))
    assert points == [(2, 100.5), (4, 50.25), (8, 33.5)]


def test_a_notebook_that_walks_through_all_pages(asked: ApiClient, before: dict[str, Any]) -> None:
    seen, page = [], 1
    while page:
        answer = asked.get(f"//results?per_page=2&page={page}&sort_by=+execution_datetime", status=200).json
        seen += [item["id"] for item in answer["items"]]
        page = answer["next_num"] if answer["has_next"] else 0
    assert seen == [str(result["id"]) for result in before["results"].values()]
    assert (answer["total"], answer["pages"]) == (5, 3)


FILTERED = {
    "filters=machine.cpus%20%3E%204&sort_by=+json.machine.cpus": ["standard.8", "standard.8", "m1.medium"],
    "filters=machine.cpus == 8&filters=machine.ram > 1": ["standard.8"],
    "filters=machine.gpu.count >= 1": ["standard.8"],
    "filters=result.score < 50&sort_by=-json.result.score": ["standard.8", "m1.medium", "standard.8"],
    "execution_after=2021-04-01&execution_before=2021-05-01": ["standard.4"],
    "execution_after=2021-06-01%2000:00:00.000000%2B00:00&execution_before=2021-12-31": ["m1.medium"],
    "sort_by=-execution_datetime&per_page=1": ["standard.8"],
    "sort_by=+site_name,-flavor_name&per_page=2": ["standard.8", "standard.8"],
}


def test_a_notebook_that_filters_and_sorts(asked: ApiClient) -> None:
    for query, found in FILTERED.items():
        answer = asked.get(f"//results?{query}".replace(" ", "%20"), status=200).json
        assert flavors_of(answer) == found, query


def test_a_notebook_that_searches(asked: ApiClient) -> None:
    for path, found in {
        "//results:search?terms=IISAS": ["m1.medium"],
        "//results:search?terms=nbody:gpu": ["standard.8"],
        "//results%3Asearch?terms[]=cloud&terms[]=standard.2": ["standard.2"],
        "//results:search?terms=standard&sort_by=+json.machine.cpus&per_page=1": ["standard.2"],
    }.items():
        assert flavors_of(asked.get(path, status=200).json) == found, path


def test_a_notebook_that_compares_by_tags(asked: ApiClient) -> None:
    tags = {tag["name"]: tag["id"] for tag in asked.items("//tags?sort_by=+name")}
    assert list(tags) == ["cloud", "gpu"]
    both = asked.get(f"//results?tags_ids[]={tags['cloud']}&tags_ids[]={tags['gpu']}", status=200).json
    assert flavors_of(both) == ["standard.8"]
    assert asked.get(f"//results?tags_ids={tags['cloud']}", status=200).json["total"] == 5


def test_ids_that_were_written_down_lead_to_the_same_things(asked: ApiClient, before: dict[str, Any]) -> None:
    for kind in ("cpu", "gpu"):
        benchmark = asked.get(f"/benchmarks/{before[kind]['id']}", status=200).json
        assert (benchmark["docker_tag"], benchmark["json_schema"]) == (kind, SCHEMA)
    for name, row in before["flavors"].items():
        assert asked.get(f"//flavors/{row['id']}", status=200).json["name"] == name
        assert asked.get(f"//flavors/{row['id']}/site", status=200).json["id"] == str(row["site_id"])
    for name, row in before["tags"].items():
        assert asked.get(f"/tags/{row['id']}", status=200).json["name"] == name
    for row in before["results"].values():
        shown = asked.get(f"//results/{row['id']}", status=200).json
        assert set(shown) >= {
            "id", "json", "execution_datetime", "upload_datetime", "benchmark", "site", "flavor", "tags",
        }  # fmt: skip
        when = datetime.datetime.fromisoformat(shown["execution_datetime"].replace("Z", ""))
        assert when == row["execution_datetime"]


def test_what_was_hidden_is_in_no_list(asked: ApiClient, before: dict[str, Any]) -> None:
    assert asked.get(f"//results?benchmark_id={before['cpu']['id']}", status=200).json["total"] == 4
    assert asked.get(f"//results?flavor_id={before['flavors']['m1.medium']['id']}").json["total"] == 1
