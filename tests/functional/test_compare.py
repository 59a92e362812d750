"""Flavors, sites, tags and single results side by side over REST."""

from __future__ import annotations

import datetime
import math
import uuid

import pytest

TIME = {"type": "number", "title": "Time", "x-unit": "s", "x-better": "lower", "x-headline": True}
RATE = {"type": "number", "title": "Rate", "x-unit": "MB/s", "x-better": "higher", "x-headline": True}
SIZE = {"type": "integer", "title": "Size", "x-parameter": "input"}
CORES = {"type": "integer", "x-parameter": "machine"}
ALL = {"type": "array", "items": {"type": "number"}}

DAY = datetime.timedelta(days=1)
START = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)

FAST = (100.0, 101.0, 99.0, 100.5, 99.5)
SLOW = (112.0, 111.0, 113.0, 112.5, 111.5)


@pytest.fixture
def ray(api):
    properties = {"time": TIME | {"x-samples": "all"}, "all": ALL, "size": SIZE, "cores": CORES}
    return api.make.benchmark(
        json_schema={"type": "object", "properties": properties}, docker_image="c-ray", docker_tag="1.2"
    )


@pytest.fixture
def zip_(api):
    return api.make.benchmark(
        json_schema={"type": "object", "properties": {"rate": RATE}}, docker_image="zip", docker_tag="2.0"
    )


@pytest.fixture
def flavors(api):
    site = api.make.site(name="CESNET")
    return [api.make.flavor(site=site, name=name) for name in ("hpc.8", "m.8", "x.8")]


@pytest.fixture
def run(api):
    def run(benchmark, flavor, *values, key="time", tags=(), **more):
        return [
            api.make.result(
                json={key: value, **more},
                benchmark=benchmark,
                flavor=flavor,
                uploader=api.make.user(f"person-{uuid.uuid4()}"),
                execution_datetime=START + number * DAY,
                tags=list(tags),
            )
            for number, value in enumerate(values)
        ]

    return run


def compare(api, *items, status=200, **query):
    return api.get("/compare", {"item": [str(one) for one in items], **query}, status=status).json


def of(flavor):
    return f"flavor:{flavor.id}"


def test_flavors_side_by_side_with_a_baseline(api, ray, run, flavors):
    one, two, three = flavors
    run(ray, one, *FAST, cores=8)
    run(ray, two, *SLOW, cores=4)
    run(ray, three, 300.0, cores=8)
    answer = compare(api, of(one), of(two), of(three))
    assert [row["name"] for row in answer["rows"]] == ["CESNET hpc.8", "CESNET m.8", "CESNET x.8"]
    (table,) = answer["tables"]
    assert (table["benchmark"], table["metric"]["path"], answer["base"]) == ("c-ray:1.2", "time", 0)
    assert [row["verdict"] and row["verdict"]["code"] for row in table["items"]] == [None, "worse", "few"]
    assert table["items"][1]["verdict"]["sentence"].startswith("CESNET m.8 is 11 % slower than CESNET hpc.8")
    assert table["items"][1]["ratio"] == pytest.approx(100 / 112)
    assert table["items"][1]["machine"] == {"cores": [4]}
    assert answer["differing"] == ["cores"]
    assert answer["geometric_means"] is None
    other = compare(api, of(one), of(two), base=of(two))
    assert other["base"] == 1
    assert other["tables"][0]["items"][0]["ratio"] == pytest.approx(112 / 100)
    assert other["tables"][0]["items"][0]["verdict"]["code"] == "better"


def test_a_site_stands_for_its_flavors(api, ray, run, flavors):
    for flavor, values in zip(flavors, (FAST, SLOW, FAST), strict=True):
        run(ray, flavor, *values)
    answer = compare(api, f"site:{flavors[0].site_id}")
    assert [row["name"] for row in answer["rows"]] == ["CESNET hpc.8", "CESNET m.8", "CESNET x.8"]
    assert [row["flavor_id"] for row in answer["rows"]] == [str(flavor.id) for flavor in flavors]


def test_a_tag_stands_for_the_flavors_it_was_run_on(api, ray, run, flavors):
    tag = api.make.tag("tuned")
    run(ray, flavors[0], *SLOW)
    run(ray, flavors[0], *FAST, tags=[tag])
    answer = compare(api, of(flavors[1]), f"tag:{tag.id}", benchmark_id=str(ray.id))
    assert [row["name"] for row in answer["rows"]] == ["CESNET m.8", "CESNET hpc.8 #tuned"]
    rows = answer["tables"][0]["items"]
    assert [row["n"] for row in rows] == [0, 5]
    assert rows[1]["verdict"]["code"] == "missing"
    assert rows[1]["verdict"]["sentence"] == "CESNET m.8 has no visible result for c-ray:1.2."


def test_rows_that_share_runs_are_not_compared(api, ray, run, flavors):
    tag = api.make.tag("tuned")
    run(ray, flavors[0], *SLOW)
    run(ray, flavors[0], *FAST, tags=[tag])
    row = compare(api, of(flavors[0]), f"tag:{tag.id}")["tables"][0]["items"][1]
    assert row["verdict"] == {"code": "unlike", "sentence": "Not comparable: both hold the same 5 runs."}
    assert row["ratio"] is None


