"""`eoscperf-admin import-earlier`: what it writes, what it says, and when it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf.earlier import claims
from eoscperf.testing.databases import TestDatabases
from eoscperf.testing.earlier import EarlierDatabase
from eoscperf.testing.factories import Make
from tests.functional.earlier.conftest import Command, ids

Contents = Callable[[], dict[str, Any]]


@pytest.fixture
def full(earlier: EarlierDatabase) -> EarlierDatabase:
    flavor, benchmark = earlier.flavor(), earlier.benchmark(json_schema={"type": "thing"})
    earlier.result(flavor=flavor, benchmark=benchmark, tags=[earlier.tag("cloud")])
    earlier.result(flavor=flavor, benchmark=benchmark, deleted=True)
    earlier.result(flavor=flavor, deleted=True, claim=earlier.claim())
    earlier.site(status="on_review", _submit_report_id=None)
    return earlier


def test_a_run_writes_and_a_second_one_does_not(
    full: EarlierDatabase, command: Command, contents: Contents
) -> None:
    there = full.snapshot()
    first = command()
    assert first.exit_code == 0, first.output
    assert first.output.endswith("Done; entry 1 of the log tells of it.\n")
    written = contents()
    assert {"users": 1, "results": 3, "claims": 1, "tags": 1}.items() <= {
        name: len(rows) for name, rows in written.items()
    }.items()
    second = command()
    assert second.exit_code == 0, second.output
    assert second.output.endswith("Everything was here already: nothing was written.\n")
    assert contents() == written
    assert full.snapshot() == there


def test_a_dry_run_reports_the_same_and_writes_nothing(
    full: EarlierDatabase, command: Command, contents: Contents
) -> None:
    before = contents()
    dry = command.done("--dry-run")
    assert contents() == before
    real = command.done()
    assert contents() != before
    assert (dry["dry_run"], real["dry_run"]) == (True, False)
    for name in ("tables", "findings", "inserted_results_by_status", "revision", "source"):
        assert dry[name] == real[name], name
    assert command("--dry-run").output.endswith("Dry run: nothing was written.\n")


def test_an_abort_leaves_nothing_and_so_does_the_dry_run(
    full: EarlierDatabase, command: Command, contents: Contents, target: sa.Engine
) -> None:
    with orm.Session(target) as session:
        ours = Make(session).tag("cloud").id
    before = contents()
    for words in ((), ("--dry-run",)):
        said = command.refused(*words)
        assert "Nothing was written" in said
        assert "tag cloud: " in said
        assert f"{ours} here" in said
        assert "Rename or delete" in said
        assert contents() == before


def test_rows_that_the_database_refuses_leave_nothing(
    full: EarlierDatabase, command: Command, contents: Contents, target: sa.Engine
) -> None:
    """Such as those that a server stored meanwhile."""
    action = "BEGIN SELECT RAISE(ABORT, 'not this one'); END"
    if target.dialect.name == "postgresql":
        body = "BEGIN RAISE EXCEPTION 'not this one'; END"
        action = "FOR EACH ROW EXECUTE FUNCTION refuse()"
        function = f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"
    with target.begin() as connection:
        if target.dialect.name == "postgresql":
            connection.exec_driver_sql(function)
        connection.exec_driver_sql(f"CREATE TRIGGER refuse BEFORE INSERT ON claims {action}")
    before = contents()
    said = command.refused()
    assert "Nothing was written" in said
    assert "not this one" in said
    assert contents() == before


def test_a_failure_on_the_way_leaves_nothing(
    full: EarlierDatabase, command: Command, contents: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents()

    def fail(*_: Any) -> None:
        raise sa.exc.OperationalError("INSERT", {}, Exception("disk full"))

    with monkeypatch.context() as patched:
        patched.setattr(claims, "_claim_known_results", fail)
        assert "refused: disk full" in command.refused()
    assert contents() == before
    assert command().exit_code == 0


@pytest.mark.parametrize("count", [1, 25])
def test_people_see_how_many_and_which(earlier: EarlierDatabase, command: Command, count: int) -> None:
    flavor, benchmark = earlier.flavor(), earlier.benchmark()
    hidden = [
        str(earlier.result(flavor=flavor, benchmark=benchmark, deleted=True)["id"]) for _ in range(count)
    ]
    result = command("--report", str(command.report))
    assert result.exit_code == 0
    assert f"{count} x hidden_results." in result.output
    assert "POST /results/{id}:restore" in result.output
    assert len([identifier for identifier in hidden if identifier in result.output]) == min(count, 10)
    assert ("and 15 more; --report FILE has them all" in result.output) == (count == 25)
    assert f"Results that were inserted: {count} removed." in result.output
    assert sorted(ids(json.loads(command.report.read_text()), "hidden_results")) == sorted(hidden)


def test_the_password_is_shown_nowhere(earlier: EarlierDatabase, command: Command, target: sa.Engine) -> None:
    earlier.user()
    source = sa.make_url(earlier.url).set(password="a-secret").render_as_string(hide_password=False)
    assert "a-secret" in source
    result = command("--report", str(command.report), source=source)
    assert result.exit_code == 0
    with target.connect() as connection:
        entry = repr(connection.execute(sa.text("SELECT * FROM log_entries")).all())
    for text in (result.output, command.report.read_text(), entry):
        assert "a-secret" not in text
    assert "a-secret" not in command.refused(source="postgresql://me:a-secret@127.0.0.1:1/x")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("postgresql://me@127.0.0.1:1/x?connect_timeout=2", "cannot be read: connection failed"),
        ("postgres://me@127.0.0.1:1/x?connect_timeout=2", "cannot be read: connection failed"),
        ("postgresql+psycopg2://me@127.0.0.1:1/x?connect_timeout=2", "cannot be read: connection failed"),
        ("sqlite:///old.sqlite", "a sqlite database. The earlier service keeps its data in PostgreSQL"),
        ("not an URL", "no URL of a database"),
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_source_that_cannot_be_reached_is_said(command: Command, source: str, said: str) -> None:
    assert said in command.refused(source=source)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (
            "UPDATE alembic_version SET version_num = 'abc'",
            "is at revision abc; only 7fc773c5907d or 112055db4eff",
        ),
        ("DELETE FROM alembic_version", "is at revision (none)"),
        ("INSERT INTO alembic_version VALUES ('7fc773c5907d')", "is at revision 112055db4eff, 7fc773c5907d"),
        ("DROP TABLE alembic_version", "has no table alembic_version"),
        ("DROP TABLE result_tags", "lacks the table result_tags. Was the backup restored completely?"),
        ("DROP TABLE result_tags; DROP TABLE result", "lacks the tables result, result_tags"),
        ("""UPDATE "user" SET registration_datetime = 'infinity'""", "registration_datetime of user"),
        ("UPDATE site SET upload_datetime = '0044-03-15 BC'", "upload_datetime of site"),
        ("UPDATE result SET execution_datetime = '12022-01-01'", "execution_datetime of result"),
        ("ALTER TABLE benchmark DROP COLUMN docker_tag CASCADE", "docker_tag"),
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_source_that_is_not_as_expected_is_refused(
    full: EarlierDatabase, command: Command, contents: Contents, broken: str, said: str
) -> None:
    before = contents()
    full.execute(*broken.split("; "))
    assert said in command.refused()
    assert contents() == before


@pytest.mark.parametrize(
    ("json", "why"),
    [
        ("[" * 501 + "]" * 501, "The JSON is nested deeper than 500 levels"),
        ("[1, 2]", "The JSON is no object"),
    ],
    ids=["deep", "array"],
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_json_that_is_no_result_is_named(
    earlier: EarlierDatabase, command: Command, contents: Contents, json: str, why: str
) -> None:
    before = contents()
    result = earlier.result(json=json)
    assert f"The result {result['id']} cannot be taken over: {why}" in command.refused()
    assert contents() == before


def test_a_database_of_this_platform_is_no_source(command: Command, databases: TestDatabases) -> None:
    url = databases.create("postgresql", migrated=True)
    assert "is a database of this platform" in command.refused(source=url)
    databases.drop(url)


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_source_and_target_cannot_be_one_database(
    earlier: EarlierDatabase, write_ini: Callable[[str], Path], fresh_database_url: str
) -> None:
    said = Command(write_ini(fresh_database_url), fresh_database_url).refused()
    assert "is a database of this platform" in said


def test_the_target_has_to_be_up_to_date(
    full: EarlierDatabase, write_ini: Callable[[str], Path], empty_database_url: str
) -> None:
    said = Command(write_ini(empty_database_url), full.url).refused()
    assert "is not up to date (core): run eoscperf-admin db upgrade first." in said


@pytest.mark.parametrize("option", ["--db-timezone", "--app-timezone"])
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_time_zone_has_to_exist(earlier: EarlierDatabase, command: Command, option: str) -> None:
    assert "There is no time zone Berlin here." in command.refused(option, "Berlin")


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_report_has_to_have_a_place(earlier: EarlierDatabase, command: Command, tmp_path: Path) -> None:
    said = command.refused("--report", str(tmp_path / "missing" / "report.json"))
    assert "There is no writable folder".lower() in said.lower()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_source_may_come_from_the_environment(
    earlier: EarlierDatabase, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    from eoscperf.scripts.admin import main

    monkeypatch.setenv("EOSCPERF_EARLIER_SOURCE", earlier.url)
    result = CliRunner().invoke(main, ["-c", str(command.ini), "import-earlier"])
    assert result.exit_code == 0, result.output


def test_nothing_of_the_source_is_changed_or_locked(
    full: EarlierDatabase, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is read somebody else may go on writing; what comes meanwhile is not seen."""
    from eoscperf.earlier import results

    take = results.take_links

    def write_meanwhile(run: Any) -> None:
        full.result()
        full.execute("DELETE FROM result_tags")
        take(run)

    monkeypatch.setattr("eoscperf.earlier.taking.REST", {
        "result": results.take_results, "result_tags": write_meanwhile, "claim": claims.take_claims,
    })  # fmt: skip
    report = command.done()
    assert report["tables"]["result"]["read"] == 3
    assert report["tables"]["result_tags"]["inserted"] == 1
