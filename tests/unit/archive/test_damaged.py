"""An archive that is not whole, or does not belong here, is refused in a sentence and nothing is written."""

from __future__ import annotations

import json
import re
import shutil
import struct
import uuid
import zipfile

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf.archive import reading
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.testing.factories import Make
from tests.unit.archive.content import Installation, fill, members, rewritten


@pytest.fixture(scope="module")
def exported(databases, tmp_path_factory):
    """One archive, which every test may damage in its own way."""
    url = databases.create("sqlite", migrated=True)
    away = Installation(tmp_path_factory.mktemp("exported") / "site.ini", url)
    fill(away.engine)
    path = away.ini.with_name("all.zip")
    assert away.admin("export", path).exit_code == 0
    away.engine.dispose()
    databases.drop(url)
    return path


@pytest.fixture
def archive(exported, tmp_path):
    return shutil.copy(exported, tmp_path / "all.zip")


@pytest.fixture
def refusal(install):
    """Imports into a new database of that kind and returns what is said; nothing may be there afterwards."""

    def refusal(archive, *options, kind="sqlite", plugins="accounts mail"):
        away = install(kind, plugins)
        refused = away.admin("import", archive, *options)
        assert refused.exit_code == 1, refused.output
        assert away.is_empty()
        said = refused.output.splitlines()
        assert len(said) == 1, refused.output
        opening = f"Error: Nothing was imported from {archive}. "
        assert said[0].startswith(opening)
        return said[0].removeprefix(opening)

    return refusal


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.999])
def test_a_truncated_file(archive, refusal, share):
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(len(whole) * share)])
    assert refusal(archive) == "It is not a ZIP file, or its end is missing: was it copied completely?"


def test_no_file_at_all(tmp_path, refusal):
    assert refusal(tmp_path / "none.zip") == f"There is no file {tmp_path / 'none.zip'}."


def test_a_changed_byte_wherever_it_is(archive, install):
    """Each byte of the compressed lines: the checksums notice, or the ZIP library does."""
    away = install("sqlite")
    with zipfile.ZipFile(archive) as opened:
        member = opened.getinfo("results.ndjson")
    whole = archive.read_bytes()
    name_and_extra = struct.unpack("<HH", whole[member.header_offset + 26 : member.header_offset + 30])
    start = member.header_offset + 30 + sum(name_and_extra)
    places = range(start, start + member.compress_size, max(1, member.compress_size // 20))
    for place in places:
        archive.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        refused = away.admin("import", archive)
        assert refused.exit_code == 1
        assert "results.ndjson" in refused.output
    assert away.is_empty()


def test_lines_that_are_not_those_exported(archive, refusal):
    files = members(archive)
    files["sites.ndjson"] = files["sites.ndjson"].replace(b"approved", b"rejected")
    said = refusal(rewritten(archive, files))
    assert said == "sites.ndjson is not what was exported: its checksum differs."


def test_a_file_of_another_size(archive, refusal):
    files = members(archive)
    files["sites.ndjson"] += b"\n"
    said = refusal(rewritten(archive, files))
    assert re.fullmatch(r"'sites.ndjson' has \d+ bytes, but its manifest says \d+\.", said)


def test_a_missing_file(archive, refusal):
    files = members(archive)
    del files["tags.ndjson"]
    assert refusal(rewritten(archive, files)) == "The file 'tags.ndjson' is missing."


@pytest.mark.parametrize("name", ["extra.ndjson", "../../etc/passwd", "results.ndjson/"])
def test_an_unknown_file(archive, refusal, name):
    said = refusal(rewritten(archive, members(archive) | {name: b"x"}))
    assert said == f"It has a file {name!r}, which its manifest does not list."


def test_a_manifest_that_lacks_a_file(archive, refusal):
    files = members(archive)
    content = json.loads(files["manifest.json"])
    content["files"] = [entry for entry in content["files"] if entry["name"] != "claims.ndjson"]
    del files["claims.ndjson"]
    files["manifest.json"] = json.dumps(content).encode()
    assert refusal(rewritten(archive, files)) == "Its manifest lacks claims.ndjson."


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2, "platform": "7.1"}, "Its format has version 2, .* install the newer platform"),
        ({"version": 0}, "names no version"),
        ({"version": True}, "names no version"),
        ({"format": "other"}, "names another format"),
        ({"files": None}, "not as it should be"),
        ({"files": [{"name": "x"}]}, "not as it should be"),
        ({"files": [7]}, "not as it should be"),
        ({"platform": None}, "not as it should be"),
    ],
)
def test_a_manifest_of_another_kind(archive, refusal, change, said):
    files = members(archive)
    files["manifest.json"] = json.dumps(json.loads(files["manifest.json"]) | change).encode()
    assert re.search(said, refusal(rewritten(archive, files)))


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b" " * (2 * 1024 * 1024)])
def test_a_manifest_that_is_none(archive, refusal, text):
    assert refusal(rewritten(archive, members(archive) | {"manifest.json": text}))


