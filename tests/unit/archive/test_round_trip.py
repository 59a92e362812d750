"""An archive carries everything from one database to another, whichever they are."""

from __future__ import annotations

import json
import stat

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf.archive import rebuilding
from eoscperf.archive.contents import DERIVED, JSON_TEXT, NOT_ARCHIVED, kinds
from eoscperf.db import metadata
from eoscperf.results.models import Result
from eoscperf.results.projection.models import ResultField, ResultValue
from eoscperf.results.reindexing import rebuild_benchmark
from eoscperf.results.tallies.models import ALL, ResultTally
from eoscperf.review.models import LogEntry
from eoscperf.scripts.migrations import CORE
from eoscperf.testing.factories import Make
from tests.unit.archive.content import ODD_JSON, PLUGINS, members

KINDS = ("sqlite", "postgresql")


@pytest.mark.parametrize("by_way_of", KINDS)
def test_every_row_of_every_table_comes_back_by_way_of_the_other_database(filled, install, by_way_of):
    there = filled.tables()
    assert all(there.values()), "a table without rows is not tested"
    first, second = filled.ini.parent / "first.zip", filled.ini.parent / "second.zip"
    assert filled.admin("export", first).exit_code == 0
    away, back = install(by_way_of), install(filled.engine.dialect.name)
    done = away.admin("import", first)
    assert done.exit_code == 0, done.output
    assert f"Imported {sum(map(len, there.values()))} records." in done.output
    assert away.tables() == there
    assert away.admin("export", second).exit_code == 0
    assert back.admin("import", second).exit_code == 0
    assert back.tables() == there


@pytest.mark.parametrize("by_way_of", KINDS)
def test_the_same_content_gives_the_same_files(filled, archive, install, by_way_of):
    away = install(by_way_of)
    away.admin("import", archive)
    again = archive.with_name("again.zip")
    assert away.admin("export", again).exit_code == 0
    first, second = members(archive), members(again)
    made = [json.loads(files.pop("manifest.json")) for files in (first, second)]
    assert first == second
    assert made[0]["files"] == made[1]["files"]


def test_lines_say_what_is_stored_in_terms_of_json(archive, filled):
    lines = [json.loads(line) for line in members(archive)["results.ndjson"].splitlines()]
    with orm.Session(filled.engine) as session:
        result = session.scalars(sa.select(Result).where(Result.duplicate_key.is_not(None))).one()
    line = next(line for line in lines if line["id"] == str(result.id))
    assert line["execution_datetime"] == "1999-12-31T23:59:59.999999Z"
    assert line["json"] == {"time": 1}
    assert line["duplicate_key"] == bytes(range(32)).hex()
    assert (line["pending_claims"], line["superseded_by_id"]) == (0, str(result.superseded_by_id))
    assert list(line) == [column.name for column in Result.__table__.columns]
    assert f'"json":{ODD_JSON}'.encode() in members(archive)["results.ndjson"]


def test_line_breaks_between_the_tokens_of_json_become_blanks(filled, install):
    with filled.engine.begin() as connection:
        connection.execute(sa.update(Result.__table__).values(json='{"a":\r\n[1,\n 2]}'))
    archive = filled.ini.parent / "all.zip"
    assert filled.admin("export", archive).exit_code == 0
    away = install("sqlite")
    assert away.admin("import", archive).exit_code == 0
    with orm.Session(away.engine) as session:
        assert set(session.scalars(sa.select(Result.json))) == {'{"a": [1,  2]}'}


@pytest.mark.parametrize("levels", [700, 5000])
def test_json_may_be_nested_deeper_than_anything_that_can_be_used(filled, install, levels):
    schema = f'{{"x": {"[" * levels}{"]" * levels}}}'
    with filled.engine.begin() as connection:
        connection.execute(sa.text("UPDATE benchmarks SET json_schema = :schema"), {"schema": schema})
    there = filled.tables()
    path = filled.ini.with_name("deep.zip")
    done = filled.admin("export", path)
    assert done.exit_code == 0, done.output
    for kind in KINDS:
        away = install(kind)
        done = away.admin("import", path)
        assert done.exit_code == 0, done.output
        assert away.tables() == there


def test_what_is_stored_afterwards_gets_new_numbers(archive, install, database_kind):
    away = install(database_kind)
    assert away.admin("import", archive).exit_code == 0
    with orm.Session(away.engine) as session:
        Make(session, iss="elsewhere").site(status="rejected")
        assert session.scalar(sa.select(sa.func.max(LogEntry.id))) > 7_000_000_000