def test_other_inputs_are_not_comparable(api, ray, run, flavors):
    run(ray, flavors[0], *FAST, size=4)
    run(ray, flavors[1], *SLOW, 110.0, size=8)
    run(ray, flavors[2], *SLOW, 110.0, 109.0, size=8)
    table = compare(api, *map(of, flavors))["tables"][0]
    assert table["inputs"] == {"size": 8}
    sentences = [row["verdict"] and row["verdict"]["sentence"] for row in table["items"]]
    assert sentences == [
        None,
        "Not comparable: other inputs (Size 4).",
        "Not comparable: other inputs (Size 4).",
    ]
    narrowed = compare(api, of(flavors[1]), of(flavors[2]), filters="size == 8")["tables"][0]
    assert narrowed["items"][1]["verdict"]["code"] in ("same", "none")


def test_single_results_are_compared_by_their_samples(api, ray, run, flavors):
    (one,) = run(ray, flavors[0], 100.0, all=list(FAST))
    (two,) = run(ray, flavors[1], 112.0, all=list(SLOW))
    answer = compare(api, f"result:{one.id}", f"result:{two.id}")
    (table,) = answer["tables"]
    assert table["note"] == "This compares two runs, not two flavors."
    assert [row["n"] for row in table["items"]] == [5, 5]
    assert table["items"][1]["verdict"]["code"] == "worse"
    assert answer["rows"][0]["name"] == f"CESNET hpc.8 2024-01-01 00:00 ({str(one.id)[:8]})"
    mixed = compare(api, f"result:{one.id}", of(flavors[1]))["tables"][0]
    assert (mixed["note"], [row["n"] for row in mixed["items"]]) == (None, [1, 1])


def test_several_benchmarks_come_to_a_geometric_mean(api, ray, zip_, run, flavors):
    one, two, three = flavors
    for flavor, times, rates in ((one, FAST, SLOW), (two, SLOW, FAST)):
        run(ray, flavor, *times)
        run(zip_, flavor, *rates, key="rate")
    run(ray, three, *SLOW)
    answer = compare(api, of(one), of(two))
    assert [table["benchmark"] for table in answer["tables"]] == ["c-ray:1.2", "zip:2.0"]
    means = answer["geometric_means"]
    expected = math.sqrt((100 / 112) * (100 / 112))
    assert means[1]["value"] == pytest.approx(expected)
    low, high = means[1]["interval"]
    assert low < expected < high
    assert (means[1]["over"], means[1]["of"], means[1]["penalised"]) == (2, 2, 0)
    common = compare(api, *map(of, flavors))["geometric_means"]
    assert [(one["over"], one["penalised"]) for one in common] == [(1, 0), (1, 0), (1, 0)]
    harsh = compare(api, *map(of, flavors), missing="penalise")["geometric_means"]
    assert [(one["over"], one["penalised"]) for one in harsh] == [(2, 0), (2, 0), (2, 1)]
    assert harsh[2]["value"] == pytest.approx(math.sqrt((100 / 112) * 0.5 * (100 / 112)))
    assert harsh[2]["interval"] is None


def test_benchmarks_with_runs_in_one_row_only_have_no_table(api, ray, zip_, run, flavors):
    run(ray, flavors[0], *FAST)
    run(ray, flavors[1], *FAST)
    run(zip_, flavors[0], 1.0, key="rate")
    assert len(compare(api, of(flavors[0]), of(flavors[1]))["tables"]) == 1
    both = {"benchmark_id": [str(ray.id), str(zip_.id)]}
    assert len(compare(api, of(flavors[0]), of(flavors[1]), **both)["tables"]) == 2


def test_what_is_not_there_is_a_row_that_says_so(api, ray, run, flavors):
    run(ray, flavors[0], *FAST)
    run(ray, flavors[1], *FAST)
    hidden = api.make.flavor(status="on_review", uploader=api.person("owner"))
    (withdrawn,) = run(ray, flavors[1], 5.0)
    person = api.person("owner")
    gone = api.make.result(
        json={"time": 1.0}, benchmark=ray, flavor=flavors[0], uploader=person, withdrawn=True
    )
    nowhere = uuid.uuid4()
    items = [
        of(flavors[0]),
        of(flavors[1]),
        of(hidden),
        f"tag:{nowhere}",
        f"site:{nowhere}",
        f"result:{gone.id}",
    ]
    answer = compare(api, *items)
    assert [row["found"] for row in answer["rows"]] == [True, True, False, False, False, False]
    assert answer["rows"][2]["name"] == f"flavor:{hidden.id} (not found)"
    assert [row["n"] for row in answer["tables"][0]["items"]][2:] == [0, 0, 0, 0]
    assert withdrawn.id != gone.id


def test_what_is_asked_for_wrongly_is_told(api, flavors):
    def detail(*items, **query):
        return compare(api, *items, status=422, **query)["errors"][0]["detail"]

    assert detail("planet:mars").startswith(
        "must be result:, flavor:, site: or tag: and a UUID, such as flavor:"
    )
    assert detail("flavor:1").startswith("must be result:")
    assert detail(of(flavors[0]), base=of(flavors[1])) == "is none of the items"
    assert detail(of(flavors[0]), weight="heavy") == "must be one of source, run"
    assert api.get("/compare", status=422).json["errors"][0]["detail"] == "is required"


def test_there_are_at_most_thirty_rows(api):
    site = api.make.site(name="Large")
    for number in range(31):
        api.make.flavor(site=site, name=f"f{number}")
    detail = compare(api, f"site:{site.id}", status=422)["errors"][0]["detail"]
    assert detail == "make 31 rows; a comparison has at most 30. Name fewer, or flavors"
