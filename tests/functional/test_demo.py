"""The demonstration data: what is in it, and that it comes and goes by command."""

from __future__ import annotations

import csv
import statistics
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from sqlalchemy import orm

from eoscperf import jsontext
from eoscperf.benchmarks.json_schema import check_schema
from eoscperf.benchmarks.models import Benchmark
from eoscperf.db import Base, make_engine
from eoscperf.demo import content
from eoscperf.demo.loading import ISSUER
from eoscperf.results.models import Result as StoredResult
from eoscperf.results.models import Tag
from eoscperf.review.models import LogEntry
from eoscperf.scripts.admin import main
from eoscperf.sites.models import Flavor, Site
from eoscperf.testing.api import ApiClient
from eoscperf.testing.factories import Make
from eoscperf.users.models import User

KEPT_BY_THE_JOURNAL = {"log_entries", "alembic_version", "catalogue_stamps"}


@pytest.fixture
def demo(fresh_database_url: str, tmp_path: Path) -> Callable[..., Result]:
    """Runs `eoscperf-admin demo ...` on a database of its own and returns what came of it."""
    ini = _ini(tmp_path, fresh_database_url)

    def demo(*arguments: str) -> Result:
        outcome = CliRunner().invoke(main, ["-c", str(ini), "demo", *arguments], catch_exceptions=False)
        assert outcome.exit_code == 0, outcome.output
        return outcome

    return demo


@pytest.fixture
def engine_of_demo(fresh_database_url: str) -> Iterator[sa.Engine]:
    engine = make_engine(fresh_database_url)
    yield engine
    engine.dispose()


def _ini(directory: Path, url: str) -> Path:
    ini = directory / "demo.ini"
    ini.write_text(
        f"[app:main]\nuse = egg:eoscperf\nsqlalchemy.url = {url.replace('%', '%%')}\n"
        f"var = {directory / 'var'}\neoscperf.plugins =\n"
    )
    return ini


def _counts(engine: sa.Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
        }


def test_load_brings_everything_approved_once_and_clear_takes_it_away(
    demo: Callable[..., Result], engine_of_demo: sa.Engine
) -> None:
    number = sum(len(benchmark.runs) for benchmark in content.benchmarks())

    assert "Loaded" in demo("load", "--if-empty").output
    loaded = _counts(engine_of_demo)
    assert (loaded["benchmarks"], loaded["sites"], loaded["results"]) == (2, 6, number)
    with orm.Session(engine_of_demo) as session:
        for model in (Benchmark, Site, Flavor):
            assert set(session.scalars(sa.select(model.status))) == {"approved"}
        assert set(session.scalars(sa.select(StoredResult.status))) == {"visible"}
        approvals = sa.select(sa.func.count()).where(LogEntry.action == "approve")
        reviewed = loaded["benchmarks"] + loaded["sites"] + loaded["flavors"]
        assert session.scalar(approvals) == reviewed
        assert set(session.scalars(sa.select(User.iss))) == {ISSUER}
        assert set(session.scalars(sa.select(User.role))) == {"user"}
        _facts_are_as_published(session)

    # A second time nothing is new, and with --if-empty nothing is even looked for.
    assert demo("load").output == "Nothing was missing.\n"
    assert "no demonstration data was loaded" in demo("load", "--if-empty").output
    assert _counts(engine_of_demo) == loaded

    assert f"Erased {number} results" in demo("clear").output
    left = {name for name, rows in _counts(engine_of_demo).items() if rows}
    assert left <= KEPT_BY_THE_JOURNAL
    assert demo("clear").output == "There was nothing to erase.\n"


def _facts_are_as_published(session: orm.Session) -> None:
    rows = session.execute(
        sa.select(Site.name, Flavor.name, StoredResult.json)
        .join(Flavor, Flavor.id == StoredResult.flavor_id)
        .join(Site, Site.id == StoredResult.site_id)
        .join(Benchmark, Benchmark.id == StoredResult.benchmark_id)
        .where(Benchmark.docker_image == "thechristophe/openbench-c-ray")
    )
    stored = {(site, flavor): jsontext.loads(text) for site, flavor, text in rows}
    assert len(stored) == 20
    for row in _table("c-ray.csv"):
        run = stored[row["site"], row["flavor"]]
        assert repr(run["result"]["score"]) == row["score"]
        assert run["result"]["all_results"] == row["samples"]
        assert run["machine"]["cpu"]["count"] == int(row["cores"])
        assert run["machine"]["cpu"]["brand_raw"] == row["processor"]