def test_any_other_zip_file(tmp_path, refusal):
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as other:
        other.writestr("readme.txt", "nothing")
    assert refusal(path) == "It has no manifest.json: it is not an archive of this platform."


def test_a_file_that_expands_to_more_than_it_says(archive, refusal):
    """The size in the directory is that of the manifest, what comes out is a hundred times as much."""
    files = members(archive)
    small = files["mail_outbox.ndjson"]
    bomb = rewritten(archive, files | {"mail_outbox.ndjson": small + b" " * 100 * len(small)})
    data = bytearray(bomb.read_bytes())
    name = data.rindex(b"mail_outbox.ndjson")
    data[name - 22 : name - 18] = len(small).to_bytes(4, "little")
    bomb.write_bytes(data)
    assert re.search("mail_outbox.ndjson (is damaged|is not what was exported)", refusal(bomb))


def test_a_line_without_end(archive, refusal, monkeypatch):
    monkeypatch.setattr(reading, "MAX_LINE", 1024 * 1024)
    monkeypatch.setattr(reading, "_CHUNK", 64 * 1024)
    files = members(archive)
    files["tags.ndjson"] += b'{"name":"' + b"x" * 5 * 1024 * 1024 + b'"}\n'
    said = refusal(rewritten(archive, files, sealed=True))
    assert re.search(r"Line \d of tags.ndjson is longer than 1 MiB", said)


def line_with(archive, **members_of_line):
    """An archive whose first tag is another."""
    files = members(archive)
    first, rest = files["tags.ndjson"].split(b"\n", 1)
    changed = {
        key: value for key, value in (json.loads(first) | members_of_line).items() if value != "absent"
    }
    files["tags.ndjson"] = json.dumps(changed).encode() + b"\n" + rest
    return rewritten(archive, files, sealed=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": "7"}, "id is not a UUID"),
        ({"id": 7}, "id is not text"),
        ({"id": "absent"}, "lacks id"),
        ({"name": None}, "name must not be null"),
        ({"name": "a\0b"}, "name has a character that cannot be stored"),
        ({"name": "\ud800"}, "name has a character that cannot be stored"),
        ({"status": "lively"}, "status is none of deleted, live"),
        ({"status_entry_id": 1.5}, "status_entry_id is not an integer of 64 bits"),
        ({"status_entry_id": 2**63}, "status_entry_id is not an integer of 64 bits"),
        ({"status_entry_id": "1"}, "status_entry_id is not an integer of 64 bits"),
        ({"upload_datetime": "2024-05-01T12:00:00"}, "upload_datetime is not a date and time with an offset"),
        ({"upload_datetime": "2024-02-30T12:00:00Z"}, "upload_datetime is no date that there is"),
        ({"upload_datetime": "0001-01-01T00:00:00+23:00"}, "upload_datetime is no date that there is"),
        ({"colour": "red"}, "has 'colour', which is not known here"),
    ],
)
def test_a_line_with_something_wrong_in_it(archive, refusal, change, said):
    assert refusal(line_with(archive, **change)).startswith(f"Line 1 of tags.ndjson {said}")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"7",
        b"{",
        b"{}x",
        b'{"id"}',
        b'{"id":}',
        b'{"description":"x",}',
        b"{,}",
        b'{"id":NaN}',
        b'{"id":"\xff"}',
    ],
)
def test_a_line_that_is_not_an_object(archive, refusal, line):
    files = members(archive)
    files["tags.ndjson"] = line + b"\n" + files["tags.ndjson"]
    said = refusal(rewritten(archive, files, sealed=True))
    assert re.match(r"Line 1 of tags.ndjson (is not|lacks|NaN is not)", said)