def test_what_a_search_looks_for_is_made_anew(archive, install, database_kind):
    away = install(database_kind)
    assert away.admin("import", archive).exit_code == 0
    assert all(DERIVED not in json.loads(line) for line in members(archive)["sites.ndjson"].splitlines())
    with away.engine.connect() as connection:
        found = connection.scalars(sa.text("SELECT search_text FROM users WHERE role = 'admin'")).all()
    assert found == ["bob+ø@example.org"]


def test_searches_find_what_was_imported(archive, install, database_kind):
    away = install(database_kind)
    assert away.admin("import", archive).exit_code == 0
    with orm.Session(away.engine) as session:
        fields = session.execute(sa.select(ResultField.path, ResultField.ready)).all()
        values = session.scalars(sa.select(ResultValue.number).order_by(ResultValue.number)).all()
        visible = sa.select(sa.func.count()).select_from(Result).where(Result.status == "visible")
        tallied = sa.select(sa.func.sum(ResultTally.number)).where(ResultTally.facet == ALL)
        assert session.scalar(tallied) == session.scalar(visible)
    assert fields == [("time", True)]
    assert values[0] == 1
    assert 1.5 in values


def test_the_database_knows_how_much_there_is_when_it_is_asked_to_count(archive, install, monkeypatch):
    away, known = install("postgresql"), []
    figures = sa.text("SELECT reltuples FROM pg_class WHERE relname = 'results'")

    def note(session, *rest):
        known.append(session.scalar(figures))
        rebuild_benchmark(session, *rest)

    monkeypatch.setattr(rebuilding, "rebuild_benchmark", note)
    assert away.admin("import", archive).exit_code == 0
    assert set(known) == {len(away.tables()["results"])}


def test_copies_of_the_catalogue_made_before_do_not_count_after_an_import(archive, install, database_kind):
    away = install(database_kind)
    stamp = sa.text("SELECT stamp FROM catalogue_stamps")
    with away.engine.connect() as connection:
        before = connection.scalar(stamp)
    assert away.admin("import", archive).exit_code == 0
    with away.engine.connect() as connection:
        assert connection.scalar(stamp) != before


def test_an_archive_of_nothing_is_an_archive(installation, install):
    path = installation.ini.parent / "nothing.zip"
    assert "Exported 0 records" in installation.admin("export", path).output
    assert "Imported 0 records." in install("sqlite").admin("import", path).output


def test_an_archive_is_for_its_owner_alone_and_leaves_no_draft(archive):
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert list(archive.parent.glob(".*")) == []


def test_an_export_never_writes_over_a_file_unless_told_to(filled, archive):
    before = archive.read_bytes()
    refused = filled.admin("export", archive)
    assert refused.exit_code == 1
    assert "already; --overwrite replaces it" in refused.output
    assert archive.read_bytes() == before
    assert filled.admin("export", archive, "--overwrite").exit_code == 0


def test_an_export_that_cannot_be_finished_leaves_nothing(filled):
    with filled.engine.begin() as connection:
        connection.execute(sa.update(Result.__table__).values(json="{not JSON"))
    path = filled.ini.parent / "broken.zip"
    refused = filled.admin("export", path)
    assert refused.exit_code == 1
    assert "Nothing was exported. json of " in refused.output
    assert not path.exists()
    assert list(path.parent.glob(".*")) == []


def test_every_table_is_archived_or_said_not_to_be():
    tables = {kind.name for kind in kinds(PLUGINS.split())}
    assert {"mail_outbox", "accounts_identities"} < tables
    short_lived = {name for name, table in metadata.tables.items() if table.info.get("archived") is False}
    assert not tables & short_lived
    known = tables | set(NOT_ARCHIVED) | short_lived
    assert {name for name in metadata.tables if not name.startswith(tuple(_others()))} <= known
    assert not tables & set(NOT_ARCHIVED)
    for name, columns in JSON_TEXT.items():
        assert columns <= set(metadata.tables[name].columns.keys())


def test_what_is_referred_to_comes_first():
    order = [kind.name for kind in kinds(PLUGINS.split()) if kind.owner == CORE]
    for kind in kinds():
        for key in kind.table.foreign_keys:
            assert order.index(key.column.table.name) <= order.index(kind.name)


def _others() -> list[str]:
    """Prefixes of what other tests add to the metadata."""
    return ["entries", "tiny_", "notes_"]