def test_clear_keeps_what_others_built_on_and_load_respects_what_was_deleted(
    demo: Callable[..., Result], engine_of_demo: sa.Engine, make_app: Any, issuer: Any
) -> None:
    demo("load")
    app = make_app(engine_of_demo)
    with orm.Session(engine_of_demo) as session:
        api = ApiClient(app, issuer, Make(session, iss=issuer.url))
        # At the start: SQLite lets nobody write whose snapshot is older than somebody else's change.
        for name in ("ann", "admin"):
            api.person(name)
        machine = _only(api, "/sites", name=content.LOCAL_SITE)
        flavors = {item["name"]: item["id"] for item in api.items(f"/sites/{machine['id']}/flavors")}
        zstd = _only(api, "/benchmarks", docker_image="debian")
        intel = _only(api, "/tags", name="intel")
        run = api.items("/results", {"benchmark_id": zstd["id"], "per_page": 1})[0]
        where = {
            "execution_datetime": "2026-01-01T00:00:00Z",
            "benchmark_id": zstd["id"],
            "flavor_id": flavors["1 core"],
            "tags_ids": intel["id"],
        }
        mine = api.post("/results", run["json"], params=where, as_="ann", status=201).json
        c_ray = _only(api, "/benchmarks", docker_image="thechristophe/openbench-c-ray")
        claimed = api.items("/results", {"benchmark_id": c_ray["id"], "filters": "machine.cpu.count == 32"})[
            0
        ]
        api.post(f"/results/{claimed['id']}:claim", {"message": "Is that so?"}, as_="ann", status=201)

        answer = demo("clear").output
        assert "Kept 1 result, 5 tags, 2 flavors, 2 sites, 2 benchmarks: others' results" in answer
        assert [item["id"] for item in api.items("/results")] == [mine["id"]]
        assert api.get(f"/results/{claimed['id']}").json["disputed"] is True

        # The accounts stay as well, so that the rest is still known as demonstration data.
        api.delete(f"/sites/{_only(api, '/sites', name='ncg-ingrid-pt')['id']}", as_="admin", status=204)
        again = demo("load").output
        assert "Left out: The site ncg-ingrid-pt is deleted." in again
        assert "Loaded 4 sites, 15 flavors, 374 results, 1 tag." in again
        assert api.items("/sites", {"name": "ncg-ingrid-pt"}) == []
        session.commit()
        assert session.scalar(sa.select(sa.func.count()).where(Tag.name == "intel")) == 1
    app.registry["eoscperf.bearer"].close()


def _only(api: ApiClient, path: str, **exactly: str) -> Any:
    (item,) = api.items(path, exactly)
    return item


def test_a_database_without_tables_is_explained(empty_database_url: str, tmp_path: Path) -> None:
    ini = _ini(tmp_path, empty_database_url)
    outcome = CliRunner().invoke(main, ["-c", str(ini), "demo", "load"])
    assert outcome.exit_code == 2
    assert "Is its schema up to date" in outcome.output


def test_the_stated_scores_are_the_means_of_their_samples() -> None:
    for row in _table("c-ray.csv"):
        samples = [float(sample) for sample in row["samples"].split(":")]
        assert float(row["score"]) == pytest.approx(statistics.mean(samples), abs=0.0015)


def test_the_tables_say_where_they_come_from() -> None:
    head = _text("c-ray.csv").splitlines()[:3]
    assert "github EOSC-synergy/eosc-perf, MIT licence, 2021-2023" in " ".join(head)
    assert "benchmarks/measure_zstd.py" in _text("zstd.csv").splitlines()[0]


def test_every_configuration_was_measured_equally_often() -> None:
    measured = [(row["level"], row["cores"]) for row in _table("zstd.csv")]
    assert len(set(measured)) == 8
    assert {measured.count(one) for one in set(measured)} == {45}


@pytest.mark.parametrize("benchmark", content.benchmarks(), ids=lambda benchmark: benchmark.image)
def test_annotations_point_at_what_the_schema_describes(benchmark: content.DemoBenchmark) -> None:
    assert check_schema(benchmark.schema, seconds=10, limit=10) == []
    properties = dict(_properties(benchmark.schema))
    headlines = [schema["x-headline"] for schema in properties.values() if "x-headline" in schema]
    assert sorted(headlines) == list(range(1, len(headlines) + 1)) != []
    for path, schema in properties.items():
        assert schema.get("x-better") in (None, "lower", "higher")
        assert schema.get("x-parameter") in (None, "machine", "input")
        if "x-headline" in schema:
            assert {"title", "x-unit", "x-better", "x-samples"} <= set(schema), path
            samples = schema["x-samples"]
            assert (samples["path"] if isinstance(samples, dict) else samples) in properties
    assert properties["machine.cpu.count"]["x-parameter"] == "machine"


def _properties(schema: dict[str, Any], above: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, below in schema.get("properties", {}).items():
        yield above + name, below
        yield from _properties(below, f"{above}{name}.")


def _table(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(line for line in _text(name).splitlines() if not line.startswith("#")))


def _text(name: str) -> str:
    return resources.files("eoscperf.demo").joinpath(name).read_text(encoding="utf-8")
