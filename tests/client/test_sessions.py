"""Sessions in a file: private, whole, and one process at a time."""

from __future__ import annotations

import json
import stat
import subprocess
import sys

import pytest

from eoscperf.client import Client, ClientError, NoServer, NotLoggedIn, Session, Sessions, Usage
from eoscperf.client.client import target

A, B = "https://a.example.org/api/v1", "https://b.example.org/api/v1"


def session(server=A, profile="default", token="secret", **more):
    return Session(server, profile, "token", token, **more)


def test_a_session_is_kept_and_found(sessions):
    sessions.keep(session(), choose=True)
    sessions.keep(session(profile="work", token="other"))
    sessions.keep(session(B))
    assert sessions.find(A, "default") == session()
    assert sessions.find(A, "work").access_token == "other"
    assert sessions.find(B, "work") is None
    assert sessions.chosen() == (A, "default")
    assert len(sessions.all()) == 3


def test_only_its_owner_can_read_the_file(sessions):
    sessions.keep(session())
    assert stat.S_IMODE(sessions.file.stat().st_mode) == 0o600
    sessions.file.chmod(0o644)
    sessions.keep(session())
    assert stat.S_IMODE(sessions.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(sessions.directory.stat().st_mode) == 0o700


def test_a_write_that_fails_leaves_the_file_as_it_was(sessions, monkeypatch):
    sessions.keep(session())
    before = sessions.file.read_bytes()
    monkeypatch.setattr("os.replace", lambda *names: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        sessions.keep(session(B))
    assert sessions.file.read_bytes() == before
    assert {path.name for path in sessions.directory.iterdir()} == {"sessions.json", "sessions.json.lock"}


def test_a_forgotten_session_leaves_no_token(sessions):
    sessions.keep(session(token="very-secret"))
    sessions.forget(A, "default")
    assert sessions.all() == []
    assert "very-secret" not in sessions.file.read_text()
    sessions.forget(A, "default")


def test_tokens_do_not_show_in_a_representation():
    assert "secret" not in repr(session(refresh_token="secret"))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 2}', "[" * 100_000])
def test_a_damaged_file_is_told_in_a_sentence(sessions, text):
    sessions.directory.mkdir()
    sessions.file.write_text(text)
    with pytest.raises(ClientError, match="log in again"):
        sessions.all()


def test_what_a_later_version_adds_is_no_error(sessions):
    sessions.keep(session())
    content = json.loads(sessions.file.read_text())
    content["sessions"][0]["later"] = 1
    content["sessions"] += [{"kind": "passkey"}, {"kind": "token"}, 7]
    sessions.file.write_text(json.dumps(content))
    assert sessions.all() == [session()]


def test_a_directory_that_cannot_be_written_is_told_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Usage, match="cannot be kept"):
        Sessions(tmp_path / "file" / "config").keep(session())


KEEP_MANY = """
import sys
from pathlib import Path
from eoscperf.client import Session, Sessions
for count in range(10):
    profile = f"{sys.argv[2]}-{count}"
    Sessions(Path(sys.argv[1])).keep(Session("https://a.example.org/api/v1", profile, "token", "secret"))
"""


def test_processes_do_not_overwrite_each_others_sessions(sessions):
    writers = [
        subprocess.Popen([sys.executable, "-c", KEEP_MANY, str(sessions.directory), str(number)])
        for number in range(3)
    ]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert len(sessions.all()) == 30


def test_the_environment_names_the_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("EOSCPERF_CONFIG_DIR", str(tmp_path / "elsewhere"))
    assert Sessions().directory == tmp_path / "elsewhere"
    monkeypatch.delenv("EOSCPERF_CONFIG_DIR")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert Sessions().directory == tmp_path / "eoscperf"


def test_the_server_is_the_one_that_is_named_else_that_of_the_last_login(sessions):
    with pytest.raises(NoServer):
        target(None, None, sessions, {})
    sessions.keep(session(), choose=True)
    sessions.keep(session(B, "work"))
    assert target(None, None, sessions, {}) == (A, "default")
    assert target("https://b.example.org", None, sessions, {}) == (B, "default")
    assert target(None, None, sessions, {"EOSCPERF_SERVER": "https://b.example.org"}) == (B, "default")
    assert (
        target("https://a.example.org", None, sessions, {"EOSCPERF_SERVER": "https://b.example.org"})[0] == A
    )
    assert target(None, "work", sessions, {}) == (B, "work")
    assert target(None, None, sessions, {"EOSCPERF_PROFILE": "work"}) == (B, "work")
    assert target(None, "new", sessions, {}) == (A, "new")
    sessions.keep(session(A, "work"))
    with pytest.raises(Usage, match="several servers"):
        target(None, "work", sessions, {})


def test_a_token_of_the_environment_goes_only_to_the_server_named_beside_it(sessions):
    given = {"EOSCPERF_TOKEN": "secret", "EOSCPERF_SERVER": "https://a.example.org"}
    assert Client(sessions=sessions, environ=given).has_token
    assert not Client("https://b.example.org", sessions=sessions, environ=given).has_token
    assert Client("https://b.example.org", sessions=sessions, environ={"EOSCPERF_TOKEN": "secret"}).has_token


def test_a_profile_without_a_session_is_an_error_not_anonymous(sessions):
    with pytest.raises(NotLoggedIn, match="eoscperf login --profile work"):
        Client("https://a.example.org", profile="work", sessions=sessions, environ={})
    assert not Client("https://a.example.org", sessions=sessions, environ={}).has_token