def test_a_line_that_is_nested_without_end(archive, refusal):
    files = members(archive)
    files["results.ndjson"] = b'{"json":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"
    said = refusal(rewritten(archive, files, sealed=True))
    assert said == "Line 1 of results.ndjson is nested too deep."


def test_a_member_twice(archive, refusal):
    files = members(archive)
    files["tags.ndjson"] = b'{"name":"a","name":"b"}\n'
    said = refusal(rewritten(archive, files, sealed=True))
    assert said == "Line 1 of tags.ndjson has name twice."


def test_a_member_that_earlier_versions_did_not_have_gets_its_default(archive, install):
    away = install("sqlite")
    done = away.admin("import", line_with(archive, description="absent", status="absent"))
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_something_that_refers_to_nothing(archive, refusal, kind):
    files = members(archive)
    files["users.ndjson"] = files["users.ndjson"].split(b"\n", 1)[1]
    said = refusal(rewritten(archive, files, sealed=True), kind=kind)
    assert re.search("refers to something|database refuses something", said)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_same_thing_twice(archive, refusal, kind):
    files = members(archive)
    files["sites.ndjson"] += files["sites.ndjson"]
    said = refusal(rewritten(archive, files, sealed=True), kind=kind)
    assert said.startswith("Of sites.ndjson the database refuses something: ")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_database_that_is_not_empty_stays_as_it_is(archive, install, kind):
    away = install(kind)
    with orm.Session(away.engine) as session:
        Make(session).user("somebody")
    before = away.tables()
    refused = away.admin("import", archive)
    assert refused.exit_code == 1
    assert "The database is not empty: there is something in users." in refused.output
    assert away.tables() == before


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_only_a_plugin_has_is_something_too(archive, install, kind):
    away = install(kind)
    with away.engine.begin() as connection:
        connection.execute(
            sa.insert(LocalIdentity).values(id=uuid.uuid4(), email="a@example.org", email_key="a@example.org")
        )
    before = away.tables()
    fewer = archive.with_name("fewer.zip")
    source = install("sqlite", "mail")
    assert source.admin("export", fewer).exit_code == 0
    for words in ((fewer,), (archive, "--skip", "accounts")):
        refused = away.admin("import", *words)
        assert refused.exit_code == 1
        assert "The database is not empty: there is something in accounts_identities." in refused.output
    assert away.tables() == before


def test_a_plugin_that_is_not_enabled(archive, refusal, install):
    said = refusal(archive, plugins="accounts")
    assert "mail_outbox.ndjson with 1 records of the plug-in mail, which is not enabled here" in said
    assert said.endswith("--skip mail.")
    away = install("sqlite", "accounts")
    assert "Imported" in away.admin("import", archive, "--skip", "mail").output
    assert away.tables()["mail_outbox"] == []
    assert away.tables()["accounts_identities"] != []


@pytest.mark.parametrize(
    ("skipped", "said"),
    [("notes", "It has nothing of notes, which --skip names."), ("core", "only the data of plug-ins")],
)
def test_leaving_out_what_cannot_be_left_out(archive, refusal, skipped, said):
    assert said in refusal(archive, "--skip", skipped)


def test_files_of_the_core_that_are_not_known(archive, refusal):
    files = members(archive)
    content = json.loads(files["manifest.json"])
    added = {"name": "wishes.ndjson", "owner": "core", "records": 0, "bytes": 0, "sha256": ""}
    content["files"].append(added)
    files |= {"wishes.ndjson": b"", "manifest.json": json.dumps(content).encode()}
    said = refusal(rewritten(archive, files, sealed=True))
    assert said == "It has wishes.ndjson with 0 records, which this version of the platform does not know."


def test_a_schema_that_is_not_up_to_date(archive, install):
    away = install("sqlite")
    with away.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM alembic_version WHERE version_num LIKE 'mail%'"))
    for command in ("export", "import"):
        refused = away.admin(command, archive)
        assert refused.exit_code == 2
        assert "The schema of mail is not up to date: run db upgrade first." in refused.output


def test_tables_of_plugins_that_are_not_enabled_are_named_by_an_export(install, archive):
    away = install("sqlite")
    assert away.admin("import", archive).exit_code == 0
    away.ini.write_text(away.ini.read_text().replace("accounts mail", "accounts"))
    done = away.admin("export", archive.with_name("fewer.zip"))
    assert done.exit_code == 0
    assert "Left out: mail_outbox, a table of nothing that is enabled here." in done.output
